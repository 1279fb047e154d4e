/* shares.ts - links that show some runs: following one, making, listing, revoking. */

import { getJson, graphql, sendJson } from "../api";
import { parseObject, parseRun, type RunNode } from "../lib/runs";
import type { Run } from "../lib/types";
import type { RunPage, RunQuery } from "./runs";
import { sharedPath, sharesReport } from "../shared";

interface Shared {
    project: string;
    expiresAt: string;
    runs: Run[];
    report: { id: string; displayName: string; description: string; spec: Record<string, unknown>; updatedAt: string } | null;
    /* Whose runs a report's link shows. */
    projects: { entityName: string; name: string }[];
}
export type { Shared };

type SharedRun = Omit<RunNode, "tags"> & { historyKeys: unknown };

const runOf = (r: SharedRun) => parseRun({ ...r, tags: [], notes: null } as RunNode);

export async function fetchShared(): Promise<Shared> {
    const raw = await getJson<{ project: string; expiresAt: string; runs: SharedRun[]; report?: Omit<NonNullable<Shared["report"]>, "spec"> & { spec: string }; projects?: Shared["projects"] }>(sharedPath());
    return {
        ...raw,
        runs: raw.runs.map(runOf),
        report: raw.report ? { ...raw.report, description: raw.report.description ?? "", spec: parseObject(raw.report.spec) } : null,
        projects: raw.projects ?? [],
    };
}

const MAX_PAGE = 500;

/* What the link shows of it: the named runs, or those that the report's filters find. */
export async function fetchSharedRuns(q: RunQuery): Promise<RunPage> {
    if (!sharesReport.value) {
        const { runs } = await fetchShared();
        return { exists: true, total: runs.length, runs, next: null };
    }
    const { entity, project, order, after } = q;
    const page = await sendJson<{ totalCount: number; endCursor: string | null; runs: SharedRun[] }>("POST", sharedPath("runs"), {
        entity,
        project,
        order,
        first: Math.min(q.first, MAX_PAGE),
        ...(q.filters === null ? {} : { filters: JSON.stringify(q.filters) }),
        ...(after === null ? {} : { after }),
    });
    return { exists: true, total: page.totalCount, runs: page.runs.map(runOf), next: page.endCursor };
}

export interface ShareLink {
    id: number;
    runCount: number;
    report: string | null /* its id, of a link that shows one */;
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

/* ---- of reports: these can be shown again to who may make them ---- */

export interface ReportLink {
    token: string;
    expiresAt: string;
    projects: { entityName: string; name: string }[];
}

export const reportAddress = (token: string) => `${window.location.origin}/shared/${token}`;

const LINK = "token expiresAt projects { entityName name }";

export async function fetchReportLinks(id: string): Promise<ReportLink[]> {
    const data = await graphql<{ view: { accessTokens: ReportLink[] } | null }>(`query PageReportLinks($id: ID!) { view(id: $id) { accessTokens { ${LINK} } } }`, { id });
    return data.view?.accessTokens ?? [];
}

export async function createReportLink(viewId: string, projects: readonly { entityName: string; projectName: string }[]): Promise<void> {
    await graphql("mutation PageNewReportLink($input: CreateAccessTokenInput!) { createAccessToken(input: $input) { accessToken { token } } }", { input: { viewId, projects } });
}

export async function revokeReportLink(token: string): Promise<void> {
    await graphql("mutation PageEndReportLink($token: String!) { revokeAccessToken(input: { token: $token }) { success } }", { token });
}
