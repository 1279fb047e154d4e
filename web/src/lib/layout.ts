/* layout.ts - what a workspace looks like: sections, panels, their settings, and every change to them.
 *
 * A change takes a layout and returns a new one; nothing is altered in place, so undo is keeping the old one. */

import type { SmoothingKind } from "./smoothing";
import {
    SECTION_MEDIA,
    SECTION_SYSTEM,
    compareNames,
    isInternalKey,
    sectionOf,
    type PrefixMode,
} from "./sections";

/* What cascades from the workspace over the section to the panel; undefined means "as above". */
export interface LineSettings {
    x?: string;
    xMin?: number | null;
    xMax?: number | null;
    yMin?: number | null;
    yMax?: number | null;
    isLogX?: boolean;
    isLogY?: boolean;
    smoothing?: SmoothingKind;
    weight?: number;
    showOriginal?: boolean;
    ignoreOutliers?: boolean;
    chartType?: "line" | "area" | "stacked" | "percent";
    shade?: "none" | "minmax";
    point?: "last" | "mean";
    maxRuns?: number;
    aggregate?: "mean" | "median" | "min" | "max";
    band?: "none" | "minmax" | "std" | "stderr" | "iqr" | "ci95";
    legend?: "none" | "top" | "bottom" | "left" | "right";
    fontSize?: "small" | "normal" | "large";
    lineWidth?: number;
    syncZoom?: boolean;
    markExtremes?: boolean;
    colorBy?: "run" | "metric" /* where a panel has several metrics */;
}

export const LINE_DEFAULTS: Required<LineSettings> = {
    x: "auto",
    xMin: null,
    xMax: null,
    yMin: null,
    yMax: null,
    isLogX: false,
    isLogY: false,
    smoothing: "twema",
    weight: 0,
    showOriginal: true,
    ignoreOutliers: false,
    chartType: "line",
    shade: "minmax",
    point: "last",
    maxRuns: 100,
    aggregate: "mean",
    band: "minmax",
    legend: "top",
    fontSize: "normal",
    lineWidth: 1.5,
    syncZoom: true,
    markExtremes: false,
    colorBy: "run",
};

/* How media lie in a panel; cascades like the lines' settings. */
export interface MediaSettings {
    columns?: number /* items in a row; 0: as many as fit */;
    fit?: "fit" | "fill" | "actual";
    isSynced?: boolean /* one step for all such panels */;
}

export const MEDIA_DEFAULTS: Required<MediaSettings> = { columns: 0, fit: "fit", isSynced: false };

export type PanelKind =
    | "line"
    | "bar"
    | "scatter"
    | "parallel"
    | "query"
    | "importance"
    | "code"
    | "comparer"
    | "custom"
    | "histogram"
    | "media"
    | "table"
    | "text";

export interface Panel {
    id: string;
    kind: PanelKind;
    title?: string;
    /* line, bar, histogram, media, table */
    keys?: string[];
    keyRegex?: string;
    expressions?: string[];
    stream?: "history" | "events";
    settings?: LineSettings;
    xTitle?: string;
    yTitle?: string;
    legendTemplate?: string;
    lineColors?: Record<string, string> /* of single lines, by their ids */;
    /* scatter, parallel, importance: columns such as config.lr or summary_metrics.loss */
    columns?: string[];
    scatter?: { isLogX?: boolean; isLogY?: boolean; frontier?: "none" | "min" | "max" | "mean" };
    bar?: { isVertical?: boolean; shape?: "bar" | "box" | "violin"; max?: number };
    isDiffOnly?: boolean;
    code?: { runs?: [string, string]; file?: string };
    media?: MediaSettings & { compare?: string[] /* runs beside each other */ };
    histogram?: { shape?: "map" | "ridges" | "step" };
    table?: { joinOn?: string; group?: string; hidden?: string[] } /* runs beside each other, row by row; otherwise under each other */;
    query?: { text?: string; view?: "table" | "plot" | "list"; x?: string; y?: string } /* see query.ts */;
    xExpression?: string;
    group?: string[] /* lines: by these columns instead of by those of the list */;
    text?: string;
    /* custom layout of the section only: columns taken, height in px */
    span?: number;
    height?: number;
}

export interface Section {
    name: string;
    isOpen: boolean;
    panels: Panel[];
    settings?: LineSettings;
    media?: MediaSettings;
    columns?: number /* undefined: as many as fit */;
    height?: number;
    rows?: number /* of panels shown at once, a page; undefined: all */;
    isCustom?: boolean /* panels keep their own sizes */;
    isPinned?: boolean;
}

