/* sweep.tsx - one sweep: its charts, what it searches, and what can be told to it. */

import { useEffect, useMemo, useState } from "preact/hooks";
import { NotFound } from "../../app";
import { copyText, Snippet } from "../../components/copy_text";
import { EditableText } from "../../components/editable_text";
import { IconButton } from "../../components/icon";
import { sayError } from "../../components/toast";
import { t } from "../../i18n";
import { DEFAULT_LAYOUT, type Layout } from "../../lib/layout";
import { pathOf } from "../../lib/match";
import { shellWord } from "../../lib/shell";
import { readSweepConfig } from "../../lib/sweep_config";
import { follow, throttled } from "../../live";
import { changeSweep, fetchSweep, type Sweep } from "../../queries/sweeps";
import { address, setQuery } from "../../router";
import type { PageProps } from "../../routes";
import { mayChange } from "../../session";
import { sweepState } from "./sweeps";
import { Workspace } from "../workspace/model";
import { WorkspaceView } from "../workspace/workspace_view";

const MOST_PARAMETERS = 12;

/* What a sweep is for, before somebody arranges it otherwise. */
export function sweepLayout(sweep: Sweep): Layout {
    const { metric, parameters } = readSweepConfig(sweep.config);
    const target = metric === null ? [] : [`summary_metrics.${metric}`];
    const columns = [...parameters.slice(0, MOST_PARAMETERS).map((p) => `config.${p}`), ...target];
    return {
        ...DEFAULT_LAYOUT,
        sections: [
            {
                name: "Sweep",
                isOpen: true,
                isPinned: true,
                isCustom: true,
                panels: [
                    { id: "sweep-parallel", kind: "parallel", columns, span: 2, height: 320 },
                    { id: "sweep-importance", kind: "importance", columns: target, height: 320 },
                    { id: "sweep-scatter", kind: "scatter", columns: ["createdAt", target[0] ?? "", ""], span: 3, height: 320, scatter: { frontier: readSweepConfig(sweep.config).goal === "maximize" ? "max" : "min" } },
                ],
            },
        ],
    };
}

export default function SweepPage({ params }: PageProps) {
    const { entity, project, sweep: name } = params as { entity: string; project: string; sweep: string };
    const [sweep, setSweep] = useState<Sweep | null | undefined>(undefined);
    const load = () => fetchSweep(entity, project, name).then(setSweep);
    useEffect(() => {
        void load().catch(sayError);
        return follow({ entity, project }, throttled(3000, load), load);
    }, [entity, project, name]);
    if (sweep === null) return <NotFound />;
    if (sweep === undefined) return <main aria-busy="true" />;
    const isOverview = address.value.query.get("tab") === "overview";
    return (
        <div class="run-page">
            <section class="run-head" aria-label={sweep.displayName}>
                <SweepTitle entity={entity} project={project} sweep={sweep} reload={() => void load()} />
                <nav class="tabs" aria-label={t("sweep.tabs")}>
                    {[false, true].map((overview) => (
                        <button
                            key={String(overview)}
                            type="button"
                            class="tab"
                            aria-current={overview === isOverview ? "page" : undefined}
                            onClick={() => setQuery({ tab: overview ? "overview" : null }, "push")}
                        >
                            {t(overview ? "run.overview" : "run.charts")}
                        </button>
                    ))}
                </nav>
            </section>
            {isOverview ? <Overview sweep={sweep} /> : <Charts entity={entity} project={project} sweep={sweep} />}
        </div>
    );
}

function Charts({ entity, project, sweep }: { entity: string; project: string; sweep: Sweep }) {
    const ws = useMemo(
        () => new Workspace(entity, project, [{ sweep: sweep.name }], `/sweep/${sweep.name}`, sweepLayout(sweep)),
        [entity, project, sweep.name],
    );
    useEffect(() => ws.start(), [ws]);
    return <WorkspaceView ws={ws} hasSidebar />;
}

function SweepTitle({ entity, project, sweep, reload }: { entity: string; project: string; sweep: Sweep; reload: () => void }) {
    const tell = (state: string) => () => void changeSweep(sweep.id, { state }).then(reload, sayError);
    const isAlive = sweep.state === "RUNNING" || sweep.state === "PENDING";
    const command = `wandb agent ${shellWord(`${entity}/${project}/${sweep.name}`)}`;
    return (
        <div class="row run-title">
            <EditableText
                value={sweep.displayName}
                label={t("runs.rename")}
                isOff={!mayChange.value}
                onChange={(displayName) => void changeSweep(sweep.id, { displayName }).then(reload, sayError)}
                as="h1"
            />
            <span class={`state state-${sweep.state.toLowerCase()}`}>{sweepState(sweep.state)}</span>
            <span class="muted">
                {sweep.method} · {t("table.count", { count: sweep.runCount })}
            </span>
            <span class="row command">
                <code class="clip">{command}</code>
                <IconButton icon="copy" label={t("action.copy")} onClick={() => void copyText(command)} />
            </span>
            <span class="grow" />
            {mayChange.value && (
                <>
                    {isAlive && <Button label={t("sweep.pause")} onClick={tell("PAUSED")} />}
                    {sweep.state === "PAUSED" && <Button label={t("sweep.resume")} onClick={tell("RUNNING")} />}
                    {(isAlive || sweep.state === "PAUSED") && <Button label={t("sweep.stop")} onClick={tell("FINISHED")} />}
                    {(isAlive || sweep.state === "PAUSED") && <Button label={t("sweep.cancel")} isDanger onClick={tell("CANCELED")} />}
                </>
            )}
            <a class="button" href={pathOf(entity, project, "sweeps")}>
                {t("title.sweeps")}
            </a>
        </div>
    );
}

function Button({ label, onClick, isDanger = false }: { label: string; onClick: () => void; isDanger?: boolean }) {
    return (
        <button type="button" class={`button ${isDanger ? "danger" : ""}`} onClick={onClick}>
            {label}
        </button>
    );
}

function Overview({ sweep }: { sweep: Sweep }) {
    return (
        <main class="page stack">
            <section class="card stack">
                <h2>{t("sweep.config")}</h2>
                <Snippet text={sweep.config} />
            </section>
            <section class="card stack">
                <h2>{t("sweep.agents")}</h2>
                {sweep.agents.length === 0 ? (
                    <p class="muted">{t("sweep.no_agents")}</p>
                ) : (
                    <table class="list">
                        <tbody>
                            {sweep.agents.map((a) => (
                                <tr key={a.name}>
                                    <td>{a.name}</td>
                                    <td>{a.host}</td>
                                    <td>{a.state}</td>
                                </tr>
                            ))}
                        </tbody>
                    </table>
                )}
            </section>
        </main>
    );
}
