/* panel_grid.tsx - panels over a set of runs inside a report: a workspace without a sidebar, that lives in the block. */

import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { effect } from "@preact/signals";
import { FilterBuilder } from "../../components/filter_builder";
import { Popover } from "../../components/popover";
import { t } from "../../i18n";
import { countRows } from "../../lib/filters";
import { DEFAULT_LAYOUT, type Panel } from "../../lib/layout";
import { panelFromOfficial, panelToOfficial, runSetFromOfficial, runSetToOfficial, type RunSet } from "../../lib/official";
import type { Block, Json } from "../../lib/report_blocks";
import { DEFAULT_RUNS } from "../../views";
import { AddPanel } from "../workspace/add_panel";
import { Editor } from "../workspace/editor";
import { FullScreen } from "../workspace/full_screen";
import { Workspace, WorkspaceContext } from "../workspace/model";
import { PanelFrame } from "../workspace/panel_frame";
import { RUN_COLUMNS, columnsOf } from "../../lib/runs";

const SECTION = "Report Panels";
const COLUMN_UNITS = 24;
const ROW_HEIGHT = 44;

const isObject = (v: unknown): v is Json => typeof v === "object" && v !== null && !Array.isArray(v);
const objects = (v: unknown): Json[] => (Array.isArray(v) ? v.filter(isObject) : []);

interface Placed {
    panel: Panel;
    x: number;
    y: number;
    w: number;
    h: number;
}

function read(block: Block, entity: string, project: string): { sets: RunSet[]; panels: Placed[] } {
    const metadata = isObject(block["metadata"]) ? block["metadata"] : {};
    const bank = isObject(metadata["panelBankSectionConfig"]) ? metadata["panelBankSectionConfig"] : {};
    const sets = objects(metadata["runSets"]).map((s) => runSetFromOfficial(s, entity, project));
    const panels = objects(bank["panels"]).flatMap((raw, i): Placed[] => {
        const panel = panelFromOfficial(raw);
        const l = isObject(raw["layout"]) ? raw["layout"] : {};
        const unit = (name: string, otherwise: number) => (typeof l[name] === "number" ? (l[name] as number) : otherwise);
        return panel === null ? [] : [{ panel, x: unit("x", (i % 3) * 8), y: unit("y", Math.floor(i / 3) * 6), w: unit("w", 8), h: unit("h", 6) }];
    });
    return { sets: sets.length > 0 ? sets : [runSetFromOfficial({}, entity, project)], panels };
}

function write(block: Block, sets: RunSet[], panels: Placed[]): Block {
    const metadata = isObject(block["metadata"]) ? block["metadata"] : {};
    const bank = isObject(metadata["panelBankSectionConfig"]) ? metadata["panelBankSectionConfig"] : {};
    return {
        ...block,
        metadata: {
            ...metadata,
            runSets: sets.map(runSetToOfficial),
            panelBankSectionConfig: { ...bank, panels: panels.map(({ panel, ...place }) => panelToOfficial(panel, place)) },
        },
    };
}

export function emptyGrid(entity: string, project: string): Block {
    const flowConfig = { snapToColumns: true, columnsPerPage: 3, rowsPerPage: 2, gutterWidth: 16, boxWidth: 460, boxHeight: 300 };
    const localPanelSettings = { smoothingWeight: 0, smoothingType: "none", xAxis: "_step", ignoreOutliers: false, useRunsTableGroupingInPanels: true };
    const block: Block = {
        type: "panel-grid",
        children: [{ text: "" }],
        metadata: {
            openViz: true,
            openRunSet: 0,
            name: "unused-name",
            hideRunSets: false,
            panels: { views: { "0": { name: "Panels", defaults: [], config: [] } }, tabs: ["0"] },
            panelBankConfig: { state: 0, settings: { autoOrganizePrefix: 2, showEmptySections: false, sortAlphabetically: false }, sections: [] },
            panelBankSectionConfig: { name: SECTION, isOpen: false, panels: [], type: "grid", flowConfig, sorted: 0, localPanelSettings },
            customRunColors: {},
        },
    };
    return write(block, [{ ...runSetFromOfficial({}, entity, project), name: "Run set" }], []);
}

/* One panel over the runs that a workspace shows. */
export function gridOf(entity: string, project: string, panel: Panel, runs: Partial<RunSet>): Block {
    const set = { ...runSetFromOfficial({}, entity, project), name: "Run set", ...runs };
    return write(emptyGrid(entity, project), [set], [{ panel, x: 0, y: 0, w: COLUMN_UNITS, h: 9 }]);
}

