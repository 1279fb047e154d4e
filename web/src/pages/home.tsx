/* home.tsx - the projects of the person, their teams, or one entity. */

import { useEffect, useState } from "preact/hooks";
import { SearchBox } from "../components/controls";
import { t, language } from "../i18n";
import { compileRegex, escapeRegex } from "../lib/filters";
import { formatAgo, formatTime } from "../lib/format";
import { pathOf } from "../lib/match";
import { fetchProjects, type ProjectSummary } from "../queries";
import type { PageProps } from "../routes";
import { viewer } from "../session";

export default function Home({ params }: PageProps) {
    const entity = params["entity"];
    const [projects, setProjects] = useState<ProjectSummary[] | null>(null);
    const [failure, setFailure] = useState("");
    const [search, setSearch] = useState("");
    useEffect(() => {
        const who = viewer.value;
        const names = entity ? [entity] : who ? [...new Set([who.entity ?? who.username, ...who.teams])] : [];
        Promise.all(names.map(fetchProjects)).then(
            (lists) => setProjects(sortByActivity(lists.flat())),
            (e: Error) => setFailure(e.message),
        );
    }, [entity]);
    if (failure !== "")
        return (
            <main class="page">
                <p class="notice is-bad">{failure}</p>
            </main>
        );
    const pattern = compileRegex(escapeRegex(search));
    const shown =
        projects?.filter((p) => pattern === null || pattern.test(`${p.entityName}/${p.name}`)) ?? [];
    return (
        <main class="page stack">
            <div class="row">
                <h1 class="grow">{entity ?? t("title.home")}</h1>
                {projects !== null && projects.length > 5 && (
                    <SearchBox value={search} onChange={setSearch} label={t("home.search")} />
                )}
            </div>
            {!entity && viewer.value && viewer.value.teams.length > 0 && (
                <nav class="row team-links" aria-label={t("settings.teams")}>
                    <span class="muted">{t("settings.teams")}</span>
                    {viewer.value.teams.map((team) => (
                        <a key={team} class="chip" href={pathOf(team)}>
                            {team}
                        </a>
                    ))}
                </nav>
            )}
            {projects !== null && projects.length === 0 && <Welcome />}
            {shown.length > 0 && <ProjectTable projects={shown} />}
        </main>
    );
}

function lastActive(p: ProjectSummary): number {
    return Date.parse(p.lastRun?.createdAt ?? p.createdAt ?? "") || 0;
}

function sortByActivity(projects: ProjectSummary[]): ProjectSummary[] {
    return [...projects].sort((a, b) => lastActive(b) - lastActive(a));
}

function ProjectTable({ projects }: { projects: ProjectSummary[] }) {
    return (
        <table class="list card">
            <thead>
                <tr>
                    <th>{t("home.project")}</th>
                    <th>{t("column.owner")}</th>
                    <th>{t("project.seen_by")}</th>
                    <th class="num">{t("home.runs")}</th>
                    <th>{t("home.last_run")}</th>
                </tr>
            </thead>
            <tbody>
                {projects.map((p) => (
                    <tr key={`${p.entityName}/${p.name}`}>
                        <td>
                            <a href={pathOf(p.entityName, p.name)}>
                                <b>{p.name}</b>
                            </a>
                        </td>
                        <td>
                            <a class="muted" href={pathOf(p.entityName)}>
                                {p.entityName}
                            </a>
                        </td>
                        <td class="muted">{t(`access.${p.access}`)}</td>
                        <td class="num">{p.runCount}</td>
                        <td>{p.lastRun && <LastRun project={p} run={p.lastRun} />}</td>
                    </tr>
                ))}
            </tbody>
        </table>
    );
}

function LastRun({ project, run }: { project: ProjectSummary; run: NonNullable<ProjectSummary["lastRun"]> }) {
    const at = Date.parse(run.createdAt.endsWith("Z") ? run.createdAt : run.createdAt + "Z");
    return (
        <span class="row">
            <a
                class={`state state-${run.state}`}
                href={pathOf(project.entityName, project.name, "runs", run.name)}
            >
                {run.displayName || run.name}
            </a>
            <span class="faint" title={formatTime(at, language)}>
                {formatAgo(at, Date.now(), language)}
            </span>
        </span>
    );
}

function Welcome() {
    const snippet = [
        "pip install wandb",
        `export WANDB_BASE_URL=${window.location.origin}`,
        "wandb login",
        "",
        "python - <<'END'",
        "import wandb",
        'with wandb.init(project="first") as run:',
        "    for step in range(100):",
        '        run.log({"loss": 1 / (step + 1)})',
        "END",
    ].join("\n");
    return (
        <div class="card stack">
            <h2>{t("home.welcome")}</h2>
            <p class="muted">{t("home.welcome_hint")}</p>
            <pre class="snippet">{snippet}</pre>
            <p>
                <a class="button primary" href="/authorize">
                    {t("keys.make")}
                </a>
            </p>
        </div>
    );
}
