/* runs_table.tsx - every run of a project with every column, edited in place or many at once. */

import { useEffect, useMemo, useState } from "preact/hooks";
import { NotFound } from "../app";
import { DataGrid, type GridColumn } from "../components/data_grid";
import { EditableText } from "../components/editable_text";
import { SearchBox } from "../components/controls";
import { Icon, IconButton } from "../components/icon";
import { Popover } from "../components/popover";
import { sayError } from "../components/toast";
import { language, t, type MessageName } from "../i18n";
import { toCsv } from "../lib/csv";
import { compileRegex, escapeRegex } from "../lib/filters";
import { formatAgo, formatDuration, formatNumber, formatTime, formatValue } from "../lib/format";
import { columnLabel } from "../lib/layout";
import { pathOf } from "../lib/match";
import { RUN_COLUMNS, columnValue, columnsOf } from "../lib/runs";
import type { Run } from "../lib/types";
import { changeRun } from "../queries";
import type { PageProps } from "../routes";
import { goToLogin, viewer } from "../session";
import { saveBlob } from "./panels/exports";
import { BulkBar } from "./table_bulk";
import { ColumnMenu, metricOf } from "./table_columns";
import { FilterBuilder } from "../components/filter_builder";
import { countRows } from "../lib/filters";
import { Workspace, WorkspaceContext } from "./workspace/model";
import { ColumnPicker, orderName } from "./workspace/sidebar_tools";
import { DEFAULT_COLUMNS } from "../views";

const WIDTHS: Record<string, number> = {
    displayName: 220,
    notes: 200,
    tags: 160,
    createdAt: 130,
    state: 110,
};
const DEFAULT_WIDTH = 120;
const FROZEN = 2;

export default function RunsTable({ params }: PageProps) {
    const { entity, project } = params as { entity: string; project: string };
    const ws = useMemo(() => new Workspace(entity, project, [], "/table"), [entity, project]);
    useEffect(() => ws.start(), [ws]);
    const [picked, setPicked] = useState<ReadonlySet<string>>(new Set());
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
            : [
                  ...DEFAULT_COLUMNS,
                  ...all.filter((c) => c.startsWith("config.") || c.startsWith("summary_metrics.")),
              ];
    const order = v.order.replace(/^[-+]/, "");
    const orderOf = (id: string) => {
        const extreme = v.extremes?.[metricOf(id)];
        return extreme ? `${extreme}:${metricOf(id)}` : orderName(id);
    };
    const columns: GridColumn[] = [
        { id: "", label: "", width: 34 },
        ...chosen.map(
            (id): GridColumn => ({
                id,
                label: labelOf(id) + (v.extremes?.[metricOf(id)] ? ` (${t(`extreme.${v.extremes[metricOf(id)]!}`)})` : ""),
                width: WIDTHS[id] ?? DEFAULT_WIDTH,
                isNumber:
                    id !== "createdAt" &&
                    runs.value.slice(0, 20).some((r) => typeof columnValue(r, id) === "number"),
                sorted: orderOf(id) === order ? (v.order.startsWith("-") ? "down" : "up") : null,
            }),
        ),
    ];
    const sort = (c: GridColumn) =>
        ws.setRuns({ order: c.sorted === "down" ? "+" + order : "-" + orderOf(c.id) });
    const pick = (run: Run) => {
        const next = new Set(picked);
        if (!next.delete(run.id)) next.add(run.id);
        setPicked(next);
    };
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
                    <span class="muted">{t("table.count", { count: total.value })}</span>
                    <TableTool icon="filter" label={t("runs.filter")} count={countRows(v.filter)}>
                        <FilterBuilder
                            group={v.filter}
                            columns={all}
                            onChange={(filter) => ws.setRuns({ filter })}
                        />
                    </TableTool>
                    <TableTool icon="columns" label={t("runs.columns")} count={v.columns.length}>
                        <ColumnPicker
                            columns={all}
                            chosen={chosen}
                            onChange={(c) => ws.setRuns({ columns: c })}
                        />
                    </TableTool>
                    <button
                        type="button"
                        class="button"
                        onClick={() => void exportCsv(ws, chosen).catch(sayError)}
                    >
                        <Icon name="download" />
                        CSV
                    </button>
                </div>
                {picked.size > 0 && <BulkBar ws={ws} picked={picked} onDone={() => setPicked(new Set())} />}
                {failure.value !== "" && <p class="notice is-bad">{failure.value}</p>}
                <DataGrid
                    rows={ws.orderedRuns.value}
                    columns={columns}
                    keyOf={(r) => r.id}
                    label={t("title.table")}
                    frozen={FROZEN}
                    onEnd={() => void ws.store.more()}
                    onSort={sort}
                    menu={(c) => c.id !== "" && <ColumnMenu ws={ws} column={c.id} chosen={chosen} />}
                    cell={(run, c) =>
                        c.id === "" ? (
                            <input
                                type="checkbox"
                                checked={picked.has(run.id)}
                                aria-label={run.displayName}
                                onChange={() => pick(run)}
                            />
                        ) : (
                            <RunCell ws={ws} run={run} column={c.id} />
                        )
                    }
                />
            </main>
        </WorkspaceContext.Provider>
    );
}

