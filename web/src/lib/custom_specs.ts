/* custom_specs.ts - what stands behind the names that clients log for custom charts: specifications of our own.
 *
 * "${field:x}" becomes the name of the column that the run chose for x, "${string:title}" a text; the rows are the data
 * set "wandb", each with the run's name under "name". */

export interface CustomChart {
    spec: string /* "wandb/line/v0", or one that a user made */;
    fields: Record<string, string>;
    strings: Record<string, string>;
    tableKey: string;
}

type Json = Record<string, unknown>;

function isObject(v: unknown): v is Json {
    return typeof v === "object" && v !== null && !Array.isArray(v);
}

function texts(v: unknown): Record<string, string> {
    return isObject(v)
        ? Object.fromEntries(Object.entries(v).flatMap(([k, x]) => (typeof x === "string" && x !== "" ? [[k, x]] : [])))
        : {};
}

/* What the client keeps in the config under _wandb.visualize; null when it is no custom chart. */
export function readCustomChart(key: string, raw: unknown): CustomChart | null {
    const config = isObject(raw) ? raw["panel_config"] : null;
    if (!isObject(config) || typeof config["panelDefId"] !== "string") return null;
    return {
        spec: config["panelDefId"],
        fields: texts(config["fieldSettings"]),
        strings: texts(config["stringSettings"]),
        tableKey: findTableKey(config["userQuery"], 0) ?? `${key}_table`,
    };
}

function findTableKey(v: unknown, depth: number): string | null {
    if (depth > 12 || typeof v !== "object" || v === null) return null;
    if (isObject(v) && v["name"] === "tableKey" && typeof v["value"] === "string") return v["value"];
    for (const inner of Object.values(v)) {
        const found = findTableKey(inner, depth + 1);
        if (found !== null) return found;
    }
    return null;
}

const TEMPLATE = /\$\{(field|string):([^}]*)\}/g;

/* In specifications a dot, a bracket or a quote in a column's name would be a path: such a name is spelled otherwise. */
export const safeColumn = (name: string) => name.replace(/[^\p{L}\p{N}_ -]/gu, "_");

/* The rows of one run's table as a specification sees them; "name" is the run's, unless the table has one. */
export function chartRows(run: string, columns: readonly string[], rows: readonly (readonly unknown[])[]): Json[] {
    const safe = columns.map(safeColumn);
    return rows.map((row) => ({ name: run, ...Object.fromEntries(safe.map((c, i) => [c, row[i]])), [RUN]: run }));
}

export function fillSpec(spec: unknown, chart: CustomChart, depth = 0): unknown {
    if (depth > 60) return null;
    if (typeof spec === "string")
        return spec.replace(TEMPLATE, (_, kind: string, name: string) =>
            kind === "field" ? safeColumn(chart.fields[name] ?? name) : (chart.strings[name] ?? ""),
        );
    if (Array.isArray(spec)) return spec.map((v) => fillSpec(v, chart, depth + 1));
    return isObject(spec) ? Object.fromEntries(Object.entries(spec).map(([k, v]) => [k, fillSpec(v, chart, depth + 1)])) : spec;
}

const SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json";

const base = (more: Json): Json => ({ $schema: SCHEMA, data: { name: "wandb" }, title: "${string:title}", ...more });

const quantity = (chart: CustomChart, field: string, more: Json = {}): Json => ({
    field: `\${field:${field}}`,
    type: "quantitative",
    scale: { zero: false },
    title: chart.fields[field] ?? field,
    ...more,
});

const RUN = "_run";
const RUN_COLOR: Json = { field: RUN, type: "nominal", title: null };

/* How the lines of a chart are told apart: by a column that the run named, or by the run. */
function seriesColor(chart: CustomChart, field: string, runs: number): Json {
    if (chart.fields[field] === undefined) return runs > 1 ? { color: RUN_COLOR } : {};
    const color = { field: `\${field:${field}}`, type: "nominal", title: null };
    return runs > 1 ? { color, strokeDash: RUN_COLOR } : { color };
}

