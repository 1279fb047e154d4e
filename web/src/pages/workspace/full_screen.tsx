/* full_screen.tsx - one panel over everything; arrows go to its neighbours, Escape leaves. */

import { useEffect, useState } from "preact/hooks";
import { IconButton } from "../../components/icon";
import { t } from "../../i18n";
import * as L from "../../lib/layout";
import { useWorkspace } from "./model";
import { PanelFrame } from "./panel_frame";
import { Sidebar } from "./sidebar";

const EDGE = 56;

export function FullScreen({ hasRuns = false }: { hasRuns?: boolean }) {
    const ws = useWorkspace();
    const [isListing, setListing] = useState(false);
    const [height, setHeight] = useState(window.innerHeight);
    const id = ws.fullPanel.value;
    const found = id === null ? null : L.findPanel(ws.layout.value, id);
    const go = (by: number) => {
        if (found === null) return;
        const { panels } = found.section;
        const at = panels.indexOf(found.panel);
        ws.fullPanel.value = panels[(at + by + panels.length) % panels.length]!.id;
    };
    useEffect(() => {
        const resize = () => setHeight(window.innerHeight);
        const key = (e: KeyboardEvent) => {
            if ((e.target as HTMLElement).closest?.("input, textarea, select, .popover")) return;
            if (e.key === "Escape") ws.fullPanel.value = null;
            if (e.key === "ArrowLeft") go(-1);
            if (e.key === "ArrowRight") go(1);
        };
        window.addEventListener("resize", resize);
        if (found !== null) window.addEventListener("keydown", key);
        return () => {
            window.removeEventListener("resize", resize);
            window.removeEventListener("keydown", key);
        };
    }, [found]);
    if (found === null) return null;
    return (
        <div class="overlay" role="dialog" aria-modal="true" aria-label={L.panelTitle(found.panel)}>
            <div class="overlay-nav">
                {hasRuns && <IconButton icon="chart" label={t(isListing ? "runs.collapse" : "runs.expand")} isOn={isListing} onClick={() => setListing(!isListing)} />}
                <IconButton icon="back" label={t("panel.previous")} onClick={() => go(-1)} />
                <span class="muted">{found.section.name}</span>
                <IconButton icon="back" label={t("panel.next")} class="is-mirrored" onClick={() => go(1)} />
                <span class="grow" />
                <IconButton
                    icon="close"
                    label={t("panel.leave_full")}
                    onClick={() => (ws.fullPanel.value = null)}
                />
            </div>
            <div class="overlay-body">
                {isListing && <Sidebar />}
                <div class="overlay-panel">
                    <PanelFrame
                        key={found.panel.id}
                        panel={found.panel}
                        section={found.section}
                        height={height - EDGE}
                        isFull
                    />
                </div>
            </div>
        </div>
    );
}
