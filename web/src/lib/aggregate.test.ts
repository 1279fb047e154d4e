import { describe, expect, it } from "vitest";
import { aggregateLines, commonGrid, deviation, quantile, resample } from "./aggregate";

describe("commonGrid", () => {
    it("keeps a grid that all lines share, and unites small ones", () => {
        expect([
            ...commonGrid([
                { x: [0, 1], y: [] },
                { x: [0, 1], y: [] },
            ]),
        ]).toEqual([0, 1]);
        expect([
            ...commonGrid([
                { x: [0, 2], y: [] },
                { x: [1, 10], y: [] },
            ]),
        ]).toEqual([0, 1, 2, 10]);
    });
    it("is even when there would be too many", () => {
        const a = Array.from({ length: 3000 }, (_, i) => i);
        const grid = commonGrid([
            { x: a, y: a },
            { x: a.map((v) => v + 0.5), y: a },
        ]);
        expect([grid.length, grid[0], grid[999]]).toEqual([1000, 0, 2999.5]);
    });
});

it("resample is straight between points, empty outside, and bridges gaps", () => {
    expect([...resample([0, 10], [0, 100], [-1, 0, 5, 10, 11])]).toEqual([NaN, 0, 50, 100, NaN]);
    expect([...resample([0, 5, 10], [0, NaN, 100], [5, 10])]).toEqual([50, 100]);
});

describe("aggregateLines", () => {
    const lines = [1, 2, 3, 6].map((v) => ({ x: [0, 1], y: [v, v * 10] }));
    const at0 = (aggregate: never, band: never) => {
        const g = aggregateLines(lines, aggregate, band);
        return [g.y[0], g.lo?.[0], g.hi?.[0]];
    };
    it.each([
        ["mean", "minmax", [3, 1, 6]],
        ["median", "iqr", [2.5, 1.75, 3.75]],
        ["min", "none", [1, undefined, undefined]],
        ["max", "minmax", [6, 1, 6]],
    ])("%s with %s", (aggregate, band, want) => expect(at0(aggregate as never, band as never)).toEqual(want));
    it("bands by deviation, error and confidence", () => {
        const s = deviation([1, 2, 3, 6]);
        expect(s).toBeCloseTo(2.1602469, 6);
        expect(at0("mean" as never, "std" as never)[2]).toBeCloseTo(3 + s, 9);
        expect(at0("mean" as never, "stderr" as never)[2]).toBeCloseTo(3 + s / 2, 9);
        expect(at0("mean" as never, "ci95" as never)[2]).toBeCloseTo(3 + (s / 2) * 3.182, 9);
    });
    it("keeps the extremes that buckets saw, not only their last values", () => {
        const g = aggregateLines(
            [
                { x: [0], y: [1], lo: [-5], hi: [9] },
                { x: [0], y: [2] },
            ],
            "mean",
            "minmax",
        );
        expect([g.lo![0], g.hi![0]]).toEqual([-5, 9]);
    });
    it("says how many runs still had values", () => {
        const g = aggregateLines(
            [
                { x: [0, 1], y: [1, 1] },
                { x: [0, 1, 2], y: [1, 1, 5] },
            ],
            "mean",
            "std",
        );
        expect([...g.members]).toEqual([2, 2, 1]);
        expect(g.y[2]).toBe(5);
    });
});

it("quantile interpolates", () => expect(quantile([0, 10], 0.25)).toBe(2.5));
