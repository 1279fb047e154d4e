/* home.tsx - the projects of the person, their teams, or one entity. */

import { useEffect, useState } from "preact/hooks";
import { Snippet } from "../../components/copy_text";
import { useMore } from "../../components/more_rows";
import { Ago } from "../../components/ago";
import { SearchBox } from "../../components/controls";
import { TeamLinks } from "../../components/team_links";
import { FailedPage } from "../../components/failed_page";
import { t } from "../../i18n";
import { compileRegex, escapeRegex } from "../../lib/filters";
import { pathOf } from "../../lib/match";
import { parseTime } from "../../lib/runs";
import { REGISTRY_PREFIX } from "../../queries/registry";
import { fetchProjects, type ProjectSummary, type RecentRun } from "../../queries/runs";
import type { PageProps } from "../../routes";
import { viewer } from "../../session";
import { StarredReports } from "../report/starred_reports";
import { TeamCard } from "./members";

const RECENT_SHOWN = 6;
const PROJECTS_SHOWN = 20;

export default function Home({ params }: PageProps) {
    const entity = params["entity"];
    const [projects, setProjects] = useState<ProjectSummary[] | null>(null);
    const [failure, setFailure] = useState("");
    const [search, setSearch] = useState("");
    useEffect(() => {
        const who = viewer.value;
        const names = entity ? [entity] : who ? [...new Set([who.entity ?? who.username, ...who.teams])] : [];
        Promise.all(names.map(fetchProjects)).then(
            (lists) => setProjects(sortByActivity(lists.flat().filter((p) => !p.name.startsWith(REGISTRY_PREFIX)))),
            (e: Error) => setFailure(e.message),
        );
    }, [entity]);
    if (failure !== "") return <FailedPage why={failure} />;
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
            {!entity && <TeamLinks />}
            {projects !== null && projects.length === 0 && <Welcome />}
            {shown.length > 0 && <ProjectTable projects={shown} />}
            {!entity && viewer.value && <StarredReports />}
            {projects !== null && <RecentRuns projects={projects} />}
            {entity && viewer.value && projects !== null && <TeamCard entity={entity} />}
        </main>
    );
}

function lastActive(p: ProjectSummary): number {
    return Date.parse(p.recentRuns[0]?.createdAt ?? p.createdAt ?? "") || 0;
}

function sortByActivity(projects: ProjectSummary[]): ProjectSummary[] {
    return [...projects].sort((a, b) => lastActive(b) - lastActive(a));
}

function RecentRuns({ projects }: { projects: readonly ProjectSummary[] }) {
    const runs = projects
        .flatMap((project) => project.recentRuns.map((run) => ({ project, run })))
        .sort((a, b) => parseTime(b.run.createdAt) - parseTime(a.run.createdAt))
        .slice(0, RECENT_SHOWN);
    if (runs.length === 0) return null;
    return (
        <section class="stack" aria-label={t("home.recent")}>
            <h2>{t("home.recent")}</h2>
            <div class="link-cards">
                {runs.map(({ project, run }) => (
                    <a
                        key={`${project.entityName}/${project.name}/${run.name}`}
                        class="link-card"
                        href={pathOf(project.entityName, project.name, "runs", run.name)}
                    >
                        <span class="link-card-body">
                            <b class={`clip state state-${run.state}`}>{run.displayName || run.name}</b>
                            <span class="muted small clip">
                                {project.entityName}/{project.name} · {run.user && `${run.user.username} · `}
                                <Ago at={run.createdAt} />
                            </span>
                        </span>
                    </a>
                ))}
            </div>
        </section>
    );
}

function ProjectTable({ projects }: { projects: ProjectSummary[] }) {
    const more = useMore(projects, PROJECTS_SHOWN);
    return (
        <>
            <table class="list card home-projects">
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
                    {more.shown.map((p) => (
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
                            <td class="muted nowrap">{t(`access.short.${p.access}`)}</td>
                            <td class="num">{p.runCount}</td>
                            <td>{p.recentRuns[0] && <LastRun project={p} run={p.recentRuns[0]} />}</td>
                        </tr>
                    ))}
                </tbody>
            </table>
            {more.button}
        </>
    );
}

function LastRun({ project, run }: { project: ProjectSummary; run: RecentRun }) {
    return (
        <span class="row">
            <a
                class={`state state-${run.state}`}
                href={pathOf(project.entityName, project.name, "runs", run.name)}
            >
                <span class="clip">{run.displayName || run.name}</span>
            </a>
            <span class="nowrap">
                <Ago at={run.createdAt} />
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
            <Snippet text={snippet} />
            <p>
                <a class="button primary" href="/authorize">
                    {t("keys.make")}
                </a>
            </p>
        </div>
    );
}
