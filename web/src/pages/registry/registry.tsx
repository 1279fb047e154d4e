/* registry.tsx - one registry: its collections, or the versions of the chosen one, and how to link. */

import { useEffect, useRef, useState } from "preact/hooks";
import { NotFound } from "../../app";
import { Ago } from "../../components/ago";
import { SearchBox } from "../../components/controls";
import { Snippet } from "../../components/copy_text";
import { EditableMarkdown } from "../../components/editable_markdown";
import { sayError } from "../../components/toast";
import { t } from "../../i18n";
import { pathOf } from "../../lib/match";
import { collectionPath, fetchOrganization, fetchRegistry, REGISTRY_PREFIX, type Organization, type Registry, type RegistryCollection } from "../../queries/registry";
import { changeRegistry } from "../../queries/registry_changes";
import { address, navigate } from "../../router";
import type { PageProps } from "../../routes";
import { CollectionPage } from "./collection";
import { RegistryMembers } from "./members";
import { RegistrySettings } from "./settings";

const SEARCHED_FROM = 5;

export default function RegistryPage({ params }: PageProps) {
    const { org: orgName, registry: name } = params as { org: string; registry: string };
    const [org, setOrg] = useState<Organization | null>(null);
    const [registry, setRegistry] = useState<Registry | null | undefined>(undefined);
    const [failure, setFailure] = useState("");
    const turn = useRef(0);
    const load = async () => {
        const mine = ++turn.current;
        const found = await fetchOrganization(orgName);
        const next = found && (await fetchRegistry(found.entity, name));
        if (mine !== turn.current) return; /* asked again meanwhile: this answer is older than that one */
        setOrg(found);
        setRegistry(next);
    };
    const reload = () => void load().catch((e: Error) => setFailure(e.message));
    useEffect(reload, [orgName, name]);
    if (failure !== "")
        return (
            <main class="page">
                <p class="notice is-bad">{failure}</p>
            </main>
        );
    if (registry === undefined) return <main aria-busy="true" />;
    if (registry === null || org === null) return <NotFound />;
    const here = pathOf("orgs", orgName, "registry", name);
    /* As the official client writes it: ENTITY/PROJECT/COLLECTION. */
    const chosenName = address.value.query.get("selectionPath")?.split("/").slice(2).join("/");
    const chosen = registry.list.find((c) => c.name === chosenName);
    if (chosenName !== undefined && chosen === undefined) return <NotFound />;
    return (
        <main class="page stack">
            <nav class="row" aria-label={t("title.registry")}>
                <a href={pathOf("orgs", orgName, "registry")}>{t("title.registry")}</a>
                <span aria-hidden="true">/</span>
                <a href={here}>{name}</a>
                <span class="grow" />
                <a href={pathOf(org.entity, REGISTRY_PREFIX + name, "automations")}>{t("title.automations")}</a>
            </nav>
            <h1>{chosen ? chosen.name : name}</h1>
            {chosen ? (
                <CollectionPage
                    key={chosen.id}
                    entity={org.entity}
                    registry={registry}
                    collection={chosen}
                    highlighted={address.value.query.get("version")}
                    onChange={reload}
                    onDeleted={() => {
                        setRegistry({ ...registry, list: registry.list.filter((c) => c !== chosen) });
                        navigate(here);
                        reload();
                    }}
                />
            ) : (
                <Overview org={org} registry={registry} onChange={reload} />
            )}
        </main>
    );
}

function Overview({ org, registry, onChange }: { org: Organization; registry: Registry; onChange: () => void }) {
    const link = (c: RegistryCollection) => collectionPath(org.entity, REGISTRY_PREFIX + registry.name, c.name);
    return (
        <>
            <EditableMarkdown
                title={t("registry.description")}
                text={registry.description}
                empty={t("run.nothing")}
                isOff={registry.isReadOnly}
                onChange={(description) => void changeRegistry(org.entity, registry.name, { description }).then(onChange, sayError)}
            />
            <Collections registry={registry} link={link} />
            <section class="card stack">
                <h2>{t("registry.how_to_link")}</h2>
                <p class="muted">{t("registry.how_to_link_page")}</p>
                <Snippet text={linkSnippet(org.entity, registry)} />
            </section>
            <RegistryMembers registry={registry} org={org} onChange={onChange} />
            <RegistrySettings registry={registry} entity={org.entity} home={pathOf("orgs", org.name, "registry")} onChange={onChange} />
        </>
    );
}

function linkSnippet(entity: string, registry: Registry): string {
    const type = registry.types?.[0] ?? "model";
    const target = `${entity}/${REGISTRY_PREFIX}${registry.name}/COLLECTION`;
    return [
        "import wandb",
        "",
        'with wandb.init(project="PROJECT") as run:',
        `    artifact = wandb.Artifact("NAME", type=${JSON.stringify(type)})`,
        '    artifact.add_file("FILE")',
        "    run.log_artifact(artifact)",
        `    run.link_artifact(artifact, ${JSON.stringify(target)}, aliases=["production"])`,
    ].join("\n");
}

function Collections({ registry, link }: { registry: Registry; link: (c: RegistryCollection) => string }) {
    const [search, setSearch] = useState("");
    if (registry.list.length === 0) return <p class="empty">{t("registry.empty")}</p>;
    const shown = registry.list.filter((c) => `${c.name}\n${c.description}\n${c.type}\n${c.tags.join("\n")}`.toLowerCase().includes(search.toLowerCase()));
    return (
        <>
            <div class="row">
                <h2 class="grow">{t("registry.collections")}</h2>
                {registry.list.length >= SEARCHED_FROM && <SearchBox value={search} label={t("registry.search_collections")} onChange={setSearch} />}
            </div>
            {shown.length === 0 && <p class="empty">{t("registry.none_found")}</p>}
            {shown.length > 0 && <CollectionTable list={shown} link={link} />}
        </>
    );
}

function CollectionTable({ list, link }: { list: readonly RegistryCollection[]; link: (c: RegistryCollection) => string }) {
    return (
        <table class="list card">
            <thead>
                <tr>
                    <th>{t("registry.collection")}</th>
                    <th>{t("artifact.type")}</th>
                    <th>{t("column.tags")}</th>
                    <th class="num">{t("artifact.versions")}</th>
                    <th>{t("artifact.latest")}</th>
                </tr>
            </thead>
            <tbody>
                {list.map((c) => (
                    <tr key={c.id}>
                        <td>
                            <a href={link(c)}>
                                <b>{c.name}</b>
                            </a>
                            {c.description !== "" && <div class="muted small one-line">{c.description}</div>}
                        </td>
                        <td>{c.type}</td>
                        <td>
                            <span class="chips">
                                {c.tags.map((tag) => (
                                    <span key={tag} class="chip">
                                        {tag}
                                    </span>
                                ))}
                            </span>
                        </td>
                        <td class="num">{c.versions}</td>
                        <td>
                            <Ago at={c.updatedAt} />
                        </td>
                    </tr>
                ))}
            </tbody>
        </table>
    );
}
