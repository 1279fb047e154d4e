/* versions.tsx - the versions linked into one collection of a registry: aliases, origin, and how to use them. */

import { useEffect, useState } from "preact/hooks";
import { Snippet } from "../../components/copy_text";
import { Ago } from "../../components/ago";
import { TagEditor } from "../../components/tag_editor";
import { sayError } from "../../components/toast";
import { t } from "../../i18n";
import { formatBytes } from "../../lib/format";
import { pathOf } from "../../lib/match";
import { changeAliases } from "../../queries/artifacts";
import { fetchLinkedVersions, REGISTRY_PREFIX, unlinkVersion, type LinkedVersion, type Registry, type RegistryCollection } from "../../queries/registry";

interface Props {
    entity: string;
    registry: Registry;
    collection: RegistryCollection;
    highlighted: string | null;
}

export function RegistryVersions({ entity, registry, collection, highlighted }: Props) {
    const [list, setList] = useState<LinkedVersion[] | null>(null);
    const project = REGISTRY_PREFIX + registry.name;
    const load = () => fetchLinkedVersions(entity, registry.name, collection.name).then(setList, sayError);
    useEffect(() => void load(), [entity, registry.name, collection.name]);
    if (list === null) return null;
    const change = (v: LinkedVersion, aliases: string[]) => {
        const added = aliases.filter((a) => !v.aliases.includes(a));
        const removed = v.aliases.filter((a) => !aliases.includes(a));
        changeAliases(v.id, entity, project, collection.name, added, removed).then(load, sayError);
    };
    const unlink = (v: LinkedVersion) => {
        if (window.confirm(t("registry.confirm_unlink", { name: `${collection.name}:${v.version}` }))) unlinkVersion(v.id, collection.id).then(load, sayError);
    };
    return (
        <>
            {list.length === 0 && <p class="empty">{t("registry.no_versions")}</p>}
            {list.length > 0 && (
                <table class="list card">
                    <thead>
                        <tr>
                            <th>{t("artifact.version")}</th>
                            <th>{t("registry.aliases")}</th>
                            <th>{t("registry.linked_from")}</th>
                            <th class="num">{t("files.size")}</th>
                            <th>{t("registry.linked")}</th>
                            <th />
                        </tr>
                    </thead>
                    <tbody>
                        {list.map((v) => (
                            <tr key={v.id} aria-current={v.version === highlighted ? "true" : undefined}>
                                <td>
                                    <a href={pathOf(entity, project, "artifacts", collection.type, collection.name, v.version)}>
                                        <b>{v.version}</b>
                                    </a>{" "}
                                    {v.tags.map((tag) => (
                                        <span key={tag} class="chip">
                                            {tag}
                                        </span>
                                    ))}
                                </td>
                                <td>
                                    <TagEditor tags={v.aliases} isOff={registry.isReadOnly} label={t("artifact.add_alias")} onChange={(aliases) => change(v, aliases)} />
                                </td>
                                <td>{v.source && <Source of={v.source} />}</td>
                                <td class="num">{formatBytes(v.size)}</td>
                                <td>
                                    <Ago at={v.linkedAt} />
                                </td>
                                <td class="num">
                                    {!registry.isReadOnly && (
                                        <button type="button" class="button" aria-label={`${t("registry.unlink")}: ${v.version}`} onClick={() => unlink(v)}>
                                            {t("registry.unlink")}
                                        </button>
                                    )}
                                </td>
                            </tr>
                        ))}
                    </tbody>
                </table>
            )}
            <section class="card stack">
                <h2>{t("artifact.usage")}</h2>
                <Snippet text={`import wandb\n\nartifact = wandb.Api().artifact(${JSON.stringify(`${entity}/${project}/${collection.name}:latest`)})\nfolder = artifact.download()`} />
            </section>
        </>
    );
}

function Source({ of }: { of: NonNullable<LinkedVersion["source"]> }) {
    return (
        <a href={pathOf(of.entity, of.project, "artifacts", of.type, of.collection, of.version)}>
            {of.entity}/{of.project}/{of.collection}:{of.version}
        </a>
    );
}
