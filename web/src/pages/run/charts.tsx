/* charts.tsx - the workspace of one run: the panels of the project, for this run only. */

import { useEffect, useMemo } from "preact/hooks";
import { t } from "../../i18n";
import { Workspace } from "../workspace/model";
import { WorkspaceView } from "../workspace/workspace_view";
import type { RunTabProps } from "./run";

export function ChartsTab({ entity, project, run }: RunTabProps) {
    const ws = useMemo(
        () => new Workspace(entity, project, [{ name: run.name }], "/run"),
        [entity, project, run.name],
    );
    useEffect(() => ws.start(), [ws]);
    return (
        <>
            {run.lineCount === 0 && <p class="empty">{t("run.nothing_logged")}</p>}
            <WorkspaceView ws={ws} hasSidebar={false} />
        </>
    );
}
