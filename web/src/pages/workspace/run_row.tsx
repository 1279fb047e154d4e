/* run_row.tsx - a run, or a group of runs, in the sidebar. */

import { copyText } from "../../components/copy_text";
import { IconButton } from "../../components/icon";
import { MenuList, Popover } from "../../components/popover";
import { askText } from "../../components/question";
import { RunDot } from "../../components/run_dot";
import { sayError } from "../../components/toast";
import { t } from "../../i18n";
import { formatNumber, formatValue } from "../../lib/format";
import { columnLabel } from "../../lib/layout";
import { pathOf } from "../../lib/match";
import { deltaOf, type GroupNode } from "../../lib/run_groups";
import { columnNumber, columnValue, definitionOf, meanOf } from "../../lib/runs";
import type { Run } from "../../lib/types";
import { changeRun, stopRuns } from "../../queries/runs";
import { moveTo } from "../../moving";
import { removeRuns } from "../../removal";
import { mayChange } from "../../session";
import { sharedToken } from "../../shared";
import { useWorkspace, type Workspace } from "./model";
import { openRun } from "./open_run";

const INDENT = 14;

export function RunRow({ run, depth = 0 }: { run: Run; depth?: number }) {
    const ws = useWorkspace();
    const v = ws.runsView.value;
    const isOn = ws.isVisible(run);
    const pick = (color: string | null) => ws.pickColor(run.name, color);
    return (
        <div
            role="listitem"
            class={`run-row ${isOn ? "" : "is-off"} ${ws.hovered.value === run.name ? "is-hovered" : ""} ${isLastPinned(ws, run) ? "is-last-pinned" : ""}`}
            style={{ paddingLeft: 8 + depth * INDENT }}
            onMouseEnter={() => (ws.hovered.value = run.name)}
            onMouseLeave={() => (ws.hovered.value = null)}
        >
            <IconButton
                icon={isOn ? "eye" : "eyeOff"}
                label={`${t(isOn ? "runs.hide" : "runs.show")}: ${run.displayName}`}
                onClick={() => ws.toggleRuns([run])}
            />
            <RunDot
                color={isOn ? ws.colorOf(run) : "#8b909955"}
                palette={v.palette}
                name={run.displayName}
                onPick={pick}
            />
            <a
                class="clip grow"
                href={pathOf(ws.entity, ws.project, "runs", run.name)}
                title={`${run.displayName} (${run.name})`}
            >
                {run.displayName}
            </a>
            {v.baseline === run.name && <span class="chip">{t("runs.baseline")}</span>}
            {v.sidebarColumns.map((c) => (
                <Cell key={c} run={run} column={c} ws={ws} />
            ))}
            <span class={`state state-${run.state}`} title={t(`state.${run.state}`)}>
                <span class="sr-only">{t(`state.${run.state}`)}</span>
            </span>
            {sharedToken.value === null && (
                <IconButton icon="panel" label={`${t("run.details")}: ${run.displayName}`} class="on-hover" onClick={() => openRun(run.name)} />
            )}
            <RunMenu run={run} ws={ws} />
        </div>
    );
}

/* A value, or its distance from the baseline, coloured where the metric has a goal. */
function Cell({ run, column, ws }: { run: Run; column: string; ws: Workspace }) {
    const value = columnNumber(run, column);
    const delta = deltaOf(run, ws.baselineRun.value, column, definitionOf(run, columnLabel(column))?.goal ?? null);
    const text = Number.isFinite(value) ? formatNumber(value) : formatValue(columnValue(run, column));
    return (
        <span class={`cell clip ${delta?.mood ?? ""}`} title={delta === null ? text : `${columnLabel(column)} ${text}`}>
            {delta === null ? text : (delta.value > 0 ? "+" : "") + formatNumber(delta.value)}
        </span>
    );
}

/* Below it stands a line. */
function isLastPinned(ws: Workspace, run: Run): boolean {
    const { pinned, group } = ws.runsView.value;
    if (group.length > 0 || !pinned.includes(run.name)) return false;
    const next = ws.orderedRuns.value[ws.orderedRuns.value.indexOf(run) + 1];
    return next !== undefined && !pinned.includes(next.name);
}

