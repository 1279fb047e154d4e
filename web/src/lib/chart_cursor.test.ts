import { expect, test } from "vitest";
import { rowsAt, steppedCursor } from "./chart_cursor";
import type { Line, LinePoint } from "./lines";

const line = (id: string, x: number[], y: number[]): Line => {
    const shown = Float64Array.from(y);
    return {
        id, label: id, color: "", dash: [], run: id, key: "loss", x: Float64Array.from(x), y: shown, shown,
        lo: null, hi: null, marks: [], span: null, count: 1, isExact: true, step: 0,
    };
};
const low = line("low", [0, 1, 2, 3], [1, NaN, 1, 1]);
const high = line("high", [0, 1, 2, 3], [5, 6, 7, 8]);
const lines = [low, high];
const go = (from: LinePoint | null, ...keys: string[]) => keys.reduce((at, key) => steppedCursor(lines, [0, 3], false, at, key) ?? at, from);
const place = (p: LinePoint | null) => p && [p.line.id, p.at];

test("the first key goes to the first line, at its beginning or its end", () => {
    expect(place(go(null, "ArrowRight"))).toEqual(["low", 0]);
    expect(place(go(null, "End"))).toEqual(["low", 3]);
});

test("left and right step over what has no value and stop at the ends", () => {
    expect(place(go({ line: low, at: 0 }, "ArrowRight"))).toEqual(["low", 2]);
    expect(place(go({ line: low, at: 0 }, "ArrowLeft"))).toEqual(["low", 0]);
    expect(place(go({ line: low, at: 3 }, "ArrowRight"))).toEqual(["low", 3]);
});

test("up and down change the line at the same x", () => {
    expect(place(go({ line: low, at: 2 }, "ArrowUp"))).toEqual(["high", 2]);
    expect(place(go({ line: high, at: 2 }, "ArrowDown"))).toEqual(["low", 2]);
    expect(place(go({ line: high, at: 2 }, "ArrowUp"))).toEqual(["high", 2]);
});

test("only what is in view is stepped through", () => {
    expect(place(steppedCursor(lines, [1, 2], false, { line: high, at: 2 }, "ArrowRight"))).toEqual(["high", 2]);
    expect(place(steppedCursor(lines, [1, 2], false, { line: high, at: 2 }, "Home"))).toEqual(["high", 1]);
});

test("the place is kept when the line has grown", () => {
    const grown = line("low", [-1, 0, 1, 2, 3, 4], [1, 1, 1, 1, 1, 1]);
    expect(place(steppedCursor([grown], [-1, 4], false, { line: low, at: 2 }, "ArrowRight"))).toEqual(["low", 4]);
});

test("other keys, and charts without values, lead nowhere", () => {
    expect(steppedCursor(lines, [0, 3], false, null, "a")).toBeNull();
    expect(steppedCursor([], [0, 3], false, null, "ArrowRight")).toBeNull();
});

test("a run that ended long before x says nothing there", () => {
    const short = line("short", [0, 1], [9, 9]);
    expect(rowsAt([short, high], 3, [0, 3], false).map((r) => r.line.id)).toEqual(["high"]);
    expect(rowsAt([short, high], 1, [0, 3], false).map((r) => r.line.id)).toEqual(["short", "high"]);
});
