/* lineage.ts - what came from what, asked step by step from one artifact outwards. */

import { graphql } from "../api";
import { pathOf } from "../lib/match";
import type { LineageEdge, LineageNode } from "../lib/lineage";

interface Place {
    name: string;
    entity: { name: string };
}

interface RunNode {
    id: string;
    name: string;
    displayName: string;
    state: string;
    project: Place | null;
}

interface ArtifactNode {
    id: string;
    versionIndex: number | null;
    artifactType: { name: string };
    artifactSequence: { name: string; project: Place | null };
}

interface Edges<T> {
    edges: { node: T }[];
}

const RUN = "id name displayName state project { name entity { name } }";
const ARTIFACT = "id versionIndex artifactType { name } artifactSequence { name project { name entity { name } } }";
const MAX_NEIGHBOURS = 300;
const MAX_NODES = 600;
const SIDE_BY_SIDE = 12;

export interface Lineage {
    root: string;
    nodes: LineageNode[];
    edges: LineageEdge[];
    isCut: boolean;
}

type Found = { node: LineageNode; runPlace: { entity: string; project: string; name: string } | null };

function ofRun(run: RunNode): Found {
    const runPlace = run.project && { entity: run.project.entity.name, project: run.project.name, name: run.name };
    const href = runPlace && pathOf(runPlace.entity, runPlace.project, "runs", run.name);
    return { node: { id: run.id, kind: "run", label: run.displayName || run.name, note: run.state, href }, runPlace };
}

function ofArtifact(a: ArtifactNode): Found {
    const { name, project } = a.artifactSequence;
    const version = `v${a.versionIndex ?? 0}`;
    const href = project && pathOf(project.entity.name, project.name, "artifacts", a.artifactType.name, name, version, "lineage");
    return { node: { id: a.id, kind: "artifact", label: `${name}:${version}`, note: a.artifactType.name, href }, runPlace: null };
}

interface Neighbours {
    before: Found[];
    after: Found[];
}

async function aroundArtifact(id: string): Promise<Neighbours> {
    const data = await graphql<{ artifact: { createdBy: (RunNode & { __typename: string }) | null; usedBy: Edges<RunNode> } | null }>(
        `query PageLineageOfArtifact($id: ID!) { artifact(id: $id) { createdBy { __typename ... on Run { ${RUN} } } usedBy(first: ${MAX_NEIGHBOURS}) { edges { node { ${RUN} } } } } }`,
        { id },
    );
    const maker = data.artifact?.createdBy;
    return { before: maker?.__typename === "Run" ? [ofRun(maker)] : [], after: (data.artifact?.usedBy.edges ?? []).map((e) => ofRun(e.node)) };
}

async function aroundRun({ entity, project, name }: NonNullable<Found["runPlace"]>): Promise<Neighbours> {
    const data = await graphql<{ project: { run: { inputArtifacts: Edges<ArtifactNode>; outputArtifacts: Edges<ArtifactNode> } | null } | null }>(
        `query PageLineageOfRun($entity: String!, $project: String!, $name: String!) { project(name: $project, entityName: $entity) { run(name: $name) {
            inputArtifacts(first: ${MAX_NEIGHBOURS}) { edges { node { ${ARTIFACT} } } } outputArtifacts(first: ${MAX_NEIGHBOURS}) { edges { node { ${ARTIFACT} } } } } } }`,
        { entity, project, name },
    );
    const run = data.project?.run;
    return { before: (run?.inputArtifacts.edges ?? []).map((e) => ofArtifact(e.node)), after: (run?.outputArtifacts.edges ?? []).map((e) => ofArtifact(e.node)) };
}

/* Everything at most `depth` steps away, whichever way. */
export async function fetchLineage(entity: string, project: string, name: string, depth: number): Promise<Lineage | null> {
    const data = await graphql<{ project: { artifact: ArtifactNode | null } | null }>(
        `query PageLineageRoot($entity: String!, $project: String!, $name: String!) { project(name: $project, entityName: $entity) { artifact(name: $name) { ${ARTIFACT} } } }`,
        { entity, project, name },
    );
    if (!data.project?.artifact) return null;
    const root = ofArtifact(data.project.artifact);
    const nodes = new Map([[root.node.id, root.node]]);
    const edges = new Map<string, LineageEdge>();
    let ring: Found[] = [root];
    for (let step = 0; step < depth && ring.length > 0 && nodes.size < MAX_NODES; step++) {
        const next: Found[] = [];
        const take = (from: Found, to: Found, other: Found) => {
            edges.set(`${from.node.id}\n${to.node.id}`, { from: from.node.id, to: to.node.id });
            if (nodes.has(other.node.id)) return;
            nodes.set(other.node.id, other.node);
            next.push(other);
        };
        for (let i = 0; i < ring.length; i += SIDE_BY_SIDE)
            await Promise.all(
                ring.slice(i, i + SIDE_BY_SIDE).map(async (f) => {
                    const { before, after } = f.node.kind === "artifact" ? await aroundArtifact(f.node.id) : f.runPlace === null ? { before: [], after: [] } : await aroundRun(f.runPlace);
                    for (const b of before) take(b, f, b);
                    for (const a of after) take(f, a, a);
                }),
            );
        ring = next;
    }
    return { root: root.node.id, nodes: [...nodes.values()], edges: [...edges.values()], isCut: ring.length > 0 };
}
