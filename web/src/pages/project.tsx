/* project.tsx - the workspace of a project, of one group of its runs, or of a sweep. */

import { useEffect, useMemo } from "preact/hooks";
import { NotFound } from "../app";
import { findPanelByTitle } from "../lib/layout";
import type { Mongo } from "../lib/filters";
import { address } from "../router";
import type { PageProps } from "../routes";
import { goToLogin, viewer } from "../session";
import { Workspace } from "./workspace/model";
import { WorkspaceView } from "./workspace/workspace_view";

export default function Project({ params }: PageProps) {
    const { entity, project, group, sweep } = params as {
        entity: string;
        project: string;
        group?: string;
        sweep?: string;
    };
    const ws = useMemo(() => {
        const extra: Mongo[] = [];
        if (group !== undefined) extra.push({ group });
        if (sweep !== undefined) extra.push({ sweep });
        return new Workspace(
            entity,
            project,
            extra,
            group !== undefined ? `/group/${group}` : sweep !== undefined ? `/sweep/${sweep}` : "",
        );
    }, [entity, project, group, sweep, viewer.value?.username]);
    useEffect(() => ws.start(), [ws]);
    useEffect(() => openLinkedPanel(ws), [ws, ws.layout.value.sections.length]);
    if (!ws.store.exists.value) {
        if (viewer.value === null) goToLogin();
        return <NotFound />;
    }
    return <WorkspaceView ws={ws} hasSidebar />;
}

/* A link to one panel opens it in full, once it is there. */
function openLinkedPanel(ws: Workspace): void {
    const title = address.peek().query.get("panelDisplayName");
    if (title === null || ws.fullPanel.peek() !== null || ws.linkedPanelSeen) return;
    const panel = findPanelByTitle(ws.layout.peek(), address.peek().query.get("panelSectionName"), title);
    if (panel === null) return;
    ws.linkedPanelSeen = true;
    ws.fullPanel.value = panel.id;
}
