/* extremes.ts - the lowest and highest value that a metric ever had in a run: what is sorted by when the last one says little. */

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

const ORDER = /^([-+])(min|max):(.*)$/s;

/* "-max:loss"; null for an order that the server knows. */
export function parseExtremeOrder(order: string): { isDown: boolean; extreme: Extreme; key: string } | null {
    const m = ORDER.exec(order);
    return m === null ? null : { isDown: m[1] === "-", extreme: m[2] as Extreme, key: m[3]! };
}

/* Those without a value last, whichever way; the others keep their order where they are equal. */
export function sortByExtreme<R extends { name: string }>(runs: readonly R[], ranges: ReadonlyMap<string, Range>, extreme: Extreme, isDown: boolean): R[] {
    const value = (run: R) => ranges.get(run.name)?.[extreme === "min" ? 0 : 1] ?? NaN;
    return [...runs].sort((a, b) => {
        const [x, y] = [value(a), value(b)];
        if (Number.isNaN(x) || Number.isNaN(y)) return Number(Number.isNaN(x)) - Number(Number.isNaN(y));
        return isDown ? y - x : x - y;
    });
}
