import { describe, expect, it } from "vitest";
import { clientArtifact, concatTables, filterRows, groupRows, hasMediaNames, joinTables, parseTable, sortRows } from "./table_data";

const table = parseTable(
    '{"columns":["id","score","class name"],"data":[[1,0.9,"cat"],[2,NaN,"dog NaN"],[3,0.1,"cat"]]}',
);

it("parseTable reads what Python writes", () => {
    expect(table.rows[1]).toEqual([2, null, "dog NaN"]);
    expect(() => parseTable('{"x":1}')).toThrow("not a table");
});

describe("filterRows", () => {
    it.each([
        ["", 3],
        ["dog", 1],
        ["score > 0.5", 1],
        ["score*10 <= id", 1],
        ["'class name' == 1", 0],
        ["id != 2", 2],
        ['class name == "cat"', 2],
        ["nothing here", 0],
    ])("%s keeps %i rows", (text, count) => expect(filterRows(table, text).length).toBe(count));
});

it("sortRows puts empty cells last both ways", () => {
    expect(sortRows(table.rows, 1, false).map((r) => r[0])).toEqual([3, 1, 2]);
    expect(sortRows(table.rows, 1, true).map((r) => r[0])).toEqual([1, 3, 2]);
});

it("concatTables lines columns up by name", () => {
    const other = { columns: ["score", "extra"], rows: [[0.5, "x"]] };
    const all = concatTables([
        { name: "a", table },
        { name: "b", table: other },
    ]);
    expect(all.columns).toEqual(["run", "id", "score", "class name", "extra"]);
    expect(all.rows[3]).toEqual(["b", null, 0.5, null, "x"]);
    expect(concatTables([{ name: "a", table }])).toBe(table);
});

it("joinTables puts runs beside each other, row by row of one column", () => {
    const a = { columns: ["id", "guess"], rows: [[1, "cat"], [2, "dog"]] };
    const b = { columns: ["guess", "id"], rows: [["cow", 2], ["owl", 3], ["hen", 2]] };
    expect(joinTables([{ name: "A", table: a }, { name: "B", table: b }], "id")).toEqual({
        columns: ["id", "guess (A)", "guess (B)"],
        rows: [[1, "cat", null], [2, "dog", "cow"], [2, null, "hen"], [3, null, "owl"]],
    });
    expect(joinTables([{ name: "A", table: a }], "nothing").rows).toEqual([]);
});

it("clientArtifact reads where the client put a table", () => {
    expect(clientArtifact("wandb-client-artifact://abc123/t.table.json")).toEqual({ id: "abc123", path: "t.table.json" });
    expect(clientArtifact("wandb-client-artifact://abc:latest/a/t.json")).toEqual({ id: "abc", path: "a/t.json" });
    expect([clientArtifact("https://x/y"), clientArtifact(3)]).toEqual([null, null]);
});

it("hasMediaNames sees columns that only name what they should show", () => {
    expect(hasMediaNames({ columns: ["p", "n"], rows: [["Image", 1], ["Image", 2]] })).toBe(true);
    expect(hasMediaNames({ columns: ["p"], rows: [["Image"], ["a dog"]] })).toBe(false);
    expect(hasMediaNames({ columns: ["p"], rows: [] })).toBe(false);
});

it("groupRows counts, takes means of numbers and names a few of the words", () => {
    const table = { columns: ["kind", "score", "word"], rows: [["a", 1, "x"], ["b", 5, "y"], ["a", 3, "z"]] };
    expect(groupRows(table, table.rows, "kind")).toEqual({
        columns: ["kind", "n", "score", "word"],
        rows: [["a", 2, 2, "x, z"], ["b", 1, 5, "y"]],
    });
    expect(groupRows(table, table.rows, "gone").rows).toEqual(table.rows);
});
