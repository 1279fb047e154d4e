/* system.tsx - what the machine did: one panel for each kind of measurement, processors and devices together. */

import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { t } from "../../i18n";
import { PANEL_HEIGHT, type Panel } from "../../lib/layout";
import { systemGroups } from "../../lib/system";
import { PanelFrame } from "../workspace/panel_frame";
import { Editor } from "../workspace/drawers";
import { Workspace, WorkspaceContext } from "../workspace/model";
import type { RunTabProps } from "./run";

const PANEL_WIDTH = 380;

export function SystemTab({ entity, project, run }: RunTabProps) {
    const ws = useMemo(
        () => new Workspace(entity, project, [{ name: run.name }], "/system"),
        [entity, project, run.name],
    );
    const [width, setWidth] = useState(0);
    const ref = useRef<HTMLElement>(null);
    useEffect(() => ws.start(), [ws]);
    useLayoutEffect(() => {
        const watch = new ResizeObserver(() => setWidth(ref.current!.clientWidth));
        watch.observe(ref.current!);
        return () => watch.disconnect();
    }, []);
    const panels = systemGroups(run.systemKeys).map(
        (g): Panel => ({
            id: `system-${g.title}`,
            kind: "line",
            title: g.title,
            keys: g.keys,
            stream: "events",
        }),
    );
    const columns = Math.max(1, Math.floor(width / PANEL_WIDTH));
    const full = panels.find((p) => p.id === ws.fullPanel.value);
    return (
        <WorkspaceContext.Provider value={ws}>
            <main ref={ref} class="run-body">
                {panels.length === 0 && <p class="empty">{t("run.no_system")}</p>}
                {full ? (
                    <PanelFrame panel={full} section={null} height={560} isFull />
                ) : (
                    <div
                        class="panel-grid"
                        style={{ gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))` }}
                    >
                        {width > 0 &&
                            panels.map((p) => (
                                <PanelFrame key={p.id} panel={p} section={null} height={PANEL_HEIGHT} />
                            ))}
                    </div>
                )}
            </main>
            <Editor />
        </WorkspaceContext.Provider>
    );
}