export interface Layout {
    mode: "auto" | "manual";
    prefix: PrefixMode;
    settings: LineSettings;
    media?: MediaSettings;
    showsEmpty?: boolean /* sections without a match stay while panels are searched for */;
    isSorted?: boolean /* sections and panels by name, new ones too */;
    sections: Section[];
    hidden: Panel[] /* taken away by hand; never put back by itself */;
}

export const PANEL_HEIGHT = 232;
const PANEL_WIDTH = 340;
export const SECTION_INDENT = 18;
/* As in workspace.css. */
const PANEL_GAP = 8;
const PANEL_BORDERS = 2;
export const DEFAULT_LAYOUT: Layout = {
    mode: "auto",
    prefix: "nested",
    settings: {},
    sections: [],
    hidden: [],
};

/* Panels beside each other. */
export function columnsOf(section: Section | null, width: number): number {
    return section?.columns ?? Math.max(1, Math.floor(width / PANEL_WIDTH));
}

/* The first panels of the sections from the top that fill `height`, each with the width that it will have. `rows` is how
 * the sections lie below each other, `inner` the width within the padding around them. */
export function firstPanels(
    layout: Layout,
    rows: readonly { path: string; depth: number }[],
    { width, inner, height }: { width: number; inner: number; height: number },
): { panel: Panel; section: Section; width: number }[] {
    const out: { panel: Panel; section: Section; width: number }[] = [];
    let left = height;
    for (const row of rows) {
        const section = layout.sections.find((s) => s.name === row.path);
        if (left <= 0) break;
        if (section === undefined || !section.isOpen || section.isCustom) continue;
        const columns = columnsOf(section, width);
        const rowHeight = (section.height ?? PANEL_HEIGHT) + PANEL_GAP;
        const count = Math.min(Math.ceil(left / rowHeight), Math.ceil(section.panels.length / columns), section.rows ?? Infinity);
        const share = (inner - row.depth * SECTION_INDENT - (columns - 1) * PANEL_GAP) / columns - PANEL_BORDERS;
        for (const panel of section.panels.slice(0, count * columns)) out.push({ panel, section, width: share });
        left -= count * rowHeight;
    }
    return out;
}

export function resolveSettings(
    layout: Layout,
    section: Section | null,
    panel: Panel,
): Required<LineSettings> {
    return cascade(LINE_DEFAULTS, [layout.settings, section?.settings, panel.settings]);
}

export function resolveMedia(layout: Layout, section: Section | null, panel: Panel): Required<MediaSettings> {
    return cascade(MEDIA_DEFAULTS, [layout.media, section?.media, panel.media]);
}

function cascade<T extends object>(defaults: T, levels: (object | undefined)[]): T {
    const names = Object.keys(defaults);
    const said = levels.flatMap((level) => Object.entries(level ?? {}));
    return { ...defaults, ...Object.fromEntries(said.filter(([name, value]) => value !== undefined && names.includes(name))) };
}

/* What a metric's values ask for. */
export function panelKindOf(types: readonly string[]): PanelKind | null {
    if (types.some((t) => t === "number" || t === "boolean" || t === "bool")) return "line";
    if (types.includes("histogram")) return "histogram";
    if (types.some((t) => /^(table|joined-table|partitioned-table)/.test(t))) return "table";
    return types.some((t) =>
        /(-file|^images|^audio|^videos|^html|^object3D|^molecule|^plotly|^media)/.test(t),
    )
        ? "media"
        : null;
}

export interface Metric {
    key: string;
    kind: PanelKind;
    stream: "history" | "events";
}

/* A system metric and a logged one may have the same name. */
export function panelId(metric: Metric): string {
    return `${metric.stream === "events" ? "system" : metric.kind}:${metric.key}`;
}

export function panelOf(metric: Metric): Panel {
    const panel: Panel = { id: panelId(metric), kind: metric.kind, keys: [metric.key] };
    return metric.stream === "events" ? { ...panel, stream: "events" } : panel;
}

export function sectionFor(metric: Metric, prefix: PrefixMode): string {
    if (metric.stream === "events") return SECTION_SYSTEM;
    return sectionOf(metric.key, prefix, metric.kind === "media" ? SECTION_MEDIA : undefined);
}

