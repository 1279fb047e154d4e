/* official.ts - panels, sections and runs' tables as the official workspaces package writes and reads them.
 *
 * What the package has no word for travels beside its own members under "barograph": it ignores what it does not know, and
 * what it saved has no such member, so that its own change always wins. */

import { isColor } from "./color";
import { EMPTY_FILTER, isGroup, type FilterGroup, type FilterRow, type Operator } from "./filters";
import { DEFAULT_LAYOUT, columnFlags, type Layout, type LineSettings, type Panel, type Section } from "./layout";

type Json = Record<string, unknown>;

const isObject = (v: unknown): v is Json => typeof v === "object" && v !== null && !Array.isArray(v);
const objects = (v: unknown): Json[] => (Array.isArray(v) ? v.filter(isObject) : []);
const texts = (v: unknown): string[] => (Array.isArray(v) ? v.filter((x): x is string => typeof x === "string") : []);
const text = (v: unknown): string | undefined => (typeof v === "string" && v !== "" ? v : undefined);
const number = (v: unknown): number | undefined => (typeof v === "number" && Number.isFinite(v) ? v : undefined);

/* Members that say nothing are left out, as the package leaves them. */
function tidy(o: Json): Json {
    return Object.fromEntries(Object.entries(o).filter(([, v]) => v !== undefined && v !== null));
}

/* ---- columns: "config.lr" here, "config:lr" there ---- */

const RUN_NAMES: Record<string, string> = { username: "username", displayName: "displayName", createdAt: "createdAt", jobType: "jobType" };

export function columnToOfficial(column: string): string {
    if (column.startsWith("summary_metrics.")) return `summary:${column.slice(16)}`;
    return column.startsWith("config.") ? `config:${column.slice(7)}.value` : `run:${column}`;
}

export function columnFromOfficial(accessor: string): string {
    const at = accessor.indexOf(":");
    if (at < 0) return `summary_metrics.${accessor}`;
    const [section, name] = [accessor.slice(0, at), accessor.slice(at + 1)];
    if (section === "c" || name.startsWith(":")) return `config.${name.replace(/^:/, "").replace(/\.value$/, "")}`;
    if (section === "summary" && name.startsWith("c::")) return `config.${name.slice(3)}`;
    if (section === "summary") return `summary_metrics.${name}`;
    return section === "config" ? `config.${name.replace(/\.value$/, "")}` : (RUN_NAMES[name] ?? name);
}

/* ---- line settings ---- */

const SMOOTHING: Record<string, LineSettings["smoothing"]> = {
    exponentialTimeWeighted: "twema",
    exponential: "ema",
    gaussian: "gaussian",
    average: "average",
    none: "none",
};
const LEGENDS: Record<string, string> = { top: "north", bottom: "south", left: "west", right: "east" };
const X_AXES: Record<string, string> = { _absolute_runtime: "relative" };

function inverse(table: Record<string, string | undefined>, value: string | undefined): string | undefined {
    return Object.entries(table).find(([, v]) => v === value)?.[0];
}

function lineFromOfficial(c: Json): LineSettings {
    const out: Record<string, unknown> = {
        x: text(c["xAxis"]) && (X_AXES[text(c["xAxis"])!] ?? c["xAxis"]),
        xMin: number(c["xAxisMin"]),
        xMax: number(c["xAxisMax"]),
        yMin: number(c["yAxisMin"]),
        yMax: number(c["yAxisMax"]),
        isLogX: c["xLogScale"] === true || undefined,
        isLogY: c["yLogScale"] === true || undefined,
        smoothing: SMOOTHING[String(c["smoothingType"])],
        weight: number(c["smoothingWeight"]),
        showOriginal: typeof c["showOriginalAfterSmoothing"] === "boolean" ? c["showOriginalAfterSmoothing"] : undefined,
        ignoreOutliers: typeof c["ignoreOutliers"] === "boolean" ? c["ignoreOutliers"] : undefined,
        maxRuns: number(c["limit"]) ?? number(c["maxRuns"]),
        chartType: ({ "stacked-area": "stacked", "pct-area": "percent" } as Record<string, string>)[String(c["plotType"])],
        aggregate: ["mean", "min", "max", "median"].includes(String(c["groupAgg"])) ? c["groupAgg"] : undefined,
        band: ({ minmax: "minmax", stddev: "std", stderr: "stderr", none: "none" } as Record<string, string>)[String(c["groupArea"])],
        legend: inverse(LEGENDS, String(c["legendPosition"])),
        fontSize: ({ small: "small", medium: "normal", large: "large" } as Record<string, string>)[String(c["fontSize"])],
    };
    if (out["weight"] !== undefined && out["smoothing"] === undefined) out["smoothing"] = "twema";
    return tidy(out) as LineSettings;
}

