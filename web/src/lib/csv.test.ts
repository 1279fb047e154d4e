import { expect, it } from "vitest";
import { MAX_COLUMNS, linesToCsv, parseCsv, toCsv } from "./csv";

const read = (text: string, separator = ",", max = 100) => {
    const { columns, rows } = parseCsv(text, separator, max);
    return [columns, ...rows];
};

it("reads numbers, words, quotes, empty cells and every kind of line end", () => {
    expect(read('a,b,c\r\n1,x,\n-2.5e3,"y, ""z""\nw",3 \r3,,4')).toEqual([
        ["a", "b", "c"],
        [1, "x", ""],
        [-2500, 'y, "z"\nw', 3],
        [3, "", 4],
    ]);
});

it("reads tabs, a mark of byte order, and lines of different lengths", () => {
    expect(read("\ufeffa\tb\n1\t2\t3\n\n4", "\t")).toEqual([["a", "b", "3"], [1, 2, 3], [4]]);
});

it("keeps as words what a number would lose digits of", () => {
    expect(read("a\n007\n12345678901234567\n.5\n-\n1e400\n0.25")).toEqual([["a"], ["007"], ["12345678901234567"], [0.5], ["-"], [Infinity], [0.25]]);
});

it("keeps words that only look like the end of a number", () => {
    expect(read("a\ne4\nE5\n.e5\n-e1\n.\n5.\n1e4")).toEqual([["a"], ["e4"], ["E5"], [".e5"], ["-e1"], ["."], [5], [10000]]);
});

it("keeps as many columns as spreadsheets have, and says how many more there are", () => {
    const { columns, rows } = parseCsv(`${"x,".repeat(MAX_COLUMNS)}y,z\n1,2\n`, ",", 10);
    expect([columns.length, columns[0], columns.at(-1)]).toEqual([MAX_COLUMNS + 1, "x", "… +2"]);
    expect(rows).toEqual([[1, 2]]);
    expect(parseCsv("x,".repeat(MAX_COLUMNS - 1) + "y", ",", 10).columns.at(-1)).toBe("y");
});

it("stops at the number of rows asked for and says so", () => {
    expect(parseCsv("a\n1\n2\n3", ",", 2)).toEqual({ columns: ["a"], rows: [[1], [2]], isCut: true });
    expect(parseCsv("a\n1\n2\n", ",", 2).isCut).toBe(false);
});

it("reads back what toCsv wrote, and ends on broken quotes", () => {
    expect(read(toCsv(["x", "y"], [["a,b", 'q"q'], [1, "line\nline"]]))).toEqual([["x", "y"], ["a,b", 'q"q'], [1, "line\nline"]]);
    expect(read('a,b\n"never closed, 1\n2')).toEqual([["a", "b"], ["never closed, 1\n2"]]);
    expect(read('a\n"x"y,2')).toEqual([["a", "2"], ["x", 2]]);
    expect(read("")).toEqual([[]]);
});

it("tells infinities from what is no number", () => {
    const y = Float64Array.from([1, NaN, NaN, NaN]);
    const marks = [{ x: 1, kind: 1 }, { x: 2, kind: 2 }, { x: 3, kind: 4 }];
    const text = linesToCsv([{ label: "r", key: "k", x: [0, 1, 2, 3], y, lo: null, hi: null, marks }], "_step");
    expect(text.trim().split("\r\n").slice(1)).toEqual(["r,k,0,1,,", "r,k,1,NaN,,", "r,k,2,Infinity,,", "r,k,3,-Infinity,,"]);
});
