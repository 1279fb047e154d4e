/* registries.tsx - the registries of an organisation, or of all that the person is in, and a new one. */

import { useEffect, useState } from "preact/hooks";
import { NotFound } from "../../app";
import { Ago } from "../../components/ago";
import { Check, TextInput } from "../../components/controls";
import { sayError } from "../../components/toast";
import { t } from "../../i18n";
import { pathOf } from "../../lib/match";
import { createRegistry, fetchOrganization, fetchOrganizationNames, type Organization } from "../../queries/registry";
import { navigate } from "../../router";
import type { PageProps } from "../../routes";

export default function Registries({ params }: PageProps) {
    const wanted = params["org"];
    const [list, setList] = useState<Organization[] | null | undefined>(undefined);
    const [failure, setFailure] = useState("");
    useEffect(() => {
        load(wanted).then(setList, (e: Error) => setFailure(e.message));
    }, [wanted]);
    if (failure !== "")
        return (
            <main class="page">
                <p class="notice is-bad">{failure}</p>
            </main>
        );
    if (list === undefined) return <main aria-busy="true" />;
    if (list === null) return <NotFound />;
    return (
        <main class="page stack">
            <h1>{t("title.registry")}</h1>
            {list.length === 0 && <p class="empty">{t("registry.no_organization")}</p>}
            {list.map((org) => (
                <OrganizationShelves key={org.name} org={org} />
            ))}
        </main>
    );
}

async function load(wanted: string | undefined): Promise<Organization[] | null> {
    const names = wanted === undefined ? await fetchOrganizationNames() : [wanted];
    const found = (await Promise.all(names.map(fetchOrganization))).filter((o) => o !== null);
    return wanted !== undefined && found.length === 0 ? null : found;
}

function OrganizationShelves({ org }: { org: Organization }) {
    const [isMaking, setMaking] = useState(false);
    return (
        <section class="stack" aria-label={org.name}>
            <div class="row">
                <h2 class="grow">{org.name}</h2>
                <button type="button" class="button" aria-expanded={isMaking} onClick={() => setMaking(!isMaking)}>
                    {t("registry.new")}
                </button>
            </div>
            {isMaking && <NewRegistry org={org} />}
            {org.registries.length === 0 && !isMaking && <p class="empty">{t("registry.none")}</p>}
            {org.registries.length > 0 && (
                <table class="list card">
                    <thead>
                        <tr>
                            <th>{t("column.name")}</th>
                            <th>{t("registry.types")}</th>
                            <th>{t("registry.who_sees")}</th>
                            <th class="num">{t("registry.collections")}</th>
                            <th>{t("column.created")}</th>
                        </tr>
                    </thead>
                    <tbody>
                        {org.registries.map((r) => (
                            <tr key={r.id}>
                                <td>
                                    <a href={pathOf("orgs", org.name, "registry", r.name)}>
                                        <b>{r.name}</b>
                                    </a>
                                    {r.description !== "" && <div class="muted small">{r.description}</div>}
                                </td>
                                <td>{r.types === null ? t("registry.any_type") : r.types.join(", ")}</td>
                                <td>{t(r.isRestricted ? "registry.restricted" : "registry.organization")}</td>
                                <td class="num">{r.collections}</td>
                                <td>
                                    <Ago at={r.createdAt} />
                                </td>
                            </tr>
                        ))}
                    </tbody>
                </table>
            )}
        </section>
    );
}

function NewRegistry({ org }: { org: Organization }) {
    const [name, setName] = useState("");
    const [description, setDescription] = useState("");
    const [types, setTypes] = useState("");
    const [isRestricted, setRestricted] = useState(false);
    const make = (e: Event) => {
        e.preventDefault();
        const list = types.split(",").map((s) => s.trim());
        createRegistry(org.entity, name.trim(), description, isRestricted, list.filter((s) => s !== "")).then(
            () => navigate(pathOf("orgs", org.name, "registry", name.trim())),
            sayError,
        );
    };
    return (
        <form class="card stack" onSubmit={make}>
            <TextInput delay={0} value={name} label={t("column.name")} placeholder={t("column.name")} onChange={setName} />
            <TextInput delay={0} value={description} label={t("registry.description")} placeholder={t("registry.description")} onChange={setDescription} />
            <TextInput delay={0} value={types} label={t("registry.types")} placeholder={t("registry.types_hint")} onChange={setTypes} />
            <Check label={t("registry.restrict")} value={isRestricted} onChange={setRestricted} />
            <div>
                <button type="submit" class="button primary" disabled={name.trim() === ""}>
                    {t("registry.new")}
                </button>
            </div>
        </form>
    );
}