/* Colours chosen for single lines: "run:metric" there, the id of a line here. */
function colorsFromOfficial(raw: unknown): Record<string, string> | undefined {
    const colors = Object.entries(isObject(raw) ? raw : {}).flatMap(([id, c]) => {
        const color = isObject(c) ? text(c["color"]) : undefined;
        return color !== undefined && isColor(color) ? [[id.replace(":", "\n"), color]] : [];
    });
    return colors.length === 0 ? undefined : (Object.fromEntries(colors) as Record<string, string>);
}

function colorsToOfficial(colors: Record<string, string> | undefined): Json | undefined {
    return colors && Object.fromEntries(Object.entries(colors).map(([id, color]) => [id.replace("\n", ":"), { color, transparentColor: color + "1a" }]));
}

function lineToOfficial(s: LineSettings): Json {
    return tidy({
        xAxis: s.x === undefined || s.x === "auto" ? undefined : (inverse(X_AXES, s.x) ?? s.x),
        xAxisMin: s.xMin,
        xAxisMax: s.xMax,
        yAxisMin: s.yMin,
        yAxisMax: s.yMax,
        xLogScale: s.isLogX,
        yLogScale: s.isLogY,
        smoothingType: inverse(SMOOTHING, s.smoothing),
        smoothingWeight: s.weight,
        showOriginalAfterSmoothing: s.showOriginal,
        ignoreOutliers: s.ignoreOutliers,
        limit: s.maxRuns,
        plotType: ({ stacked: "stacked-area", percent: "pct-area", line: "line" } as Record<string, string>)[s.chartType ?? ""],
        groupAgg: s.aggregate,
        groupArea: ({ minmax: "minmax", std: "stddev", stderr: "stderr", none: "none" } as Record<string, string>)[s.band ?? ""],
        legendPosition: LEGENDS[s.legend ?? ""],
        fontSize: ({ small: "small", normal: "medium", large: "large" } as Record<string, string>)[s.fontSize ?? ""],
    });
}

/* ---- panels ---- */

const VIEW_TYPES: Partial<Record<Panel["kind"], string>> = {
    line: "Run History Line Plot",
    bar: "Bar Chart",
    scatter: "Scatter Plot",
    parallel: "Parallel Coordinates Plot",
    importance: "Parameter Importance",
    comparer: "Run Comparer",
    code: "Code Comparer",
    media: "Media Browser",
    table: "Media Browser",
    histogram: "Media Browser",
    text: "Markdown Panel",
};

function configOf(p: Panel): Json {
    const columns = p.columns ?? [];
    const short = (c: string | undefined) => (c ?? "").replace(/^summary_metrics\./, "").replace(/^config\./, "");
    switch (p.kind) {
        case "line":
            return {
                ...lineToOfficial(p.settings ?? {}),
                metrics: p.keys ?? [],
                expressions: p.expressions,
                xExpression: p.xExpression,
                xAxisTitle: p.xTitle,
                yAxisTitle: p.yTitle,
                legendTemplate: p.legendTemplate,
                overrideColors: colorsToOfficial(p.lineColors),
                metricRegex: p.keyRegex || undefined,
                useMetricRegex: p.keyRegex ? true : undefined,
            };
        case "bar":
            return { metrics: columns.slice(0, 1).map(short), vertical: p.bar?.isVertical ?? false };
        case "scatter":
            return {
                xAxis: columns[0] && columnToOfficial(columns[0]),
                yAxis: columns[1] && columnToOfficial(columns[1]),
                zAxis: columns[2] ? columnToOfficial(columns[2]) : undefined,
                xAxisLogScale: p.scatter?.isLogX,
                yAxisLogScale: p.scatter?.isLogY,
            };
        case "parallel":
            return { columns: columns.map(columnFlags).map((c) => tidy({ accessor: columnToOfficial(c.id), log: c.isLog || undefined, inverted: c.isInverted || undefined })) };
        case "importance":
            return { targetKey: short(columns[0]) };
        case "comparer":
            return p.isDiffOnly === false ? {} : { diffOnly: "split" };
        case "code":
            return { diff: "split" };
        case "text":
            return { value: p.text ?? "" };
        default:
            return { mediaKeys: p.keys ?? [] };
    }
}

