/* registry.ts - the registries of an organisation: shelves, collections, versions, members. How they are changed: registry_changes.ts. */

import { graphql } from "../api";
import { pathOf } from "../lib/match";

export const REGISTRY_PREFIX = "wandb-registry-";

/* Of a collection in a registry, as the official client writes it. */
export function collectionPath(entity: string, project: string, collection: string): string {
    const query = new URLSearchParams({ selectionPath: `${entity}/${project}/${collection}`, view: "membership" });
    return `${pathOf("orgs", entity, "registry", project.slice(REGISTRY_PREFIX.length))}?${query}`;
}

interface Edges<T> {
    edges: { node: T }[];
    totalCount?: number;
}

export interface Organization {
    name: string;
    entity: string;
    people: { id: string; username: string }[];
    teams: { id: string; name: string }[];
    registries: RegistrySummary[];
}

export interface RegistrySummary {
    id: string;
    /* Without the prefix that its project has. */
    name: string;
    description: string;
    isRestricted: boolean;
    types: string[] | null /* null: any */;
    collections: number;
    createdAt: string;
}

export interface Member {
    id: string;
    name: string;
    role: string;
    isTeam: boolean;
}

export interface RegistryCollection {
    id: string;
    name: string;
    type: string;
    description: string;
    tags: string[];
    versions: number;
    updatedAt: string | null;
}

export interface Registry extends RegistrySummary {
    isReadOnly: boolean;
    hasFixedMembers: boolean /* for the one who looks at it */;
    protectedAliases: string[];
    list: RegistryCollection[];
    members: Member[];
}

interface ProjectNode {
    id: string;
    name: string;
    description: string | null;
    access: string;
    createdAt: string;
    allowAllArtifactTypesInRegistry: boolean;
    artifactTypes: Edges<{ name: string }>;
    artifactCollections: Edges<CollectionNode>;
}

interface CollectionNode {
    id: string;
    name: string;
    description: string | null;
    createdAt: string;
    updatedAt: string | null;
    defaultArtifactType: { name: string };
    tags: Edges<{ name: string }>;
    artifacts: { totalCount: number };
}

const SUMMARY = "id name description access createdAt allowAllArtifactTypesInRegistry artifactTypes(first: 200) { edges { node { name } } }";

function summarise(p: ProjectNode): RegistrySummary {
    return {
        id: p.id,
        name: p.name.slice(REGISTRY_PREFIX.length),
        description: p.description ?? "",
        isRestricted: p.access === "RESTRICTED",
        types: p.allowAllArtifactTypesInRegistry ? null : p.artifactTypes.edges.map((e) => e.node.name),
        collections: p.artifactCollections.totalCount ?? 0,
        createdAt: p.createdAt,
    };
}

export async function fetchOrganizationNames(): Promise<string[]> {
    const data = await graphql<{ viewer: { organizations: { name: string }[] } | null }>("query PageOrganizations { viewer { organizations { name } } }");
    return data.viewer?.organizations.map((o) => o.name) ?? [];
}

export async function fetchOrganization(name: string): Promise<Organization | null> {
    const data = await graphql<{
        organization: {
            name: string;
            teams: { id: string; name: string }[];
            orgEntity: { name: string; members: { id: string; username: string | null }[]; projects: Edges<ProjectNode> | null } | null;
        } | null;
    }>(
        `query PageOrganization($name: String!) { organization(name: $name) { name teams { id name } orgEntity { name members { id username }
            projects(first: 200, order: "name") { edges { node { ${SUMMARY} artifactCollections(first: 1) { totalCount } } } } } } }`,
        { name },
    );
    const org = data.organization;
    if (!org?.orgEntity) return null;
    return {
        name: org.name,
        entity: org.orgEntity.name,
        people: org.orgEntity.members.flatMap((m) => (m.username === null ? [] : [{ id: m.id, username: m.username }])),
        teams: org.teams,
        registries: (org.orgEntity.projects?.edges ?? []).map((e) => summarise(e.node)).filter((r) => r.name !== ""),
    };
}

export async function fetchRegistry(entity: string, registry: string): Promise<Registry | null> {
    const data = await graphql<{
        project:
            | (ProjectNode & {
                  readOnly: boolean;
                  membersReadOnly: boolean;
                  protectedAliases: string[];
                  members: { id: string; username: string | null; name: string; role: { name: string } }[];
                  teamMembers: { team: { id: string; name: string }; role: { name: string } }[];
              })
            | null;
    }>(
        `query PageRegistry($entity: String!, $name: String!) { project(name: $name, entityName: $entity) { ${SUMMARY} readOnly membersReadOnly protectedAliases
            members { id username name role { name } } teamMembers { team { id name } role { name } }
            artifactCollections(first: 500) { totalCount edges { node { id name description createdAt updatedAt defaultArtifactType { name }
                tags { edges { node { name } } } artifacts(first: 1) { totalCount } } } } } }`,
        { entity, name: REGISTRY_PREFIX + registry },
    );
    const p = data.project;
    if (p === null) return null;
    return {
        ...summarise(p),
        isReadOnly: p.readOnly,
        hasFixedMembers: p.membersReadOnly,
        protectedAliases: p.protectedAliases,
        list: p.artifactCollections.edges.map(({ node: c }) => ({
            id: c.id,
            name: c.name,
            type: c.defaultArtifactType.name,
            description: c.description ?? "",
            tags: c.tags.edges.map((e) => e.node.name),
            versions: c.artifacts.totalCount,
            updatedAt: c.updatedAt ?? c.createdAt,
        })),
        members: [
            ...p.members.map((m) => ({ id: m.id, name: m.username ?? m.name, role: m.role.name, isTeam: false })),
            ...p.teamMembers.map((m) => ({ id: m.team.id, name: m.team.name, role: m.role.name, isTeam: true })),
        ],
    };
}

