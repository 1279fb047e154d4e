/* project.ts - what is said of a project, who sees it, and its end. */

import { graphql } from "../api";

export const ACCESS = ["PRIVATE", "RESTRICTED", "USER_READ"] as const;
export type Access = (typeof ACCESS)[number];

export interface ProjectAbout {
    id: string;
    description: string;
    access: Access;
    isReadOnly: boolean;
    createdAt: string;
}

export async function fetchAbout(entity: string, project: string): Promise<ProjectAbout | null> {
    const data = await graphql<{ project: (Omit<ProjectAbout, "isReadOnly" | "description"> & { description: string | null; readOnly: boolean }) | null }>(
        "query PageAbout($entity: String!, $project: String!) { project(name: $project, entityName: $entity) { id description access readOnly createdAt } }",
        { entity, project },
    );
    return data.project === null ? null : { ...data.project, description: data.project.description ?? "", isReadOnly: data.project.readOnly };
}

export async function changeProject(entityName: string, name: string, change: { description?: string; access?: Access }): Promise<void> {
    await graphql("mutation PageChangeProject($input: UpsertModelInput!) { upsertModel(input: $input) { project { id } } }", { input: { entityName, name, ...change } });
}

export async function renameProject(entityName: string, oldProjectName: string, newProjectName: string): Promise<void> {
    await graphql("mutation PageRenameProject($input: RenameProjectInput!) { renameProject(input: $input) { project { id } } }", {
        input: { entityName, oldProjectName, newProjectName },
    });
}

export async function deleteProject(id: string): Promise<void> {
    await graphql("mutation PageDeleteProject($id: String!) { deleteModel(input: { id: $id }) { clientMutationId } }", { id });
}

/* How many runs there are, whatever a list lets through. */
export async function fetchRunCount(entity: string, project: string, filters: object | null): Promise<number> {
    const data = await graphql<{ project: { runCount: number } | null }>(
        "query PageRunCount($entity: String!, $project: String!, $filters: JSONString) { project(name: $project, entityName: $entity) { runCount(filters: $filters) } }",
        { entity, project, filters: filters === null ? null : JSON.stringify(filters) },
    );
    return data.project?.runCount ?? 0;
}
