/* run.tsx - one run: its header and tabs. */

import type { ComponentType } from "preact";
import { useEffect } from "preact/hooks";
import { NotFound } from "../../app";
import { EditableText } from "../../components/editable_text";
import { FailedPage } from "../../components/failed_page";
import { Icon } from "../../components/icon";
import { sayError } from "../../components/toast";
import { language, t, type MessageName } from "../../i18n";
import { formatAgo, formatDuration } from "../../lib/format";
import { pathOf } from "../../lib/match";
import { runtimeOf } from "../../lib/runs";
import type { Run } from "../../lib/types";
import { changeRun } from "../../queries/runs";
import { address, isBare } from "../../router";
import type { PageProps } from "../../routes";
import { colorOfRun, learnColors } from "../../run_colors";
import { goToLogin, mayChange, viewer } from "../../session";
import { RunActions } from "./actions";
import { ArtifactsTab } from "./artifacts";
import { ChartsTab } from "./charts";
import { CodeTab } from "./code";
import { FilesTab } from "./files";
import { LogsTab } from "./logs";
import { OverviewTab } from "./overview";
import { SystemTab } from "./system";
import { useRun } from "./use_run";

export interface RunTabProps {
    entity: string;
    project: string;
    run: Run;
    path: string /* what follows the tab in the address */;
    reload: () => void;
}

const TABS: Record<string, { label: MessageName; draw: ComponentType<RunTabProps> }> = {
    workspace: { label: "run.charts", draw: ChartsTab },
    overview: { label: "run.overview", draw: OverviewTab },
    logs: { label: "run.logs", draw: LogsTab },
    system: { label: "run.system", draw: SystemTab },
    files: { label: "run.files", draw: FilesTab },
    code: { label: "run.code", draw: CodeTab },
    artifacts: { label: "title.artifacts", draw: ArtifactsTab },
};

export default function RunPage({ params }: PageProps) {
    const { entity, project, run: name } = params as { entity: string; project: string; run: string };
    const { run, failure, reload } = useRun(entity, project, name);
    useEffect(() => {
        if (run) document.title = `${run.displayName} · ${project} · Barograph`;
    }, [run?.displayName, address.value.path]);
    if (failure !== "" && !run) return <FailedPage why={failure} />;
    if (run === undefined) return <main aria-busy="true" />;
    if (run === null) {
        if (viewer.value === null) goToLogin();
        return <NotFound />;
    }
    const tab = params["tab"] ?? (params["path"] !== undefined ? "files" : "workspace");
    const known = TABS[tab];
    if (known === undefined) return <NotFound />;
    const Draw = known.draw;
    return (
        <div class="run-page">
            <section class="run-head" aria-label={run.displayName}>
                <RunTitle entity={entity} project={project} run={run} reload={reload} />
                {!isBare.value && (
                    <nav class="tabs" aria-label={t("run.tabs")}>
                        {Object.entries(TABS).map(([id, { label }]) => (
                            <a
                                key={id}
                                class="tab"
                                aria-current={id === tab ? "page" : undefined}
                                href={
                                    id === "workspace"
                                        ? pathOf(entity, project, "runs", name)
                                        : pathOf(entity, project, "runs", name, id)
                                }
                            >
                                {t(label)}
                            </a>
                        ))}
                    </nav>
                )}
            </section>
            <Draw
                key={`${name}/${tab}`}
                entity={entity}
                project={project}
                run={run}
                path={params["path"] ?? ""}
                reload={reload}
            />
        </div>
    );
}

interface TitleProps {
    entity: string;
    project: string;
    run: Run;
    reload: () => void;
}

function RunTitle({ entity, project, run, reload }: TitleProps) {
    const isMine = mayChange.value;
    const rename = (displayName: string) => void changeRun(run.id, { displayName }).then(reload, sayError);
    useEffect(() => void learnColors(entity, project).catch(() => undefined), [entity, project]);
    return (
        <div class="row run-title">
            {!isBare.value && (
                <a class="icon-button" href={pathOf(entity, project)} title={t("run.back")} aria-label={t("run.back")}>
                    <Icon name="back" />
                </a>
            )}
            <i class="dot" style={{ background: colorOfRun(entity, project, run.name) }} aria-hidden="true" />
            <EditableText
                value={run.displayName}
                label={t("runs.rename")}
                isOff={!isMine}
                onChange={rename}
                as="h1"
            />
            <span class={`state state-${run.state}`}>{t(`state.${run.state}`)}</span>
            <span class="muted">{formatDuration(runtimeOf(run))}</span>
            <span class="faint clip">
                {run.user} · {formatAgo(run.createdAt, Date.now(), language)}
            </span>
            <span class="grow" />
            {!isBare.value && <RunActions entity={entity} project={project} run={run} reload={reload} />}
        </div>
    );
}
