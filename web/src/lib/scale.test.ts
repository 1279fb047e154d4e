import { expect, it } from "vitest";
import { makeScale, spreadTicks } from "./scale";

it("places numbers, logarithms and words", () => {
    expect(makeScale([0, 10], 0, 100).place(5)).toBe(50);
    expect(makeScale([1, 100], 0, 100, true).place(10)).toBeCloseTo(50, 9);
    const words = makeScale(["b", "a10", "a2", 3], 0, 90);
    expect(words.ticks.map((t) => t.label)).toEqual(["3", "a2", "a10", "b"]);
    expect(words.place("b")).toBe(90);
});
it("has no place for what is missing", () => {
    expect(makeScale([1, 2], 0, 1).place(undefined)).toBeNaN();
    expect(makeScale(["a"], 0, 10).place("")).toBeNaN();
    expect(makeScale([], 0, 1).place(1)).toBeNaN();
    expect(makeScale([3, 3], 0, 10).place(3)).toBe(5);
});

it("spreadTicks leaves out labels that would lie over others", () => {
    const list = [0, 60, 120, 180].map((at) => ({ at, label: "09:10:00 AM" }));
    expect(spreadTicks(list).map((t) => t.at)).toEqual([0, 120]);
    expect(spreadTicks(list.map((t) => ({ ...t, label: "10" })))).toHaveLength(4);
});
