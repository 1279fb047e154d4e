/* cells.tsx - what stands in a cell of the runs table: of a run, edited in place, or of a group of runs. */

import { useState } from "preact/hooks";
import { EditableText } from "../../components/editable_text";
import { IconButton } from "../../components/icon";
import { RunDot } from "../../components/run_dot";
import { sayError } from "../../components/toast";
import { language, t } from "../../i18n";
import { formatAgo, formatDuration, formatNumber, formatTime, formatValue } from "../../lib/format";
import { columnLabel } from "../../lib/layout";
import { pathOf } from "../../lib/match";
import { deltaOf, type GroupNode } from "../../lib/run_groups";
import { columnValue, definitionOf, meanOf } from "../../lib/runs";
import type { Run } from "../../lib/types";
import { changeRun } from "../../queries/runs";
import { mayChange } from "../../session";
import { metricOf } from "./columns";
import type { Workspace } from "../workspace/model";
import { groupLabel } from "../workspace/run_row";

/* The last value, or the lowest or highest where the column says so. */
export function shownValue(ws: Workspace, run: Run, column: string): unknown {
    const extreme = ws.runsView.value.extremes?.[metricOf(column)];
    if (extreme === undefined) return columnValue(run, column);
    return ws.extremes.values.value.get(metricOf(column))?.get(run.name)?.[extreme === "min" ? 0 : 1];
}

/* Shown in the charts or not, in which colour, and whether it is chosen. */
export function MarkCell({ ws, run, isPicked, onPick }: { ws: Workspace; run: Run; isPicked: boolean; onPick: (isRange: boolean) => void }) {
    const isOn = ws.isVisible(run);
    return (
        <>
            <input
                type="checkbox"
                checked={isPicked}
                aria-label={run.displayName}
                onClick={(e) => onPick(e.shiftKey)}
            />
            <IconButton icon={isOn ? "eye" : "eyeOff"} label={`${t(isOn ? "runs.hide" : "runs.show")}: ${run.displayName}`} onClick={() => ws.toggleRuns([run])} />
            <RunDot
                color={isOn ? ws.colorOf(run) : "#8b909955"}
                palette={ws.runsView.value.palette}
                name={run.displayName}
                onPick={(color) => ws.pickColor(run.name, color)}
            />
        </>
    );
}

export function RunCell({ ws, run, column }: { ws: Workspace; run: Run; column: string }) {
    const isMine = mayChange.value;
    const change = (shown: Partial<Run>, sent: Parameters<typeof changeRun>[1]) => {
        ws.store.patch(run.id, shown);
        void changeRun(run.id, sent).catch(sayError);
    };
    switch (column) {
        case "displayName":
            return <NameCell ws={ws} run={run} isMine={isMine} onChange={(displayName) => change({ displayName }, { displayName })} />;
        case "notes":
            return <EditableText value={run.notes || (isMine ? "–" : "")} label={t("run.notes")} isOff={!isMine} onChange={(notes) => change({ notes }, { notes })} />;
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
        default:
            return <ValueCell ws={ws} run={run} column={column} />;
    }
}

/* A link; the pen beside it, or F2, turns it into a field. */
function NameCell({ ws, run, isMine, onChange }: { ws: Workspace; run: Run; isMine: boolean; onChange: (name: string) => void }) {
    const [isEdited, setEdited] = useState(false);
    if (isEdited)
        return (
            <EditableText
                value={run.displayName}
                label={t("runs.rename")}
                isOpen
                onEnd={() => setEdited(false)}
                onChange={onChange}
            />
        );
    const isBase = ws.runsView.value.baseline === run.name;
    return (
        <span class="row name-cell" onKeyDown={(e) => isMine && e.key === "F2" && setEdited(true)}>
            <a class="clip grow" href={pathOf(ws.entity, ws.project, "runs", run.name)}>
                {run.displayName}
            </a>
            {isBase && <span class="chip">{t("runs.baseline")}</span>}
            {isMine && <IconButton icon="edit" class="on-hover" label={`${t("runs.rename")}: ${run.displayName}`} onClick={() => setEdited(true)} />}
        </span>
    );
}

/* With the distance from the baseline, coloured where the metric has a goal. */
function ValueCell({ ws, run, column }: { ws: Workspace; run: Run; column: string }) {
    const value = shownValue(ws, run, column);
    const hasExtreme = ws.runsView.value.extremes?.[metricOf(column)] !== undefined;
    const delta = hasExtreme ? null : deltaOf(run, ws.baselineRun.value, column, definitionOf(run, columnLabel(column))?.goal ?? null);
    return (
        <span class="clip" title={formatValue(value)}>
            {typeof value === "number" ? formatNumber(value, 5) : formatValue(value)}
            {delta !== null && (
                <span class={`delta ${delta.mood}`}>
                    {delta.value > 0 ? "+" : ""}
                    {formatNumber(delta.value, 3)}
                </span>
            )}
        </span>
    );
}

interface GroupProps {
    ws: Workspace;
    group: GroupNode;
    depth: number;
    column: string;
    isName: boolean;
    marks: "all" | "some" | "none" /* of its runs, how many are chosen */;
    onPick: (isOn: boolean) => void;
}

/* A group's name where runs have theirs, means where they have numbers. */
export function GroupCell({ ws, group, depth, column, isName, marks, onPick }: GroupProps) {
    const label = groupLabel(group);
    if (column === "") {
        const isOn = group.runs.some((r) => ws.isVisible(r));
        return (
            <>
                <input
                    type="checkbox"
                    checked={marks === "all"}
                    ref={(box) => void (box && (box.indeterminate = marks === "some"))}
                    aria-label={label}
                    onClick={() => onPick(marks !== "all")}
                />
                <IconButton icon={isOn ? "eye" : "eyeOff"} label={`${t(isOn ? "runs.hide" : "runs.show")}: ${label}`} onClick={() => ws.toggleRuns(group.runs)} />
            </>
        );
    }
    if (isName) {
        const isOpen = ws.openGroups.value.has(group.key);
        return (
            <span class="row" style={{ paddingLeft: depth * 16 }}>
                <IconButton icon="chevron" label={label} class={isOpen ? "is-open" : "is-closed"} onClick={() => ws.toggleGroup(group.key)} />
                <button type="button" class="link-button clip plain" aria-expanded={isOpen} onClick={() => ws.toggleGroup(group.key)}>
                    <span class="faint">{columnLabel(ws.runsView.value.group[depth] ?? "")}</span> {label}
                </button>
                <span class="chip">{group.runs.length}</span>
            </span>
        );
    }
    const mean = column === "createdAt" || column === "heartbeatAt" ? NaN : meanOf(group.runs, column);
    if (!Number.isFinite(mean)) return null;
    return (
        <span class="clip muted" title={t("runs.mean")}>
            {column === "runtime" ? formatDuration(mean) : formatNumber(mean, 5)}
        </span>
    );
}
