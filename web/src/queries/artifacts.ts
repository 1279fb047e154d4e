/* artifacts.ts - what the page asks about artifacts. */

import { graphql } from "../api";
import type { RunFile } from "./runs";

interface Edges<T> {
    edges: { node: T; cursor?: string; version?: string }[];
    totalCount?: number;
    pageInfo?: { endCursor: string | null; hasNextPage: boolean };
}

export interface CollectionSummary {
    type: string;
    name: string;
    versions: number;
    latest: { version: string; createdAt: string; size: number } | null;
}

export async function fetchCollections(entity: string, project: string): Promise<CollectionSummary[] | null> {
    const data = await graphql<{
        project: {
            artifactTypes: Edges<{
                name: string;
                artifactCollections: Edges<{ name: string; artifacts: Edges<{ createdAt: string; size: string | number }> }>;
            }>;
        } | null;
    }>(
        `query PageCollections($entity: String!, $project: String!) {
            project(name: $project, entityName: $entity) { artifactTypes(first: 200) { edges { node { name
                artifactCollections(first: 500) { edges { node { name
                    artifacts(first: 1) { totalCount edges { version node { createdAt size } } } } } } } } } } }`,
        { entity, project },
    );
    if (data.project === null) return null;
    return data.project.artifactTypes.edges.flatMap(({ node: type }) =>
        type.artifactCollections.edges.map(({ node: c }) => {
            const first = c.artifacts.edges[0];
            const latest = first
                ? { version: first.version ?? "", createdAt: first.node.createdAt, size: Number(first.node.size) }
                : null;
            return { type: type.name, name: c.name, versions: c.artifacts.totalCount ?? 0, latest };
        }),
    );
}

export interface ArtifactVersion {
    id: string;
    version: string;
    aliases: string[];
    createdAt: string;
    size: number;
    digest: string;
    fileCount: number;
}

interface VersionNode {
    id: string;
    createdAt: string;
    size: string | number;
    digest: string;
    fileCount: number;
    aliases: { alias: string; artifactCollection: { name: string; project: { name: string; entityName: string } | null } | null }[];
}

const VERSION_FIELDS = "id createdAt size digest fileCount aliases { alias artifactCollection { name project { name entityName } } }";

export interface ArtifactChange {
    description?: string;
    tagsToAdd?: { tagName: string }[];
    tagsToDelete?: { tagName: string }[];
    ttlDurationSeconds?: number;
}

export async function changeArtifact(artifactID: string, change: ArtifactChange): Promise<void> {
    await graphql("mutation PageChangeArtifact($input: UpdateArtifactInput!) { updateArtifact(input: $input) { artifact { id } } }", { input: { artifactID, ...change } });
}

/* Aliases of one version, put on and taken off. */
export async function changeAliases(artifactID: string, entityName: string, projectName: string, collection: string, added: readonly string[], removed: readonly string[]): Promise<void> {
    const of = (aliases: readonly string[]) => aliases.map((alias) => ({ alias, artifactCollectionName: collection, entityName, projectName }));
    if (added.length > 0)
        await graphql("mutation PageAddAliases($input: AddAliasesInput!) { addAliases(input: $input) { success } }", { input: { artifactID, aliases: of(added) } });
    if (removed.length > 0)
        await graphql("mutation PageDeleteAliases($input: DeleteAliasesInput!) { deleteAliases(input: $input) { success } }", { input: { artifactID, aliases: of(removed) } });
}

/* A version may stand in several collections, also of the same name, and has aliases in each. */
function parseVersion(node: VersionNode, version: string, entity: string, project: string, collection: string): ArtifactVersion {
    const own = node.aliases.filter(
        ({ artifactCollection: c }) => c === null || (c.name === collection && c.project?.name === project && c.project.entityName === entity),
    );
    return { ...node, version, size: Number(node.size), aliases: own.map((a) => a.alias) };
}

export async function fetchVersions(entity: string, project: string, collection: string): Promise<ArtifactVersion[] | null> {
    const out: ArtifactVersion[] = [];
    let after: string | null = null;
    do {
        const data: { project: { artifactCollection: { artifacts: Edges<VersionNode> } | null } | null } = await graphql(
            `query PageVersions($entity: String!, $project: String!, $name: String!, $after: String) {
                project(name: $project, entityName: $entity) { artifactCollection(name: $name) {
                    artifacts(first: 200, after: $after) { edges { version node { ${VERSION_FIELDS} } } pageInfo { endCursor hasNextPage } } } } }`,
            { entity, project, name: collection, after },
        );
        const page: Edges<VersionNode> | undefined = data.project?.artifactCollection?.artifacts;
        if (page === undefined) return null;
        out.push(...page.edges.map((e) => parseVersion(e.node, e.version ?? "", entity, project, collection)));
        after = page.pageInfo?.hasNextPage ? page.pageInfo.endCursor : null;
    } while (after !== null);
    return out;
}

export interface RunLink {
    name: string;
    displayName: string;
    state: string;
    project: { name: string; entity: { name: string } } | null;
}

/* Seconds, or as the official client writes them. */
export const TTL_AS_ABOVE = -1;
export const TTL_NEVER = -2;

export interface ArtifactDetail {
    description: string;
    tags: string[];
    ttlSeconds: number;
    metadata: string;
    creator: RunLink | null;
    author: string;
    usedBy: RunLink[];
    isReadOnly: boolean /* as in its own project, which may be closed to who looks, or only read */;
}

const RUN_LINK = "name displayName state project { name entity { name } }";

