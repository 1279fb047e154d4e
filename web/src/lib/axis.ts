/* axis.ts - what an x axis is called on the wire, and how its values are read. */

import { formatDuration, formatNumber } from "./format";
import { definitionOf } from "./runs";
import type { Run } from "./types";

/* "auto" and "relative" are the page's own; the rest is what the server knows. */
export interface Axis {
    wire: string;
    kind: "number" | "duration" | "time";
    isShifted: boolean /* the start of each run is taken off */;
}

export function axisOf(x: string, stream: "history" | "events"): Axis {
    switch (x) {
        case "auto":
            return stream === "events" ? axisOf("_runtime", stream) : axisOf("_step", stream);
        case "relative":
            return { wire: "_timestamp", kind: "duration", isShifted: true };
        case "_runtime":
            return { wire: "_runtime", kind: "duration", isShifted: false };
        case "_timestamp":
            return { wire: "_timestamp", kind: "time", isShifted: false };
        case "_step":
            return stream === "events"
                ? axisOf("_runtime", stream)
                : { wire: "_step", kind: "number", isShifted: false };
        default:
            return { wire: x, kind: "number", isShifted: false };
    }
}

/* define_metric's step metric, when every run that has the metric agrees. */
export function automaticX(runs: readonly Run[], keys: readonly string[]): string {
    const found = new Set<string>();
    for (const run of runs)
        for (const key of keys) if (key in run.keys) found.add(definitionOf(run, key)?.stepMetric ?? "_step");
    return found.size === 1 ? [...found][0]! : "_step";
}

/* Steps of a clock. */
export const DURATION_STEPS = [
    0.001, 0.01, 0.1, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200,
    86400, 172800, 432000, 864000, 2592000, 7776000, 31536000,
];

/* 10m, not 10m 00s: ticks stand on round times. */
export function durationTick(v: number): string {
    return formatDuration(v).replace(/ 0+[smh]$/, "");
}

const COMPACT: [number, string][] = [
    [1e12, "T"],
    [1e9, "G"],
    [1e6, "M"],
    [1e3, "k"],
];

/* 120k and 3.5M: an axis has little room. `span` keeps neighbours apart: 1.0002M is not 1M. */
export function formatTick(v: number, span: number): string {
    const size = Math.abs(v);
    for (const [unit, name] of COMPACT) {
        if (size < unit || (unit === 1e3 && size < 1e4)) continue;
        const digits = Math.max(0, Math.min(6, Math.ceil(Math.log10(unit / Math.max(span, 1e-300))) + 1));
        return `${Number((v / unit).toFixed(Math.max(digits, 1)))}${name}`.replace(/^-/, "−");
    }
    /* Ticks stand on quarters too: 2.25 is not 2.3. */
    const digits = span > 0 ? Math.max(3, Math.ceil(Math.log10(Math.max(size, 1e-300) / span)) + 3) : 4;
    return formatNumber(v, Math.min(12, digits));
}

export function formatterOf(axis: Axis, language: string): (v: number, span: number) => string {
    if (axis.kind === "duration") return (v) => formatDuration(v);
    if (axis.kind === "time") {
        const format = new Intl.DateTimeFormat(language, { dateStyle: "short", timeStyle: "medium" });
        return (v) => format.format(v * 1000);
    }
    return formatTick;
}
