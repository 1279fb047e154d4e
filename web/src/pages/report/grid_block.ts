/* grid_block.ts - a block of panels over sets of runs, read and written as the official package has it. */

import { COLUMNS, flow, type Place } from "../../lib/grid_places";
import type { Panel } from "../../lib/layout";
import { panelFromOfficial, panelToOfficial, runSetFromOfficial, runSetToOfficial, type RunSet } from "../../lib/official";
import type { Block, Json } from "../../lib/report_blocks";

export const SECTION = "Report Panels";

const isObject = (v: unknown): v is Json => typeof v === "object" && v !== null && !Array.isArray(v);
const objects = (v: unknown): Json[] => (Array.isArray(v) ? v.filter(isObject) : []);

export interface Placed extends Place {
    panel: Panel;
}

export interface GridContent {
    sets: RunSet[];
    panels: Placed[];
}

export function readGrid(block: Block, entity: string, project: string): GridContent {
    const metadata = isObject(block["metadata"]) ? block["metadata"] : {};
    const bank = isObject(metadata["panelBankSectionConfig"]) ? metadata["panelBankSectionConfig"] : {};
    const colors = isObject(metadata["customRunColors"]) ? metadata["customRunColors"] : {};
    const sets = objects(metadata["runSets"]).map((s) => runSetFromOfficial(s, entity, project, colors));
    const panels = objects(bank["panels"]).flatMap((raw, i): Placed[] => {
        const panel = panelFromOfficial(raw);
        const l = isObject(raw["layout"]) ? raw["layout"] : {};
        const unit = (name: string, otherwise: number) => (typeof l[name] === "number" ? (l[name] as number) : otherwise);
        return panel === null ? [] : [{ panel, x: unit("x", (i % 3) * 8), y: unit("y", Math.floor(i / 3) * 6), w: unit("w", 8), h: unit("h", 6) }];
    });
    return { sets: sets.length > 0 ? sets : [runSetFromOfficial({}, entity, project)], panels };
}

export function writeGrid(block: Block, { sets, panels }: GridContent): Block {
    const metadata = isObject(block["metadata"]) ? block["metadata"] : {};
    const bank = isObject(metadata["panelBankSectionConfig"]) ? metadata["panelBankSectionConfig"] : {};
    return {
        ...block,
        metadata: {
            ...metadata,
            runSets: sets.map(runSetToOfficial),
            panelBankSectionConfig: { ...bank, panels: panels.map(({ panel, ...place }) => panelToOfficial(panel, place)) },
            customRunColors: Object.assign({}, isObject(metadata["customRunColors"]) ? metadata["customRunColors"] : {}, ...sets.map((s) => s.colors ?? {})),
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
    return writeGrid(block, { sets: [newSet(entity, project)], panels: [] });
}

export function newSet(entity: string, project: string, name = "Run set"): RunSet {
    return { ...runSetFromOfficial({}, entity, project), name };
}

/* Panels over the runs that a workspace shows: one over the whole width, several side by side. */
export function gridOf(entity: string, project: string, panels: readonly Panel[], runs: Partial<RunSet>): Block {
    const [w, h] = panels.length === 1 ? [COLUMNS, 9] : panels.length === 2 || panels.length === 4 ? [12, 7] : [8, 6];
    const placed = flow(panels.map((panel) => ({ panel, x: 0, y: 0, w, h })));
    return writeGrid(emptyGrid(entity, project), { sets: [{ ...newSet(entity, project), ...runs }], panels: placed });
}
