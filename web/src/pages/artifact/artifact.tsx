/* artifact.tsx - one collection: its versions, and what the chosen one holds. */

import { useEffect, useState } from "preact/hooks";
import { NotFound } from "../../app";
import { Snippet } from "../../components/copy_text";
import { Ago } from "../../components/ago";
import { useMore } from "../../components/more_rows";
import { ValueTree } from "../../components/value_tree";
import { t, type MessageName } from "../../i18n";
import { pathOf } from "../../lib/match";
import { parseObject } from "../../lib/runs";
import { shellWord } from "../../lib/shell";
import { sayError } from "../../components/toast";
import { Lock, TagEditor } from "../../components/tag_editor";
import { fetchAliasGuard, type AliasGuard } from "../../queries/registry";
import { changeAliases, changeArtifact, fetchDetail, fetchVersions } from "../../queries/artifacts";
import { mayChange } from "../../session";
import type { ArtifactDetail, ArtifactVersion, RunLink } from "../../queries/artifacts";
import type { PageProps } from "../../routes";
import { RunName, VersionOverview } from "./overview";
import { CompareTab } from "./compare";
import { FilesTab } from "./files";
import { HistoryTab } from "./history";
import { LineageTab } from "./lineage";
import { Places, RegistryPath } from "./places";

const TABS: Record<string, MessageName> = {
    overview: "artifact.version",
    metadata: "artifact.metadata",
    usage: "artifact.usage",
    files: "run.files",
    lineage: "artifact.lineage",
    history: "artifact.history",
    compare: "compare.title",
};

const VERSIONS_SHOWN = 200;

export default function Artifact({ params }: PageProps) {
    const { entity, project, type, collection } = params as Record<string, string> & { entity: string; project: string; type: string; collection: string };
    const [versions, setVersions] = useState<ArtifactVersion[] | null | undefined>(undefined);
    const [failure, setFailure] = useState("");
    const [guard, setGuard] = useState<AliasGuard>({ aliases: [], isOpen: false });
    const more = useMore(versions ?? [], VERSIONS_SHOWN);
    useEffect(() => {
        fetchVersions(entity, project, collection).then(setVersions, (e: Error) => setFailure(e.message));
    }, [entity, project, collection]);
    useEffect(() => void fetchAliasGuard(entity, project).then(setGuard, () => undefined), [entity, project]);
    if (failure !== "")
        return (
            <main class="page">
                <p class="notice is-bad">{failure}</p>
            </main>
        );
    if (versions === undefined) return <main aria-busy="true" />;
    const wanted = params["version"];
    const chosen = wanted === undefined ? versions?.[0] : versions?.find((v) => v.version === wanted || v.aliases.includes(wanted));
    const tab = params["path"] !== undefined ? "files" : (params["tab"] ?? "overview");
    if (!versions || chosen === undefined || TABS[tab] === undefined) return <NotFound />;
    const link = (version: string, ...rest: string[]) => pathOf(entity, project, "artifacts", type, collection, version, ...rest);
    return (
        <main class="artifact-page">
            <nav class="versions" aria-label={t("artifact.versions")}>
                {more.shown.map((v) => (
                    <a key={v.id} class="version" aria-current={v === chosen ? "page" : undefined} href={link(v.version, tab)}>
                        <b>{v.version}</b> <Ago at={v.createdAt} />
                        <span class="chips">
                            {v.aliases.filter((a) => a !== v.version).map((a) => (
                                <span key={a} class="chip">
                                    {guard.aliases.includes(a) && <Lock />}
                                    {a}
                                </span>
                            ))}
                        </span>
                    </a>
                ))}
                {more.button}
            </nav>
            <div class="run-body stack">
                <RegistryPath entity={entity} project={project} collection={collection} />
                <h1>
                    {collection}
                    <span class="faint">:{chosen.version}</span>
                </h1>
                <Aliases
                    key={chosen.id}
                    version={chosen}
                    guard={guard}
                    onChange={async (added, removed) => {
                        await changeAliases(chosen.id, entity, project, collection, added, removed);
                        setVersions(await fetchVersions(entity, project, collection));
                    }}
                />
                <Places key={`places/${chosen.id}`} id={chosen.id} type={type} here={{ entity, project, collection }} />
                <nav class="tabs" aria-label={t("artifact.version")}>
                    {Object.entries(TABS).map(([id, name]) => (
                        <a key={id} class="tab" aria-current={id === tab ? "page" : undefined} href={link(chosen.version, id)}>
                            {t(name)}
                        </a>
                    ))}
                </nav>
                <VersionTab
                    key={`${chosen.id}/${tab}`}
                    tab={tab}
                    path={params["path"] ?? ""}
                    version={chosen}
                    versions={versions}
                    place={{ entity, project, type, name: `${collection}:${chosen.version}` }}
                    fileLink={(to) => link(chosen.version, "files", ...to.split("/").filter((s) => s !== ""))}
                />
            </div>
        </main>
    );
}