export async function fetchDetail(entity: string, project: string, name: string): Promise<ArtifactDetail | null> {
    const data = await graphql<{
        project: {
            artifact: {
                description: string | null;
                metadata: string | null;
                tags: { name: string }[];
                ttlDurationSeconds: number | string;
                artifactSequence: { project: { readOnly: boolean } | null };
                createdBy: (RunLink & { __typename: string; username?: string }) | null;
                usedBy: Edges<RunLink>;
            } | null;
        } | null;
    }>(
        `query PageArtifact($entity: String!, $project: String!, $name: String!) {
            project(name: $project, entityName: $entity) { artifact(name: $name) { description metadata ttlDurationSeconds tags { name }
                artifactSequence { project { readOnly } }
                createdBy { __typename ... on Run { ${RUN_LINK} } ... on User { username } }
                usedBy(first: 500) { edges { node { ${RUN_LINK} } } } } } }`,
        { entity, project, name },
    );
    const a = data.project?.artifact;
    if (!a) return null;
    return {
        description: a.description ?? "",
        tags: a.tags.map((tag) => tag.name),
        ttlSeconds: Number(a.ttlDurationSeconds),
        metadata: a.metadata ?? "{}",
        creator: a.createdBy?.__typename === "Run" ? a.createdBy : null,
        author: a.createdBy?.username ?? "",
        usedBy: a.usedBy.edges.map((e) => e.node),
        isReadOnly: a.artifactSequence.project?.readOnly ?? true,
    };
}

export interface ArtifactFile extends RunFile {
    digest: string | null;
}

export async function fetchArtifactFiles(entity: string, project: string, name: string): Promise<ArtifactFile[]> {
    const out: ArtifactFile[] = [];
    let after: string | null = null;
    do {
        const data: {
            project: { artifact: { files: Edges<Omit<ArtifactFile, "url"> & { directUrl: string }> } | null } | null;
        } = await graphql(
            `query PageArtifactFiles($entity: String!, $project: String!, $name: String!, $after: String) {
                project(name: $project, entityName: $entity) { artifact(name: $name) { files(first: 500, after: $after) {
                    edges { node { name directUrl sizeBytes updatedAt mimetype digest } } pageInfo { endCursor hasNextPage } } } } }`,
            { entity, project, name, after },
        );
        const page: Edges<Omit<ArtifactFile, "url"> & { directUrl: string }> | undefined = data.project?.artifact?.files;
        if (page === undefined) return out;
        out.push(...page.edges.map(({ node }) => ({ ...node, url: node.directUrl, sizeBytes: Number(node.sizeBytes) })));
        after = page.pageInfo?.hasNextPage ? page.pageInfo.endCursor : null;
    } while (after !== null);
    return out;
}

export interface RunArtifact {
    type: string;
    collection: string;
    version: string;
    size: number;
    createdAt: string;
    usedByCount: number /* runs */;
    project: { name: string; entity: { name: string } } | null;
}

interface RunArtifactNode {
    size: string | number;
    usedBy: { totalCount: number };
    createdAt: string;
    versionIndex: number | null;
    artifactType: { name: string };
    artifactSequence: { name: string; project: RunArtifact["project"] };
}

export async function fetchRunArtifacts(
    entity: string,
    project: string,
    run: string,
): Promise<{ outputs: RunArtifact[]; inputs: RunArtifact[] }> {
    const fields = `edges { node { size createdAt versionIndex artifactType { name } usedBy(first: 1) { totalCount }
        artifactSequence { name project { name entity { name } } } } }`;
    const data = await graphql<{
        project: { run: { outputArtifacts: Edges<RunArtifactNode>; inputArtifacts: Edges<RunArtifactNode> } | null } | null;
    }>(
        `query PageRunArtifacts($entity: String!, $project: String!, $run: String!) {
            project(name: $project, entityName: $entity) { run(name: $run) {
                outputArtifacts(first: 500) { ${fields} } inputArtifacts(first: 500) { ${fields} } } } }`,
        { entity, project, run },
    );
    const read = (edges: Edges<RunArtifactNode> | undefined) =>
        (edges?.edges ?? []).map(
            ({ node }): RunArtifact => ({
                type: node.artifactType.name,
                collection: node.artifactSequence.name,
                version: `v${node.versionIndex ?? 0}`,
                size: Number(node.size),
                createdAt: node.createdAt,
                usedByCount: node.usedBy.totalCount,
                project: node.artifactSequence.project,
            }),
        );
    return { outputs: read(data.project?.run?.outputArtifacts), inputs: read(data.project?.run?.inputArtifacts) };
}

/* Links to the files of an artifact by the name the client itself gave it; none when it never arrived. */
export async function fetchClientArtifactFiles(clientID: string): Promise<Map<string, string>> {
    const mapped = await graphql<{ clientIDMapping: { serverID: string | null } | null }>(
        "query PageClientArtifact($clientID: ID!) { clientIDMapping(clientID: $clientID) { serverID } }",
        { clientID },
    );
    const id = mapped.clientIDMapping?.serverID;
    const out = new Map<string, string>();
    let after: string | null = null;
    while (id) {
        const data: { artifact: { files: Edges<{ name: string; directUrl: string }> } | null } = await graphql(
            `query PageFilesOfArtifact($id: ID!, $after: String) { artifact(id: $id) { files(first: 1000, after: $after) {
                edges { node { name directUrl } } pageInfo { endCursor hasNextPage } } } }`,
            { id, after },
        );
        const page: Edges<{ name: string; directUrl: string }> | undefined = data.artifact?.files;
        for (const { node } of page?.edges ?? []) out.set(node.name, node.directUrl);
        after = page?.pageInfo?.hasNextPage ? page.pageInfo.endCursor : null;
        if (after === null) break;
    }
    return out;
}
