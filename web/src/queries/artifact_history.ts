/* artifact_history.ts - what was done to a version of an artifact. */

import { graphql } from "../api";
import type { RunLink } from "./artifacts";

export type ArtifactAction =
    | "CREATED"
    | "COMMITTED"
    | "USED"
    | "ALIAS_ADDED"
    | "ALIAS_REMOVED"
    | "TAG_ADDED"
    | "TAG_REMOVED"
    | "DESCRIPTION_CHANGED"
    | "METADATA_CHANGED"
    | "TTL_CHANGED"
    | "LINKED"
    | "UNLINKED"
    | "DELETED"
    | "RESTORED";

export interface ArtifactEvent {
    action: ArtifactAction;
    createdAt: string;
    detail: string;
    username: string | null;
    run: RunLink | null;
    artifactCollection: { name: string; project: { name: string; entity: { name: string } } } | null;
}

export async function fetchArtifactHistory(id: string, after: string | null): Promise<{ events: ArtifactEvent[]; next: string | null }> {
    const data = await graphql<{
        artifact: { history: { edges: { node: ArtifactEvent }[]; pageInfo: { endCursor: string | null; hasNextPage: boolean } } } | null;
    }>(
        `query PageArtifactHistory($id: ID!, $after: String) { artifact(id: $id) { history(first: 100, after: $after) {
            edges { node { action createdAt detail username run { name displayName state project { name entity { name } } }
                artifactCollection { name project { name entity { name } } } } }
            pageInfo { endCursor hasNextPage } } } }`,
        { id, after },
    );
    const history = data.artifact?.history;
    return { events: history?.edges.map((e) => e.node) ?? [], next: history?.pageInfo.hasNextPage ? history.pageInfo.endCursor : null };
}
