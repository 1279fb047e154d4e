/* panel_grid.tsx - panels over sets of runs inside a report: a workspace without a sidebar, that lives in the block. */

import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { effect } from "@preact/signals";
import { TextInput } from "../../components/controls";
import { Icon, IconButton } from "../../components/icon";
import { language, t } from "../../i18n";
import { formatTime } from "../../lib/format";
import { freePlace, flow, settle } from "../../lib/grid_places";
import { DEFAULT_LAYOUT, type Panel } from "../../lib/layout";
import type { RunSet } from "../../lib/official";
import type { Block } from "../../lib/report_blocks";
import { DEFAULT_RUNS } from "../../views";
import { AddPanel, Editor } from "../workspace/drawers";
import { FullScreen } from "../workspace/full_screen";
import { Workspace, WorkspaceContext } from "../workspace/model";
import { PanelFrame } from "../workspace/panel_frame";
import { SECTION, newSet, readGrid, writeGrid, type Placed } from "./grid_block";
import { RunSetTools } from "./run_set_tools";

const COLUMN_UNITS = 24;
const ROW_HEIGHT = 44;
const GAP = 8;

const heightOf = (rows: number) => rows * ROW_HEIGHT + (rows - 1) * GAP;

interface Props {
    entity: string;
    project: string;
    block: Block;
    isEditing: boolean;
    onChange: (b: Block) => void;
}

export function PanelGrid({ entity, project, block, isEditing, onChange }: Props) {
    const text = JSON.stringify(block);
    const { sets, panels } = useMemo(() => readGrid(block, entity, project), [text]);
    const [at, setAt] = useState(0);
    const set = sets[Math.min(at, sets.length - 1)]!;
    /* What somebody else changed (undo, a later version) is drawn anew; what was changed in here is known here. */
    const told = useRef({ text, count: 0 });
    if (told.current.text !== text) told.current = { text, count: told.current.count + 1 };
    const tell = (content: { sets: RunSet[]; panels: Placed[] }, isNew = false) => {
        const next = writeGrid(block, content);
        if (!isNew) told.current.text = JSON.stringify(next);
        onChange(next);
    };
    const replaceSet = (next: RunSet | null) => {
        tell({ sets: next === null ? sets.filter((s) => s !== set) : sets.map((s) => (s === set ? next : s)), panels }, true);
        if (next === null) setAt(0);
    };
    const addSet = () => {
        const names = new Set(sets.map((s) => s.name));
        let number = sets.length + 1;
        while (names.has(`${t("runset.name")} ${number}`)) number++;
        tell({ sets: [...sets, { ...newSet(set.entity, set.project, `${t("runset.name")} ${number}`), id: Math.random().toString(36).slice(2, 14) }], panels }, true);
        setAt(sets.length);
    };
    return (
        <div class="report-grid">
            {(sets.length > 1 || set.frozen) && (
                <div class="row run-sets">
                    {sets.length > 1 && (
                        <div class="tabs">
                            {sets.map((s, i) => (
                                <button key={s.id} type="button" class="tab" aria-current={s === set ? "page" : undefined} onClick={() => setAt(i)}>
                                    {s.name || t("runset.name")}
                                </button>
                            ))}
                        </div>
                    )}
                    {isEditing && sets.length > 1 && (
                        <>
                            <TextInput key={set.id} value={set.name} label={t("runset.name")} onChange={(name) => replaceSet({ ...set, name })} delay={700} />
                            <IconButton icon="trash" label={t("runset.remove")} onClick={() => replaceSet(null)} />
                        </>
                    )}
                    {set.frozen && (
                        <span class="chip frozen" title={t("runset.freeze_hint")}>
                            <Icon name="snow" />
                            {t("runset.frozen", { time: formatTime(Date.parse(set.frozen.at), language) })}
                        </span>
                    )}
                </div>
            )}
            <Grid
                key={`${set.id}/${told.current.count}`}
                set={set}
                panels={panels}
                isEditing={isEditing}
                onChange={(s, p) => tell({ sets: sets.map((o) => (o === set ? s : o)), panels: p })}
                onSet={replaceSet}
                onAddSet={addSet}
            />
        </div>
    );
}

interface GridProps {
    set: RunSet;
    panels: Placed[];
    isEditing: boolean;
    onChange: (s: RunSet, p: Placed[]) => void;
    onSet: (s: RunSet) => void;
    onAddSet: () => void;
}

