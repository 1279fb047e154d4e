/* query_source.ts - the tables that questions are asked of: runs that are shown, their logged tables, the project's artifacts. */

import { useEffect, useState } from "preact/hooks";
import { atStep } from "../../lib/media";
import type { QuerySource } from "../../lib/query";
import { columnValue, columnsOf } from "../../lib/runs";
import { concatTables, type TableData } from "../../lib/table_data";
import type { Run } from "../../lib/types";
import { fetchCollections } from "../../queries/artifacts";
import { useWorkspace, type Workspace } from "../workspace/model";
import { loadTable, type LoadedTable } from "./load_table";
import { useValues, type RunValues } from "./use_values";

const NO_LINKS: ReadonlyMap<string, string> = new Map();
const MAX_STEPS = 2000;
const SUMMARY = "summary_metrics.";
/* The names people know, and those of the page. */
const ATTRIBUTES: readonly [string, string][] = [
    ["name", "displayName"],
    ["id", "name"],
    ["state", "state"],
    ["user", "username"],
    ["created", "createdAt"],
    ["runtime", "runtime"],
    ["group", "group"],
    ["job_type", "jobType"],
    ["sweep", "sweep"],
    ["tags", "tags"],
];

function runsTable(runs: readonly Run[]): TableData {
    const more = columnsOf(runs);
    const plain = (v: unknown) => (Array.isArray(v) ? v.join(", ") : v);
    const time = (column: string, v: unknown) => (column === "createdAt" && typeof v === "number" && Number.isFinite(v) ? new Date(v).toISOString() : v);
    return {
        columns: [...ATTRIBUTES.map(([name]) => name), ...more.map((c) => (c.startsWith(SUMMARY) ? "summary." + c.slice(SUMMARY.length) : c))],
        rows: runs.map((r) => [...ATTRIBUTES.map(([, c]) => time(c, plain(c === "name" ? r.name : columnValue(r, c)))), ...more.map((c) => plain(columnValue(r, c)))]),
    };
}

/* The newest of each run. */
async function loggedTable(ws: Workspace, values: readonly RunValues[]): Promise<LoadedTable> {
    const newest = values.flatMap((v) => {
        const at = atStep(v.values, Infinity);
        return at === null || typeof at.value["path"] !== "string" ? [] : [{ run: v.run, value: at.value }];
    });
    const loaded = await Promise.all(newest.map(async ({ run, value }) => ({ run, ...(await loadTable(ws.entity, ws.project, run.name, value)) })));
    const named = loaded.map(({ run, table }) => ({ name: run.displayName, table }));
    const [only] = named;
    const table = named.length === 1 ? { columns: ["run", ...only!.table.columns], rows: only!.table.rows.map((r) => [only!.name, ...r]) } : named.length === 0 ? { columns: [], rows: [] } : concatTables(named);
    return { table, links: new Map(loaded.flatMap((l) => [...l.links])) };
}

async function artifactsTable(entity: string, project: string): Promise<TableData> {
    const all = (await fetchCollections(entity, project)) ?? [];
    return {
        columns: ["type", "name", "versions", "latest", "size", "created"],
        rows: all.map((c) => [c.type, c.name, c.versions, c.latest?.version ?? "", c.latest?.size ?? null, c.latest?.createdAt ?? ""]),
    };
}

/* null while it is on its way. */
export function useSource(source: QuerySource | null): { loaded: LoadedTable | null; failure: string } {
    const ws = useWorkspace();
    const [state, setState] = useState<{ of: string; loaded: LoadedTable } | null>(null);
    const [failure, setFailure] = useState("");
    const values = useValues(source?.kind === "table" ? [source.key] : [], MAX_STEPS);
    const of = JSON.stringify([source, source?.kind === "runs" ? null : (values.all ?? []).map((v) => [v.run.name, v.values.at(-1)?.step])]);
    useEffect(() => {
        let isOver = false;
        const set = (loaded: LoadedTable) => {
            if (isOver) return;
            setFailure("");
            setState({ of, loaded });
        };
        const fail = (e: Error) => !isOver && setFailure(e.message);
        if (source?.kind === "artifacts") artifactsTable(ws.entity, ws.project).then((table) => set({ table, links: NO_LINKS }), fail);
        if (source?.kind === "table" && values.all !== null) loggedTable(ws, values.all).then(set, fail);
        return () => void (isOver = true);
    }, [of, values.all !== null]);
    if (source?.kind === "runs") return { loaded: { table: runsTable(ws.visibleRuns.value), links: NO_LINKS }, failure: "" };
    return { loaded: state?.of === of ? state.loaded : null, failure: failure || values.failure };
}
