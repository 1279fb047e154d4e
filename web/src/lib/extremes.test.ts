import { expect, it } from "vitest";
import type { Series } from "./buckets";
import { parseExtremeOrder, rangeOf, sortByExtreme } from "./extremes";

it("rangeOf leaves out what is no number", () => {
    const exact = { kind: "exact", y: Float64Array.of(2, NaN, -1, Infinity) } as unknown as Series;
    expect(rangeOf(exact)).toEqual([-1, 2]);
    const buckets = { kind: "buckets", min: Float64Array.of(3, NaN), max: Float64Array.of(7, NaN) } as unknown as Series;
    expect(rangeOf(buckets)).toEqual([3, 7]);
    expect(rangeOf({ kind: "exact", y: Float64Array.of(NaN) } as unknown as Series)).toBeNull();
});

it("parseExtremeOrder knows only what the page sorts by itself", () => {
    expect(parseExtremeOrder("-max:train/loss")).toEqual({ isDown: true, extreme: "max", key: "train/loss" });
    expect(parseExtremeOrder("-summary_metrics.max")).toBeNull();
});

it("sortByExtreme puts runs without the metric last", () => {
    const runs = ["a", "b", "c"].map((name) => ({ name }));
    const ranges = new Map([["a", [1, 5] as const], ["c", [0, 9] as const]]);
    const order = (extreme: "min" | "max", isDown: boolean) => sortByExtreme(runs, ranges, extreme, isDown).map((r) => r.name).join("");
    expect([order("min", false), order("max", true), order("max", false)]).toEqual(["cab", "cab", "acb"]);
});