function RunMenu({ run, ws }: { run: Run; ws: Workspace }) {
    const v = ws.runsView.value;
    const path = [ws.entity, ws.project, run.name].join("/");
    const rename = async () => {
        const displayName = await askText(t("runs.rename"), run.displayName);
        if (displayName === null) return;
        ws.store.patch(run.id, { displayName });
        await changeRun(run.id, { displayName });
    };
    const remove = () => removeRuns(ws.store, [run]);
    const move = async () => {
        if ((await moveTo(ws.entity, ws.project, [run])) !== null) await ws.store.refresh();
    };
    return (
        <Popover
            isMenu
            label={t("action.more")}
            button={(open) => (
                <IconButton
                    icon="dots"
                    label={`${t("action.more")}: ${run.displayName}`}
                    class="on-hover"
                    onClick={open}
                />
            )}
        >
            {(close) => (
                <MenuList
                    close={close}
                    items={[
                        sharedToken.value === null && { label: t("run.details"), onClick: () => openRun(run.name) },
                        {
                            label: t("runs.only_this"),
                            onClick: () =>
                                ws.setRuns({
                                    hidden: ws.store.runs.value.filter((r) => r !== run).map((r) => r.name),
                                    shown: [run.name],
                                }),
                        },
                        {
                            label: t("runs.pin"),
                            isChecked: v.pinned.includes(run.name),
                            onClick: () => ws.togglePin(run.name),
                        },
                        {
                            label: t("runs.set_baseline"),
                            isChecked: v.baseline === run.name,
                            onClick: () =>
                                ws.setRuns({ baseline: v.baseline === run.name ? null : run.name }),
                        },
                        "line",
                        { label: t("runs.copy_name"), onClick: () => void copyText(run.displayName).catch(sayError) },
                        { label: t("runs.copy_id"), onClick: () => void copyText(run.name).catch(sayError) },
                        { label: t("runs.copy_path"), onClick: () => void copyText(path).catch(sayError) },
                        mayChange.value && {
                            label: t("runs.rename"),
                            onClick: () => void rename().catch(sayError),
                        },
                        mayChange.value && {
                            label: t("run.move"),
                            onClick: () => void move().catch(sayError),
                        },
                        mayChange.value &&
                            run.state === "running" && {
                                label: t("runs.stop"),
                                onClick: () => void stopRuns([run.id]).catch(sayError),
                            },
                        mayChange.value && {
                            label: t("action.delete"),
                            isDanger: true,
                            onClick: () => void remove().catch(sayError),
                        },
                    ]}
                />
            )}
        </Popover>
    );
}

export function groupLabel(group: GroupNode): string {
    return group.path[group.path.length - 1] || t("runs.no_value");
}

export function GroupRow({ group, depth }: { group: GroupNode; depth: number }) {
    const ws = useWorkspace();
    const v = ws.runsView.value;
    const isOpen = ws.openGroups.value.has(group.key);
    const isLine = group.groups.length === 0;
    const isOn = group.runs.some((r) => ws.isVisible(r));
    const toggle = () => ws.toggleGroup(group.key);
    const label = groupLabel(group);
    return (
        <div
            role="listitem"
            class={`run-row is-group ${isOn ? "" : "is-off"} ${ws.hovered.value === group.key ? "is-hovered" : ""}`}
            style={{ paddingLeft: 8 + depth * INDENT }}
            onMouseEnter={() => (ws.hovered.value = group.key)}
            onMouseLeave={() => (ws.hovered.value = null)}
        >
            <IconButton
                icon={isOn ? "eye" : "eyeOff"}
                label={`${t(isOn ? "runs.hide" : "runs.show")}: ${label}`}
                onClick={() => ws.toggleRuns(group.runs)}
            />
            <IconButton icon="chevron" label={label} class={isOpen ? "is-open" : "is-closed"} onClick={toggle} />
            {isLine && (
                <RunDot
                    color={ws.colors.value.get(group.key) ?? "#888888"}
                    palette={v.palette}
                    name={label}
                    onPick={(c) => ws.pickColor(group.key, c)}
                />
            )}
            <button
                type="button"
                class="link-button clip grow plain"
                aria-expanded={isOpen}
                onClick={toggle}
                title={v.group.slice(0, depth + 1).map((c, i) => `${columnLabel(c)} ${group.path[i]}`).join(" · ")}
            >
                <span class="faint">{columnLabel(v.group[depth] ?? "")}</span> {label}
            </button>
            {v.sidebarColumns.map((c) => {
                const mean = meanOf(group.runs, c);
                return (
                    <span key={c} class="cell clip" title={t("runs.mean")}>
                        {Number.isFinite(mean) ? formatNumber(mean) : ""}
                    </span>
                );
            })}
            <span class="chip">{group.runs.length}</span>
        </div>
    );
}
