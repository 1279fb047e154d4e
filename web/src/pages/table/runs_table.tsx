/* runs_table.tsx - every run of a project with every column, edited in place or many at once. What is filtered, grouped,
 * sorted and shown is the workspace's: the table is its list of runs, wide open. */

import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { NotFound } from "../../app";
import { DataGrid, type GridColumn } from "../../components/data_grid";
import { SearchBox } from "../../components/controls";
import { Icon } from "../../components/icon";
import { sayError } from "../../components/toast";
import { t } from "../../i18n";
import { toCsv } from "../../lib/csv";
import { compileRegex, escapeRegex } from "../../lib/filters";
import { ALL_PICKED, NONE_PICKED, countPicked, isPicked, pick, type Picked } from "../../lib/picked";
import { RUN_COLUMNS, columnValue, columnsOf } from "../../lib/runs";
import type { Run } from "../../lib/types";
import type { PageProps } from "../../routes";
import { goToLogin, viewer } from "../../session";
import { DEFAULT_COLUMNS } from "../../views";
import { saveBlob } from "../panels/exports";
import { GroupCell, MarkCell, RunCell, shownValue } from "./cells";
import { BulkBar } from "./bulk";
import { ColumnMenu, labelOf, metricOf } from "./columns";
import { Workspace, WorkspaceContext } from "../workspace/model";
import { sidebarRows } from "../workspace/sidebar";
import { ColumnPicker, SidebarTools, Tool, orderName } from "../workspace/sidebar_tools";

const WIDTHS: Record<string, number> = {
    displayName: 220,
    notes: 200,
    tags: 160,
    createdAt: 130,
    state: 110,
};
const DEFAULT_WIDTH = 120;
const MARKS_WIDTH = 88;
const EXPORT_PAGE = 500;
/* Columns that stay may not take all the room that those have which move. */
const FROZEN_SHARE = 0.6;

/* The name first, then what is pinned, then the rest. */
function orderOf(chosen: readonly string[], pinned: readonly string[]): string[] {
    const first = chosen.includes("displayName") ? ["displayName"] : [];
    const kept = pinned.filter((c) => c !== "displayName");
    return [...first, ...kept, ...chosen.filter((c) => c !== "displayName" && !pinned.includes(c))];
}

function gridColumns(ws: Workspace, ids: readonly string[]): GridColumn[] {
    const v = ws.runsView.value;
    const sample = ws.store.runs.value.slice(0, 20);
    const columnOf = (id: string): GridColumn => {
        const extreme = v.extremes?.[metricOf(id)];
        const order = extreme ? `${extreme}:${metricOf(id)}` : orderName(id);
        return {
            id,
            label: labelOf(id) + (extreme ? ` (${t(`extreme.${extreme}`)})` : ""),
            width: WIDTHS[id] ?? DEFAULT_WIDTH,
            isNumber: id !== "createdAt" && sample.some((r) => typeof columnValue(r, id) === "number"),
            sorted: order === v.order.replace(/^[-+]/, "") ? (v.order.startsWith("-") ? "down" : "up") : null,
        };
    };
    return [{ id: "", label: "", width: MARKS_WIDTH }, ...ids.map(columnOf)];
}

/* How many columns stay in their place: the marks, the name, what is pinned. */
function frozenOf(columns: readonly GridColumn[], pinned: number): number {
    let room = window.innerWidth * FROZEN_SHARE;
    const wanted = columns.slice(0, (columns[1]?.id === "displayName" ? 2 : 1) + pinned);
    return wanted.filter((c) => (room -= c.width) >= 0).length;
}

function marksOf(picked: Picked, runs: readonly Run[]): "all" | "some" | "none" {
    const count = runs.filter((r) => isPicked(picked, r.id)).length;
    return count === 0 ? "none" : count < runs.length ? "some" : "all";
}

