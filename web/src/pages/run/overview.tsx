/* overview.tsx - what a run was: notes, tags, machine, code, config and summary. */

import { useEffect, useState } from "preact/hooks";
import { CopyButton } from "../../components/copy_text";
import { EditableMarkdown } from "../../components/editable_markdown";
import { TagEditor } from "../../components/tag_editor";
import { ValueTree } from "../../components/value_tree";
import { sayError } from "../../components/toast";
import { language, t, type MessageName } from "../../i18n";
import { formatBytes, formatDuration, formatTime, formatValue } from "../../lib/format";
import { pathOf } from "../../lib/match";
import { runtimeOf } from "../../lib/runs";
import { gitCheckout, gitClone, shellWord } from "../../lib/shell";
import type { Run } from "../../lib/types";
import { fetchFork, type Fork } from "../../queries/fork";
import { changeRun } from "../../queries/runs";
import { mayChange } from "../../session";
import type { RunTabProps } from "./run";
import { RunArtifacts } from "./artifacts";
import { ReceiptCard } from "./receipt_card";

export function OverviewTab({ entity, project, run, reload }: RunTabProps) {
    const [fork, setFork] = useState<Fork | null>(null);
    useEffect(() => void fetchFork(entity, project, run.name).then(setFork, () => undefined /* the rest is there without it */), [run.id]);
    return (
        <main class="run-body overview">
            <section class="card stack">
                <EditableMarkdown
                    title={t("run.notes")}
                    text={run.notes}
                    empty={t("run.no_notes")}
                    isOff={!mayChange.value}
                    onChange={(notes) => void changeRun(run.id, { notes }).then(reload, sayError)}
                />
                <TagEditor
                    tags={run.tags}
                    isOff={!mayChange.value}
                    onChange={(tags) => void changeRun(run.id, { tags }).then(reload, sayError)}
                />
                <Facts facts={factsOf(entity, project, run, fork)} />
            </section>
            <section class="card">
                <ValueTree title={t("run.config")} value={run.config} />
            </section>
            <section class="card">
                <ValueTree title={t("run.summary")} value={withoutInternal(run.summary)} />
            </section>
            <section class="card stack">
                <RunArtifacts entity={entity} project={project} run={run} />
            </section>
            <section class="card">
                <ReceiptCard entity={entity} project={project} run={run.name} version={run.lineCount} />
            </section>
        </main>
    );
}

function withoutInternal(summary: Record<string, unknown>): Record<string, unknown> {
    return Object.fromEntries(Object.entries(summary).filter(([k]) => k !== "_wandb"));
}

/* How a value stands there: "taken" when somebody will want to paste it; otherwise where it leads. */
type Fact = [name: MessageName, value: string, how?: "taken" | { href: string }];

function Facts({ facts }: { facts: Fact[] }) {
    return (
        <dl class="facts">
            {facts
                .filter(([, value]) => value !== "")
                .map(([name, value, how]) => (
                    <div key={name}>
                        <dt>{t(name)}</dt>
                        {how === "taken" ? (
                            <dd class="taken">
                                <code>{value}</code>
                                <CopyButton text={value} label={t(name)} />
                            </dd>
                        ) : (
                            <dd>{how ? <a href={how.href}>{value}</a> : value}</dd>
                        )}
                    </div>
                ))}
        </dl>
    );
}

function forkFact(fork: Fork | null): Fact[] {
    if (fork === null) return [];
    return [["fact.fork", t("fact.fork_at", { name: fork.displayName, step: fork.step }), { href: pathOf(fork.entity, fork.project, "runs", fork.name) }]];
}

/* What the client wrote into its metadata; every part of it may be missing. */
function factsOf(entity: string, project: string, run: Run, fork: Fork | null): Fact[] {
    const e = run.environment;
    const text = (v: unknown) => formatValue(v);
    const git = (e["git"] ?? {}) as Record<string, unknown>;
    const memory = (e["memory"] as Record<string, unknown> | undefined)?.["total"];
    const args = Array.isArray(e["args"]) ? e["args"].map(String) : [];
    const command =
        e["program"] || e["codePath"]
            ? ["python", text(e["program"] || e["codePath"]), ...args].map(shellWord).join(" ")
            : "";
    return [
        ["fact.author", run.user],
        ["fact.started", formatTime(run.createdAt, language)],
        ["fact.runtime", formatDuration(runtimeOf(run))],
        ["fact.path", [entity, project, run.name].join("/"), "taken"],
        ...forkFact(fork),
        ["fact.group", run.group, { href: pathOf(entity, project, "groups", run.group) }],
        ["fact.job_type", run.jobType],
        ["fact.sweep", run.sweep, { href: pathOf(entity, project, "sweeps", run.sweep) }],
        ["fact.host", text(e["host"])],
        ["fact.os", text(e["os"])],
        ["fact.python", [text(e["python"]), text(e["executable"])].filter(Boolean).join(" · ")],
        ["fact.command", command, "taken"],
        ["fact.git", git["remote"] ? gitClone(text(git["remote"])) : "", "taken"],
        ["fact.commit", git["commit"] ? gitCheckout(text(git["commit"])) : "", "taken"],
        [
            "fact.cpus",
            [text(e["cpu_count"]), e["cpu_count_logical"] ? `(${text(e["cpu_count_logical"])})` : ""]
                .join(" ")
                .trim(),
        ],
        ["fact.gpu", [e["gpu_count"] ? `${text(e["gpu_count"])} ×` : "", text(e["gpu"])].join(" ").trim()],
        ["fact.client", run.clientVersion],
        ["fact.memory", memory ? formatBytes(Number(memory)) : ""],
    ];
}
