import { expect, test } from "vitest";
import { flow, freePlace, settle } from "./grid_places";

const place = (x: number, y: number, w = 8, h = 6) => ({ x, y, w, h });

test("panels flow line by line with their sizes", () => {
    expect(flow([place(9, 9), place(0, 0, 12), place(0, 0, 8, 3), place(0, 0, 99, 2)])).toEqual([place(0, 0), place(8, 0, 12), place(0, 6, 8, 3), place(0, 9, 24, 2)]);
});

test("what lies under another moves down, and no further", () => {
    expect(settle([place(0, 0), place(4, 2), place(16, 0)])).toEqual([place(0, 0), place(4, 6), place(16, 0)]);
    expect(settle([place(0, 0), place(0, 0, 12)], 1)).toEqual([place(0, 6), place(0, 0, 12)]);
    expect(settle([place(20, 0)])).toEqual([place(16, 0)]);
});

test("a new one takes the first room", () => {
    expect(freePlace([])).toEqual(place(0, 0));
    expect(freePlace([place(0, 0), place(16, 0)])).toEqual(place(8, 0));
    expect(freePlace([place(0, 0, 24, 6)])).toEqual(place(0, 6));
});
