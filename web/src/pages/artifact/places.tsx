/* places.tsx - where else a version stands, and linking it into a registry. */

import { useEffect, useState } from "preact/hooks";
import { Field, Select, TextInput } from "../../components/controls";
import { say, sayError } from "../../components/toast";
import { t } from "../../i18n";
import { pathOf } from "../../lib/match";
import { collectionPath, fetchOrganization, fetchOrganizationNames, fetchPlacements, REGISTRY_PREFIX, type Placement } from "../../queries/registry";
import { linkVersion } from "../../queries/registry_changes";
import { mayChange, viewer } from "../../session";

interface Props {
    id: string;
    type: string;
    here: { entity: string; project: string; collection: string };
}

export function Places({ id, type, here }: Props) {
    const [list, setList] = useState<Placement[]>([]);
    const [isLinking, setLinking] = useState(false);
    const load = () => fetchPlacements(id).then(setList, sayError);
    useEffect(() => void load(), [id]);
    const others = list.filter((p) => p.entity !== here.entity || p.project !== here.project || p.collection !== here.collection);
    const mayLink = viewer.value !== null && mayChange.value && !here.project.startsWith(REGISTRY_PREFIX);
    return (
        <>
            <div class="row places">
                {others.length > 0 && <span class="muted">{t("artifact.also_in")}</span>}
                {others.map((p) => (
                    <a key={`${p.entity}/${p.project}/${p.collection}`} class="chip wide-chip" href={linkOf(p)}>
                        {nameOf(p)}
                    </a>
                ))}
                {mayLink && (
                    <button type="button" class="button" aria-expanded={isLinking} onClick={() => setLinking(!isLinking)}>
                        {t("artifact.link")}
                    </button>
                )}
            </div>
            {isLinking && (
                <LinkForm
                    id={id}
                    type={type}
                    suggested={here.collection}
                    onLinked={() => {
                        setLinking(false);
                        void load();
                    }}
                />
            )}
        </>
    );
}

/* The way back, where what is looked at stands in a registry. */
export function RegistryPath({ entity, project, collection }: Props["here"]) {
    if (!project.startsWith(REGISTRY_PREFIX)) return null;
    const home = pathOf("orgs", entity, "registry");
    const registry = project.slice(REGISTRY_PREFIX.length);
    return (
        <nav class="row" aria-label={t("title.registry")}>
            <a href={home}>{t("title.registry")}</a>
            <span aria-hidden="true">/</span>
            <a href={pathOf("orgs", entity, "registry", registry)}>{registry}</a>
            <span aria-hidden="true">/</span>
            <a href={collectionPath(entity, project, collection)}>{collection}</a>
        </nav>
    );
}

const isRegistry = (p: Placement) => p.project.startsWith(REGISTRY_PREFIX);

function nameOf(p: Placement): string {
    const project = isRegistry(p) ? p.project.slice(REGISTRY_PREFIX.length) : p.project;
    return `${p.entity}/${project}/${p.collection}:${p.version}`;
}

function linkOf(p: Placement): string {
    if (!isRegistry(p)) return pathOf(p.entity, p.project, "artifacts", p.type, p.collection, p.version);
    return `${collectionPath(p.entity, p.project, p.collection)}&version=${p.version}`;
}

interface Target {
    entity: string;
    registry: string;
}

/* Registries that take artifacts of this type. */
async function fetchTargets(type: string): Promise<Target[]> {
    const organizations = await Promise.all((await fetchOrganizationNames()).map(fetchOrganization));
    return organizations.flatMap((org) =>
        (org?.registries ?? []).filter((r) => r.types === null || r.types.includes(type)).map((r) => ({ entity: org!.entity, registry: r.name })),
    );
}

function LinkForm({ id, type, suggested, onLinked }: { id: string; type: string; suggested: string; onLinked: () => void }) {
    const [targets, setTargets] = useState<Target[] | null>(null);
    const [chosen, setChosen] = useState("0");
    const [collection, setCollection] = useState(suggested);
    const [aliases, setAliases] = useState("");
    useEffect(() => void fetchTargets(type).then(setTargets, sayError), [type]);
    if (targets === null) return <div class="card" aria-busy="true" />;
    if (targets.length === 0) return <p class="notice">{t("artifact.no_registry", { type })}</p>;
    const link = async (e: Event) => {
        e.preventDefault();
        const target = targets[Number(chosen)]!;
        const wanted = aliases.split(",").map((a) => a.trim()).filter((a) => a !== "");
        try {
            await linkVersion(id, target.entity, target.registry, collection.trim(), wanted);
            say(t("artifact.was_linked", { name: `${target.registry}/${collection.trim()}` }));
            onLinked();
        } catch (failure) {
            sayError(failure);
        }
    };
    return (
        <form class="card row link-form" onSubmit={(e) => void link(e)}>
            <Field label={t("title.registry")}>
                <Select
                    value={chosen}
                    label={t("title.registry")}
                    options={targets.map((target, i) => ({ value: String(i), label: `${target.entity}/${target.registry}` }))}
                    onChange={setChosen}
                />
            </Field>
            <Field label={t("registry.collection")}>
                <TextInput delay={0} value={collection} label={t("registry.collection")} onChange={setCollection} />
            </Field>
            <Field label={t("registry.aliases")}>
                <TextInput delay={0} value={aliases} label={t("registry.aliases")} placeholder={t("artifact.aliases_hint")} onChange={setAliases} />
            </Field>
            <button type="submit" class="button primary" disabled={collection.trim() === ""}>
                {t("artifact.link_now")}
            </button>
        </form>
    );
}
