/* runs.ts - what the page asks about people, projects, runs, their files and histories. */

import { graphql } from "../api";
import { parseRun, type RunNode } from "../lib/runs";
import type { Mongo } from "../lib/filters";
import type { Run } from "../lib/types";
import type { Access } from "./project";
import { sharedToken } from "../shared";
import { changeEach, inPortions } from "./each";

export interface Viewer {
    id: string;
    username: string;
    entity: string;
    admin: boolean;
    email?: string | null;
    teams: string[];
}

export async function fetchViewer(): Promise<Viewer | null> {
    const data = await graphql<{
        viewer: (Omit<Viewer, "teams"> & { teams: Edges<{ name: string }> | null }) | null;
    }>("query PageViewer { viewer { id username entity admin email teams { edges { node { name } } } } }");
    return data.viewer === null
        ? null
        : { ...data.viewer, teams: nodes(data.viewer.teams).map((t) => t.name) };
}

export async function fetchReadsOnly(entity: string, project: string): Promise<boolean> {
    const data = await graphql<{ project: { readOnly: boolean } | null }>(
        "query PageReadsOnly($entity: String!, $project: String!) { project(name: $project, entityName: $entity) { readOnly } }",
        { entity, project },
    );
    return data.project?.readOnly ?? false;
}

interface Edges<T> {
    edges: { node: T; cursor?: string }[];
    pageInfo?: { endCursor: string | null; hasNextPage: boolean };
}

function nodes<T>(edges: Edges<T> | null | undefined): T[] {
    return edges?.edges.map((e) => e.node) ?? [];
}

export interface RecentRun {
    displayName: string;
    name: string;
    state: string;
    createdAt: string;
    user: { username: string } | null;
}

const RECENT_RUNS = 3 /* of each project */;

export interface ProjectSummary {
    name: string;
    entityName: string;
    access: Access;
    createdAt: string | null;
    runCount: number;
    recentRuns: RecentRun[] /* the newest first */;
}

/* Every project of an entity, a page at a time. */
export async function fetchProjects(entityName: string): Promise<ProjectSummary[]> {
    const out: ProjectSummary[] = [];
    let after: string | null = null;
    do {
        const data: {
            models: Edges<
                Omit<ProjectSummary, "recentRuns"> & { runs: Edges<RecentRun> }
            > | null;
        } = await graphql(
            `
                query PageProjects($entityName: String!, $after: String, $runs: Int) {
                    models(entityName: $entityName, first: 100, after: $after) {
                        edges {
                            node {
                                name
                                entityName
                                access
                                createdAt
                                runCount
                                runs(first: $runs, order: "-created_at") {
                                    edges {
                                        node {
                                            name
                                            displayName
                                            state
                                            createdAt
                                            user {
                                                username
                                            }
                                        }
                                    }
                                }
                            }
                        }
                        pageInfo {
                            endCursor
                            hasNextPage
                        }
                    }
                }
            `,
            { entityName, after, runs: RECENT_RUNS },
        );
        for (const p of nodes(data.models)) out.push({ ...p, recentRuns: nodes(p.runs) });
        after = data.models?.pageInfo?.hasNextPage ? data.models.pageInfo.endCursor : null;
    } while (after !== null);
    return out;
}

const BARE_FIELDS = "id name displayName state tags group jobType createdAt heartbeatAt notes";
const RUN_FIELDS = `${BARE_FIELDS} config summaryMetrics user { username } sweepName historyLineCount`;

export interface RunPage {
    exists: boolean;
    total: number;
    runs: Run[];
    next: string | null;
}

export interface RunQuery {
    entity: string;
    project: string;
    filters: Mongo | null;
    order: string;
    first: number;
    after: string | null;
    withKeys: boolean;
    isBare?: boolean /* without values */;
}

