/* search.ts - what somebody may have meant by a few letters, and where it is. */

import { graphql } from "../api";
import { pathOf } from "../lib/match";
import { reportSlug } from "../lib/report_blocks";
import { collectionPath, REGISTRY_PREFIX } from "./registry";

export type HitKind = "project" | "run" | "sweep" | "artifact" | "report";

export interface Hit {
    kind: HitKind;
    name: string;
    title: string;
    type: string | null /* of a collection of artifacts */;
    entityName: string;
    projectName: string;
    viewId: string | null /* of a report */;
}

/* `first` of each kind, the newest first. */
export async function fetchHits(text: string, first: number): Promise<Hit[]> {
    const data = await graphql<{ viewer: { search: Hit[] } | null }>(
        "query PageSearch($text: String!, $first: Int) { viewer { search(text: $text, first: $first) { kind name title type entityName projectName viewId } } }",
        { text, first },
    );
    return data.viewer?.search ?? [];
}

export function pathOfHit(hit: Hit): string {
    const { entityName: entity, projectName: project } = hit;
    /* A registry is a project too, with a page of its own. */
    if (project.startsWith(REGISTRY_PREFIX))
        return hit.kind === "artifact" ? collectionPath(entity, project, hit.name) : pathOf("orgs", entity, "registry", project.slice(REGISTRY_PREFIX.length));
    switch (hit.kind) {
        case "project":
            return pathOf(entity, project);
        case "run":
            return pathOf(entity, project, "runs", hit.name);
        case "sweep":
            return pathOf(entity, project, "sweeps", hit.name);
        case "artifact":
            return pathOf(entity, project, "artifacts", hit.type ?? "", hit.name);
        case "report":
            return pathOf(entity, project, "reports", reportSlug(hit.title, hit.viewId ?? ""));
    }
}
