/* lines.ts - from what the server sent to lines that a chart can draw: gaps, shades, marks, smoothing, groups, ranges. */

import { aggregateLines, commonGrid, quantile, resample } from "./aggregate";
import { NONFINITE_MINUS, NONFINITE_NAN, NONFINITE_PLUS, type Series } from "./buckets";
import { evaluate, expressionKeys, type Expression } from "./expression";
import type { LineSettings } from "./layout";
import { smooth } from "./smoothing";

export type Range = [number, number];

export interface Mark {
    x: number;
    kind: number /* NONFINITE_* bits */;
}

export interface Line {
    id: string;
    label: string;
    color: string;
    dash: number[];
    run: string /* short id, "" for a group */;
    key: string;
    x: Float64Array;
    y: Float64Array /* as logged */;
    shown: Float64Array /* smoothed; the same array as y when not */;
    lo: Float64Array | null;
    hi: Float64Array | null;
    marks: Mark[];
    span: Range | null /* where values begin and end, when the first and last x are those of buckets */;
    count: number /* runs behind it */;
    isStdBand?: boolean /* lo and hi lie one standard deviation away */;
    hover?: string | null /* what the pointer says instead of the label; see template.ts */;
    isExact: boolean;
    step: number /* how far y, lo and hi may lie from what was logged; 0: nowhere */;
    grid?: Grid /* what was cut into buckets; only of lines that are one series of one run */;
}

/* From, to, and into how many buckets. */
export type Grid = readonly [number, number, number];

/* A value of a line, as it was sent, and to the last digit. */
export interface LinePoint {
    line: Line;
    at: number;
}
export interface ExactPoint {
    value: number;
    lo: number;
    hi: number;
}

export type Shape = Pick<Line, "x" | "y" | "lo" | "hi" | "marks" | "isExact" | "span" | "step" | "grid">;

/* One series of one run. `shift` is taken off x (the start of the run, for relative time). */
export function shapeOf(series: Series, point: "last" | "mean", shift = 0): Shape {
    const x = shift === 0 ? series.x : series.x.map((v) => v - shift);
    const marks: Mark[] = [];
    if (series.kind === "exact") {
        let y = series.y;
        for (let i = 0; i < y.length; i++)
            if (!Number.isFinite(y[i]!)) marks.push({ x: x[i]!, kind: kindOf(y[i]!) });
        if (marks.length > 0) y = y.map((v) => (Number.isFinite(v) ? v : NaN));
        return { x, y, lo: null, hi: null, marks, isExact: true, span: null, step: series.step };
    }
    const { nonfinite } = series;
    for (let i = 0; nonfinite !== null && i < x.length; i++)
        if (nonfinite[i] !== 0) marks.push({ x: x[i]!, kind: nonfinite[i]! });
    return {
        x,
        y: wide(point === "mean" ? series.mean : series.last),
        lo: wide(series.min),
        hi: wide(series.max),
        marks,
        isExact: false,
        span: [series.x0 - shift, series.x1 - shift],
        step: series.step,
        grid: [series.from, series.to, series.cells],
    };
}

const wide = (list: Float64Array | Float32Array) => (list instanceof Float64Array ? list : Float64Array.from(list));

function kindOf(value: number): number {
    return Number.isNaN(value) ? NONFINITE_NAN : value > 0 ? NONFINITE_PLUS : NONFINITE_MINUS;
}

/* An expression over one run's shapes: values between logged points are taken from the straight line. */
export function combine(e: Expression, shapes: ReadonlyMap<string, Shape>): Shape | null {
    const keys = expressionKeys(e);
    const parts = keys.map((k) => shapes.get(k));
    if (keys.length === 0 || parts.some((p) => p === undefined || p.x.length === 0)) return null;
    const known = parts as Shape[];
    const x = commonGrid(known);
    const columns = known.map((s) => resample(s.x, s.y, x));
    const y = new Float64Array(x.length);
    for (let i = 0; i < x.length; i++) {
        const value = evaluate(e, (name) => columns[keys.indexOf(name)]![i]!);
        y[i] = Number.isFinite(value) ? value : NaN;
    }
    return { x, y, lo: null, hi: null, marks: [], isExact: known.every((s) => s.isExact), span: null, step: 0 };
}

