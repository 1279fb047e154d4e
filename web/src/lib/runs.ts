/* runs.ts - what the server says about a run, turned into the page's own noun, and its columns read by name. */

import { readClassLabels } from "./boxes";
import { readCustomChart, type CustomChart } from "./custom_specs";
import type { KeyInfo, MetricDefinition, Run, RunState } from "./types";

export interface RunNode {
    id: string;
    name: string;
    displayName: string | null;
    state: string;
    tags: string[] | null;
    group: string | null;
    jobType: string | null;
    createdAt: string | null;
    heartbeatAt: string | null;
    config?: string | null;
    summaryMetrics?: string | null;
    historyKeys?: unknown;
    systemMetrics?: unknown;
    notes: string | null;
    user?: { username: string | null } | null;
    sweepName?: string | null;
    historyLineCount?: number | null;
}

export function parseRun(node: RunNode): Run {
    const config = parseObject(node.config);
    const internal = unwrap(config["_wandb"]);
    const summary = parseObject(node.summaryMetrics);
    return {
        id: node.id,
        name: node.name,
        displayName: node.displayName || node.name,
        state: node.state as RunState,
        tags: node.tags ?? [],
        group: node.group ?? "",
        jobType: node.jobType ?? "",
        sweep: node.sweepName ?? "",
        user: node.user?.username ?? "",
        notes: node.notes ?? "",
        createdAt: parseTime(node.createdAt),
        heartbeatAt: parseTime(node.heartbeatAt),
        config: Object.fromEntries(
            Object.entries(config)
                .filter(([k]) => k !== "_wandb")
                .map(([k, v]) => [k, unwrap(v)]),
        ),
        summary,
        keys: parseKeys(node.historyKeys, summary),
        systemKeys: Object.keys(parseObject(node.systemMetrics)).filter((k) => !k.startsWith("_")),
        metrics: parseMetrics(isObject(internal) ? internal["m"] : null),
        charts: readCharts(isObject(internal) ? internal["visualize"] : null),
        environment: firstEnvironment(internal),
        classLabels: readClassLabels(internal),
        clientVersion: isObject(internal) && typeof internal["cli_version"] === "string" ? internal["cli_version"] : "",
        lineCount: node.historyLineCount ?? 0,
    };
}

function isObject(value: unknown): value is Record<string, unknown> {
    return typeof value === "object" && value !== null && !Array.isArray(value);
}

/* NaN and Infinity are legal in what the client logs, and not in JSON. */
export function parseObject(text: unknown): Record<string, unknown> {
    if (isObject(text)) return text;
    if (typeof text !== "string" || text === "") return {};
    for (const candidate of [text, quoteSpecials(text)]) {
        try {
            const value: unknown = JSON.parse(candidate);
            return isObject(value) ? value : {};
        } catch {
            continue;
        }
    }
    return {};
}

function quoteSpecials(text: string): string {
    return text.replace(/"(?:[^"\\]|\\.)*"|-?\b(?:NaN|Infinity)\b/g, (m) =>
        m.startsWith('"') ? m : `"${m}"`,
    );
}

function mediaType(info: unknown, inSummary: unknown): string {
    for (const value of [isObject(info) ? info["previousValue"] : null, inSummary])
        if (isObject(value) && typeof value["_type"] === "string") return value["_type"];
    return "map";
}

function unwrap(value: unknown): unknown {
    return isObject(value) && "value" in value ? value["value"] : value;
}

/* Times without a zone are UTC. */
export function parseTime(text: string | null): number {
    if (text === null || text === undefined) return NaN;
    return Date.parse(/(Z|[+-]\d\d:?\d\d)$/.test(text) ? text : text + "Z");
}

/* The server counts values by their JSON type; what a map is, its last value says, here or in the summary. */
function parseKeys(raw: unknown, summary: Record<string, unknown>): Record<string, KeyInfo> {
    const keys = parseObject(raw)["keys"];
    const out: Record<string, KeyInfo> = {};
    if (!isObject(keys)) return out;
    for (const [name, info] of Object.entries(keys)) {
        const counts =
            isObject(info) && Array.isArray(info["typeCounts"])
                ? (info["typeCounts"] as { type: string; count: number }[])
                : [];
        out[name] = {
            count: counts.reduce((n, c) => n + c.count, 0),
            types: counts.map((c) => (c.type === "map" ? mediaType(info, dig(summary, name)) : c.type)),
        };
    }
    return out;
}

/* The client writes definitions with numbers for names; a step metric is given by its place in the list. */
function parseMetrics(raw: unknown): MetricDefinition[] {
    if (!Array.isArray(raw)) return [];
    const list = raw.filter(isObject);
    const nameOf = (m: Record<string, unknown>) => String(m["1"] ?? m["2"] ?? "").replace(/\\\./g, ".");
    return list.map((m) => {
        const index = Number(m["5"] ?? 0);
        const step =
            typeof m["4"] === "string"
                ? m["4"]
                : index > 0 && list[index - 1]
                  ? nameOf(list[index - 1]!)
                  : null;
        const options = Array.isArray(m["6"]) ? m["6"] : [];
        return {
            name: nameOf(m),
            isGlob: m["1"] === undefined && m["2"] !== undefined,
            stepMetric: step,
            isHidden: options.includes(2),
            goal: goalOf(m),
        };
    });
}

