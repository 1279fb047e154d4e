import { expect, it } from "vitest";
import { moved, scaled } from "./pan";

it("moved shifts a range by a share of itself, on a log axis by a share of its decades", () => {
    expect(moved([10, 20], 0.5, false)).toEqual([15, 25]);
    const [from, to] = moved([1, 100], -0.5, true);
    expect([from, to].map((v) => Number(v.toFixed(9)))).toEqual([0.1, 10]);
});

it("scaled keeps what the pointer is on", () => {
    expect(scaled([0, 100], 0.5, 0.25, false)).toEqual([12.5, 62.5]);
    const [from, to] = scaled([1, 10000], 0.5, 0.5, true);
    expect([from, to].map((v) => Number(v.toFixed(6)))).toEqual([10, 1000]);
});
