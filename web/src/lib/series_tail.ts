/* series_tail.ts - what is new of a series whose run goes on: what to ask for, and how it joins what is there. */

import type { BucketSeries, ExactSeries, Series } from "./buckets";

/* null: no end. */
export type TailRange = [number, number | null];

/* Beyond this many times the buckets that were asked for, all is asked anew. */
const MOST_CELLS = 1.25;
const TAIL_SHARE = 1 / 8;
/* A value this near to the edge of a bucket may lie in either: nothing is lost, at worst it is there twice. */
const EDGE = 1e-6;

/* Into how many buckets a tail is cut: as many for each series, so that one request asks for all of them. */
export const tailBuckets = (buckets: number) => Math.ceil(buckets * TAIL_SHARE);

const widthOf = (s: BucketSeries) => (s.to - s.from) / s.cells;
const lastCell = (s: BucketSeries) => s.from + (s.cells - 1) * widthOf(s);

/* null: it has to be asked for as a whole. */
export function tailRange(series: Series, buckets: number): TailRange | null {
    if (series.x.length === 0) return null;
    if (series.kind === "exact") return [series.x[series.x.length - 1]!, null];
    const width = widthOf(series);
    if (!(width > 0) || series.cells >= buckets * MOST_CELLS) return null;
    return [lastCell(series), lastCell(series) + tailBuckets(buckets) * width];
}

/* `tail` begins with what the series ends with, or at `start`, which lies in it: then it takes the place of all from there on.
 * null when it does not, or there is more than was asked for. */
export function joinTail(series: Series, tail: Series | null, buckets: number, start: number | null = null): Series | null {
    if (tail === null || tail.x.length === 0) return null;
    return series.kind === "exact" ? joinPoints(series, tail, buckets, start) : joinBuckets(series, tail, buckets, start);
}

/* The width of the buckets that tails of it are cut into; 0: they are points. */
export const tailWidth = (series: Series) => (series.kind === "exact" ? 0 : widthOf(series));

function joinPoints(series: ExactSeries, tail: Series, buckets: number, start: number | null): Series | null {
    const slack = (tail.x[tail.x.length - 1]! - series.x[0]!) / buckets / 16;
    let last = series.x.length - 1;
    while (start !== null && last > 0 && series.x[last]! > tail.x[0]! + slack) last--;
    const length = last + tail.x.length;
    if (tail.kind !== "exact" || length > buckets) return null;
    const isSame =
        Math.abs(tail.x[0]! - series.x[last]!) <= slack &&
        (Object.is(tail.y[0], series.y[last]) || Math.abs(tail.y[0]! - series.y[last]!) <= series.step + tail.step);
    if (!isSame) return null;
    return {
        ...series,
        rows: series.rows + tail.rows - 1,
        x: joined(series.x, last, tail.x),
        y: joined(series.y, last, tail.y),
        step: Math.max(series.step, tail.step),
    };
}

function joinBuckets(series: BucketSeries, tail: Series, buckets: number, start: number | null): Series | null {
    const width = widthOf(series);
    const cell = start === null ? series.cells - 1 : Math.round((start - series.from) / width);
    if (cell < 0 || cell > series.cells - 1) return null;
    const first = series.from + cell * width;
    const more = tail.kind === "buckets" ? tail : folded(tail, first, width);
    const lastX = more.x[more.x.length - 1]!;
    const reached = Math.max(0, Math.floor((lastX - first) / width - EDGE));
    if (more.x[0]! < first - width * EDGE || reached >= tailBuckets(buckets) - 1) return null;
    let kept = series.x.length;
    while (kept > 0 && series.x[kept - 1]! > first + width * EDGE) kept--;
    const cells = cell + 1 + reached;
    const [last, nonfinite] = [joined(series.last, kept, more.last), joined(flagsOf(series), kept, flagsOf(more))];
    return {
        ...series,
        cells,
        to: series.from + cells * width,
        x1: more.x1,
        x: joined(series.x, kept, more.x),
        min: joined(series.min, kept, more.min),
        max: joined(series.max, kept, more.max),
        last,
        mean: last,
        nonfinite: nonfinite.some((f) => f !== 0) ? Uint8Array.from(nonfinite) : null,
        step: Math.max(series.step, more.step),
    };
}

const flagsOf = (s: BucketSeries) => s.nonfinite ?? new Uint8Array(s.x.length);

function joined(a: ArrayLike<number>, kept: number, b: ArrayLike<number>): Float64Array {
    const out = new Float64Array(kept + b.length);
    for (let i = 0; i < kept; i++) out[i] = a[i]!;
    out.set(b, kept);
    return out;
}

/* Few points come as they are, also where the rest are buckets. */
function folded(points: ExactSeries, first: number, width: number): BucketSeries {
    const rows: { cell: number; x: number; min: number; max: number; last: number; flag: number }[] = [];
    points.x.forEach((x, i) => {
        const y = points.y[i]!;
        const cell = Math.floor((x - first) / width);
        if (rows.at(-1)?.cell !== cell) rows.push({ cell, x, min: NaN, max: NaN, last: NaN, flag: 0 });
        const row = rows.at(-1)!;
        row.x = x;
        if (!Number.isFinite(y)) {
            row.flag = 1;
            return;
        }
        row.min = Number.isNaN(row.min) ? y : Math.min(row.min, y);
        row.max = Number.isNaN(row.max) ? y : Math.max(row.max, y);
        row.last = y;
    });
    const column = (name: "x" | "min" | "max" | "last") => Float64Array.from(rows, (r) => r[name]);
    const last = column("last");
    return {
        kind: "buckets",
        run: points.run,
        key: points.key,
        rows: points.rows,
        x0: points.x[0]!,
        x1: points.x[points.x.length - 1]!,
        from: first,
        to: first + width * rows.length,
        cells: rows.length,
        x: column("x"),
        min: column("min"),
        max: column("max"),
        last,
        mean: last,
        nonfinite: Uint8Array.from(rows, (r) => r.flag),
        step: points.step,
    };
}