const PRESETS: Record<string, (chart: CustomChart, runs: number) => Json> = {
    "wandb/line/v0": (chart, runs) =>
        base({
            mark: { type: "line", tooltip: true, clip: true },
            encoding: { x: quantity(chart, "x"), y: quantity(chart, "y"), ...seriesColor(chart, "stroke", runs) },
        }),
    "wandb/lineseries/v0": (chart, runs) =>
        base({
            mark: { type: "line", tooltip: true, clip: true },
            encoding: {
                x: quantity(chart, "step", { title: chart.strings["xname"] ?? null }),
                y: quantity(chart, "lineVal", { title: null }),
                ...seriesColor(chart, "lineKey", runs),
            },
        }),
    "wandb/area-under-curve/v0": (chart, runs) =>
        base({
            mark: { type: "line", tooltip: true, interpolate: "linear" },
            encoding: {
                x: quantity(chart, "x", { title: "${string:x-axis-title}", scale: { domain: [0, 1] } }),
                y: quantity(chart, "y", { title: "${string:y-axis-title}", scale: { domain: [0, 1] } }),
                order: { field: "${field:x}", type: "quantitative" },
                ...seriesColor(chart, "class", runs),
            },
        }),
    "wandb/scatter/v0": (chart, runs) =>
        base({
            mark: { type: "point", filled: true, tooltip: true, opacity: 0.7 },
            encoding: { x: quantity(chart, "x"), y: quantity(chart, "y"), ...(runs > 1 ? { color: RUN_COLOR } : {}) },
        }),
    "wandb/bar/v0": (chart, runs) =>
        base({
            mark: { type: "bar", tooltip: true },
            encoding: {
                x: { field: "${field:value}", type: "quantitative", title: chart.fields["value"] ?? null },
                y: { field: "${field:label}", type: "nominal", sort: null, title: null },
                ...(runs > 1 ? { color: RUN_COLOR, yOffset: { field: RUN } } : {}),
            },
        }),
    "wandb/histogram/v0": (chart, runs) =>
        base({
            mark: { type: "bar", tooltip: true, opacity: runs > 1 ? 0.6 : 1 },
            encoding: {
                x: { field: "${field:value}", type: "quantitative", bin: { maxbins: 40 }, title: chart.fields["value"] ?? null },
                y: { aggregate: "count", stack: null, title: null },
                ...(runs > 1 ? { color: RUN_COLOR } : {}),
            },
        }),
    "wandb/confusion_matrix/v1": () =>
        base({
            encoding: {
                x: { field: "${field:Predicted}", type: "nominal", sort: null, axis: { labelAngle: -40 } },
                y: { field: "${field:Actual}", type: "nominal", sort: null },
            },
            layer: [
                {
                    mark: { type: "rect", tooltip: true },
                    encoding: {
                        color: { aggregate: "sum", field: "${field:nPredictions}", type: "quantitative", scale: { scheme: "blues" }, legend: null },
                    },
                },
                {
                    transform: [
                        { aggregate: [{ op: "sum", field: "${field:nPredictions}", as: "total" }], groupby: ["${field:Predicted}", "${field:Actual}"] },
                        { joinaggregate: [{ op: "max", field: "total", as: "most" }] },
                    ],
                    mark: { type: "text" },
                    encoding: {
                        text: { field: "total", type: "quantitative" },
                        color: { condition: { test: "datum.total > datum.most / 2", value: "white" }, value: "#333a45" },
                    },
                },
            ],
        }),
};
PRESETS["wandb/confusion_matrix/v0"] = PRESETS["wandb/confusion_matrix/v1"]!;

export const PRESET_NAMES = Object.keys(PRESETS);

/* null when the name is not one of ours. */
export function presetSpec(chart: CustomChart, runs: number): Json | null {
    const make = PRESETS[chart.spec];
    return make === undefined ? null : (fillSpec(make(chart, runs), chart) as Json);
}