export function PanelGrid({ entity, project, block, isEditing, onChange }: { entity: string; project: string; block: Block; isEditing: boolean; onChange: (b: Block) => void }) {
    const { sets, panels } = useMemo(() => read(block, entity, project), [JSON.stringify(block)]);
    const [at, setAt] = useState(0);
    const set = sets[Math.min(at, sets.length - 1)]!;
    return (
        <div class="report-grid">
            {sets.length > 1 && (
                <div class="tabs">
                    {sets.map((s, i) => (
                        <button key={s.id} type="button" class="tab" aria-current={s === set ? "page" : undefined} onClick={() => setAt(i)}>
                            {s.name}
                        </button>
                    ))}
                </div>
            )}
            <Grid
                key={set.id}
                set={set}
                panels={panels}
                isEditing={isEditing}
                onChange={(s, p) => onChange(write(block, sets.map((o) => (o === set ? s : o)), p))}
            />
        </div>
    );
}

function Grid({ set, panels, isEditing, onChange }: { set: RunSet; panels: Placed[]; isEditing: boolean; onChange: (s: RunSet, p: Placed[]) => void }) {
    const ws = useMemo(() => {
        const made = new Workspace(set.entity, set.project, [], "/report", {
            ...DEFAULT_LAYOUT,
            mode: "manual",
            sections: [{ name: SECTION, isOpen: true, panels: panels.map((p) => p.panel) }],
        });
        made.isKept = false;
        made.runsView.value = { ...DEFAULT_RUNS, search: set.search, isRegex: set.isRegex, filter: set.filter, group: set.group, order: set.order, hidden: set.hidden };
        made.resetLayout();
        return made;
    }, [set.entity, set.project, set.id]);
    useEffect(() => ws.start(), [ws]);
    const latest = useRef({ set, panels, onChange });
    latest.current = { set, panels, onChange };
    /* What is changed in the panels' own forms is a change of the block. */
    useEffect(() => {
        let isFirst = true;
        return effect(() => {
            const now = ws.layout.value.sections.flatMap((s) => s.panels);
            const { filter, group, order, hidden, search, isRegex } = ws.runsView.value;
            if (isFirst) return void (isFirst = false);
            const { set: s, panels: old, onChange: tell } = latest.current;
            tell({ ...s, filter, group, order, hidden, search, isRegex }, now.map((panel, i) => ({ ...placeFor(old, panel, i), panel })));
        });
    }, [ws]);
    const ref = useRef<HTMLDivElement>(null);
    const [width, setWidth] = useState(0);
    useLayoutEffect(() => {
        const watch = new ResizeObserver(() => setWidth(ref.current!.clientWidth));
        watch.observe(ref.current!);
        return () => watch.disconnect();
    }, []);
    const shown = ws.layout.value.sections.flatMap((s) => s.panels).map((panel, i) => ({ ...placeFor(panels, panel, i), panel }));
    const section = ws.layout.value.sections[0] ?? null;
    return (
        <WorkspaceContext.Provider value={ws}>
            <div ref={ref} class="report-panels" style={{ gridTemplateColumns: `repeat(${COLUMN_UNITS}, minmax(0, 1fr))`, gridAutoRows: ROW_HEIGHT }}>
                {width > 0 &&
                    shown.map((p) => (
                        <div
                            key={p.panel.id}
                            class="slot"
                            style={
                                width < 700
                                    ? { gridColumn: "1 / -1", gridRow: `span ${p.h}` }
                                    : { gridColumn: `${p.x + 1} / span ${p.w}`, gridRow: `${p.y + 1} / span ${p.h}` }
                            }
                        >
                            <PanelFrame panel={p.panel} section={isEditing ? section : null} height={p.h * ROW_HEIGHT + (p.h - 1) * 8} />
                        </div>
                    ))}
            </div>
            {isEditing && <GridTools ws={ws} />}
            <FullScreen />
            <Editor />
        </WorkspaceContext.Provider>
    );
}

function placeFor(old: readonly Placed[], panel: Panel, i: number): Omit<Placed, "panel"> {
    const found = old.find((p) => p.panel.id === panel.id);
    return found ? { x: found.x, y: found.y, w: found.w, h: found.h } : freePlace(old, i);
}

function freePlace(old: readonly Placed[], i: number): Omit<Placed, "panel"> {
    const below = old.reduce((y, p) => Math.max(y, p.y + p.h), 0);
    return { x: (i % 3) * 8, y: below, w: 8, h: 6 };
}

function GridTools({ ws }: { ws: Workspace }) {
    const [isAdding, setAdding] = useState(false);
    const v = ws.runsView.value;
    return (
        <div class="row">
            <button type="button" class="button" onClick={() => setAdding(true)}>
                {t("panel.add")}
            </button>
            <Popover
                label={t("runs.filter")}
                button={(open) => (
                    <button type="button" class="button" onClick={open}>
                        {t("runs.filter")} {countRows(v.filter) > 0 && countRows(v.filter)}
                    </button>
                )}
            >
                {() => (
                    <FilterBuilder
                        group={v.filter}
                        columns={[...RUN_COLUMNS, ...columnsOf(ws.store.runs.value)]}
                        onChange={(filter) => ws.setRuns({ filter })}
                    />
                )}
            </Popover>
            <span class="muted small">
                {ws.entity}/{ws.project} · {t("table.count", { count: ws.store.total.value })}
            </span>
            {isAdding && <AddPanel onClose={() => setAdding(false)} />}
        </div>
    );
}
