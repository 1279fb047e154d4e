/* trash.ts - what was deleted and can be brought back, and what is stored. */

import { graphql } from "../api";
import { changeEach } from "./each";

export interface TrashItem {
    id: string;
    kind: string;
    name: string;
    subjectId: string /* what it was and will be again */;
    deletedAt: string;
    removedAt: string;
}

const FIELDS = "trash { id kind name subjectId deletedAt removedAt }";

export async function fetchProjectTrash(entity: string, project: string): Promise<TrashItem[]> {
    const data = await graphql<{ project: { trash: TrashItem[] | null } | null }>(
        `query PageProjectTrash($entity: String!, $project: String!) { project(name: $project, entityName: $entity) { ${FIELDS} } }`,
        { entity, project },
    );
    return data.project?.trash ?? [];
}

export interface EntityStorage {
    storageBytes: number;
    /* The largest first. */
    projects: { name: string; storageBytes: number }[];
    trash: TrashItem[];
}

export async function fetchStorage(entity: string): Promise<EntityStorage | null> {
    const data = await graphql<{
        entity: {
            storageBytes: string | number | null;
            trash: TrashItem[] | null;
            projects: { edges: { node: { name: string; storageBytes: string | number } }[] } | null;
        } | null;
    }>(
        `query PageStorage($entity: String!) { entity(name: $entity) { storageBytes ${FIELDS}
            projects(first: 1000) { edges { node { name storageBytes } } } } }`,
        { entity },
    );
    if (data.entity === null) return null;
    const projects = (data.entity.projects?.edges ?? []).map(({ node }) => ({ name: node.name, storageBytes: Number(node.storageBytes) }));
    return {
        storageBytes: Number(data.entity.storageBytes ?? 0),
        projects: projects.sort((a, b) => b.storageBytes - a.storageBytes),
        trash: data.entity.trash ?? [],
    };
}

export async function restore(id: string): Promise<void> {
    await graphql("mutation PageRestore($id: ID!) { restore(input: { id: $id }) { success } }", { id });
}

export async function restoreAll(ids: readonly string[]): Promise<void> {
    await changeEach("restore", "RestoreInput", "success", ids.map((id) => ({ id })));
}
