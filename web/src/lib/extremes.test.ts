import { expect, it } from "vitest";
import type { Series } from "./buckets";
import { rangeOf } from "./extremes";

it("rangeOf leaves out what is no number", () => {
    const exact = { kind: "exact", y: Float64Array.of(2, NaN, -1, Infinity) } as unknown as Series;
    expect(rangeOf(exact)).toEqual([-1, 2]);
    const buckets = { kind: "buckets", min: Float64Array.of(3, NaN), max: Float64Array.of(7, NaN) } as unknown as Series;
    expect(rangeOf(buckets)).toEqual([3, 7]);
    expect(rangeOf({ kind: "exact", y: Float64Array.of(NaN) } as unknown as Series)).toBeNull();
});