/* What was asked for, or what its summary keeps: who keeps the lowest value wants low ones. */
function goalOf(m: Record<string, unknown>): MetricDefinition["goal"] {
    if (m["8"] === 1 || m["8"] === 2) return m["8"] === 1 ? "min" : "max";
    const kept = Array.isArray(m["7"]) ? m["7"] : [];
    return kept.includes(1) === kept.includes(2) ? null : kept.includes(1) ? "min" : "max";
}

function readCharts(raw: unknown): Record<string, CustomChart> {
    if (!isObject(raw)) return {};
    return Object.fromEntries(
        Object.entries(raw).flatMap(([key, v]) => {
            const chart = readCustomChart(key, v);
            return chart === null ? [] : [[key, chart]];
        }),
    );
}

function firstEnvironment(internal: unknown): Record<string, unknown> {
    const e = isObject(internal) && isObject(internal["e"]) ? Object.values(internal["e"])[0] : null;
    return isObject(e) ? e : {};
}

export function definitionOf(run: Run, key: string): MetricDefinition | null {
    return (
        run.metrics.find((m) => !m.isGlob && m.name === key) ??
        run.metrics.find((m) => m.isGlob && matchesGlob(m.name, key)) ??
        null
    );
}

function matchesGlob(glob: string, key: string): boolean {
    return new RegExp("^" + glob.replace(/[.+?^${}()|[\]\\]/g, "\\$&").replace(/\*/g, ".*") + "$").test(key);
}

/* Nested values flattened with dots, as the server's filters name them. */
export function flatten(
    value: Record<string, unknown>,
    prefix = "",
    into: Record<string, unknown> = {},
): Record<string, unknown> {
    for (const [k, v] of Object.entries(value)) {
        const name = prefix + k;
        if (isObject(v) && !("_type" in v) && Object.keys(v).length > 0) flatten(v, name + ".", into);
        else into[name] = v;
    }
    return into;
}

function dig(value: Record<string, unknown>, path: string): unknown {
    if (path in value) return value[path];
    for (let at = path.indexOf("."); at > 0; at = path.indexOf(".", at + 1)) {
        const inner = value[path.slice(0, at)];
        if (isObject(inner)) {
            const found = dig(inner, path.slice(at + 1));
            if (found !== undefined) return found;
        }
    }
    return undefined;
}

export function runtimeOf(run: Run): number {
    const logged = dig(run.summary, "_wandb.runtime") ?? run.summary["_runtime"];
    return typeof logged === "number" ? logged : (run.heartbeatAt - run.createdAt) / 1000;
}

const COLUMNS: Record<string, (run: Run) => unknown> = {
    createdAt: (r) => r.createdAt,
    displayName: (r) => r.displayName,
    group: (r) => r.group,
    heartbeatAt: (r) => r.heartbeatAt,
    jobType: (r) => r.jobType,
    name: (r) => r.name,
    notes: (r) => r.notes,
    runtime: runtimeOf,
    state: (r) => r.state,
    sweep: (r) => r.sweep,
    tags: (r) => r.tags.join(", "),
    username: (r) => r.user,
};

export const RUN_COLUMNS = Object.keys(COLUMNS);

export function columnValue(run: Run, column: string): unknown {
    if (column.startsWith("config.")) return dig(run.config, column.slice(7));
    if (column.startsWith("summary_metrics.")) return dig(run.summary, column.slice(16));
    return COLUMNS[column]?.(run);
}

/* A number, or NaN; the strings are how JSON carries what it cannot write. */
export function columnNumber(run: Run, column: string): number {
    const v = columnValue(run, column);
    if (typeof v === "number") return v;
    if (typeof v === "boolean") return v ? 1 : 0;
    return v === "Infinity" ? Infinity : v === "-Infinity" ? -Infinity : NaN;
}

/* The mean of a column over the runs that have a number there; NaN when none has. */
export function meanOf(runs: readonly Run[], column: string): number {
    const numbers = runs.map((r) => columnNumber(r, column)).filter(Number.isFinite);
    return numbers.length === 0 ? NaN : numbers.reduce((a, b) => a + b, 0) / numbers.length;
}

/* Every config and summary column that some run has, sorted. */
export function columnsOf(runs: readonly Run[]): string[] {
    const config = new Set<string>();
    const summary = new Set<string>();
    for (const run of runs) {
        for (const k of Object.keys(flatten(run.config))) config.add(`config.${k}`);
        for (const k of Object.keys(flatten(run.summary)))
            if (!k.startsWith("_")) summary.add(`summary_metrics.${k}`);
    }
    const collator = new Intl.Collator("en", { numeric: true });
    return [...[...config].sort(collator.compare), ...[...summary].sort(collator.compare)];
}

export interface RunGroup {
    path: string[] /* the value at each level */;
    key: string;
    runs: Run[];
}

/* Runs by one or more columns, in the order in which they first appear. */
export function groupRuns(runs: readonly Run[], columns: readonly string[]): RunGroup[] {
    const groups = new Map<string, RunGroup>();
    for (const run of runs) {
        const path = columns.map((c) => String(columnValue(run, c) ?? ""));
        const key = JSON.stringify(path);
        const group = groups.get(key);
        if (group) group.runs.push(run);
        else groups.set(key, { path, key, runs: [run] });
    }
    return [...groups.values()];
}
