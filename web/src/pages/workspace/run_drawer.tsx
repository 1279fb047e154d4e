/* run_drawer.tsx - a run's details beside the charts, without leaving them. Which run is part of the address, so that a link
 * opens it and the browser's way back closes it. */

import type { ComponentType } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { IconButton } from "../../components/icon";
import { t, type MessageName } from "../../i18n";
import { formatDuration } from "../../lib/format";
import { pathOf } from "../../lib/match";
import { runtimeOf } from "../../lib/runs";
import { address } from "../../router";
import type { RunTabProps } from "../run/run";
import { ArtifactsTab } from "../run/artifacts";
import { LogsTab } from "../run/logs";
import { OverviewTab } from "../run/overview";
import { useRun } from "../run/use_run";
import { useWorkspace } from "./model";
import { openRun, RUN_QUERY } from "./open_run";

const TABS: Record<string, { label: MessageName; draw: ComponentType<RunTabProps> }> = {
    overview: { label: "run.overview", draw: OverviewTab },
    logs: { label: "run.logs", draw: LogsTab },
    artifacts: { label: "title.artifacts", draw: ArtifactsTab },
};

export default function RunDrawer() {
    const ws = useWorkspace();
    const name = address.value.query.get(RUN_QUERY)!;
    const { run, failure, reload } = useRun(ws.entity, ws.project, name);
    const [tab, setTab] = useState("overview");
    const ref = useRef<HTMLElement>(null);
    useEffect(() => {
        const opener = document.activeElement as HTMLElement | null;
        ref.current!.focus({ preventScroll: true });
        return () => opener?.focus();
    }, []);
    const runs = ws.orderedRuns.value;
    const at = runs.findIndex((r) => r.name === name);
    const Draw = TABS[tab]!.draw;
    return (
        <aside
            ref={ref}
            class="run-drawer"
            tabIndex={-1}
            role="dialog"
            aria-label={run?.displayName ?? name}
            onKeyDown={(e) => {
                if (e.key !== "Escape") return;
                e.stopPropagation();
                openRun(null);
            }}
        >
            <header class="row">
                {run && <i class="dot" style={{ background: ws.colorOf(run) }} aria-hidden="true" />}
                <h2 class="clip grow">
                    <a href={pathOf(ws.entity, ws.project, "runs", name)}>{run?.displayName ?? name}</a>
                </h2>
                {run && <span class={`state state-${run.state}`}>{t(`state.${run.state}`)}</span>}
                {run && <span class="muted small">{formatDuration(runtimeOf(run))}</span>}
                <IconButton icon="up" label={t("run.above")} disabled={at <= 0} onClick={() => openRun(runs[at - 1]!.name)} />
                <IconButton icon="down" label={t("run.below")} disabled={at < 0 || at >= runs.length - 1} onClick={() => openRun(runs[at + 1]!.name)} />
                <IconButton icon="close" label={t("action.close")} onClick={() => openRun(null)} />
            </header>
            <div class="tabs" role="tablist" aria-label={t("run.tabs")}>
                {Object.entries(TABS).map(([id, { label }]) => (
                    <button key={id} type="button" class="tab" role="tab" aria-selected={id === tab} aria-current={id === tab ? "page" : undefined} onClick={() => setTab(id)}>
                        {t(label)}
                    </button>
                ))}
            </div>
            {failure !== "" && !run && <p class="notice is-bad">{failure}</p>}
            {run === null && <p class="empty">{t("error.not_found")}</p>}
            {run && <Draw key={`${name}/${tab}`} entity={ws.entity} project={ws.project} run={run} path="" reload={reload} />}
        </aside>
    );
}