/* Automatic mode: each metric that is nowhere yet gets a panel. The same layout comes back when nothing is new. */
export function addMissingPanels(layout: Layout, metrics: readonly Metric[]): Layout {
    if (layout.mode === "manual") return layout;
    const shown = new Set<string>(layout.hidden.map((p) => p.id));
    for (const section of layout.sections) for (const panel of section.panels) shown.add(panel.id);
    const fresh = metrics.filter((m) => !isInternalKey(m.key) && !shown.has(panelId(m)));
    if (fresh.length === 0) return layout;
    const sections = new Map(layout.sections.map((s) => [s.name, s]));
    for (const metric of fresh) {
        const name = sectionFor(metric, layout.prefix);
        const section = sections.get(name) ?? { name, isOpen: name !== SECTION_SYSTEM, panels: [] };
        sections.set(name, { ...section, panels: [...section.panels, panelOf(metric)] });
    }
    const isNew = (s: Section) => !layout.sections.some((old) => old.name === s.name);
    const out = layout.sections.map((s) =>
        sections.get(s.name) === s ? s : sortNew(sections.get(s.name)!, layout.isSorted ? 0 : s.panels.length),
    );
    for (const section of [...sections.values()].filter(isNew).map((s) => sortNew(s, 0)))
        out.splice(insertionPoint(out, section.name), 0, section);
    return { ...layout, sections: out };
}

/* Panels put in by hand keep their order; those just added come after them by name. */
function sortNew(section: Section, kept: number): Section {
    const fresh = section.panels.slice(kept).sort((a, b) => compareNames(panelTitle(a), panelTitle(b)));
    return { ...section, panels: [...section.panels.slice(0, kept), ...fresh] };
}

function insertionPoint(sections: readonly Section[], name: string): number {
    const at = sections.findIndex((s) => !s.isPinned && compareNames(s.name, name) > 0);
    return at < 0 ? sections.length : at;
}

export function panelTitle(panel: Panel): string {
    if (panel.title) return panel.title;
    const names = [...(panel.keys ?? []), ...(panel.expressions ?? [])];
    if (panel.keyRegex) names.push(`/${panel.keyRegex}/`);
    if (names.length > 0) return names.join(", ");
    return (panel.columns ?? [])
        .filter((c) => c !== "")
        .map(columnLabel)
        .join(" × ");
}

export function columnLabel(column: string): string {
    return column
        .replace(/^summary_metrics\./, "")
        .replace(/^config\./, "")
        .replace(FLAGS, "");
}

/* A column of parallel axes may end in "!log", "!inv" or both: the layout keeps one list. */
const FLAGS = /!(log|inv)/g;

export function columnFlags(column: string): { id: string; isLog: boolean; isInverted: boolean } {
    return { id: column.replace(FLAGS, ""), isLog: column.includes("!log"), isInverted: column.includes("!inv") };
}

export function toggleFlag(column: string, flag: "log" | "inv"): string {
    return column.includes("!" + flag) ? column.replace("!" + flag, "") : `${column}!${flag}`;
}

/* ---- changes ---- */

function editSections(layout: Layout, name: string, edit: (s: Section) => Section): Layout {
    return { ...layout, sections: layout.sections.map((s) => (s.name === name ? edit(s) : s)) };
}

export function updateSection(layout: Layout, name: string, change: Partial<Section>): Layout {
    return editSections(layout, name, (s) => ({ ...s, ...change }));
}

export function updatePanel(layout: Layout, id: string, change: Partial<Panel>): Layout {
    const edit = (p: Panel) => (p.id === id ? { ...p, ...change } : p);
    return {
        ...layout,
        sections: layout.sections.map((s) =>
            s.panels.some((p) => p.id === id) ? { ...s, panels: s.panels.map(edit) } : s,
        ),
    };
}

export function addPanel(layout: Layout, sectionName: string, panel: Panel): Layout {
    if (!layout.sections.some((s) => s.name === sectionName))
        layout = {
            ...layout,
            sections: [{ name: sectionName, isOpen: true, panels: [] }, ...layout.sections],
        };
    return editSections(layout, sectionName, (s) => ({ ...s, isOpen: true, panels: [panel, ...s.panels] }));
}

export function removePanel(layout: Layout, id: string): Layout {
    const panel = findPanel(layout, id)?.panel;
    if (panel === undefined) return layout;
    const sections = layout.sections.map((s) => ({ ...s, panels: s.panels.filter((p) => p.id !== id) }));
    return { ...layout, sections, hidden: [...layout.hidden, panel] };
}

export function restorePanel(layout: Layout, id: string): Layout {
    const panel = layout.hidden.find((p) => p.id === id);
    if (panel === undefined) return layout;
    const key = panel.keys?.[0];
    const name =
        panel.stream === "events"
            ? SECTION_SYSTEM
            : sectionOf(key ?? "", layout.prefix, panel.kind === "media" ? SECTION_MEDIA : undefined);
    return addPanel({ ...layout, hidden: layout.hidden.filter((p) => p.id !== id) }, name, panel);
}

