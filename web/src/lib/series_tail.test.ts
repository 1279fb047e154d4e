import { describe, expect, it } from "vitest";
import type { BucketSeries, ExactSeries, Series } from "./buckets";
import { joinTail, tailBuckets, tailRange } from "./series_tail";

const value = (x: number) => Math.round(1000 * Math.sin(x / 50) + ((x * 7919) % 100)) / 10;

/* What a server with the steps 0 to `end` - 1 answers. */
function ask(end: number, first: number, last: number | null, buckets: number, f = value): Series | null {
    const x = Array.from({ length: end }, (_, i) => i).filter((v) => v >= first && (last === null || v <= last));
    if (x.length === 0) return null;
    const base = { run: 0, key: 0, rows: x.length, step: 0 };
    if (x.length <= buckets) return { ...base, kind: "exact", x: Float64Array.from(x), y: Float64Array.from(x, f) } as ExactSeries;
    const [from, to] = [Math.max(0, first), last ?? end - 1];
    const cells = new Map<number, number[]>();
    for (const v of x) {
        const at = Math.min(buckets - 1, Math.floor(((v - from) / (to - from)) * buckets));
        cells.set(at, [...(cells.get(at) ?? []), v]);
    }
    const list = [...cells.values()];
    const lastOf = Float64Array.from(list, (c) => f(c.at(-1)!));
    return {
        ...base,
        kind: "buckets",
        x0: x[0]!,
        x1: x.at(-1)!,
        from,
        to,
        cells: buckets,
        x: Float64Array.from(list, (c) => c.at(-1)!),
        min: Float64Array.from(list, (c) => Math.min(...c.map(f))),
        max: Float64Array.from(list, (c) => Math.max(...c.map(f))),
        last: lastOf,
        mean: lastOf,
        nonfinite: null,
    } as BucketSeries;
}

function grow(series: Series, end: number, buckets: number): Series | null {
    const range = tailRange(series, buckets);
    return range === null ? null : joinTail(series, ask(end, range[0], range[1], tailBuckets(buckets)), buckets);
}

describe("a series of a run that goes on", () => {
    it("takes new points, and is asked anew when they are more than buckets", () => {
        const old = ask(90, 0, null, 100)!;
        expect(grow(old, 97, 100)).toMatchObject({ kind: "exact", x: (ask(97, 0, null, 100) as ExactSeries).x, y: (ask(97, 0, null, 100) as ExactSeries).y });
        expect(grow(old, 120, 100)).toBeNull();
    });
    it("takes new buckets as wide as the old ones, the last one anew", () => {
        let series = ask(5000, 0, null, 100) as BucketSeries;
        const width = (series.to - series.from) / 100;
        for (let end = 5003; end < 6000; end += 61) {
            const next = grow(series, end, 100) as BucketSeries;
            expect(next.x1).toBe(end - 1);
            expect((next.to - next.from) / next.cells).toBeCloseTo(width, 9);
            series = next;
        }
        expect(series.cells).toBeGreaterThan(115);
        for (let i = 0; i < series.x.length; i++) {
            const first = i === 0 ? 0 : series.x[i - 1]! + 1;
            const part = Array.from({ length: series.x[i]! - first + 1 }, (_, k) => value(first + k));
            expect([series.min[i], series.max[i], series.last[i]]).toEqual([Math.min(...part), Math.max(...part), part.at(-1)]);
        }
        expect(grow(series, 7000, 100)).toBeNull();
    });
    it("is asked anew when it has grown a quarter", () => {
        let series: Series | null = ask(5000, 0, null, 100)!;
        let end = 5000;
        while (series !== null && end < 9000) series = grow(series, (end += 100), 100);
        expect(end).toBeGreaterThan(6200);
        expect(end).toBeLessThan(6500);
    });
    it("is asked anew when what was there is not there any more", () => {
        const old = ask(90, 0, null, 100)!;
        const range = tailRange(old, 100)!;
        expect(joinTail(old, null, 100)).toBeNull();
        expect(joinTail(old, ask(95, range[0], null, 12, (x) => value(x) + 1), 100)).toBeNull();
        expect(joinTail(old, ask(95, 91, null, 12), 100)).toBeNull();
    });
    it("takes what is pushed, also when it has come further meanwhile, and nothing that leaves a gap", () => {
        const old = ask(90, 0, null, 100) as ExactSeries;
        const pushed = ask(97, 85, null, 12);
        expect(joinTail(old, pushed, 100, 85)).toMatchObject({ x: (ask(97, 0, null, 100) as ExactSeries).x });
        expect(joinTail(old, ask(99, 95, null, 12), 100, 95)).toBeNull();
        const many = ask(5000, 0, null, 100) as BucketSeries;
        const width = (many.to - many.from) / 100;
        const from = 97 * width;
        const whole = joinTail(many, ask(5060, from, from + 13 * width, 13), 100, from) as BucketSeries;
        expect([whole.x1, whole.cells]).toEqual([5059, 102]);
        expect(whole.x.length).toBe(new Set(whole.x).size);
        expect([...whole.x]).toEqual([...whole.x].sort((a, b) => a - b));
        expect(joinTail(many, ask(5400, 102 * width, 115 * width, 13), 100, 102 * width)).toBeNull();
    });
    it("keeps flags of what is no number", () => {
        const f = (x: number) => (x === 5002 ? NaN : value(x));
        const old = ask(5000, 0, null, 1000) as BucketSeries;
        const range = tailRange(old, 1000)!;
        const next = joinTail(old, ask(5010, range[0], range[1], 125, f), 1000) as BucketSeries;
        expect([...next.nonfinite!].filter((n) => n !== 0)).toEqual([1]);
        expect(Number.isNaN(next.min[next.nonfinite!.indexOf(1)])).toBe(false);
    });
});
