/* sidebar.tsx - the runs of a project: which are drawn, in what colour, in what order. */

import { SearchBox } from "../../components/controls";
import { IconButton } from "../../components/icon";
import { VirtualList } from "../../components/virtual_list";
import { t } from "../../i18n";
import { compileRegex } from "../../lib/filters";
import { columnLabel } from "../../lib/layout";
import { groupTree, rowsOf, type GroupedRow } from "../../lib/run_groups";
import { ColorScale } from "./color_scale";
import { useWorkspace, type Workspace } from "./model";
import { GroupRow, RunRow } from "./run_row";
import { SidebarTools } from "./sidebar_tools";

export const ROW_HEIGHT = 28;

export function Sidebar() {
    const ws = useWorkspace();
    const v = ws.runsView.value;
    const { total, runs, isLoading, failure } = ws.store;
    const badRegex = v.isRegex && compileRegex(v.search) === null;
    return (
        <aside class="sidebar" style={{ width: v.width }} aria-label={t("runs.title")}>
            <div class="sidebar-head">
                <IconButton
                    icon={ws.visibleRuns.value.length > 0 ? "eye" : "eyeOff"}
                    label={t("runs.toggle_all")}
                    onClick={() => ws.toggleAll()}
                />
                <h2 class="grow">
                    {t("runs.title")} <span class="faint">{ws.runCount.value === null ? total.value : t("runs.listed", { count: total.value, total: ws.runCount.value })}</span>
                </h2>
                <span class="small muted">{t("runs.shown", { count: ws.visibleRuns.value.length })}</span>
                <IconButton
                    icon="back"
                    label={t("runs.collapse")}
                    onClick={() => ws.showList(false)}
                />
            </div>
            <div class="sidebar-search">
                <SearchBox
                    value={v.search}
                    label={t("runs.search")}
                    isRegex={v.isRegex}
                    regexLabel={t("search.regex")}
                    isInvalid={badRegex}
                    onChange={(search) => ws.setRuns({ search })}
                    onRegex={(isRegex) => ws.setRuns({ isRegex })}
                />
                <SidebarTools />
            </div>
            {failure.value !== "" && <p class="notice is-bad">{failure.value}</p>}
            <ColorScale />
            {v.sidebarColumns.length > 0 && <ColumnHeads columns={v.sidebarColumns} />}
            <VirtualList
                items={sidebarRows(ws)}
                rowHeight={ROW_HEIGHT}
                class="grow"
                label={t("runs.title")}
                onEnd={() => void ws.store.more()}
                render={(row) =>
                    "run" in row ? (
                        <RunRow key={row.run.id} run={row.run} depth={row.depth} />
                    ) : (
                        <GroupRow key={row.group.key} group={row.group} depth={row.depth} />
                    )
                }
            />
            {runs.value.length === 0 && !isLoading.value && failure.value === "" && (
                <p class="empty">{t("runs.none")}</p>
            )}
            <Grip ws={ws} />
        </aside>
    );
}

function ColumnHeads({ columns }: { columns: readonly string[] }) {
    return (
        <div class="run-row heads">
            <span class="grow" />
            {columns.map((c) => (
                <span key={c} class="cell clip" title={c}>
                    {columnLabel(c)}
                </span>
            ))}
        </div>
    );
}

export function sidebarRows(ws: Workspace): GroupedRow[] {
    const runs = ws.orderedRuns.value;
    const { group } = ws.runsView.value;
    return group.length === 0 ? runs.map((run) => ({ run, depth: 0 })) : rowsOf(groupTree(runs, group), ws.openGroups.value);
}

const MIN_WIDTH = 200;
const MAX_WIDTH = 900;

/* The edge that is dragged, or moved by arrow keys. */
function Grip({ ws }: { ws: Workspace }) {
    const set = (width: number) => ws.setRuns({ width: Math.max(MIN_WIDTH, Math.min(MAX_WIDTH, width)) });
    const drag = (e: PointerEvent) => {
        const from = e.clientX;
        const width = ws.runsView.peek().width;
        const target = e.currentTarget as HTMLElement;
        target.setPointerCapture(e.pointerId);
        const move = (m: PointerEvent) => set(width + m.clientX - from);
        target.addEventListener("pointermove", move);
        target.addEventListener("pointerup", () => target.removeEventListener("pointermove", move), {
            once: true,
        });
    };
    return (
        <div
            class="grip"
            role="separator"
            aria-orientation="vertical"
            aria-label={t("runs.resize")}
            tabIndex={0}
            onPointerDown={drag}
            aria-valuenow={ws.runsView.value.width}
            aria-valuemin={MIN_WIDTH}
            aria-valuemax={MAX_WIDTH}
            onKeyDown={(e) => {
                if (e.key === "ArrowLeft") set(ws.runsView.peek().width - 16);
                if (e.key === "ArrowRight") set(ws.runsView.peek().width + 16);
            }}
        />
    );
}
