/* extremes.ts - the lowest and highest value that a metric ever had in a run: what a column shows when the last one says little. */

import type { Series } from "./buckets";

export type Extreme = "min" | "max";
export type Range = readonly [lowest: number, highest: number];

/* null when there is no finite value. */
export function rangeOf(series: Series): Range | null {
    let lo = Infinity;
    let hi = -Infinity;
    const see = (values: ArrayLike<number>) => {
        for (let i = 0; i < values.length; i++) {
            const v = values[i]!;
            if (!Number.isFinite(v)) continue;
            if (v < lo) lo = v;
            if (v > hi) hi = v;
        }
    };
    if (series.kind === "exact") see(series.y);
    else {
        see(series.min);
        see(series.max);
    }
    return lo > hi ? null : [lo, hi];
}
