import { describe, expect, it } from "vitest";
import { importances } from "./forest";
import { boxStats, correlation, density, frontier } from "./stats";

it("boxStats keeps whiskers within reach and names the rest", () => {
    expect(boxStats([1, 2, 3, 4, 100, NaN])).toEqual({
        low: 1,
        q1: 2,
        median: 3,
        q3: 4,
        high: 4,
        outliers: [100],
    });
    expect(boxStats([NaN])).toBeNull();
});

it("density is highest where values are", () => {
    const d = density([0, 0.1, -0.1, 5]);
    const top = d.reduce((a, b) => (b.share > a.share ? b : a));
    expect(top.at).toBeLessThan(1);
    expect(top.share).toBe(1);
    expect(density([3, 3, 3]).every((p) => Number.isFinite(p.share))).toBe(true);
});

it("frontier is the best so far in order of x", () => {
    const points = [
        { x: 3, y: 1 },
        { x: 1, y: 2 },
        { x: 2, y: 5 },
        { x: 4, y: NaN },
    ];
    expect(frontier(points, "min").map((p) => p.y)).toEqual([2, 2, 1]);
    expect(frontier(points, "max").map((p) => p.y)).toEqual([2, 5, 5]);
    expect(frontier(points, "mean").map((p) => p.y)).toEqual([2, 3.5, 8 / 3]);
});

it("correlation is that of Pearson, pairs with gaps left out", () => {
    expect(correlation([1, 2, 3, NaN], [2, 4, 6, 100])).toBeCloseTo(1, 12);
    expect(correlation([1, 2, 3], [3, 2, 1])).toBeCloseTo(-1, 12);
    expect(correlation([1, 1], [1, 2])).toBeNaN();
});

describe("importances", () => {
    const rows = Array.from({ length: 60 }, (_, i) => [
        i % 7,
        (i * 37) % 11,
        i % 2 === 0 ? NaN : (i * 13) % 5,
    ]);
    it("finds the parameter that matters", () => {
        const got = importances(
            rows,
            rows.map((r) => r[1]! * 10),
        );
        expect(got[1]).toBeGreaterThan(0.8);
        expect(got.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 9);
    });
    it("sees a missing value as a value", () =>
        expect(
            importances(
                rows,
                rows.map((r) => (Number.isNaN(r[2]!) ? 5 : 0)),
            )[2],
        ).toBeGreaterThan(0.8));
    it("is the same each time, and silent when there is nothing to learn", () => {
        const target = rows.map((r) => r[0]!);
        expect(importances(rows, target)).toEqual(importances(rows, target));
        expect(
            importances(
                rows,
                rows.map(() => 1),
            ),
        ).toEqual([0, 0, 0]);
        expect(importances([], [])).toEqual([]);
    });
});