export interface Place {
    x: number;
    y: number;
    w: number;
    h: number;
}

export function panelToOfficial(p: Panel, layout: Place): Json {
    return {
        __id__: p.id,
        layout,
        viewType: VIEW_TYPES[p.kind] ?? "Barograph",
        config: tidy({ chartTitle: p.title || undefined, ...configOf(p) }),
        barograph: p,
    };
}

/* null for kinds that this page has not. */
export function panelFromOfficial(raw: Json): Panel | null {
    if (isObject(raw["barograph"]) && typeof raw["barograph"]["kind"] === "string") return raw["barograph"] as unknown as Panel;
    const c = isObject(raw["config"]) ? raw["config"] : {};
    const id = text(raw["__id__"]) ?? `p${Math.random().toString(36).slice(2)}`;
    const base = { id, ...(text(c["chartTitle"]) ? { title: text(c["chartTitle"])! } : {}) };
    const summary = texts(c["metrics"]).map((m) => `summary_metrics.${m}`);
    const axes = [c["xAxis"], c["yAxis"], c["zAxis"]].map(text).map((a) => (a ? columnFromOfficial(a) : ""));
    switch (raw["viewType"]) {
        case "Run History Line Plot":
            return {
                ...base,
                kind: "line",
                keys: texts(c["metrics"]),
                settings: lineFromOfficial(c),
                ...tidy({
                    expressions: texts(c["expressions"]).length > 0 ? texts(c["expressions"]) : undefined,
                    xExpression: text(c["xExpression"]),
                    keyRegex: c["useMetricRegex"] === true ? text(c["metricRegex"]) : undefined,
                    xTitle: text(c["xAxisTitle"]),
                    yTitle: text(c["yAxisTitle"]),
                    legendTemplate: text(c["legendTemplate"]),
                    lineColors: colorsFromOfficial(c["overrideColors"]),
                    group: text(c["groupBy"]) ? [columnFromOfficial(`config:${text(c["groupBy"])!}`)] : undefined,
                }),
            };
        case "Bar Chart":
        case "Scalar Chart":
            return { ...base, kind: "bar", columns: summary, bar: { isVertical: c["vertical"] === true } };
        case "Scatter Plot":
            return { ...base, kind: "scatter", columns: axes, scatter: { isLogX: c["xAxisLogScale"] === true, isLogY: c["yAxisLogScale"] === true } };
        case "Parallel Coordinates Plot":
            return { ...base, kind: "parallel", columns: objects(c["columns"]).map((k) => columnFromOfficial(String(k["accessor"])) + (k["log"] === true ? "!log" : "") + (k["inverted"] === true ? "!inv" : "")) };
        case "Parameter Importance":
            return { ...base, kind: "importance", columns: [`summary_metrics.${String(c["targetKey"] ?? "")}`] };
        case "Run Comparer":
            return { ...base, kind: "comparer", isDiffOnly: c["diffOnly"] !== undefined };
        case "Code Comparer":
            return { ...base, kind: "code" };
        case "Media Browser":
            return { ...base, kind: "media", keys: texts(c["mediaKeys"]) };
        case "Markdown Panel":
            return { ...base, kind: "text", text: String(c["value"] ?? "") };
        default:
            return null;
    }
}