export default function RunsTable({ params }: PageProps) {
    const { entity, project } = params as { entity: string; project: string };
    const ws = useMemo(() => new Workspace(entity, project, [], ""), [entity, project]);
    useEffect(() => ws.start(), [ws]);
    const [picked, setPicked] = useState(NONE_PICKED);
    const lastPicked = useRef("");
    const { runs, total, exists, failure } = ws.store;
    const v = ws.runsView.value;
    if (!exists.value) {
        if (viewer.value === null) goToLogin();
        return <NotFound />;
    }
    const all = [...RUN_COLUMNS, ...columnsOf(runs.value)];
    const chosen =
        v.columns.length > 0
            ? v.columns
            : [...DEFAULT_COLUMNS, ...all.filter((c) => c.startsWith("config.") || c.startsWith("summary_metrics."))];
    const ids = orderOf(chosen, v.sidebarColumns);
    const columns = gridColumns(ws, ids);
    const sort = (c: GridColumn) => {
        const extreme = v.extremes?.[metricOf(c.id)];
        const name = extreme ? `${extreme}:${metricOf(c.id)}` : orderName(c.id);
        ws.setRuns({ order: (c.sorted === "down" ? "+" : "-") + name });
    };
    const moveColumn = (moved: GridColumn, before: GridColumn) => {
        const next = ids.filter((c) => c !== moved.id);
        next.splice(next.indexOf(before.id), 0, moved.id);
        ws.setRuns({ columns: next, sidebarColumns: v.sidebarColumns.filter((c) => c !== moved.id || v.sidebarColumns.includes(before.id)) });
    };
    const rows = sidebarRows(ws);
    const ordered = rows.flatMap((r) => ("run" in r ? [r.run] : []));
    /* With shift all from the one that was chosen before. */
    const pickRun = (run: Run, isRange: boolean) => {
        const from = ordered.findIndex((r) => r.id === lastPicked.current);
        const to = ordered.indexOf(run);
        const isRow = isRange && from >= 0;
        const some = isRow ? ordered.slice(Math.min(from, to), Math.max(from, to) + 1) : [run];
        lastPicked.current = run.id;
        setPicked(pick(picked, some.map((r) => r.id), isRow || !isPicked(picked, run.id)));
    };
    const count = countPicked(picked, total.value);
    const isAll = total.value > 0 && count >= total.value;
    /* What is chosen is chosen of what was seen. */
    const narrowed = JSON.stringify([v.filter, v.search, v.isRegex, v.onlyMine, v.hideCrashed]);
    useEffect(() => setPicked(NONE_PICKED), [narrowed, ws]);
    return (
        <WorkspaceContext.Provider value={ws}>
            <main class="table-page">
                <div class="workspace-head">
                    <h1 class="sr-only">{t("title.table")}</h1>
                    <div class="search-panels grow">
                        <SearchBox
                            value={v.search}
                            label={t("runs.search")}
                            isRegex={v.isRegex}
                            regexLabel={t("search.regex")}
                            isInvalid={compileRegex(v.isRegex ? v.search : escapeRegex(v.search)) === null}
                            onChange={(search) => ws.setRuns({ search })}
                            onRegex={(isRegex) => ws.setRuns({ isRegex })}
                        />
                    </div>
                    <span class="muted">
                        {ws.runCount.value === null ? t("table.count", { count: total.value }) : t("runs.listed", { count: total.value, total: ws.runCount.value })}
                    </span>
                    <SidebarTools isTable>
                        <Tool icon="columns" label={t("runs.columns")} count={v.columns.length} isNamed>
                            <ColumnPicker columns={all} chosen={chosen} onChange={(c) => ws.setRuns({ columns: c })} />
                        </Tool>
                    </SidebarTools>
                    <button type="button" class="button" onClick={() => void exportCsv(ws, ids).catch(sayError)}>
                        <Icon name="download" />
                        CSV
                    </button>
                </div>
                {count > 0 && <BulkBar ws={ws} picked={picked} onDone={() => setPicked(NONE_PICKED)} />}
                {failure.value !== "" && <p class="notice is-bad">{failure.value}</p>}
                <DataGrid
                    rows={rows}
                    columns={columns}
                    keyOf={(r) => ("run" in r ? r.run.id : r.group.key)}
                    label={t("title.table")}
                    frozen={frozenOf(columns, v.sidebarColumns.length)}
                    onEnd={() => void ws.store.more()}
                    onSort={sort}
                    canMove={(c) => c.id !== "" && c.id !== "displayName"}
                    onMove={moveColumn}
                    head={(c) =>
                        c.id === "" && (
                            <input
                                type="checkbox"
                                checked={isAll}
                                ref={(box) => void (box && (box.indeterminate = count > 0 && !isAll))}
                                aria-label={t("table.pick_all")}
                                onChange={() => setPicked(isAll ? NONE_PICKED : ALL_PICKED)}
                            />
                        )
                    }
                    menu={(c) => c.id !== "" && <ColumnMenu ws={ws} column={c.id} chosen={ids} />}
                    cell={(row, c) =>
                        "group" in row ? (
                            <GroupCell
                                ws={ws}
                                group={row.group}
                                depth={row.depth}
                                column={c.id}
                                isName={c === columns[1]}
                                marks={marksOf(picked, row.group.runs)}
                                onPick={(isOn) => setPicked(pick(picked, row.group.runs.map((r) => r.id), isOn))}
                            />
                        ) : c.id === "" ? (
                            <MarkCell ws={ws} run={row.run} isPicked={isPicked(picked, row.run.id)} onPick={(isRange) => pickRun(row.run, isRange)} />
                        ) : (
                            <RunCell ws={ws} run={row.run} column={c.id} />
                        )
                    }
                />
                {runs.value.length === 0 && !ws.store.isLoading.value && failure.value === "" && (
                    <p class="empty">{t(ws.runCount.value ? "runs.none" : "workspace.no_runs")}</p>
                )}
            </main>
        </WorkspaceContext.Provider>
    );
}

/* Everything that the filter lets through, not only what was scrolled to. */
async function exportCsv(ws: Workspace, columns: string[]): Promise<void> {
    while (ws.store.hasMore.value && ws.store.failure.value === "") await ws.store.more(EXPORT_PAGE);
    const plain = (run: Run, c: string) =>
        c === "createdAt" || c === "heartbeatAt" ? new Date(run[c]).toISOString() : shownValue(ws, run, c);
    const text = toCsv(
        ["id", ...columns],
        ws.orderedRuns.value.map((r) => [r.name, ...columns.map((c) => plain(r, c))]),
    );
    saveBlob(new Blob([text], { type: "text/csv" }), `${ws.project}-runs.csv`);
}
