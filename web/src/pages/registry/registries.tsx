/* registries.tsx - the registries of the person's organisations, or of one. */

import { useEffect, useState } from "preact/hooks";
import { NotFound } from "../../app";
import { Ago } from "../../components/ago";
import { Check, SearchBox, TextInput } from "../../components/controls";
import { Lock } from "../../components/tag_editor";
import { sayError } from "../../components/toast";
import { t } from "../../i18n";
import { pathOf } from "../../lib/match";
import { fetchOrganization, fetchOrganizationNames, type Organization, type RegistrySummary } from "../../queries/registry";
import { createRegistry } from "../../queries/registry_changes";
import { navigate } from "../../router";
import type { PageProps } from "../../routes";

export default function Registries({ params }: PageProps) {
    const [list, setList] = useState<Organization[] | null | undefined>(undefined);
    const [failure, setFailure] = useState("");
    const [search, setSearch] = useState("");
    const wanted = params["org"];
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
            <div class="row">
                <h1 class="grow">{t("title.registry")}</h1>
                {list.some((org) => org.registries.length > 0) && <SearchBox value={search} label={t("registry.search")} onChange={setSearch} />}
            </div>
            {list.length === 0 && <p class="empty">{t("registry.no_organization")}</p>}
            {list.map((org) => (
                <OrganizationShelves key={org.name} org={org} search={search.toLowerCase()} />
            ))}
        </main>
    );
}

async function load(wanted: string | undefined): Promise<Organization[] | null> {
    const names = wanted === undefined ? await fetchOrganizationNames() : [wanted];
    const found = (await Promise.all(names.map(fetchOrganization))).filter((o) => o !== null);
    return wanted !== undefined && found.length === 0 ? null : found;
}

function OrganizationShelves({ org, search }: { org: Organization; search: string }) {
    const [isMaking, setMaking] = useState(false);
    const shown = org.registries.filter((r) => `${r.name}\n${r.description}\n${(r.types ?? []).join("\n")}`.toLowerCase().includes(search));
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
            {org.registries.length > 0 && shown.length === 0 && <p class="empty">{t("registry.none_found")}</p>}
            <ul class="shelves">
                {shown.map((r) => (
                    <li key={r.id}>
                        <Shelf registry={r} link={pathOf("orgs", org.name, "registry", r.name)} />
                    </li>
                ))}
            </ul>
        </section>
    );
}

function Shelf({ registry: r, link }: { registry: RegistrySummary; link: string }) {
    return (
        <article class="card shelf">
            <div class="row">
                <h3 class="grow clip">
                    <a href={link}>{r.name}</a>
                </h3>
                {r.isRestricted && (
                    <span class="row muted small">
                        <Lock label={t("registry.restricted")} /> {t("registry.restricted")}
                    </span>
                )}
            </div>
            <p class="muted shelf-text">{r.description}</p>
            <div class="row muted small">
                <span>{t("registry.collection_count", { count: r.collections })}</span>
                <span class="grow clip">{r.types === null ? t("registry.all_types") : r.types.join(", ")}</span>
                <Ago at={r.createdAt} />
            </div>
        </article>
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
