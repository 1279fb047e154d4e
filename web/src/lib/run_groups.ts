/* run_groups.ts - runs grouped by several columns, as a list shows them: groups in groups, open or closed. */

import { columnNumber, columnValue } from "./runs";
import type { Run } from "./types";

export interface GroupNode {
    path: string[] /* the value at each level down to here */;
    key: string /* of the innermost groups the same as groupRuns gives: their colours are those of the lines */;
    runs: Run[];
    groups: GroupNode[] /* none: the runs themselves are below */;
}

export function groupTree(runs: readonly Run[], columns: readonly string[], path: readonly string[] = []): GroupNode[] {
    const column = columns[path.length];
    if (column === undefined) return [];
    const nodes = new Map<string, GroupNode>();
    for (const run of runs) {
        const value = String(columnValue(run, column) ?? "");
        const node = nodes.get(value);
        if (node) node.runs.push(run);
        else nodes.set(value, { path: [...path, value], key: JSON.stringify([...path, value]), runs: [run], groups: [] });
    }
    for (const node of nodes.values()) node.groups = groupTree(node.runs, columns, node.path);
    return [...nodes.values()];
}

export type GroupedRow = { group: GroupNode; depth: number } | { run: Run; depth: number };

/* What is seen of the tree when the groups of these keys are open. */
export function rowsOf(nodes: readonly GroupNode[], open: ReadonlySet<string>, depth = 0): GroupedRow[] {
    return nodes.flatMap((group): GroupedRow[] => {
        const own: GroupedRow = { group, depth };
        if (!open.has(group.key)) return [own];
        const below = group.groups.length > 0 ? rowsOf(group.groups, open, depth + 1) : group.runs.map((run) => ({ run, depth: depth + 1 }));
        return [own, ...below];
    });
}

export interface Delta {
    value: number;
    mood: "" | "is-better" | "is-worse" /* by the metric's goal */;
}

/* How far a run's metric lies from the baseline's; null for the baseline itself, for what is no metric and where one has none. */
export function deltaOf(run: Run, base: Run | null, column: string, goal: "min" | "max" | null): Delta | null {
    if (base === null || base.name === run.name || !column.startsWith("summary_metrics.")) return null;
    const value = columnNumber(run, column) - columnNumber(base, column);
    if (!Number.isFinite(value)) return null;
    const mood = goal === null || value === 0 ? "" : value < 0 === (goal === "min") ? "is-better" : "is-worse";
    return { value, mood };
}
