/* notices.ts - alerts of runs and calls of automations that the person may want to hear of. */

import { graphql } from "../api";
import { parseTime } from "../lib/runs";

export interface Notice {
    id: string;
    kind: string;
    level: string;
    title: string;
    text: string;
    createdAt: number;
    entityName: string;
    projectName: string;
    runName: string | null;
    runDisplayName: string | null;
    username: string | null /* who wrote a comment */;
    viewId: string | null /* the report that it is about */;
}

export async function fetchNotices(): Promise<Notice[]> {
    const data = await graphql<{ viewer: { notifications: (Omit<Notice, "createdAt"> & { createdAt: string })[] } | null }>(
        "query PageNotices { viewer { notifications(first: 50) { id kind level title text createdAt entityName projectName runName runDisplayName username viewId } } }",
    );
    return (data.viewer?.notifications ?? []).map((n) => ({ ...n, createdAt: parseTime(n.createdAt) }));
}