function openWorkspace(set: RunSet, panels: readonly Placed[]): Workspace {
    const made = new Workspace(set.entity, set.project, [], "/report", {
        ...DEFAULT_LAYOUT,
        mode: "manual",
        sections: [{ name: SECTION, isOpen: true, isCustom: true, panels: panels.map((p) => p.panel) }],
    });
    made.isKept = false;
    const { search, isRegex, filter, group, order, hidden, colors = {} } = set;
    made.runsView.value = { ...DEFAULT_RUNS, search, isRegex, filter, group, order, hidden, colors };
    made.resetLayout();
    return made;
}

function Grid({ set, panels, isEditing, onChange, onSet, onAddSet }: GridProps) {
    const ws = useMemo(() => openWorkspace(set, panels), [set.entity, set.project, set.id]);
    const [isAdding, setAdding] = useState(false);
    useEffect(() => ws.start(), [ws]);
    const latest = useRef({ set, panels, onChange });
    latest.current = { set, panels, onChange };
    /* What is changed in the panels' own forms is a change of the block. */
    useEffect(() => {
        let isFirst = true;
        return effect(() => {
            const now = ws.layout.value.sections.flatMap((s) => s.panels);
            const { filter, group, order, hidden, search, isRegex, colors } = ws.runsView.value;
            if (isFirst) return void (isFirst = false);
            const { set: s, panels: old, onChange: tell } = latest.current;
            tell({ ...s, filter, group, order, hidden, search, isRegex, ...(Object.keys(colors).length > 0 ? { colors } : {}) }, placeAll(old, now));
        });
    }, [ws]);
    const ref = useRef<HTMLDivElement>(null);
    const [width, setWidth] = useState(0);
    useLayoutEffect(() => {
        const watch = new ResizeObserver(() => setWidth(ref.current!.clientWidth));
        watch.observe(ref.current!);
        return () => watch.disconnect();
    }, []);
    const shown = placeAll(panels, ws.layout.value.sections.flatMap((s) => s.panels));
    const section = ws.layout.value.sections[0] ?? null;
    return (
        <WorkspaceContext.Provider value={ws}>
            {isEditing && <RunSetTools ws={ws} set={set} onSet={onSet} onAddSet={onAddSet} onAddPanel={() => setAdding(true)} />}
            <div ref={ref} class="report-panels" style={{ gridTemplateColumns: `repeat(${COLUMN_UNITS}, minmax(0, 1fr))`, gridAutoRows: ROW_HEIGHT }}>
                {width > 0 &&
                    shown.map((p) => (
                        <div
                            key={p.panel.id}
                            class="slot"
                            style={
                                width < 600
                                    ? { gridColumn: "1 / -1", gridRow: `span ${p.h}` }
                                    : { gridColumn: `${p.x + 1} / span ${p.w}`, gridRow: `${p.y + 1} / span ${p.h}` }
                            }
                        >
                            <PanelFrame panel={p.panel} section={isEditing ? section : null} height={heightOf(p.h)} />
                        </div>
                    ))}
            </div>
            {shown.length === 0 && isEditing && (
                <button type="button" class="grid-empty" onClick={() => setAdding(true)}>
                    <Icon name="plus" />
                    {t("panel.add")}
                </button>
            )}
            {isAdding && <AddPanel onClose={() => setAdding(false)} />}
            <FullScreen />
            <Editor />
        </WorkspaceContext.Provider>
    );
}

/* Every panel's place, after panels were added, removed, moved or sized by hand. */
function placeAll(old: readonly Placed[], now: readonly Panel[]): Placed[] {
    const before = new Map(old.map((p) => [p.panel.id, p]));
    const taken: Placed[] = [...old].filter((p) => now.some((n) => n.id === p.panel.id));
    let sized = -1;
    const places = now.map((panel, i): Placed => {
        const was = before.get(panel.id);
        if (was === undefined) {
            const place = { ...freePlace(taken, panel.span ?? 12, 7), panel };
            taken.push(place);
            return place;
        }
        if (panel.span === was.panel.span && panel.height === was.panel.height) return { ...was, panel };
        sized = i;
        const h = panel.height === undefined ? was.h : Math.max(3, Math.round((panel.height + GAP) / (ROW_HEIGHT + GAP)));
        return { ...was, panel, w: panel.span ?? was.w, h };
    });
    const order = (list: readonly string[]) => list.filter((id) => before.has(id) && now.some((n) => n.id === id)).join("\n");
    if (order(now.map((n) => n.id)) !== order(old.map((p) => p.panel.id))) return flow(places);
    return sized < 0 ? places : settle(places, sized);
}