/* The same values along another x: an expression over the run's metrics, and "x" for the x they have. */
export function along(shape: Shape, e: Expression, shapes: ReadonlyMap<string, Shape>): Shape | null {
    const columns = new Map<string, Float64Array>([["x", shape.x]]);
    for (const key of expressionKeys(e)) {
        const part = shapes.get(key);
        if (key === "x") continue;
        if (part === undefined) return null;
        columns.set(key, resample(part.x, part.y, shape.x));
    }
    const x = shape.x.map((_, i) => evaluate(e, (name) => columns.get(name)![i]!));
    const order = Array.from(x.keys())
        .filter((i) => Number.isFinite(x[i]!))
        .sort((a, b) => x[a]! - x[b]!);
    const pick = (list: Float64Array | null) => list && Float64Array.from(order, (i) => list[i]!);
    return { x: pick(x)!, y: pick(shape.y)!, lo: pick(shape.lo), hi: pick(shape.hi), marks: [], isExact: shape.isExact, span: null, step: shape.step };
}

/* Several runs as one. */
export function groupShape(shapes: readonly Shape[], settings: Required<LineSettings>): Shape {
    const g = aggregateLines(shapes, settings.aggregate, settings.band);
    return {
        x: g.x,
        y: g.y,
        lo: g.lo,
        hi: g.hi,
        marks: [],
        isExact: shapes.every((s) => s.isExact),
        span: spanOf(shapes),
        step: Math.max(0, ...shapes.map((s) => s.step)),
    };
}

/* Where the earliest begins and the latest ends. */
function spanOf(shapes: readonly Shape[]): Range | null {
    const spans = shapes
        .filter((s) => s.x.length > 0)
        .map((s): Range => s.span ?? [s.x[0]!, s.x[s.x.length - 1]!]);
    return spans.length === 0
        ? null
        : [Math.min(...spans.map((s) => s[0])), Math.max(...spans.map((s) => s[1]))];
}

/* `range`: how far x goes over all lines of the chart, so that a short run is smoothed as a long one is. */
export function smoothed(shape: Shape, settings: Required<LineSettings>, range: number): Float64Array {
    return settings.weight > 0 && settings.smoothing !== "none"
        ? smooth(settings.smoothing, settings.weight, shape.x, shape.y, range)
        : shape.y;
}

/* Lines on top of each other, the last on top; or as shares of their sum. */
export function stack(lines: readonly Line[], isPercent: boolean): Line[] {
    const x = commonGrid(lines);
    const columns = lines.map((l) => resample(l.x, l.shown, x).map((v) => (Number.isFinite(v) ? v : 0)));
    const sums = x.map((_, i) => columns.reduce((n, c) => n + Math.abs(c[i]!), 0));
    const floor = new Float64Array(x.length);
    return lines.map((line, k) => {
        const lo = Float64Array.from(floor);
        for (let i = 0; i < x.length; i++)
            floor[i]! += isPercent
                ? sums[i] === 0
                    ? 0
                    : (columns[k]![i]! / sums[i]!) * 100
                : columns[k]![i]!;
        const y = Float64Array.from(floor);
        return { ...line, x, y, shown: y, lo, hi: y, marks: [] };
    });
}

/* How far x goes over all of them. */
export function widthOf(shapes: readonly Pick<Shape, "x">[]): number {
    let lo = Infinity;
    let hi = -Infinity;
    for (const { x } of shapes) {
        if (x.length === 0) continue;
        lo = Math.min(lo, x[0]!);
        hi = Math.max(hi, x[x.length - 1]!);
    }
    return hi > lo ? hi - lo : 0;
}

export function xRange(lines: readonly Line[], isLog: boolean): Range | null {
    let lo = Infinity;
    let hi = -Infinity;
    for (const { x, span } of lines) {
        let first = 0;
        while (isLog && first < x.length && x[first]! <= 0) first++;
        if (first >= x.length) continue;
        lo = Math.min(lo, span !== null && (!isLog || span[0] > 0) ? span[0] : x[first]!);
        hi = Math.max(hi, span?.[1] ?? x[x.length - 1]!);
    }
    if (lo > hi) return null;
    return lo === hi ? (isLog ? [lo / 2, hi * 2] : [lo - 0.5, hi + 0.5]) : [lo, hi];
}