const LABELS: Record<string, MessageName> = {
    createdAt: "column.created",
    displayName: "column.name",
    group: "column.group",
    heartbeatAt: "column.heartbeat",
    jobType: "column.job_type",
    name: "column.id",
    notes: "column.notes",
    runtime: "column.runtime",
    state: "column.state",
    sweep: "column.sweep",
    tags: "column.tags",
    username: "column.owner",
};

function labelOf(column: string): string {
    const known = LABELS[column];
    return known ? t(known) : columnLabel(column);
}

function TableTool({
    icon,
    label,
    count,
    children,
}: {
    icon: "filter" | "columns";
    label: string;
    count: number;
    children: preact.ComponentChildren;
}) {
    return (
        <Popover
            label={label}
            isPadded
            button={(open) => (
                <button type="button" class={`button ${count > 0 ? "is-on" : ""}`} onClick={open}>
                    <Icon name={icon} />
                    {label}
                    {count > 0 ? ` ${count}` : ""}
                </button>
            )}
        >
            {() => children}
        </Popover>
    );
}

/* The last value, or the lowest or highest where the column says so. */
function shownValue(ws: Workspace, run: Run, column: string): unknown {
    const extreme = ws.runsView.value.extremes?.[metricOf(column)];
    if (extreme === undefined) return columnValue(run, column);
    return ws.extremes.values.value.get(metricOf(column))?.get(run.name)?.[extreme === "min" ? 0 : 1];
}

function RunCell({ ws, run, column }: { ws: Workspace; run: Run; column: string }) {
    const isMine = viewer.value !== null;
    const change = (shown: Partial<Run>, sent: Parameters<typeof changeRun>[1]) => {
        ws.store.patch(run.id, shown);
        void changeRun(run.id, sent).catch(sayError);
    };
    const rename = async () => {
        const displayName = window.prompt(t("runs.rename"), run.displayName)?.trim();
        if (displayName) change({ displayName }, { displayName });
    };
    switch (column) {
        case "displayName":
            return (
                <span class="row name-cell">
                    <a class="clip grow" href={pathOf(ws.entity, ws.project, "runs", run.name)}>
                        {run.displayName}
                    </a>
                    {isMine && <IconButton icon="edit" class="on-hover" label={`${t("runs.rename")}: ${run.displayName}`} onClick={() => void rename()} />}
                </span>
            );
        case "notes":
            return (
                <EditableText
                    value={run.notes || (isMine ? "–" : "")}
                    label={t("run.notes")}
                    isOff={!isMine}
                    onChange={(notes) => change({ notes }, { notes })}
                />
            );
        case "tags":
            return (
                <EditableText
                    value={run.tags.join(", ") || (isMine ? "–" : "")}
                    label={t("column.tags")}
                    isOff={!isMine}
                    onChange={(text) => {
                        const tags = text
                            .split(",")
                            .map((s) => s.trim())
                            .filter((s) => s !== "" && s !== "–");
                        change({ tags }, { tags });
                    }}
                />
            );
        case "state":
            return <span class={`state state-${run.state}`}>{t(`state.${run.state}`)}</span>;
        case "createdAt":
        case "heartbeatAt":
            return (
                <span class="clip" title={formatTime(run[column], language)}>
                    {formatAgo(run[column], Date.now(), language)}
                </span>
            );
        case "runtime":
            return formatDuration(columnValue(run, column) as number);
        default: {
            const value = shownValue(ws, run, column);
            return (
                <span class="clip" title={formatValue(value)}>
                    {typeof value === "number" ? formatNumber(value, 5) : formatValue(value)}
                </span>
            );
        }
    }
}

/* Everything that the filter lets through, not only what was scrolled to. */
async function exportCsv(ws: Workspace, columns: string[]): Promise<void> {
    while (ws.store.hasMore.value && ws.store.failure.value === "") await ws.store.more();
    const plain = (run: Run, c: string) =>
        c === "createdAt" || c === "heartbeatAt" ? new Date(run[c]).toISOString() : shownValue(ws, run, c);
    const text = toCsv(
        ["id", ...columns],
        ws.orderedRuns.value.map((r) => [r.name, ...columns.map((c) => plain(r, c))]),
    );
    saveBlob(new Blob([text], { type: "text/csv" }), `${ws.project}-runs.csv`);
}
