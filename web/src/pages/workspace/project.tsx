/* project.tsx - the workspace of a project, of one group of its runs, or of a sweep. */

import { useEffect, useLayoutEffect, useMemo } from "preact/hooks";
import { NotFound } from "../../app";
import { findPanelByTitle } from "../../lib/layout";
import type { Mongo } from "../../lib/filters";
import type { Params } from "../../lib/match";
import { address } from "../../router";
import type { PageProps } from "../../routes";
import { goToLogin, viewer } from "../../session";
import { Workspace } from "./model";
import { WorkspaceView } from "./workspace_view";

function workspaceOf({ entity, project, group, sweep }: Params): Workspace {
    const extra: Mongo[] = [];
    if (group !== undefined) extra.push({ group });
    if (sweep !== undefined) extra.push({ sweep });
    const scope = group !== undefined ? `/group/${group}` : sweep !== undefined ? `/sweep/${sweep}` : "";
    return new Workspace(entity!, project!, extra, scope);
}

let early: { id: string; ws: Workspace } | null = null;
const idOf = (params: Params) => JSON.stringify([params, viewer.peek()?.username]);

/* Asks for the runs before anything is drawn. */
export function openEarly(params: Params): void {
    early = { id: idOf(params), ws: workspaceOf(params) };
    early.ws.ask();
}

export default function Project({ params }: PageProps) {
    const { entity, project, group, sweep } = params;
    const ws = useMemo(() => {
        const ready = early?.id === idOf(params) ? early.ws : workspaceOf(params);
        early = null;
        return ready;
    }, [entity, project, group, sweep, viewer.value?.username]);
    useLayoutEffect(() => ws.start(), [ws]);
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