/* ---- sections ---- */

const FLOW = { snapToColumns: true, columnsPerPage: 3, rowsPerPage: 2, gutterWidth: 16, boxWidth: 460, boxHeight: 300 };
const NO_LOCAL = { smoothingWeight: 0, smoothingType: "none", xAxis: "_step", ignoreOutliers: false, useRunsTableGroupingInPanels: true };
const PANEL_WIDTH = 8;
const PANEL_HEIGHT = 6;

function placeOf(i: number): Place {
    return { x: (i % 3) * PANEL_WIDTH, y: Math.floor(i / 3) * PANEL_HEIGHT, w: PANEL_WIDTH, h: PANEL_HEIGHT };
}

function sectionToOfficial(s: Section): Json {
    return {
        name: s.name,
        isOpen: s.isOpen,
        type: "flow",
        flowConfig: { ...FLOW, ...tidy({ columnsPerPage: s.columns }) },
        sorted: 0,
        localPanelSettings: NO_LOCAL,
        panels: s.panels.map((p, i) => panelToOfficial(p, placeOf(i))),
        pinned: s.isPinned ?? false,
        barograph: { ...s, panels: undefined },
    };
}

function sectionFromOfficial(raw: Json): Section {
    const flow = isObject(raw["flowConfig"]) ? raw["flowConfig"] : {};
    const own = isObject(raw["barograph"]) ? (raw["barograph"] as Partial<Section>) : null;
    return {
        isOpen: raw["isOpen"] !== false,
        ...(own ?? tidy({ columns: number(flow["columnsPerPage"]), isPinned: raw["pinned"] === true || undefined })),
        name: String(raw["name"] ?? ""),
        panels: objects(raw["panels"]).flatMap((p) => panelFromOfficial(p) ?? []),
    };
}

/* ---- filters of runs ---- */

const OPERATORS: Record<string, Operator> = { "=": "=", "==": "=", "!=": "≠", "<": "<", "<=": "≤", ">": ">", ">=": "≥", IN: "in", NIN: "not in" };

function valueText(v: unknown): string {
    if (Array.isArray(v)) return v.map(valueText).join(", ");
    return typeof v === "string" && v !== "" && Number.isFinite(Number(v)) ? `"${v}"` : String(v ?? "");
}

function rowFromOfficial(raw: Json): FilterRow | FilterGroup | null {
    if (Array.isArray(raw["filters"])) return filterFromOfficial(raw, 1);
    const key = isObject(raw["key"]) ? raw["key"] : null;
    const operator = OPERATORS[String(raw["op"])];
    if (key === null || operator === undefined || text(key["name"]) === undefined) return null;
    const row: FilterRow = { column: columnFromOfficial(`${String(key["section"])}:${String(key["name"])}`), operator, value: valueText(raw["value"]) };
    return raw["disabled"] === true ? { ...row, isOff: true } : row;
}

export function filterFromOfficial(raw: unknown, depth = 0): FilterGroup {
    if (!isObject(raw) || depth > 8) return EMPTY_FILTER;
    const items = objects(raw["filters"]).flatMap((f) => rowFromOfficial(f) ?? []);
    const filled = items.filter((i) => !isGroup(i) || i.items.length > 0);
    const join = raw["op"] === "OR" && filled.length > 1 ? "or" : "and";
    const only = filled.length === 1 ? filled[0]! : null;
    return only !== null && isGroup(only) ? only : { join, items: filled };
}

function keyToOfficial(column: string): Json {
    const accessor = columnToOfficial(column);
    const at = accessor.indexOf(":");
    return { section: accessor.slice(0, at), name: accessor.slice(at + 1) };
}

/* Rows joined by "and", which is what the package's own filters can say; the rest travels in "barograph". */
export function filterToOfficial(filter: FilterGroup): Json {
    const rows = filter.join === "and" ? filter.items.filter((i): i is FilterRow => !isGroup(i)) : [];
    const filters = rows.flatMap((r) => {
        const op = Object.entries(OPERATORS).find(([, v]) => v === r.operator)?.[0];
        if (op === undefined) return [];
        const value = op === "IN" || op === "NIN" ? r.value.split(",").map(plainValue) : plainValue(r.value);
        return [{ key: keyToOfficial(r.column), op, value, disabled: r.isOff ?? false }];
    });
    return { op: "OR", filters: [{ op: "AND", filters }] };
}

