/* artifacts.tsx - what a run made and what it used. */

import { useEffect, useState } from "preact/hooks";
import { Ago } from "../../components/ago";
import { t } from "../../i18n";
import { formatBytes } from "../../lib/format";
import { pathOf } from "../../lib/match";
import { fetchRunArtifacts, type RunArtifact } from "../../queries/artifacts";
import type { RunTabProps } from "./run";

export function ArtifactsTab(props: RunTabProps) {
    return (
        <main class="run-body stack">
            <RunArtifacts {...props} />
        </main>
    );
}

/* Also part of the overview. */
export function RunArtifacts({ entity, project, run }: Pick<RunTabProps, "entity" | "project" | "run">) {
    const [found, setFound] = useState<{ outputs: RunArtifact[]; inputs: RunArtifact[] } | null>(null);
    const [failure, setFailure] = useState("");
    useEffect(() => {
        fetchRunArtifacts(entity, project, run.name).then(setFound, (e: Error) => setFailure(e.message));
    }, [entity, project, run.name, run.state]);
    if (failure !== "") return <p class="notice is-bad">{failure}</p>;
    if (found === null) return null;
    return (
        <>
            <h2>{t("artifact.outputs")}</h2>
            <ArtifactTable list={found.outputs} />
            <h2>{t("artifact.inputs")}</h2>
            <ArtifactTable list={found.inputs} />
        </>
    );
}

function ArtifactTable({ list }: { list: RunArtifact[] }) {
    if (list.length === 0) return <p class="faint">{t("artifact.none")}</p>;
    return (
        <table class="list card">
            <thead>
                <tr>
                    <th>{t("artifact.type")}</th>
                    <th>{t("files.name")}</th>
                    <th class="num">{t("files.size")}</th>
                    <th class="num">{t("artifact.used_by")}</th>
                    <th>{t("column.created")}</th>
                </tr>
            </thead>
            <tbody>
                {list.map((a) => (
                    <tr key={`${a.collection}:${a.version}`}>
                        <td>{a.type}</td>
                        <td>
                            {a.project === null ? (
                                `${a.collection}:${a.version}`
                            ) : (
                                <a
                                    href={pathOf(
                                        a.project.entity.name,
                                        a.project.name,
                                        "artifacts",
                                        a.type,
                                        a.collection,
                                        a.version,
                                    )}
                                >
                                    {a.collection}:{a.version}
                                </a>
                            )}
                        </td>
                        <td class="num">{formatBytes(a.size)}</td>
                        <td class="num">{t("table.count", { count: a.usedByCount })}</td>
                        <td>
                            <Ago at={a.createdAt} />
                        </td>
                    </tr>
                ))}
            </tbody>
        </table>
    );
}