export function duplicatePanel(layout: Layout, id: string, newId: string): Layout {
    const found = findPanel(layout, id);
    if (found === null) return layout;
    return editSections(layout, found.section.name, (s) => {
        const at = s.panels.findIndex((p) => p.id === id);
        return {
            ...s,
            panels: [...s.panels.slice(0, at + 1), { ...found.panel, id: newId }, ...s.panels.slice(at + 1)],
        };
    });
}

/* Puts a panel before another one, or at the end of a section when `before` is null. */
export function movePanel(layout: Layout, id: string, sectionName: string, before: string | null): Layout {
    const panel = findPanel(layout, id)?.panel;
    if (panel === undefined || before === id) return layout;
    const sections = layout.sections.map((s) => {
        const rest = s.panels.filter((p) => p.id !== id);
        if (s.name !== sectionName) return rest.length === s.panels.length ? s : { ...s, panels: rest };
        const at = before === null ? -1 : rest.findIndex((p) => p.id === before);
        rest.splice(at < 0 ? rest.length : at, 0, panel);
        return { ...s, panels: rest };
    });
    return { ...layout, sections };
}

export function addSection(layout: Layout, name: string, beside: string | null, isAfter: boolean): Layout {
    if (name === "" || layout.sections.some((s) => s.name === name)) return layout;
    const at = layout.sections.findIndex((s) => s.name === beside);
    const sections = [...layout.sections];
    sections.splice(at < 0 ? 0 : at + (isAfter ? 1 : 0), 0, { name, isOpen: true, panels: [] });
    return { ...layout, sections };
}

/* Those that were there come back by hand only. */
export function clearPanels(layout: Layout): Layout {
    return { ...layout, sections: [], hidden: [...layout.hidden, ...layout.sections.flatMap((s) => s.panels)] };
}

/* In automatic mode the panels of a removed section stay hidden, or they would come back at once. */
export function removeSection(layout: Layout, name: string): Layout {
    const gone = layout.sections.find((s) => s.name === name);
    if (gone === undefined) return layout;
    return {
        ...layout,
        sections: layout.sections.filter((s) => s !== gone),
        hidden: [...layout.hidden, ...gone.panels],
    };
}

export function renameSection(layout: Layout, from: string, to: string): Layout {
    return to === "" || layout.sections.some((s) => s.name === to)
        ? layout
        : updateSection(layout, from, { name: to });
}

/* Pinned sections stand before all others, in the order in which they were pinned. */
export function pinSection(layout: Layout, name: string, isPinned: boolean): Layout {
    const section = layout.sections.find((s) => s.name === name);
    if (section === undefined) return layout;
    const others = layout.sections.filter((s) => s !== section);
    const pinned = others.filter((s) => s.isPinned).length;
    others.splice(pinned, 0, { ...section, isPinned });
    return { ...layout, sections: others };
}

export function sortSection(layout: Layout, name: string): Layout {
    return editSections(layout, name, (s) => ({
        ...s,
        panels: [...s.panels].sort((a, b) => compareNames(panelTitle(a), panelTitle(b))),
    }));
}

/* Another way to make sections: panels made automatically move, those with a title or several keys stay. */
export function setPrefixMode(layout: Layout, prefix: PrefixMode): Layout {
    const isAutomatic = (p: Panel) =>
        p.keys?.length === 1 &&
        /^(line|histogram|media|table|custom):/.test(p.id) &&
        p.id.endsWith(":" + p.keys[0]) &&
        !p.title &&
        !p.settings;
    const sections = layout.sections
        .map((s) => ({ ...s, panels: s.panels.filter((p) => !isAutomatic(p)) }))
        .filter((s) => s.panels.length > 0);
    return { ...layout, prefix, sections };
}

export function findPanel(layout: Layout, id: string): { panel: Panel; section: Section } | null {
    for (const section of layout.sections) {
        const panel = section.panels.find((p) => p.id === id);
        if (panel !== undefined) return { panel, section };
    }
    return null;
}

/* Links name panels as people see them; a null section means any. */
export function findPanelByTitle(layout: Layout, sectionName: string | null, title: string): Panel | null {
    for (const section of layout.sections) {
        if (sectionName !== null && section.name !== sectionName) continue;
        const panel = section.panels.find((p) => panelTitle(p) === title);
        if (panel !== undefined) return panel;
    }
    return null;
}
