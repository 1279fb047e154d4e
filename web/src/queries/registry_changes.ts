/* registry_changes.ts - making registries, changing what stands in them and who may. */

import { graphql } from "../api";
import { REGISTRY_PREFIX, type Member } from "./registry";

export async function createRegistry(entityName: string, name: string, description: string, isRestricted: boolean, types: readonly string[]): Promise<void> {
    await graphql("mutation PageNewRegistry($input: UpsertModelInput!) { upsertModel(input: $input) { model { id } } }", {
        input: {
            entityName,
            name: REGISTRY_PREFIX + name,
            description,
            access: isRestricted ? "RESTRICTED" : "PRIVATE",
            allowAllArtifactTypesInRegistry: types.length === 0,
            artifactTypes: types.map((type) => ({ name: type })),
        },
    });
}

/* What is left out stays. */
export interface RegistryChange {
    description?: string;
    isRestricted?: boolean;
    types?: readonly string[] /* that it takes besides those it has; with none and allowsAll, any */;
    allowsAll?: boolean;
}

export async function changeRegistry(entityName: string, registry: string, change: RegistryChange): Promise<void> {
    const input: Record<string, unknown> = { entityName, name: REGISTRY_PREFIX + registry };
    if (change.description !== undefined) input["description"] = change.description;
    if (change.isRestricted !== undefined) input["access"] = change.isRestricted ? "RESTRICTED" : "PRIVATE";
    if (change.allowsAll !== undefined) input["allowAllArtifactTypesInRegistry"] = change.allowsAll;
    if (change.types !== undefined) input["artifactTypes"] = change.types.map((name) => ({ name }));
    await graphql("mutation PageChangeRegistry($input: UpsertModelInput!) { upsertModel(input: $input) { model { id } } }", { input });
}

export async function deleteRegistry(id: string): Promise<void> {
    await graphql("mutation PageDeleteRegistry($id: String!) { deleteModel(input: { id: $id }) { success } }", { id });
}

export async function protectAliases(projectId: string, aliasesToAdd: readonly string[], aliasesToDelete: readonly string[]): Promise<void> {
    await graphql("mutation PageProtectAliases($input: UpdateProtectedAliasesInput!) { updateProtectedAliases(input: $input) { project { id } } }", {
        input: { projectId, aliasesToAdd, aliasesToDelete },
    });
}

/* ---- collections ---- */

export interface CollectionPlace {
    entityName: string;
    projectName: string;
    artifactCollectionName: string;
}

export async function describeCollection(artifactPortfolioID: string, description: string): Promise<void> {
    await graphql("mutation PageDescribeCollection($input: UpdateArtifactPortfolioInput!) { updateArtifactPortfolio(input: $input) { artifactCollection { id } } }", {
        input: { artifactPortfolioID, description },
    });
}

export async function tagCollection(place: CollectionPlace, added: readonly string[], removed: readonly string[]): Promise<void> {
    const of = (tags: readonly string[]) => ({ input: { ...place, tags: tags.map((tagName) => ({ tagName })) } });
    if (added.length > 0)
        await graphql("mutation PageTagCollection($input: CreateArtifactCollectionTagAssignmentsInput!) { createArtifactCollectionTagAssignments(input: $input) { tags { name } } }", of(added));
    if (removed.length > 0)
        await graphql("mutation PageUntagCollection($input: DeleteArtifactCollectionTagAssignmentsInput!) { deleteArtifactCollectionTagAssignments(input: $input) { success } }", of(removed));
}

export async function deleteCollection(artifactPortfolioID: string): Promise<void> {
    await graphql("mutation PageDeleteCollection($input: DeleteArtifactPortfolioInput!) { deleteArtifactPortfolio(input: $input) { artifactCollection { id } } }", {
        input: { artifactPortfolioID },
    });
}

/* ---- versions ---- */

export async function linkVersion(artifactID: string, entityName: string, registry: string, artifactPortfolioName: string, aliases: readonly string[]): Promise<void> {
    await graphql("mutation PageLink($input: LinkArtifactInput!) { linkArtifact(input: $input) { versionIndex } }", {
        input: { artifactID, entityName, projectName: REGISTRY_PREFIX + registry, artifactPortfolioName, aliases: aliases.map((alias) => ({ alias })) },
    });
}

export async function unlinkVersion(artifactID: string, artifactPortfolioID: string): Promise<void> {
    await graphql("mutation PageUnlink($input: UnlinkArtifactInput!) { unlinkArtifact(input: $input) { success } }", { input: { artifactID, artifactPortfolioID } });
}

/* ---- members ---- */

export async function addMember(projectId: string, member: { id: string; isTeam: boolean }): Promise<void> {
    await graphql("mutation PageAddMember($input: CreateProjectMembersInput!) { createProjectMembers(input: $input) { success } }", { input: sides(projectId, member) });
}

export async function removeMember(projectId: string, member: { id: string; isTeam: boolean }): Promise<void> {
    await graphql("mutation PageRemoveMember($input: DeleteProjectMembersInput!) { deleteProjectMembers(input: $input) { success } }", { input: sides(projectId, member) });
}

function sides(projectId: string, member: { id: string; isTeam: boolean }) {
    return { projectId, userIds: member.isTeam ? [] : [member.id], teamIds: member.isTeam ? [member.id] : [] };
}

export async function changeRole(projectId: string, member: Member, role: string): Promise<void> {
    if (member.isTeam)
        await graphql("mutation PageTeamRole($input: UpdateProjectTeamMemberInput!) { updateProjectTeamMember(input: $input) { success } }", {
            input: { projectId, teamId: member.id, teamProjectRole: role },
        });
    else
        await graphql("mutation PageMemberRole($input: UpdateProjectMemberInput!) { updateProjectMember(input: $input) { success } }", {
            input: { projectId, userId: member.id, userProjectRole: role },
        });
}
