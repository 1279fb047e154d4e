/* discussions.ts - what is said about reports, and which of them one keeps at hand. */

import { graphql } from "../api";
import { parseTime } from "../lib/runs";
import type { SavedView } from "./views";

export interface Comment {
    id: string;
    username: string | null /* of a removed user */;
    importedAuthor: string | null /* who said it where it was imported from, when that is not the user */;
    body: string;
    createdAt: number;
    isEdited: boolean;
}

export interface Thread {
    id: string;
    quote: string;
    isResolved: boolean;
    comments: Comment[];
}

export interface ThreadNode {
    id: string;
    quote: string;
    resolvedAt: string | null;
    comments: { id: string; username: string | null; importedAuthor: string | null; body: string; createdAt: string; editedAt: string | null }[];
}

const THREAD = "id quote resolvedAt comments { id username importedAuthor body createdAt editedAt }";

export function parseThread(node: ThreadNode): Thread {
    return {
        id: node.id,
        quote: node.quote,
        isResolved: node.resolvedAt !== null,
        comments: node.comments.map((c) => ({
            id: c.id,
            username: c.username,
            importedAuthor: c.importedAuthor === c.username ? null : c.importedAuthor,
            body: c.body,
            createdAt: parseTime(c.createdAt),
            isEdited: c.editedAt !== null,
        })),
    };
}

export async function fetchThreads(id: string): Promise<Thread[]> {
    const data = await graphql<{ view: { discussionThreads: ThreadNode[] } | null }>(`query PageThreads($id: ID!) { view(id: $id) { discussionThreads { ${THREAD} } } }`, { id });
    return (data.view?.discussionThreads ?? []).map(parseThread);
}

type Change = "createDiscussionThread" | "createDiscussionComment" | "updateDiscussionComment" | "deleteDiscussionComment" | "resolveDiscussionThread";

/* The thread as it is then; null when its last comment is gone. */
async function change(what: Change, input: Record<string, unknown>): Promise<Thread | null> {
    const type = `${what[0]!.toUpperCase()}${what.slice(1)}Input`;
    const data = await graphql<Record<Change, { thread: ThreadNode | null }>>(`mutation PageDiscuss($input: ${type}!) { ${what}(input: $input) { thread { ${THREAD} } } }`, { input });
    const { thread } = data[what];
    return thread === null ? null : parseThread(thread);
}

export const beginThread = (viewId: string, quote: string, body: string) => change("createDiscussionThread", { viewId, quote, body });
export const reply = (threadId: string, body: string) => change("createDiscussionComment", { threadId, body });
export const editComment = (id: string, body: string) => change("updateDiscussionComment", { id, body });
export const deleteComment = (id: string) => change("deleteDiscussionComment", { id });
export const resolveThread = (id: string, resolved: boolean) => change("resolveDiscussionThread", { id, resolved });

/* People whose names begin so, of those who share a team with the asker. */
export async function findPeople(query: string): Promise<string[]> {
    const data = await graphql<{ users: { edges: { node: { username: string } }[] } }>("query PagePeople($query: String) { users(query: $query) { edges { node { username } } } }", { query });
    return data.users.edges.map((e) => e.node.username);
}

/* ---- stars ---- */

export interface Stars {
    starCount: number;
    starred: boolean;
}

export async function fetchStars(id: string): Promise<Stars | null> {
    const data = await graphql<{ view: Stars | null }>("query PageStars($id: ID!) { view(id: $id) { starCount starred } }", { id });
    return data.view;
}

export async function setStar(id: string, isSet: boolean): Promise<Stars> {
    const name = isSet ? "starView" : "unstarView";
    const type = isSet ? "StarViewInput" : "UnstarViewInput";
    const data = await graphql<Record<string, { view: Stars }>>(`mutation PageStar($input: ${type}!) { ${name}(input: $input) { view { starCount starred } } }`, { input: { id } });
    return data[name]!.view;
}

export type StarredReport = Pick<SavedView, "id" | "displayName" | "type"> & { entityName: string; projectName: string; user: string; updatedAt: number };

export async function fetchStarred(): Promise<StarredReport[]> {
    const data = await graphql<{
        viewer: { starredViews: { id: string; displayName: string; name: string; type: string; updatedAt: string; entityName: string; project: { name: string } | null; user: { username: string } | null }[] } | null;
    }>("query PageStarred { viewer { starredViews { id displayName name type updatedAt entityName project { name } user { username } } } }");
    return (data.viewer?.starredViews ?? []).flatMap((v) =>
        v.project === null
            ? []
            : [{ id: v.id, displayName: v.displayName || v.name, type: v.type, entityName: v.entityName, projectName: v.project.name, user: v.user?.username ?? "", updatedAt: parseTime(v.updatedAt) }],
    );
}
