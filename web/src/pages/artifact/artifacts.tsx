/* artifacts.tsx - the artifacts of a project, by type. */

import { useEffect, useState } from "preact/hooks";
import { NotFound } from "../../app";
import { Ago } from "../../components/ago";
import { t } from "../../i18n";
import { formatBytes } from "../../lib/format";
import { pathOf } from "../../lib/match";
import { fetchCollections, type CollectionSummary } from "../../queries/artifacts";
import { fetchAliasGuard, type AliasGuard } from "../../queries/registry";
import type { PageProps } from "../../routes";
import { ProtectedAliases } from "../registry/settings";

export default function Artifacts({ params }: PageProps) {
    const { entity, project, type } = params as { entity: string; project: string; type?: string };
    const [list, setList] = useState<CollectionSummary[] | null | undefined>(undefined);
    const [failure, setFailure] = useState("");
    const [guard, setGuard] = useState<(AliasGuard & { projectId: string }) | null>(null);
    const loadGuard = () => void fetchAliasGuard(entity, project).then(setGuard, () => undefined);
    useEffect(loadGuard, [entity, project]);
    useEffect(() => {
        fetchCollections(entity, project).then(setList, (e: Error) => setFailure(e.message));
    }, [entity, project]);
    if (failure !== "")
        return (
            <main class="page">
                <p class="notice is-bad">{failure}</p>
            </main>
        );
    if (list === undefined) return <main aria-busy="true" />;
    if (list === null) return <NotFound />;
    const shown = list.filter((c) => type === undefined || c.type === type);
    const types = [...new Set(shown.map((c) => c.type))].sort();
    return (
        <main class="page stack">
            <h1>{t("title.artifacts")}</h1>
            {shown.length === 0 && <p class="empty">{t("artifact.none")}</p>}
            {types.map((name) => (
                <section key={name} class="stack">
                    <h2>{name}</h2>
                    <CollectionTable entity={entity} project={project} list={shown.filter((c) => c.type === name)} />
                </section>
            ))}
            {guard !== null && list.length > 0 && <ProtectedAliases projectId={guard.projectId} aliases={guard.aliases} isOff={!guard.isOpen} onChange={loadGuard} />}
        </main>
    );
}

function CollectionTable({ entity, project, list }: { entity: string; project: string; list: CollectionSummary[] }) {
    return (
        <table class="list card">
            <thead>
                <tr>
                    <th>{t("files.name")}</th>
                    <th class="num">{t("artifact.versions")}</th>
                    <th class="num">{t("files.size")}</th>
                    <th>{t("artifact.latest")}</th>
                </tr>
            </thead>
            <tbody>
                {list.map((c) => (
                    <tr key={c.name}>
                        <td>
                            <a href={pathOf(entity, project, "artifacts", c.type, c.name)}>{c.name}</a>
                        </td>
                        <td class="num">{c.versions}</td>
                        <td class="num">{c.latest && formatBytes(c.latest.size)}</td>
                        <td>{c.latest && <Ago at={c.latest.createdAt} />}</td>
                    </tr>
                ))}
            </tbody>
        </table>
    );
}