export interface LinkedVersion {
    id: string;
    version: string;
    aliases: string[];
    tags: string[];
    size: number;
    linkedAt: string;
    source: { entity: string; project: string; type: string; collection: string; version: string } | null;
}

interface MembershipNode {
    versionIndex: number | null;
    createdAt: string;
    aliases: { alias: string }[];
    artifact: {
        id: string;
        size: string | number;
        versionIndex: number | null;
        tags: { name: string }[];
        artifactType: { name: string };
        artifactSequence: { name: string; project: { name: string; entityName: string } | null };
    } | null;
}

/* Those that the registry shows, the newest first. */
export async function fetchLinkedVersions(entity: string, registry: string, collection: string): Promise<LinkedVersion[]> {
    type Page = Edges<MembershipNode> & { pageInfo: { endCursor: string | null; hasNextPage: boolean } };
    const out: LinkedVersion[] = [];
    for (let after: string | null = null; ; ) {
        const data: { project: { artifactCollection: { artifactMemberships: Page } | null } | null } = await graphql(
            `query PageLinkedVersions($entity: String!, $project: String!, $name: String!, $after: String) { project(name: $project, entityName: $entity) {
                artifactCollection(name: $name) { artifactMemberships(first: 500, after: $after) { pageInfo { endCursor hasNextPage } edges { node {
                    versionIndex createdAt aliases { alias } artifact { id size versionIndex tags { name } artifactType { name }
                        artifactSequence { name project { name entityName } } } } } } } } }`,
            { entity, project: REGISTRY_PREFIX + registry, name: collection, after },
        );
        const page: Page | undefined = data.project?.artifactCollection?.artifactMemberships;
        out.push(...(page?.edges ?? []).flatMap(({ node: m }) => (m.artifact === null ? [] : [readVersion(m, m.artifact)])));
        if (!page?.pageInfo.hasNextPage) return out;
        after = page.pageInfo.endCursor;
    }
}

function readVersion(m: MembershipNode, artifact: NonNullable<MembershipNode["artifact"]>): LinkedVersion {
    const from = artifact.artifactSequence;
    const version = `v${m.versionIndex ?? 0}`;
    return {
        id: artifact.id,
        version,
        aliases: m.aliases.map((a) => a.alias).filter((a) => a !== version),
        tags: artifact.tags.map((tag) => tag.name),
        size: Number(artifact.size),
        linkedAt: m.createdAt,
        source: from.project && {
            entity: from.project.entityName,
            project: from.project.name,
            type: artifact.artifactType.name,
            collection: from.name,
            version: `v${artifact.versionIndex ?? 0}`,
        },
    };
}

/* Those that only administrators of the project set and take away, and whether the one who looks is one. */
export interface AliasGuard {
    aliases: readonly string[];
    isOpen: boolean;
}

export async function fetchAliasGuard(entity: string, project: string): Promise<AliasGuard & { projectId: string }> {
    const data = await graphql<{ project: { id: string; protectedAliases: string[]; membersReadOnly: boolean } | null }>(
        "query PageAliasGuard($entity: String!, $project: String!) { project(name: $project, entityName: $entity) { id protectedAliases membersReadOnly } }",
        { entity, project },
    );
    return { aliases: data.project?.protectedAliases ?? [], isOpen: data.project?.membersReadOnly === false, projectId: data.project?.id ?? "" };
}

/* Where else a version stands. */
export interface Placement {
    entity: string;
    project: string;
    type: string;
    collection: string;
    version: string;
}

export async function fetchPlacements(artifactId: string): Promise<Placement[]> {
    const data = await graphql<{
        artifact: {
            artifactType: { name: string };
            artifactMemberships: Edges<{ versionIndex: number | null; artifactCollection: { name: string; project: { name: string; entityName: string } | null } }>;
        } | null;
    }>(
        `query PagePlacements($id: ID!) { artifact(id: $id) { artifactType { name } artifactMemberships(first: 200) { edges { node { versionIndex
            artifactCollection { name project { name entityName } } } } } } }`,
        { id: artifactId },
    );
    const type = data.artifact?.artifactType.name ?? "";
    return (data.artifact?.artifactMemberships.edges ?? []).flatMap(({ node: m }) => {
        const { name, project } = m.artifactCollection;
        return project === null ? [] : [{ entity: project.entityName, project: project.name, type, collection: name, version: `v${m.versionIndex ?? 0}` }];
    });
}

/* The type of a collection, for addresses that do not say it. */
export async function fetchCollectionType(entity: string, project: string, name: string): Promise<string | null> {
    const data = await graphql<{ project: { artifactCollection: { defaultArtifactType: { name: string } } | null } | null }>(
        `query PageCollectionType($entity: String!, $project: String!, $name: String!) { project(name: $project, entityName: $entity) {
            artifactCollection(name: $name) { defaultArtifactType { name } } } }`,
        { entity, project, name },
    );
    return data.project?.artifactCollection?.defaultArtifactType.name ?? null;
}
