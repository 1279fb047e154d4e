/* views.ts - saved workspaces and reports on the server. */

import { graphql } from "../api";
import { parseObject } from "../lib/runs";

export interface SavedView {
    id: string;
    name: string;
    displayName: string;
    description: string;
    type: string;
    user: string;
    updatedBy: string;
    createdAt: string;
    updatedAt: string;
    version: number;
    locked: boolean;
    private: boolean /* only its author and administrators see it */;
    parentId: string | null;
}

type Node = Omit<SavedView, "user" | "updatedBy"> & { user: { username: string } | null; updatedBy: { username: string } | null; spec?: string | null };

const FIELDS = "id name displayName description type createdAt updatedAt version locked private parentId user { username } updatedBy { username }";

function parse(node: Node): SavedView {
    return {
        ...node,
        description: node.description ?? "",
        displayName: node.displayName || node.name,
        user: node.user?.username ?? "",
        updatedBy: node.updatedBy?.username ?? "",
    };
}

export async function fetchViews(entity: string, project: string, type: string, viewName: string | null = null): Promise<SavedView[]> {
    const out: SavedView[] = [];
    let after: string | null = null;
    do {
        const data: {
            project: { allViews: { edges: { node: Node; cursor: string }[]; pageInfo: { hasNextPage: boolean; endCursor: string | null } } | null } | null;
        } = await graphql(
            `query PageViews($entity: String!, $project: String!, $type: String, $viewName: String, $after: String) {
                project(name: $project, entityName: $entity) { allViews(viewType: $type, viewName: $viewName, first: 100, after: $after) {
                    edges { cursor node { ${FIELDS} } } pageInfo { hasNextPage endCursor } } } }`,
            { entity, project, type, viewName, after },
        );
        const page = data.project?.allViews;
        out.push(...(page?.edges ?? []).map((e) => parse(e.node)));
        after = page?.pageInfo.hasNextPage ? page.pageInfo.endCursor : null;
    } while (after !== null && out.length < 2000);
    return out;
}

export async function fetchView(id: string): Promise<(SavedView & { spec: Record<string, unknown> }) | null> {
    const data = await graphql<{ view: Node | null }>(`query PageView($id: ID!) { view(id: $id) { ${FIELDS} spec } }`, { id });
    return data.view === null ? null : { ...parse(data.view), spec: parseObject(data.view.spec) };
}

export interface ViewInput {
    id?: string;
    entityName?: string;
    projectName?: string;
    type?: string;
    name?: string;
    displayName?: string;
    description?: string;
    spec?: string;
    parentId?: string;
    locked?: boolean;
    private?: boolean;
    expectedVersion?: number;
}

export async function saveView(input: ViewInput): Promise<SavedView> {
    const data = await graphql<{ upsertView: { view: Node } }>(
        `mutation PageSaveView($input: UpsertViewInput!) { upsertView(input: $input) { view { ${FIELDS} } } }`,
        { input },
    );
    return parse(data.upsertView.view);
}

export async function deleteView(id: string, deleteDrafts = true): Promise<void> {
    await graphql("mutation PageDeleteView($id: ID!, $deleteDrafts: Boolean) { deleteView(input: { id: $id, deleteDrafts: $deleteDrafts }) { success } }", {
        id,
        deleteDrafts,
    });
}
