/* aggregate.ts - several runs as one line with a band; and putting lines on a common grid. */

export interface Points {
    x: ArrayLike<number>;
    y: ArrayLike<number>;
    lo?: ArrayLike<number> | null;
    hi?: ArrayLike<number> | null;
}

const MAX_EXACT_GRID = 2000;
const GRID_POINTS = 1000;

/* Every x that some line has, or evenly spaced ones when that would be too many. */
export function commonGrid(lines: readonly Points[]): Float64Array {
    const first = lines[0];
    if (first === undefined) return new Float64Array(0);
    if (lines.every((l) => isSameGrid(l.x, first.x))) return Float64Array.from(first.x);
    const all = new Set<number>();
    for (const line of lines) {
        for (let i = 0; i < line.x.length; i++) all.add(line.x[i]!);
        if (all.size > MAX_EXACT_GRID) return evenGrid(lines);
    }
    return Float64Array.from(all).sort();
}

function isSameGrid(a: ArrayLike<number>, b: ArrayLike<number>): boolean {
    if (a.length !== b.length) return false;
    for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
    return true;
}

function evenGrid(lines: readonly Points[]): Float64Array {
    let lo = Infinity;
    let hi = -Infinity;
    for (const { x } of lines) {
        if (x.length === 0) continue;
        lo = Math.min(lo, x[0]!);
        hi = Math.max(hi, x[x.length - 1]!);
    }
    return Float64Array.from({ length: GRID_POINTS }, (_, i) => lo + ((hi - lo) * i) / (GRID_POINTS - 1));
}

/* Straight between two points, nothing before the first or after the last. x must not go down. */
export function resample(x: ArrayLike<number>, y: ArrayLike<number>, grid: ArrayLike<number>): Float64Array {
    const out = new Float64Array(grid.length).fill(NaN);
    let i = 0;
    for (let g = 0; g < grid.length; g++) {
        const at = grid[g]!;
        while (i < x.length && (x[i]! < at || !Number.isFinite(y[i]!))) i++;
        if (i >= x.length) break;
        if (x[i] === at) {
            out[g] = y[i]!;
            continue;
        }
        let before = i - 1;
        while (before >= 0 && !Number.isFinite(y[before]!)) before--;
        if (before >= 0)
            out[g] = y[before]! + ((y[i]! - y[before]!) * (at - x[before]!)) / (x[i]! - x[before]!);
    }
    return out;
}

export type Aggregate = "mean" | "median" | "min" | "max";
export type Band = "none" | "minmax" | "std" | "stderr" | "iqr" | "ci95";

export interface GroupLine {
    x: Float64Array;
    y: Float64Array;
    lo: Float64Array | null;
    hi: Float64Array | null;
    members: Uint32Array /* how many runs have a value there */;
}

export function aggregateLines(lines: readonly Points[], aggregate: Aggregate, band: Band): GroupLine {
    const x = commonGrid(lines);
    const values = lines.map((l) => resample(l.x, l.y, x));
    const lows =
        band === "minmax" ? lines.map((l, i) => (l.lo ? resample(l.x, l.lo, x) : values[i]!)) : values;
    const highs =
        band === "minmax" ? lines.map((l, i) => (l.hi ? resample(l.x, l.hi, x) : values[i]!)) : values;
    const out: GroupLine = {
        x,
        y: new Float64Array(x.length),
        members: new Uint32Array(x.length),
        lo: band === "none" ? null : new Float64Array(x.length),
        hi: band === "none" ? null : new Float64Array(x.length),
    };
    for (let i = 0; i < x.length; i++) {
        const column = columnAt(values, i);
        out.members[i] = column.length;
        out.y[i] = center(column, aggregate);
        if (out.lo === null || out.hi === null) continue;
        const [lo, hi] =
            band === "minmax"
                ? [Math.min(...columnAt(lows, i)), Math.max(...columnAt(highs, i))]
                : spread(column, band);
        out.lo[i] = column.length === 0 ? NaN : lo;
        out.hi[i] = column.length === 0 ? NaN : hi;
    }
    return out;
}

function columnAt(values: readonly Float64Array[], i: number): number[] {
    const out: number[] = [];
    for (const v of values) if (Number.isFinite(v[i]!)) out.push(v[i]!);
    return out.sort((a, b) => a - b);
}

/* `sorted` ascends. */
export function quantile(sorted: ArrayLike<number>, q: number): number {
    if (sorted.length === 0) return NaN;
    const at = (sorted.length - 1) * q;
    const i = Math.floor(at);
    const next = sorted[Math.min(i + 1, sorted.length - 1)]!;
    return sorted[i]! + (next - sorted[i]!) * (at - i);
}

export function mean(values: ArrayLike<number>): number {
    let sum = 0;
    for (let i = 0; i < values.length; i++) sum += values[i]!;
    return sum / values.length;
}

function center(sorted: readonly number[], aggregate: Aggregate): number {
    if (sorted.length === 0) return NaN;
    switch (aggregate) {
        case "mean":
            return mean(sorted);
        case "median":
            return quantile(sorted, 0.5);
        case "min":
            return sorted[0]!;
        case "max":
            return sorted[sorted.length - 1]!;
    }
}

/* Sample deviation: runs are a sample of what could have been. */
export function deviation(values: ArrayLike<number>): number {
    if (values.length < 2) return 0;
    const m = mean(values);
    let sum = 0;
    for (let i = 0; i < values.length; i++) sum += (values[i]! - m) ** 2;
    return Math.sqrt(sum / (values.length - 1));
}

/* Two-sided 97.5% points of Student's t for 1 to 30 degrees of freedom. */
const T_975 = [
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131,
    2.12, 2.11, 2.101, 2.093, 2.086, 2.08, 2.074, 2.069, 2.064, 2.06, 2.056, 2.052, 2.048, 2.045, 2.042,
];

function spread(sorted: readonly number[], band: Band): [number, number] {
    if (band === "iqr") return [quantile(sorted, 0.25), quantile(sorted, 0.75)];
    const m = mean(sorted);
    const s = deviation(sorted);
    const n = sorted.length;
    const width = band === "std" ? s : (s / Math.sqrt(n)) * (band === "ci95" ? (T_975[n - 2] ?? 1.96) : 1);
    return [m - width, m + width];
}
