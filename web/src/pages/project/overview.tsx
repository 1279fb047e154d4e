/* overview.tsx - what a project is for, in a few numbers, and how to log to it. */

import { useEffect, useState } from "preact/hooks";
import { NotFound } from "../../app";
import { Snippet } from "../../components/copy_text";
import { FailedPage } from "../../components/failed_page";
import { language, t } from "../../i18n";
import { formatDuration, formatTime } from "../../lib/format";
import { runtimeOf } from "../../lib/runs";
import { fetchRuns, type RunPage } from "../../queries/runs";
import type { PageProps } from "../../routes";
import { ProjectAbout } from "./about";
import { ProjectTrash } from "./trash";
import { ShareList } from "./share_list";
import { viewer } from "../../session";

const SAMPLE = 500;

export default function ProjectOverview({ params }: PageProps) {
    const { entity, project } = params as { entity: string; project: string };
    const [page, setPage] = useState<RunPage | null>(null);
    const [failure, setFailure] = useState("");
    useEffect(() => {
        fetchRuns({
            entity,
            project,
            filters: null,
            order: "-created_at",
            first: SAMPLE,
            after: null,
            withKeys: false,
        }).then(setPage, (e: Error) => setFailure(e.message));
    }, [entity, project]);
    if (failure !== "") return <FailedPage why={failure} />;
    if (page === null) return <main aria-busy="true" />;
    if (!page.exists) return <NotFound />;
    const compute = page.runs.reduce((sum, r) => sum + (Number.isFinite(runtimeOf(r)) ? runtimeOf(r) : 0), 0);
    const people = [...new Set(page.runs.map((r) => r.user))].filter((u) => u !== "");
    const active = Math.max(...page.runs.map((r) => r.heartbeatAt || r.createdAt));
    const snippet = `import wandb\n\nwith wandb.init(entity=${JSON.stringify(entity)}, project=${JSON.stringify(project)}) as run:\n    run.log({"loss": 0.1})`;
    return (
        <main class="page stack">
            <h1>{project}</h1>
            <ProjectAbout entity={entity} project={project} />
            <dl class="facts card">
                <div>
                    <dt>{t("column.owner")}</dt>
                    <dd>{entity}</dd>
                </div>
                <div>
                    <dt>{t("overview.runs")}</dt>
                    <dd>{page.total}</dd>
                </div>
                <div>
                    <dt>{t("overview.running")}</dt>
                    <dd>{page.runs.filter((r) => r.state === "running").length}</dd>
                </div>
                {page.runs.length > 0 && (
                    <div>
                        <dt>{t("overview.active")}</dt>
                        <dd>{formatTime(active, language)}</dd>
                    </div>
                )}
                {page.runs.length > 0 && (
                    <div>
                        <dt>{t("overview.compute")}</dt>
                        <dd>
                            {formatDuration(compute)}
                            {page.total > SAMPLE ? " +" : ""}
                        </dd>
                    </div>
                )}
                {people.length > 0 && (
                    <div>
                        <dt>{t("overview.people")}</dt>
                        <dd>{people.join(", ")}</dd>
                    </div>
                )}
            </dl>
            <Snippet text={snippet} />
            {viewer.value && <ShareList entity={entity} project={project} />}
            {viewer.value && <ProjectTrash entity={entity} project={project} />}
        </main>
    );
}