export async function fetchRuns(q: RunQuery, signal?: AbortSignal): Promise<RunPage> {
    if (sharedToken.value !== null) return (await import("./shares")).fetchSharedRuns(q);
    const data = await graphql<{ project: { runCount: number; runs: Edges<RunNode> } | null }>(
        `query PageRuns($entity: String!, $project: String!, $filters: JSONString, $order: String, $first: Int, $after: String) {
            project(name: $project, entityName: $entity) { runCount(filters: $filters)
                runs(filters: $filters, order: $order, first: $first, after: $after) {
                    edges { node { ${q.isBare ? BARE_FIELDS : RUN_FIELDS} ${q.withKeys ? "historyKeys systemMetrics" : ""} } cursor }
                    pageInfo { endCursor hasNextPage } } } }`,
        { entity: q.entity, project: q.project, order: q.order, first: q.first, after: q.after, filters: q.filters === null ? null : JSON.stringify(q.filters) },
        signal,
    );
    if (data.project === null) return { exists: false, total: 0, runs: [], next: null };
    const { runs, runCount } = data.project;
    const last = runs.edges[runs.edges.length - 1];
    return {
        exists: true,
        total: runCount,
        runs: runs.edges.map((e) => parseRun(e.node)),
        next: runs.pageInfo?.hasNextPage ? (runs.pageInfo.endCursor ?? last?.cursor ?? null) : null,
    };
}

export async function fetchRun(entity: string, project: string, name: string): Promise<Run | null> {
    const data = await graphql<{ project: { run: RunNode | null } | null }>(
        `query PageRun($entity: String!, $project: String!, $name: String!) {
            project(name: $project, entityName: $entity) { run(name: $name) { ${RUN_FIELDS} historyKeys systemMetrics } } }`,
        { entity, project, name },
    );
    return data.project?.run ? parseRun(data.project.run) : null;
}

export interface RunFile {
    name: string;
    url: string;
    sizeBytes: number;
    updatedAt: string | null;
    mimetype: string | null;
}

export async function fetchFiles(
    entity: string,
    project: string,
    name: string,
    after: string | null,
): Promise<{ files: RunFile[]; next: string | null }> {
    const data = await graphql<{
        project: { run: { files: Edges<RunFile & { sizeBytes: string | number }> } | null } | null;
    }>(
        `
            query PageFiles($entity: String!, $project: String!, $name: String!, $after: String) {
                project(name: $project, entityName: $entity) {
                    run(name: $name) {
                        files(first: 500, after: $after) {
                            edges {
                                node {
                                    name
                                    url
                                    sizeBytes
                                    updatedAt
                                    mimetype
                                }
                                cursor
                            }
                            pageInfo {
                                endCursor
                                hasNextPage
                            }
                        }
                    }
                }
            }
        `,
        { entity, project, name, after },
    );
    const files = data.project?.run?.files;
    return {
        files: nodes(files).map((f) => ({ ...f, sizeBytes: Number(f.sizeBytes) })),
        next: files?.pageInfo?.hasNextPage
            ? (files.pageInfo.endCursor ?? files.edges.at(-1)?.cursor ?? null)
            : null,
    };
}

/* ---- changes ---- */

export interface RunChange {
    displayName?: string;
    notes?: string;
    tags?: string[];
    groupName?: string;
    jobType?: string;
}

export async function changeRun(id: string, change: RunChange): Promise<void> {
    await graphql(
        "mutation PageChangeRun($input: UpsertBucketInput!) { upsertBucket(input: $input) { bucket { id } } }",
        { input: { id, ...change } },
    );
}

const MAX_WHOLE = 500 /* deleted or moved: all of them or none */;

export async function changeRuns(changes: readonly (RunChange & { id: string })[]): Promise<void> {
    await changeEach("upsertBucket", "UpsertBucketInput", "bucket { id }", changes);
}

export async function stopRuns(ids: readonly string[]): Promise<void> {
    await changeEach("stopRun", "StopRunInput", "success", ids.map((id) => ({ id })));
}

