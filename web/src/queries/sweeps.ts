/* sweeps.ts - sweeps: lists, one of them, and what can be told to one. */

import { graphql } from "../api";

export interface Sweep {
    id: string;
    name: string;
    displayName: string;
    method: string;
    state: string;
    config: string;
    runCount: number;
    runCountExpected: number | null;
    bestLoss: number | null;
    computeSeconds: number;
    createdAt: string;
    user: string;
    agents: { name: string; state: string; host: string }[];
}

interface Node {
    id: string;
    name: string;
    displayName: string | null;
    method: string;
    state: string;
    config: string;
    runCount: number;
    runCountExpected: number | null;
    bestLoss: number | null;
    computeSeconds: number | string;
    createdAt: string;
    user: { username: string } | null;
    agents?: { edges: { node: { name: string; state: string; host: string | null } }[] };
}

const FIELDS = "id name displayName method state config runCount runCountExpected bestLoss computeSeconds createdAt user { username }";

function parse(n: Node): Sweep {
    return {
        ...n,
        displayName: n.displayName || n.name,
        computeSeconds: Number(n.computeSeconds),
        user: n.user?.username ?? "",
        agents: (n.agents?.edges ?? []).map(({ node }) => ({ ...node, host: node.host ?? "" })),
    };
}

export async function fetchSweeps(entity: string, project: string): Promise<Sweep[] | null> {
    const data = await graphql<{ project: { sweeps: { edges: { node: Node }[] } } | null }>(
        `query PageSweeps($entity: String!, $project: String!) {
            project(name: $project, entityName: $entity) { sweeps(first: 500) { edges { node { ${FIELDS} } } } } }`,
        { entity, project },
    );
    return data.project === null ? null : data.project.sweeps.edges.map((e) => parse(e.node));
}

export async function fetchSweep(entity: string, project: string, name: string): Promise<Sweep | null> {
    const data = await graphql<{ project: { sweep: Node | null } | null }>(
        `query PageSweep($entity: String!, $project: String!, $name: String!) {
            project(name: $project, entityName: $entity) { sweep(sweepName: $name) { ${FIELDS}
                agents(first: 100) { edges { node { name state host } } } } } }`,
        { entity, project, name },
    );
    return data.project?.sweep ? parse(data.project.sweep) : null;
}

export async function changeSweep(id: string, change: { state?: string; config?: string; displayName?: string }): Promise<void> {
    await graphql("mutation PageChangeSweep($input: UpsertSweepInput!) { upsertSweep(input: $input) { sweep { id } } }", { input: { id, ...change } });
}

/* The new one's short id. */
export async function createSweep(entityName: string, projectName: string, config: string): Promise<string> {
    const data = await graphql<{ upsertSweep: { sweep: { name: string } } }>(
        "mutation PageNewSweep($input: UpsertSweepInput!) { upsertSweep(input: $input) { sweep { id name } } }",
        { input: { entityName, projectName, config } },
    );
    return data.upsertSweep.sweep.name;
}
