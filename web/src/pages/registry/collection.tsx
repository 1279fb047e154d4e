/* collection.tsx - one collection of a registry: what it is, the versions linked into it, and how to use them. */

import { useEffect, useState } from "preact/hooks";
import { Ago } from "../../components/ago";
import { Snippet } from "../../components/copy_text";
import { EditableMarkdown } from "../../components/editable_markdown";
import { useMore } from "../../components/more_rows";
import { askSure } from "../../components/question";
import { TagEditor } from "../../components/tag_editor";
import { sayError } from "../../components/toast";
import { t } from "../../i18n";
import { formatBytes } from "../../lib/format";
import { pathOf } from "../../lib/match";
import { changeAliases } from "../../queries/artifacts";
import { fetchLinkedVersions, REGISTRY_PREFIX, type LinkedVersion, type Registry, type RegistryCollection } from "../../queries/registry";
import { deleteCollection, describeCollection, tagCollection, unlinkVersion } from "../../queries/registry_changes";

interface Props {
    entity: string;
    registry: Registry;
    collection: RegistryCollection;
    highlighted: string | null;
    onChange: () => void;
    onDeleted: () => void;
}

export function CollectionPage({ entity, registry, collection, highlighted, onChange, onDeleted }: Props) {
    const project = REGISTRY_PREFIX + registry.name;
    const place = { entityName: entity, projectName: project, artifactCollectionName: collection.name };
    const retag = (next: string[]) => {
        const added = next.filter((tag) => !collection.tags.includes(tag));
        const removed = collection.tags.filter((tag) => !next.includes(tag));
        tagCollection(place, added, removed).then(onChange, sayError);
    };
    const remove = async () => {
        if (!(await askSure(t("registry.confirm_delete_collection", { name: collection.name })))) return;
        await deleteCollection(collection.id).then(onDeleted, sayError);
    };
    return (
        <>
            <EditableMarkdown
                title={t("registry.description")}
                text={collection.description}
                empty={t("run.nothing")}
                isOff={registry.isReadOnly}
                onChange={(description) => void describeCollection(collection.id, description).then(onChange, sayError)}
            />
            <div class="row">
                <span class="chip">{collection.type}</span>
                <TagEditor tags={collection.tags} isOff={registry.isReadOnly} onChange={retag} />
                <span class="grow" />
                {!registry.isReadOnly && (
                    <button type="button" class="button danger" onClick={() => void remove()}>
                        {t("registry.delete_collection")}
                    </button>
                )}
            </div>
            <Versions entity={entity} registry={registry} collection={collection} highlighted={highlighted} />
            <section class="card stack">
                <h2>{t("artifact.usage")}</h2>
                <Snippet text={`import wandb\n\nartifact = wandb.Api().artifact(${JSON.stringify(`${entity}/${project}/${collection.name}:latest`)})\nfolder = artifact.download()`} />
            </section>
        </>
    );
}

function Versions({ entity, registry, collection, highlighted }: Pick<Props, "entity" | "registry" | "collection" | "highlighted">) {
    const [list, setList] = useState<LinkedVersion[] | null>(null);
    const more = useMore(list ?? []);
    const project = REGISTRY_PREFIX + registry.name;
    const load = () => fetchLinkedVersions(entity, registry.name, collection.name).then(setList, sayError);
    useEffect(() => void load(), [entity, registry.name, collection.name]);
    if (list === null) return <div aria-busy="true" />;
    if (list.length === 0) return <p class="empty">{t("registry.no_versions")}</p>;
    const change = (v: LinkedVersion, aliases: string[]) => {
        const added = aliases.filter((a) => !v.aliases.includes(a));
        const removed = v.aliases.filter((a) => !aliases.includes(a));
        changeAliases(v.id, entity, project, collection.name, added, removed).then(load, sayError);
    };
    const unlink = async (v: LinkedVersion) => {
        if (await askSure(t("registry.confirm_unlink", { name: `${collection.name}:${v.version}` }))) await unlinkVersion(v.id, collection.id).then(load, sayError);
    };
    const guard = { aliases: registry.protectedAliases, isOpen: !registry.hasFixedMembers };
    const mayUnlink = (v: LinkedVersion) => !registry.isReadOnly && (guard.isOpen || !v.aliases.some((a) => guard.aliases.includes(a)));
    return (
        <>
            <table class="list card">
                <thead>
                    <tr>
                        <th>{t("artifact.version")}</th>
                        <th>{t("registry.aliases")}</th>
                        <th>{t("registry.linked_from")}</th>
                        <th class="num">{t("files.size")}</th>
                        <th>{t("registry.linked")}</th>
                        <td />
                    </tr>
                </thead>
                <tbody>
                    {more.shown.map((v) => (
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
                                <TagEditor tags={v.aliases} guard={guard} isOff={registry.isReadOnly} label={t("artifact.add_alias")} onChange={(aliases) => change(v, aliases)} />
                            </td>
                            <td>{v.source === null ? <span class="faint">{t("registry.closed_source")}</span> : <Source of={v.source} />}</td>
                            <td class="num">{formatBytes(v.size)}</td>
                            <td>
                                <Ago at={v.linkedAt} />
                            </td>
                            <td class="num">
                                {mayUnlink(v) && (
                                    <button type="button" class="button" aria-label={`${t("registry.unlink")}: ${v.version}`} onClick={() => void unlink(v)}>
                                        {t("registry.unlink")}
                                    </button>
                                )}
                            </td>
                        </tr>
                    ))}
                </tbody>
            </table>
            {more.button}
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
