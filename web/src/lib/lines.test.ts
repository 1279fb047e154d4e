import { describe, expect, it } from "vitest";
import type { BucketSeries, ExactSeries } from "./buckets";
import { parseExpression } from "./expression";
import { LINE_DEFAULTS } from "./layout";
import { along, bucketAround, combine, isTooCoarse, nearest, shapeOf, stack, xRange, yRange, type Line } from "./lines";

const exact = (x: number[], y: number[]): ExactSeries => ({
    kind: "exact",
    run: 0,
    key: 0,
    rows: x.length,
    x: Float64Array.from(x),
    y: Float64Array.from(y),
    step: 0,
});
const line = (x: number[], y: number[], more: Partial<Line> = {}): Line => {
    const shape = shapeOf(exact(x, y), "last");
    return {
        ...shape,
        id: "l",
        label: "l",
        color: "#000000",
        dash: [],
        run: "r",
        key: "k",
        shown: shape.y,
        count: 1,
        ...more,
    };
};

describe("shapeOf", () => {
    it("turns values that cannot be drawn into gaps with marks", () => {
        const s = shapeOf(exact([0, 1, 2, 3], [1, NaN, Infinity, -Infinity]), "last");
        expect([...s.y]).toEqual([1, NaN, NaN, NaN]);
        expect(s.marks).toEqual([
            { x: 1, kind: 1 },
            { x: 2, kind: 2 },
            { x: 3, kind: 4 },
        ]);
    });
    it("takes the start of the run off x", () =>
        expect([...shapeOf(exact([100, 101], [1, 2]), "last", 100).x]).toEqual([0, 1]));
    it("keeps the envelope of buckets", () => {
        const b: BucketSeries = {
            step: 0,
            from: 0,
            to: 99,
            cells: 1,
            kind: "buckets",
            run: 0,
            key: 0,
            rows: 9,
            x0: 0,
            x1: 9,
            x: Float64Array.of(3),
            min: Float32Array.of(1),
            max: Float32Array.of(5),
            last: Float32Array.of(2),
            mean: Float32Array.of(3),
            nonfinite: Uint32Array.of(3),
        };
        const s = shapeOf(b, "mean");
        expect([s.y[0], s.lo![0], s.hi![0], s.marks[0]!.kind, s.isExact]).toEqual([3, 1, 5, 3, false]);
        expect(shapeOf(b, "last").y[0]).toBe(2);
    });
});

it("xRange begins where the first bucket begins, not at its last value", () => {
    expect(xRange([line([3, 90], [1, 2], { span: [0, 99] })], false)).toEqual([0, 99]);
});

it("combine evaluates between logged points, and needs every metric", () => {
    const shapes = new Map([
        ["a", shapeOf(exact([0, 2], [0, 20]), "last")],
        ["b", shapeOf(exact([1], [5]), "last")],
    ]);
    const got = combine(parseExpression("a / b"), shapes)!;
    expect([...got.x]).toEqual([0, 1, 2]);
    expect([...got.y]).toEqual([NaN, 2, NaN]);
    expect(combine(parseExpression("a / c"), shapes)).toBeNull();
    expect(combine(parseExpression("1 + 1"), shapes)).toBeNull();
});

describe("ranges", () => {
    it("fit every line with a little air", () => {
        const lines = [line([0, 10], [0, 100]), line([5, 20], [50, -100])];
        expect(xRange(lines, false)).toEqual([0, 20]);
        expect(yRange(lines, LINE_DEFAULTS, null)).toEqual([-110, 110]);
        expect(yRange(lines, LINE_DEFAULTS, [0, 6])).toEqual([-2.5, 52.5]);
        expect(xRange([], false)).toBeNull();
    });
    it("leave out what a log axis cannot show", () => {
        expect(xRange([line([0, 1, 100], [1, 1, 1])], true)).toEqual([1, 100]);
        const [lo, hi] = yRange([line([0, 1, 2], [-1, 1, 100])], { ...LINE_DEFAULTS, isLogY: true }, null)!;
        expect(lo).toBeCloseTo(0.794, 2);
        expect(hi).toBeCloseTo(125.9, 1);
    });
    it("ignore outliers when asked", () => {
        const y = Array.from({ length: 200 }, (_, i) => (i === 7 ? 1e9 : i % 10));
        const l = line(
            y.map((_, i) => i),
            y,
        );
        expect(yRange([l], LINE_DEFAULTS, null)![1]).toBeGreaterThan(1e9);
        expect(yRange([l], { ...LINE_DEFAULTS, ignoreOutliers: true }, null)![1]).toBeLessThan(11);
    });
    it("give a constant line room", () => {
        expect(yRange([line([0], [0])], LINE_DEFAULTS, null)).toEqual([-1, 1]);
        expect(yRange([line([0], [10])], LINE_DEFAULTS, null)).toEqual([9, 11]);
    });
    it("show the raw extremes under a smoothed line only if it is shown", () => {
        const l = line([0, 1], [0, 100], { shown: Float64Array.of(10, 20) });
        expect(yRange([l], LINE_DEFAULTS, null)![1]).toBeGreaterThan(100);
        expect(yRange([l], { ...LINE_DEFAULTS, showOriginal: false }, null)![1]).toBeLessThan(21);
    });
});

it("stack piles up values or shares", () => {
    const lines = [line([0, 1], [1, 3]), line([0, 1], [3, 1])];
    expect(stack(lines, false).map((l) => [...l.y])).toEqual([
        [1, 3],
        [4, 4],
    ]);
    expect(stack(lines, true).map((l) => [...l.y])).toEqual([
        [25, 75],
        [100, 100],
    ]);
});

it("nearest finds the closest point", () => {
    expect([-1, 0.4, 0.6, 99].map((v) => nearest([0, 1, 2], v))).toEqual([0, 0, 1, 2]);
    expect(nearest([], 1)).toBe(-1);
});

it("along puts values over an expression of other metrics, in its order", () => {
    const loss = shapeOf(exact([0, 1, 2], [5, 6, 7]), "last");
    const tokens = shapeOf(exact([0, 1, 2], [30, 20, 10]), "last");
    const shapes = new Map([
        ["loss", loss],
        ["tokens", tokens],
    ]);
    const moved = along(loss, parseExpression("tokens / 10 + x * 0"), shapes)!;
    expect([...moved.x]).toEqual([1, 2, 3]);
    expect([...moved.y]).toEqual([7, 6, 5]);
    expect(along(loss, parseExpression("missing"), shapes)).toBeNull();
});

it("bucketAround names the bucket that a value lies in, without the next one's first", () => {
    expect(bucketAround([0, 100, 10], 35)[0]).toBe(30);
    expect(bucketAround([0, 100, 10], 35)[1]).toBeLessThan(40);
    expect(bucketAround([0, 100, 10], 100)).toEqual([90, 100]);
    expect(bucketAround([5, 5, 10], 5)).toEqual([5, 5]);
});

it("isTooCoarse when a step is more than half a pixel", () => {
    expect(isTooCoarse([line([0], [1], { step: 0.01 })], [0, 1], 300)).toBe(true);
    expect(isTooCoarse([line([0], [1], { step: 0.001 })], [0, 1], 300)).toBe(false);
});
