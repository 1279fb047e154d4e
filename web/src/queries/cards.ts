/* cards.ts - what the link cards of reports show of things on this server: title and state as they are now. */

import { graphql } from "../api";
import type { CardTarget } from "../lib/card_link";
import { pathOf } from "../lib/match";
import { reportSlug } from "../lib/report_blocks";
import { parseTime } from "../lib/runs";

export interface CardInfo {
    title: string;
    state: string | null /* of a run or a sweep */;
    runCount: number | null;
    user: string | null;
    changedAt: number | null;
    path: string | null /* of a report, which is known by its id alone */;
}

const NOTHING: CardInfo = { title: "", state: null, runCount: null, user: null, changedAt: null, path: null };

async function of<T>(fields: string, target: CardTarget): Promise<T | null> {
    const query = `query PageCard($entity: String!, $project: String!, $name: String!) { project(name: $project, entityName: $entity) { ${fields} } }`;
    return (await graphql<{ project: T | null }>(query, { ...target })).project;
}

/* null: there is none, or none that one may see. */
export async function fetchCard(target: CardTarget): Promise<CardInfo | null> {
    switch (target.kind) {
        case "run": {
            const p = await of<{ run: { displayName: string; state: string; heartbeatAt: string | null; user: { username: string } | null } | null }>("run(name: $name) { displayName state heartbeatAt user { username } }", target);
            return p?.run ? { ...NOTHING, title: p.run.displayName, state: p.run.state, user: p.run.user?.username ?? null, changedAt: p.run.heartbeatAt ? parseTime(p.run.heartbeatAt) : null } : null;
        }
        case "sweep": {
            const p = await of<{ sweep: { displayName: string | null; name: string; state: string; runCount: number } | null }>("sweep(sweepName: $name) { displayName name state runCount }", target);
            return p?.sweep ? { ...NOTHING, title: p.sweep.displayName || p.sweep.name, state: p.sweep.state.toLowerCase(), runCount: p.sweep.runCount } : null;
        }
        case "artifact": {
            const p = await of<{ artifact: { createdAt: string } | null }>("artifact(name: $name) { createdAt }", target);
            return p?.artifact ? { ...NOTHING, title: target.name, changedAt: parseTime(p.artifact.createdAt) } : null;
        }
        case "project": {
            const p = await graphql<{ project: { name: string; runCount: number } | null }>("query PageCardProject($entity: String!, $project: String!) { project(name: $project, entityName: $entity) { name runCount } }", { ...target });
            return p.project ? { ...NOTHING, title: `${target.entity}/${p.project.name}`, runCount: p.project.runCount } : null;
        }
        case "report":
            return fetchReportCard(target.id);
        default:
            return null;
    }
}

async function fetchReportCard(id: string): Promise<CardInfo | null> {
    const { view } = await graphql<{ view: { displayName: string; name: string; updatedAt: string; entityName: string; project: { name: string } | null; user: { username: string } | null } | null }>(
        "query PageCardReport($id: ID!) { view(id: $id) { displayName name updatedAt entityName project { name } user { username } } }",
        { id },
    );
    if (view === null) return null;
    const path = view.project ? pathOf(view.entityName, view.project.name, "reports", reportSlug(view.displayName, id)) : null;
    return { ...NOTHING, title: view.displayName || view.name, user: view.user?.username ?? null, changedAt: parseTime(view.updatedAt), path };
}
