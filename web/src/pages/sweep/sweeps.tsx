/* sweeps.tsx - the sweeps of a project, and a new one from its YAML. */

import { useEffect, useState } from "preact/hooks";
import { NotFound } from "../../app";
import { TextInput } from "../../components/controls";
import { sayError } from "../../components/toast";
import { language, t } from "../../i18n";
import { formatAgo, formatDuration, formatNumber } from "../../lib/format";
import { pathOf } from "../../lib/match";
import { parseTime } from "../../lib/runs";
import { readSweepConfig } from "../../lib/sweep_config";
import { follow, throttled } from "../../live";
import { createSweep, fetchSweeps, type Sweep } from "../../queries/sweeps";
import { navigate } from "../../router";
import type { PageProps } from "../../routes";
import { mayChange } from "../../session";

const REFRESH_MS = 3000;
const EXAMPLE = `program: train.py
method: bayes
metric:
  name: val/loss
  goal: minimize
parameters:
  lr:
    distribution: log_uniform_values
    min: 0.00001
    max: 0.1
  layers:
    values: [2, 4, 8]
`;

export default function Sweeps({ params }: PageProps) {
    const { entity, project } = params as { entity: string; project: string };
    const [sweeps, setSweeps] = useState<Sweep[] | null | undefined>(undefined);
    const [isMaking, setMaking] = useState(false);
    useEffect(() => {
        const load = () => fetchSweeps(entity, project).then(setSweeps);
        void load().catch(sayError);
        return follow({ entity, project }, throttled(REFRESH_MS, load), load);
    }, [entity, project]);
    if (sweeps === null) return <NotFound />;
    if (sweeps === undefined) return <main aria-busy="true" />;
    return (
        <main class="page stack">
            <div class="row">
                <h1 class="grow">{t("title.sweeps")}</h1>
                {mayChange.value && (
                    <button type="button" class="button primary" onClick={() => setMaking(!isMaking)}>
                        {t("sweep.new")}
                    </button>
                )}
            </div>
            {isMaking && <NewSweep entity={entity} project={project} />}
            {sweeps.length === 0 && !isMaking && <p class="empty">{t("sweep.none")}</p>}
            {sweeps.length > 0 && <SweepTable entity={entity} project={project} sweeps={sweeps} />}
        </main>
    );
}

function SweepTable({ entity, project, sweeps }: { entity: string; project: string; sweeps: Sweep[] }) {
    return (
        <table class="list card">
            <thead>
                <tr>
                    <th>{t("column.name")}</th>
                    <th>{t("column.state")}</th>
                    <th>{t("sweep.method")}</th>
                    <th>{t("column.owner")}</th>
                    <th>{t("column.created")}</th>
                    <th class="num">{t("runs.title")}</th>
                    <th class="num">{t("overview.compute")}</th>
                    <th class="num">{t("sweep.best")}</th>
                </tr>
            </thead>
            <tbody>
                {sweeps.map((s) => (
                    <tr key={s.id}>
                        <td>
                            <a href={pathOf(entity, project, "sweeps", s.name)}>
                                <b>{s.displayName}</b>
                            </a>{" "}
                            <span class="faint mono">{s.name}</span>
                        </td>
                        <td>
                            <span class={`state state-${s.state.toLowerCase()}`}>{sweepState(s.state)}</span>
                        </td>
                        <td>{s.method}</td>
                        <td>{s.user}</td>
                        <td>{formatAgo(parseTime(s.createdAt), Date.now(), language)}</td>
                        <td class="num">{s.runCountExpected === null ? s.runCount : `${s.runCount} / ${s.runCountExpected}`}</td>
                        <td class="num">{formatDuration(s.computeSeconds)}</td>
                        <td class="num" title={readSweepConfig(s.config).metric ?? ""}>
                            {s.bestLoss === null ? "–" : formatNumber(s.bestLoss)}
                        </td>
                    </tr>
                ))}
            </tbody>
        </table>
    );
}

export function sweepState(state: string): string {
    switch (state) {
        case "RUNNING":
            return t("state.running");
        case "PAUSED":
            return t("sweep.paused");
        case "FINISHED":
            return t("state.finished");
        case "CANCELED":
            return t("sweep.canceled");
        default:
            return t("state.pending");
    }
}

function NewSweep({ entity, project }: { entity: string; project: string }) {
    const [config, setConfig] = useState(EXAMPLE);
    const make = () =>
        createSweep(entity, project, config).then((name) => navigate(pathOf(entity, project, "sweeps", name)), sayError);
    return (
        <section class="card stack">
            <TextInput isArea value={config} label={t("sweep.config")} onChange={setConfig} />
            <div>
                <button type="button" class="button primary" onClick={() => void make()}>
                    {t("sweep.start")}
                </button>
            </div>
        </section>
    );
}
