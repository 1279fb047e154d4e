/* stats.ts - what bar, box, violin and scatter panels compute. */

import { deviation, quantile } from "./aggregate";

export interface BoxStats {
    low: number /* the lowest value within 1.5 quartile ranges of the box */;
    q1: number;
    median: number;
    q3: number;
    high: number;
    outliers: number[];
}

export function boxStats(values: readonly number[]): BoxStats | null {
    const sorted = values.filter(Number.isFinite).sort((a, b) => a - b);
    if (sorted.length === 0) return null;
    const [q1, median, q3] = [quantile(sorted, 0.25), quantile(sorted, 0.5), quantile(sorted, 0.75)];
    const reach = 1.5 * (q3 - q1);
    const inside = sorted.filter((v) => v >= q1 - reach && v <= q3 + reach);
    return {
        low: inside[0]!,
        q1,
        median,
        q3,
        high: inside[inside.length - 1]!,
        outliers: sorted.filter((v) => v < q1 - reach || v > q3 + reach),
    };
}

/* How densely values lie, at `points` places from the lowest to the highest; Silverman's rule for the width. */
export function density(values: readonly number[], points = 48): { at: number; share: number }[] {
    const sorted = values.filter(Number.isFinite).sort((a, b) => a - b);
    if (sorted.length === 0) return [];
    const spread = Math.min(
        deviation(sorted),
        (quantile(sorted, 0.75) - quantile(sorted, 0.25)) / 1.34 || Infinity,
    );
    const width = 0.9 * (spread || Math.abs(sorted[0]!) * 0.05 || 1) * Math.pow(sorted.length, -0.2);
    const lo = sorted[0]! - 2 * width;
    const hi = sorted[sorted.length - 1]! + 2 * width;
    const out = Array.from({ length: points }, (_, i) => {
        const at = lo + ((hi - lo) * i) / (points - 1);
        return { at, share: sorted.reduce((sum, v) => sum + Math.exp(-0.5 * ((at - v) / width) ** 2), 0) };
    });
    const most = Math.max(...out.map((o) => o.share));
    return out.map((o) => ({ at: o.at, share: o.share / most }));
}

/* The best so far as x grows (the mean so far for "mean"). */
export function frontier(
    points: readonly { x: number; y: number }[],
    kind: "min" | "max" | "mean",
): { x: number; y: number }[] {
    const sorted = points
        .filter((p) => Number.isFinite(p.x) && Number.isFinite(p.y))
        .sort((a, b) => a.x - b.x);
    let best = NaN;
    let sum = 0;
    return sorted.map((p, i) => {
        sum += p.y;
        best = i === 0 ? p.y : kind === "min" ? Math.min(best, p.y) : Math.max(best, p.y);
        return { x: p.x, y: kind === "mean" ? sum / (i + 1) : best };
    });
}

export function correlation(a: readonly number[], b: readonly number[]): number {
    const both = a
        .map((x, i) => [x, b[i]!] as const)
        .filter(([x, y]) => Number.isFinite(x) && Number.isFinite(y));
    const n = both.length;
    if (n < 2) return NaN;
    const ma = both.reduce((s, [x]) => s + x, 0) / n;
    const mb = both.reduce((s, [, y]) => s + y, 0) / n;
    let ab = 0;
    let aa = 0;
    let bb = 0;
    for (const [x, y] of both) {
        ab += (x - ma) * (y - mb);
        aa += (x - ma) ** 2;
        bb += (y - mb) ** 2;
    }
    return aa === 0 || bb === 0 ? NaN : ab / Math.sqrt(aa * bb);
}
