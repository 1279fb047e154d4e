/* logs.ts - what a run printed. */

import { graphql } from "../api";
import type { LogLine, LogStream } from "../lib/log_book";
import type { LogPlace } from "../pushed_logs";

interface Answer<T> {
    project: { run: T | null } | null;
}

/* Who printed how much, and up to which change. */
export async function fetchLogHead({ entity, project, run }: LogPlace): Promise<{ change: number; streams: LogStream[] }> {
    const data = await graphql<Answer<{ logChange: string; logStreams: (Omit<LogStream, "lineCount"> & { lineCount: string })[] }>>(
        `
            query PageLogHead($entity: String!, $project: String!, $name: String!) {
                project(name: $project, entityName: $entity) {
                    run(name: $name) {
                        logChange
                        logStreams {
                            name
                            label
                            lineCount
                        }
                    }
                }
            }
        `,
        { entity, project, name: run },
    );
    const head = data.project?.run;
    return {
        change: Number(head?.logChange ?? 0),
        streams: (head?.logStreams ?? []).map((s) => ({ ...s, lineCount: Number(s.lineCount) })),
    };
}

/* Lines of a writer from a number on; those of the writers behind it follow. */
export async function fetchLogLines(
    { entity, project, run }: LogPlace,
    stream: string,
    firstNumber: number,
    count: number,
): Promise<LogLine[]> {
    const data = await graphql<Answer<{ logLines: { edges: { node: Omit<LogLine, "stream">; cursor: string }[] } }>>(
        `
            query PageLogs($entity: String!, $project: String!, $name: String!, $first: Int, $after: String) {
                project(name: $project, entityName: $entity) {
                    run(name: $name) {
                        logLines(first: $first, after: $after) {
                            edges {
                                node {
                                    number
                                    timestamp
                                    level
                                    label
                                    line
                                }
                                cursor
                            }
                        }
                    }
                }
            }
        `,
        { entity, project, name: run, first: count, after: `${firstNumber - 1}:${stream}` },
    );
    return (data.project?.run?.logLines.edges ?? []).map(({ node, cursor }) => ({
        ...node,
        number: Number(node.number),
        stream: cursor.slice(cursor.indexOf(":") + 1),
    }));
}
