/* fork.ts - where a run branched off from another. */

import { graphql } from "../api";

export interface Fork {
    entity: string;
    project: string;
    name: string;
    displayName: string;
    step: number;
}

interface Answer {
    forkOf: { name: string; displayName: string | null; project: { name: string; entityName: string } } | null;
    forkStep: number | string | null;
}

export async function fetchFork(entity: string, project: string, name: string): Promise<Fork | null> {
    const data = await graphql<{ project: { run: Answer | null } | null }>(
        `query PageFork($entity: String!, $project: String!, $name: String!) { project(name: $project, entityName: $entity) {
            run(name: $name) { forkOf { name displayName project { name entityName } } forkStep } } }`,
        { entity, project, name },
    );
    const run = data.project?.run;
    if (!run?.forkOf) return null;
    const { name: from, displayName, project: place } = run.forkOf;
    return { entity: place.entityName, project: place.name, name: from, displayName: displayName || from, step: Number(run.forkStep ?? 0) };
}