function plainValue(v: string): string | number | boolean {
    const t = v.trim();
    if (t === "true" || t === "false") return t === "true";
    if (/^(".*"|'.*')$/s.test(t)) return t.slice(1, -1);
    return t !== "" && Number.isFinite(Number(t)) ? Number(t) : t;
}

/* ---- runs' tables ---- */

export interface RunSet {
    id: string;
    name: string;
    entity: string;
    project: string;
    search: string;
    isRegex: boolean;
    filter: FilterGroup;
    group: string[];
    order: string /* "-created_at" */;
    hidden: string[];
    colors?: Record<string, string> /* of runs, where somebody chose one */;
    /* Kept as it was then: its filter names the runs; what it was before stands here. */
    frozen?: { at: string; filter: FilterGroup; search: string; isRegex: boolean; colors: Record<string, string> };
}

/* What the set shows now, and nothing that comes later: to the official package a filter by the runs' names, which it keeps. */
export function freeze(s: RunSet, runs: readonly string[], colors: Record<string, string>, at: Date): RunSet {
    const filter: FilterGroup = { join: "and", items: [{ column: "name", operator: "in", value: runs.map(valueText).join(", ") }] };
    const before = { at: at.toISOString(), filter: s.filter, search: s.search, isRegex: s.isRegex, colors: s.colors ?? {} };
    return { ...s, filter, search: "", isRegex: false, colors: { ...s.colors, ...colors }, frozen: before };
}

export function thaw(s: RunSet): RunSet {
    const { frozen, ...rest } = s;
    if (frozen === undefined) return s;
    return { ...rest, filter: frozen.filter, search: frozen.search, isRegex: frozen.isRegex, colors: frozen.colors };
}

const ORDERS: Record<string, string> = { createdAt: "created_at", heartbeatAt: "heartbeat_at", displayName: "display_name" };

export function runSetToOfficial(s: RunSet): Json {
    const column = s.order.slice(1);
    const key = column.startsWith("config.") || column.startsWith("summary_metrics.") ? keyToOfficial(column) : { section: "run", name: inverse(ORDERS, column) ?? column };
    return {
        id: s.id,
        runFeed: { version: 2, columnVisible: { "run:name": false }, columnPinned: {}, columnWidths: {}, columnOrder: [], pageSize: 10, onlyShowSelected: false },
        enabled: true,
        ...(s.project === "" ? {} : { project: { name: s.project, entityName: s.entity } }),
        name: s.name,
        search: tidy({ query: s.search, isRegex: s.isRegex || undefined }),
        filters: filterToOfficial(s.filter),
        grouping: s.group.map(keyToOfficial),
        sort: { keys: [{ key, ascending: s.order.startsWith("+") }] },
        selections: { root: 1, bounds: [], tree: s.hidden },
        expandedRowAddresses: [],
        barograph: s,
    };
}

export function runSetFromOfficial(raw: Json, entity: string, project: string, colors: Json = {}): RunSet {
    if (isObject(raw["barograph"])) return raw["barograph"] as unknown as RunSet;
    const place = isObject(raw["project"]) ? raw["project"] : {};
    const search = isObject(raw["search"]) ? raw["search"] : {};
    const sort = objects(isObject(raw["sort"]) ? raw["sort"]["keys"] : [])[0] ?? {};
    const sortKey = isObject(sort["key"]) ? sort["key"] : {};
    const named = columnFromOfficial(`${String(sortKey["section"] ?? "run")}:${String(sortKey["name"] ?? "createdAt")}`);
    return {
        id: text(raw["id"]) ?? Math.random().toString(36).slice(2),
        name: text(raw["name"]) ?? "",
        entity: text(place["entityName"]) ?? entity,
        project: text(place["name"]) ?? project,
        search: String(search["query"] ?? ""),
        isRegex: search["isRegex"] === true,
        filter: filterFromOfficial(raw["filters"]),
        group: objects(raw["grouping"]).map((k) => columnFromOfficial(`${String(k["section"])}:${String(k["name"])}`)),
        order: (sort["ascending"] === true ? "+" : "-") + (ORDERS[named] ?? named),
        hidden: texts(isObject(raw["selections"]) ? raw["selections"]["tree"] : []),
        ...chosenColors(colors),
    };
}

