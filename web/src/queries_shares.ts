/* queries_shares.ts - links that show some runs: following one, making, listing, revoking. */

import { getJson, sendJson } from "./api";
import { parseRun, type RunNode } from "./lib/runs";
import type { Run } from "./lib/types";
import { sharedPath } from "./shared";

export interface SharedRuns {
    project: string;
    expiresAt: string;
    runs: Run[];
}

export async function fetchShared(): Promise<SharedRuns> {
    const raw = await getJson<{ project: string; expiresAt: string; runs: (Omit<RunNode, "tags"> & { historyKeys: unknown })[] }>(sharedPath());
    return { ...raw, runs: raw.runs.map((r) => parseRun({ ...r, tags: [], notes: null } as RunNode)) };
}

export interface ShareLink {
    id: number;
    runCount: number;
    username: string | null;
    createdAt: string;
    expiresAt: string;
}

export async function fetchLinks(entity: string, project: string): Promise<ShareLink[]> {
    return getJson(`/api/shares/${encodeURIComponent(entity)}/${encodeURIComponent(project)}`);
}

/* The address to give away: it is not shown again. */
export async function createLink(entity: string, project: string, runs: readonly string[], days: number): Promise<string> {
    const made = await sendJson<{ token: string }>("POST", "/api/shares", { entity, project, runs, days });
    return `${window.location.origin}/shared/${made.token}`;
}

export async function revokeLink(id: number): Promise<void> {
    await sendJson("DELETE", `/api/shares/${id}`);
}
