import { describe, expect, it } from "vitest";
import { steppedCell } from "./plot_keys";

describe("steppedCell", () => {
    const bars = [1, 1, 1];
    const map = [4, 2, 6];
    it("begins where the key points", () => {
        expect(steppedCell(bars, null, "ArrowRight")).toEqual({ column: 0, row: 0 });
        expect(steppedCell(map, null, "End")).toEqual({ column: 2, row: 3 });
    });
    it("goes along bars with every arrow, and stops at the ends", () => {
        expect(steppedCell(bars, { column: 0, row: 0 }, "ArrowDown")).toEqual({ column: 1, row: 0 });
        expect(steppedCell(bars, { column: 1, row: 0 }, "ArrowUp")).toEqual({ column: 0, row: 0 });
        expect(steppedCell(bars, { column: 2, row: 0 }, "ArrowRight")).toEqual({ column: 2, row: 0 });
        expect(steppedCell(bars, { column: 0, row: 0 }, "PageDown")).toEqual({ column: 1, row: 0 });
    });
    it("goes up and down in a column, and stays inside of a shorter one", () => {
        expect(steppedCell(map, { column: 0, row: 1 }, "ArrowUp")).toEqual({ column: 0, row: 2 });
        expect(steppedCell(map, { column: 0, row: 3 }, "ArrowRight")).toEqual({ column: 1, row: 1 });
        expect(steppedCell(map, { column: 2, row: 0 }, "ArrowDown")).toEqual({ column: 2, row: 0 });
    });
    it("knows no other keys, and no place where there is none", () => {
        expect(steppedCell(bars, null, "a")).toBeNull();
        expect(steppedCell([], null, "Home")).toBeNull();
        expect(steppedCell([1], { column: 7, row: 0 }, "ArrowLeft")).toEqual({ column: 0, row: 0 });
    });
});