/* The package writes those of all sets together, some for light and dark. */
function chosenColors(raw: Json): Pick<RunSet, "colors"> {
    const entries = Object.entries(raw).map(([name, c]) => [name, isObject(c) ? c["light"] : c] as const);
    const known = entries.filter((e): e is [string, string] => typeof e[1] === "string" && isColor(e[1]));
    return known.length === 0 ? {} : { colors: Object.fromEntries(known) };
}

/* Those of groups, whose keys are lists, have no name there. */
function ofSingleRuns(colors: Record<string, string>): Json {
    return Object.fromEntries(Object.entries(colors).filter(([name]) => !name.startsWith("[")));
}

/* ---- whole workspaces ---- */

export function layoutToOfficial(layout: Layout, runSet: RunSet): Json {
    const bank = { type: "grid", flowConfig: FLOW, sorted: 0, localPanelSettings: NO_LOCAL };
    return {
        section: {
            panelBankConfig: {
                state: 1,
                settings: { autoOrganizePrefix: layout.prefix === "first" ? 1 : 2, showEmptySections: layout.showsEmpty === true, sortAlphabetically: layout.isSorted === true },
                sections: layout.sections.map(sectionToOfficial),
            },
            panelBankSectionConfig: { name: "Report Panels", isOpen: false, panels: [], ...bank, pinned: false },
            customRunColors: ofSingleRuns(runSet.colors ?? {}),
            name: "",
            runSets: [runSetToOfficial(runSet)],
            settings: {
                ...NO_LOCAL,
                ...workspaceSettings(layout.settings),
                shouldAutoGeneratePanels: layout.mode === "auto",
            },
            openRunSet: 0,
            openViz: true,
        },
        vizExpanded: false,
        libraryExpanded: true,
    };
}

/* There the smoothing of a workspace is a whole number. */
function workspaceSettings(s: LineSettings): Json {
    const { smoothingWeight, limit, ...rest } = lineToOfficial(s);
    return tidy({ ...rest, maxRuns: limit, smoothingWeight: Number.isInteger(smoothingWeight) ? smoothingWeight : 0 });
}

export function layoutFromOfficial(spec: unknown): { layout: Layout; runSet: RunSet | null } {
    const section = isObject(spec) && isObject(spec["section"]) ? spec["section"] : {};
    const bank = isObject(section["panelBankConfig"]) ? section["panelBankConfig"] : {};
    const settings = isObject(section["settings"]) ? section["settings"] : {};
    const bankSettings = isObject(bank["settings"]) ? bank["settings"] : {};
    const runSet = objects(section["runSets"])[0];
    const found = lineFromOfficial(settings);
    /* What the package says where nothing was chosen. */
    if (found.x === "_step") delete found.x;
    if (found.smoothing === "none" && !found.weight) delete found.smoothing;
    if (!found.weight) delete found.weight;
    if (!found.ignoreOutliers) delete found.ignoreOutliers;
    return {
        layout: {
            ...DEFAULT_LAYOUT,
            mode: settings["shouldAutoGeneratePanels"] === false ? "manual" : "auto",
            prefix: bankSettings["autoOrganizePrefix"] === 1 ? "first" : "nested",
            settings: found,
            ...(bankSettings["showEmptySections"] === true ? { showsEmpty: true } : {}),
            ...(bankSettings["sortAlphabetically"] === true ? { isSorted: true } : {}),
            sections: objects(bank["sections"]).map(sectionFromOfficial),
        },
        runSet: runSet === undefined ? null : runSetFromOfficial(runSet, "", "", isObject(section["customRunColors"]) ? section["customRunColors"] : {}),
    };
}