/* What was deleted is told portion by portion, in case a later one fails. */
export async function deleteRuns(ids: readonly string[], onDeleted: (ids: readonly string[]) => void): Promise<void> {
    await inPortions(ids, MAX_WHOLE, async (some) => {
        await graphql("mutation PageDeleteRuns($ids: [ID!]!) { deleteRuns(input: { ids: $ids }) { deletedCount } }", { ids: some });
        onDeleted(some);
    });
}

/* Of one project to another, perhaps of another owner. */
export async function moveRuns(sourceEntityName: string, sourceProjectName: string, ids: readonly string[], destinationEntityName: string, destinationProjectName: string): Promise<void> {
    await inPortions(ids, MAX_WHOLE, async (some) => {
        await graphql("mutation PageMoveRuns($input: MoveRunsInput!) { moveRuns(input: $input) { movedCount } }", {
            input: { sourceEntityName, sourceProjectName, ids: some, destinationEntityName, destinationProjectName },
        });
    });
}

export interface ApiKey {
    id: string;
    createdAt: string;
    name: string;
    description: string | null;
    lastUsedAt: string | null /* to within some minutes */;
}

export async function fetchKeys(): Promise<ApiKey[]> {
    const data = await graphql<{ viewer: { apiKeys: Edges<ApiKey> | null } | null }>(
        "query PageKeys { viewer { apiKeys { edges { node { id name description createdAt lastUsedAt } } } } }",
    );
    return nodes(data.viewer?.apiKeys);
}

/* The whole key: the only time it is ever shown. */
export async function generateKey(description: string): Promise<string> {
    const data = await graphql<{ generateApiKey: { apiKey: { name: string } } }>(
        "mutation PageNewKey($description: String) { generateApiKey(input: { description: $description }) { apiKey { id name } } }",
        { description },
    );
    return data.generateApiKey.apiKey.name;
}

export async function deleteKey(id: string): Promise<void> {
    await graphql("mutation PageDeleteKey($id: String!) { deleteApiKey(input: { id: $id }) { success } }", {
        id,
    });
}

/* ---- values that are not numbers ---- */

export interface LoggedValue {
    step: number;
    value: Record<string, unknown>;
}

/* The media, tables or histograms of one key of one run, by step. */
export async function fetchValues(
    entity: string,
    project: string,
    name: string,
    key: string,
    samples: number,
): Promise<LoggedValue[]> {
    const data = await graphql<{ project: { run: { sampledHistory: unknown[][] } | null } | null }>(
        `
            query PageValues($entity: String!, $project: String!, $name: String!, $specs: [JSONString!]!) {
                project(name: $project, entityName: $entity) {
                    run(name: $name) {
                        sampledHistory(specs: $specs)
                    }
                }
            }
        `,
        { entity, project, name, specs: [JSON.stringify({ keys: ["_step", key], samples })] },
    );
    const rows = (data.project?.run?.sampledHistory[0] ?? []) as Record<string, unknown>[];
    return rows.flatMap((row) => {
        const value = row[key];
        return typeof value === "object" && value !== null
            ? [{ step: Number(row["_step"]), value: value as Record<string, unknown> }]
            : [];
    });
}

/* Links to files by their paths; those that never arrived are missing. */
export async function fetchFileLinks(
    entity: string,
    project: string,
    name: string,
    names: string[],
): Promise<Map<string, string>> {
    const data = await graphql<{
        project: { run: { files: Edges<{ name: string; url: string }> } | null } | null;
    }>(
        `
            query PageFileLinks(
                $entity: String!
                $project: String!
                $name: String!
                $names: [String]
                $first: Int
            ) {
                project(name: $project, entityName: $entity) {
                    run(name: $name) {
                        files(names: $names, first: $first) {
                            edges {
                                node {
                                    name
                                    url
                                }
                            }
                        }
                    }
                }
            }
        `,
        { entity, project, name, names, first: Math.max(1, names.length) },
    );
    return new Map(nodes(data.project?.run?.files).map((f) => [f.name, f.url]));
}
