/* columns.tsx - the menu of a column of the runs table: which value it shows, how it sorts, where it stands. */

import { IconButton } from "../../components/icon";
import { MenuList, Popover } from "../../components/popover";
import { t, type MessageName } from "../../i18n";
import type { Extreme } from "../../lib/extremes";
import { columnLabel } from "../../lib/layout";
import type { Workspace } from "../workspace/model";
import { orderName } from "../workspace/sidebar_tools";

const SUMMARY = "summary_metrics.";

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

export function labelOf(column: string): string {
    const known = LABELS[column];
    return known ? t(known) : columnLabel(column);
}

/* The metric behind a column; "" when it is no metric. */
export function metricOf(column: string): string {
    return column.startsWith(SUMMARY) ? column.slice(SUMMARY.length) : "";
}

export function ColumnMenu({ ws, column, chosen }: { ws: Workspace; column: string; chosen: readonly string[] }) {
    const v = ws.runsView.value;
    const metric = metricOf(column);
    const isMetric = metric !== "" && ws.store.runs.value.some((r) => metric in r.keys);
    const extreme = isMetric ? v.extremes?.[metric] : undefined;
    const order = extreme ? `${extreme}:${metric}` : orderName(column);
    const show = (next: Extreme | null) => {
        const { [metric]: _, ...rest } = v.extremes ?? {};
        const isSorted = v.order.slice(1) === order;
        ws.setRuns({
            extremes: next === null ? rest : { ...rest, [metric]: next },
            ...(isSorted ? { order: v.order[0]! + (next === null ? orderName(column) : `${next}:${metric}`) } : {}),
        });
    };
    const at = chosen.indexOf(column);
    const canStep = (by: -1 | 1) => column !== "displayName" && !v.sidebarColumns.includes(column) && chosen[at + by] !== undefined && !isKept(chosen[at + by]!);
    const isKept = (c: string) => c === "displayName" || v.sidebarColumns.includes(c);
    const step = (by: -1 | 1) => {
        const columns = [...chosen];
        columns.splice(at + by, 0, columns.splice(at, 1)[0]!);
        ws.setRuns({ columns });
    };
    return (
        <Popover isMenu label={t("action.more")} button={(open) => <IconButton icon="chevron" class="on-hover" label={`${t("action.more")}: ${labelOf(column)}`} onClick={open} />}>
            {(close) => (
                <MenuList
                    close={close}
                    items={[
                        { label: t("runs.ascending"), isChecked: v.order === "+" + order, onClick: () => ws.setRuns({ order: "+" + order }) },
                        { label: t("runs.descending"), isChecked: v.order === "-" + order, onClick: () => ws.setRuns({ order: "-" + order }) },
                        isMetric && "line",
                        isMetric && { label: t("extreme.last"), isChecked: extreme === undefined, onClick: () => show(null) },
                        isMetric && { label: t("extreme.min"), isChecked: extreme === "min", onClick: () => show("min") },
                        isMetric && { label: t("extreme.max"), isChecked: extreme === "max", onClick: () => show("max") },
                        "line",
                        column !== "displayName" && {
                            label: t("table.group_by"),
                            isChecked: v.group.includes(column),
                            onClick: () => ws.setRuns({ group: v.group.includes(column) ? v.group.filter((c) => c !== column) : [...v.group, column] }),
                        },
                        column !== "displayName" && {
                            label: t("table.pin"),
                            isChecked: v.sidebarColumns.includes(column),
                            onClick: () =>
                                ws.setRuns({
                                    sidebarColumns: v.sidebarColumns.includes(column) ? v.sidebarColumns.filter((c) => c !== column) : [...v.sidebarColumns, column],
                                }),
                        },
                        canStep(-1) && { label: t("table.to_left"), onClick: () => step(-1) },
                        canStep(1) && { label: t("table.to_right"), onClick: () => step(1) },
                        { label: t("table.hide_column"), isOff: chosen.length < 2, onClick: () => ws.setRuns({ columns: chosen.filter((c) => c !== column) }) },
                    ]}
                />
            )}
        </Popover>
    );
}
