/* registry.tsx - one registry: its collections, the versions of the chosen one, how to link, and who is a member. */

import { useEffect, useState } from "preact/hooks";
import { NotFound } from "../../app";
import { Snippet } from "../../components/copy_text";
import { Ago } from "../../components/ago";
import { t } from "../../i18n";
import { pathOf } from "../../lib/match";
import { fetchOrganization, fetchRegistry, REGISTRY_PREFIX, type Organization, type Registry, type RegistryCollection } from "../../queries/registry";
import { address } from "../../router";
import type { PageProps } from "../../routes";
import { RegistryMembers } from "./members";
import { RegistryVersions } from "./versions";

export default function RegistryPage({ params }: PageProps) {
    const { org: orgName, registry: name } = params as { org: string; registry: string };
    const [org, setOrg] = useState<Organization | null>(null);
    const [registry, setRegistry] = useState<Registry | null | undefined>(undefined);
    const [failure, setFailure] = useState("");
    const load = async () => {
        const found = await fetchOrganization(orgName);
        setOrg(found);
        setRegistry(found && (await fetchRegistry(found.entity, name)));
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
    const about = (chosen ?? registry).description;
    const selection = (c: RegistryCollection) => `${here}?${new URLSearchParams({ selectionPath: `${org.entity}/${REGISTRY_PREFIX}${name}/${c.name}`, view: "membership" })}`;
    return (
        <main class="page stack">
            <nav class="row" aria-label={t("title.registry")}>
                <a href={pathOf("orgs", orgName, "registry")}>{t("title.registry")}</a>
                <span aria-hidden="true">/</span>
                <a href={here}>{name}</a>
            </nav>
            <h1>{chosen ? chosen.name : name}</h1>
            {about !== "" && <p class="muted">{about}</p>}
            {chosen ? (
                <RegistryVersions entity={org.entity} registry={registry} collection={chosen} highlighted={address.value.query.get("version")} />
            ) : (
                <>
                    <Collections registry={registry} link={selection} />
                    <section class="card stack">
                        <h2>{t("registry.how_to_link")}</h2>
                        <Snippet text={linkSnippet(org.entity, registry)} />
                    </section>
                    <RegistryMembers registry={registry} org={org} onChange={reload} />
                </>
            )}
        </main>
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
    if (registry.list.length === 0) return <p class="empty">{t("registry.empty")}</p>;
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
                {registry.list.map((c) => (
                    <tr key={c.id}>
                        <td>
                            <a href={link(c)}>
                                <b>{c.name}</b>
                            </a>
                            {c.description !== "" && <div class="muted small">{c.description}</div>}
                        </td>
                        <td>{c.type}</td>
                        <td>
                            {c.tags.map((tag) => (
                                <span key={tag} class="chip">
                                    {tag}
                                </span>
                            ))}
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