const PAD = 0.05;
/* The share of points at each end that "ignore outliers" leaves out of the scale. */
const OUTLIER_SHARE = 0.02;

/* What has to fit: lines, their raw values where shown, and shades. */
export function yRange(
    lines: readonly Line[],
    settings: Required<LineSettings>,
    window: Range | null,
): Range | null {
    let lo = Infinity;
    let hi = -Infinity;
    const sample: number[] = [];
    const see = (v: number) => {
        if (!Number.isFinite(v) || (settings.isLogY && v <= 0)) return;
        if (v < lo) lo = v;
        if (v > hi) hi = v;
    };
    const seeAll = (list: Float64Array, from: number, to: number) => {
        for (let i = from; i < to; i++) see(list[i]!);
    };
    for (const line of lines) {
        const from = window === null ? 0 : firstAtLeast(line.x, window[0]);
        let to = window === null ? line.x.length : firstAtLeast(line.x, window[1]);
        while (window !== null && to < line.x.length && line.x[to]! <= window[1]) to++;
        if (settings.ignoreOutliers) {
            for (let i = from; i < to; i++) sample.push(line.shown[i]!);
            continue;
        }
        seeAll(line.shown, from, to);
        if (settings.showOriginal && line.shown !== line.y) seeAll(line.y, from, to);
        if (line.lo !== null && line.hi !== null && settings.shade !== "none") {
            seeAll(line.lo, from, to);
            seeAll(line.hi, from, to);
        }
    }
    if (settings.ignoreOutliers) {
        const sorted = Float64Array.from(
            sample.filter((v) => Number.isFinite(v) && (!settings.isLogY || v > 0)),
        ).sort();
        see(quantile(sorted, OUTLIER_SHARE));
        see(quantile(sorted, 1 - OUTLIER_SHARE));
    }
    return lo > hi ? null : padded(lo, hi, settings.isLogY);
}

function padded(lo: number, hi: number, isLog: boolean): Range {
    if (isLog) {
        const pad = Math.pow(hi / lo, PAD) || 1.2;
        return lo === hi ? [lo / 2, hi * 2] : [lo / pad, hi * pad];
    }
    if (lo === hi) return lo === 0 ? [-1, 1] : [lo - Math.abs(lo) * 0.1, hi + Math.abs(hi) * 0.1];
    return [lo - (hi - lo) * PAD, hi + (hi - lo) * PAD];
}

/* The bucket that x lies in, without the first value of the next one. */
export function bucketAround([from, to, buckets]: Grid, x: number): Range {
    const width = (to - from) / buckets;
    if (!(width > 0)) return [from, to];
    const at = Math.max(0, Math.min(buckets - 1, Math.floor((x - from) / width)));
    const first = from + at * width;
    return [first, at === buckets - 1 ? to : first + width * (1 - 1e-6)];
}

/* Whether values are further from what was logged than half a pixel. */
export function isTooCoarse(lines: readonly Line[], y: Range, pixels: number): boolean {
    return lines.some((l) => (l.step / (y[1] - y[0])) * pixels > 0.5);
}

/* Where the values from `at` on begin in a list that ascends. */
export function firstAtLeast(list: Float64Array, at: number): number {
    let lo = 0;
    let hi = list.length;
    while (lo < hi) {
        const mid = (lo + hi) >> 1;
        if (list[mid]! < at) lo = mid + 1;
        else hi = mid;
    }
    return lo;
}

/* The place of the x closest to `at`; -1 when there is none. */
export function nearest(x: ArrayLike<number>, at: number): number {
    let lo = 0;
    let hi = x.length - 1;
    if (hi < 0) return -1;
    while (hi - lo > 1) {
        const mid = (lo + hi) >> 1;
        if (x[mid]! <= at) lo = mid;
        else hi = mid;
    }
    return Math.abs(x[lo]! - at) <= Math.abs(x[hi]! - at) ? lo : hi;
}
