/* sidebar_tools.tsx - what narrows, groups and orders the runs of a workspace. */

import { Check, Select, TextInput } from "../../components/controls";
import { FilterBuilder } from "../../components/filter_builder";
import { Icon, IconButton, type IconName } from "../../components/icon";
import { Popover } from "../../components/popover";
import { t } from "../../i18n";
import { countRows } from "../../lib/filters";
import { columnLabel } from "../../lib/layout";
import { RUN_COLUMNS, columnsOf } from "../../lib/runs";
import { viewer } from "../../session";
import { AppearanceForm } from "./appearance_form";
import { useWorkspace } from "./model";

/* Over the list beside the charts, and with names over the table of all runs; `children` stand for the columns there. */
export function SidebarTools({ isTable = false, children }: { isTable?: boolean; children?: preact.ComponentChildren }) {
    const ws = useWorkspace();
    const v = ws.runsView.value;
    const columns = [...RUN_COLUMNS, ...columnsOf(ws.store.runs.value)];
    const filters = countRows(v.filter) + Number(v.hideCrashed) + Number(v.onlyMine);
    return (
        <div class="sidebar-tools">
            <Tool icon="filter" label={t("runs.filter")} count={filters} isNamed={isTable}>
                <div class="stack">
                    <FilterBuilder
                        group={v.filter}
                        columns={columns}
                        onChange={(filter) => ws.setRuns({ filter })}
                    />
                    {viewer.value && (
                        <Check
                            label={t("runs.only_mine")}
                            value={v.onlyMine}
                            onChange={(onlyMine) => ws.setRuns({ onlyMine })}
                        />
                    )}
                    <Check
                        label={t("runs.hide_crashed")}
                        value={v.hideCrashed}
                        onChange={(hideCrashed) => ws.setRuns({ hideCrashed })}
                    />
                </div>
            </Tool>
            <Tool icon="group" label={t("runs.group")} count={v.group.length} isNamed={isTable}>
                <GroupPicker columns={columns} group={v.group} onChange={(group) => ws.setRuns({ group })} />
            </Tool>
            <Tool icon="sort" label={t("runs.sort")} count={v.order === "-created_at" ? 0 : 1} isNamed={isTable}>
                <SortPicker columns={columns} order={v.order} onChange={(order) => ws.setRuns({ order })} />
            </Tool>
            {children ?? (
                <Tool icon="columns" label={t("runs.columns")} count={v.sidebarColumns.length}>
                    <ColumnPicker
                        columns={columns}
                        chosen={v.sidebarColumns}
                        onChange={(sidebarColumns) => ws.setRuns({ sidebarColumns })}
                    />
                </Tool>
            )}
            {!isTable && (
                <Tool icon="settings" label={t("runs.appearance")} count={0}>
                    <AppearanceForm />
                </Tool>
            )}
        </div>
    );
}

export function Tool({
    icon,
    label,
    count,
    isNamed = false,
    children,
}: {
    icon: IconName;
    label: string;
    count: number;
    isNamed?: boolean;
    children: preact.ComponentChildren;
}) {
    return (
        <Popover
            label={label}
            isPadded
            button={(open, isOpen) => (
                <button
                    type="button"
                    class={`${isNamed ? "button" : "icon-button tool"} ${count > 0 || isOpen ? "is-on" : ""}`}
                    title={label}
                    aria-label={label}
                    aria-expanded={isOpen}
                    onClick={open}
                >
                    <Icon name={icon} />
                    {isNamed && label}
                    {count > 0 && <span>{count}</span>}
                </button>
            )}
        >
            {() => children}
        </Popover>
    );
}

function GroupPicker({
    columns,
    group,
    onChange,
}: {
    columns: string[];
    group: string[];
    onChange: (g: string[]) => void;
}) {
    return (
        <div class="stack">
            {group.map((column, i) => (
                <div key={column} class="row">
                    <span class="grow">{columnLabel(column)}</span>
                    <IconButton
                        icon="close"
                        label={t("action.remove")}
                        onClick={() => onChange(group.filter((_, k) => k !== i))}
                    />
                </div>
            ))}
            <Select
                value=""
                label={t("runs.group_add")}
                onChange={(c) => c !== "" && onChange([...group, c])}
                options={[
                    { value: "", label: t("runs.group_add") },
                    ...columns.filter((c) => !group.includes(c)).map((c) => ({ value: c, label: c })),
                ]}
            />
        </div>
    );
}

/* The server's own names for what it can sort by. */
export function orderName(column: string): string {
    if (column.startsWith("config.")) return `${column}.value`;
    return (
        (
            {
                createdAt: "created_at",
                heartbeatAt: "heartbeat_at",
                displayName: "display_name",
                runtime: "duration",
            } as Record<string, string>
        )[column] ?? column
    );
}

function SortPicker({
    columns,
    order,
    onChange,
}: {
    columns: string[];
    order: string;
    onChange: (o: string) => void;
}) {
    const isDown = order.startsWith("-");
    const name = order.replace(/^[-+]/, "");
    const current = columns.find((c) => orderName(c) === name) ?? "createdAt";
    return (
        <div class="row">
            <Select
                value={current}
                label={t("runs.sort")}
                options={columns.map((c) => ({ value: c, label: c }))}
                onChange={(c) => onChange((isDown ? "-" : "+") + orderName(c))}
            />
            <button
                type="button"
                class="button"
                aria-label={t(isDown ? "runs.descending" : "runs.ascending")}
                onClick={() => onChange((isDown ? "+" : "-") + name)}
            >
                {isDown ? "↓" : "↑"}
            </button>
        </div>
    );
}

export function ColumnPicker({
    columns,
    chosen,
    onChange,
}: {
    columns: string[];
    chosen: readonly string[];
    onChange: (c: string[]) => void;
}) {
    const ws = useWorkspace();
    const search = ws.columnSearch;
    const shown = columns.filter((c) => c.toLowerCase().includes(search.value.toLowerCase()));
    return (
        <div class="stack">
            <TextInput
                value={search.value}
                label={t("runs.columns_search")}
                placeholder={t("runs.columns_search")}
                delay={100}
                onChange={(s) => (search.value = s)}
            />
            <div class="column-list">
                {shown.slice(0, 300).map((c) => (
                    <Check
                        key={c}
                        label={c}
                        value={chosen.includes(c)}
                        onChange={(on) => onChange(on ? [...chosen, c] : chosen.filter((x) => x !== c))}
                    />
                ))}
            </div>
        </div>
    );
}