interface TabProps {
    tab: string;
    path: string;
    version: ArtifactVersion;
    versions: readonly ArtifactVersion[];
    place: { entity: string; project: string; type: string; name: string };
    fileLink: (to: string) => string;
}

function VersionTab({ tab, path, version, versions, place, fileLink }: TabProps) {
    const { entity, project, name } = place;
    const [detail, setDetail] = useState<ArtifactDetail | null>(null);
    const [failure, setFailure] = useState("");
    useEffect(() => {
        const fail = (e: Error) => setFailure(e.message);
        if (tab === "lineage" || tab === "compare" || tab === "history" || tab === "files") return; /* they ask for themselves */
        fetchDetail(entity, project, name).then(setDetail, fail);
    }, []);
    if (failure !== "") return <p class="notice is-bad">{failure}</p>;
    if (tab === "lineage") return <LineageTab entity={entity} project={project} name={name} />;
    if (tab === "compare") return <CompareTab entity={entity} project={project} collection={name.slice(0, name.lastIndexOf(":"))} version={version} versions={versions} />;
    if (tab === "history") return <HistoryTab id={version.id} />;
    if (tab === "files") return <FilesTab place={place} path={path} fileCount={version.fileCount} link={fileLink} />;
    if (detail === null) return null;
    if (tab === "metadata") return <ValueTree title={t("artifact.metadata")} value={parseObject(detail.metadata)} />;
    if (tab === "usage") return <Usage place={place} usedBy={detail.usedBy} />;
    const reload = () => fetchDetail(entity, project, name).then(setDetail);
    return <VersionOverview full={`${entity}/${project}/${name}`} version={version} detail={detail} onChange={(change) => void changeArtifact(version.id, change).then(reload).catch(sayError)} />;
}

/* "v3" and "latest" are the server's own. */
function Aliases({ version, guard, onChange }: { version: ArtifactVersion; guard: AliasGuard; onChange: (added: string[], removed: string[]) => Promise<void> }) {
    const shown = version.aliases.filter((a) => a !== version.version);
    return (
        <TagEditor
            tags={shown}
            guard={guard}
            label={t("artifact.add_alias")}
            isOff={!mayChange.value}
            onChange={(next) => {
                const added = next.filter((a) => !shown.includes(a));
                const removed = shown.filter((a) => !next.includes(a));
                void onChange(added, removed).catch(sayError);
            }}
        />
    );
}

function Usage({ place, usedBy }: { place: TabProps["place"]; usedBy: RunLink[] }) {
    const full = `${place.entity}/${place.project}/${place.name}`;
    const inRun = `import wandb\n\nwith wandb.init() as run:\n    artifact = run.use_artifact(${JSON.stringify(full)}, type=${JSON.stringify(place.type)})\n    folder = artifact.download()`;
    const outside = `import wandb\n\nfolder = wandb.Api().artifact(${JSON.stringify(full)}).download()`;
    return (
        <>
            <Snippet text={inRun} />
            <Snippet text={outside} />
            <Snippet text={`wandb artifact get ${shellWord(full)}`} />
            <h2>{t("artifact.used_by")}</h2>
            {usedBy.length === 0 && <p class="faint">{t("artifact.unused")}</p>}
            {usedBy.map((r) => (
                <div key={r.name}>
                    <RunName run={r} />
                </div>
            ))}
        </>
    );
}
