import { describe, expect, it } from "vitest";
import { compileRegex, countRows, parseValue, runsFilter, toMongo, type FilterGroup } from "./filters";

describe("toMongo", () => {
    it("is null when nothing is asked", () => {
        expect(toMongo({ join: "and", items: [] })).toBeNull();
        expect(toMongo({ join: "and", items: [{ column: "state", operator: "=", value: "" }] })).toBeNull();
        expect(
            toMongo({ join: "and", items: [{ column: "state", operator: "=", value: "x", isOff: true }] }),
        ).toBeNull();
    });
    it("writes every operator", () => {
        const one = (operator: string, value: string) =>
            toMongo({ join: "and", items: [{ column: "config.lr", operator: operator as never, value }] });
        expect(one("=", "0.1")).toEqual({ "config.lr": 0.1 });
        expect(one("≠", "adam")).toEqual({ "config.lr": { $ne: "adam" } });
        expect(one("≤", "3")).toEqual({ "config.lr": { $lte: 3 } });
        expect(one("in", "1, b,")).toEqual({ "config.lr": { $in: [1, "b"] } });
        expect(one("not in", "x")).toEqual({ "config.lr": { $nin: ["x"] } });
        expect(one("matches", "^a.*")).toEqual({ "config.lr": { $regex: "^a.*" } });
        expect(one("missing", "")).toEqual({ "config.lr": { $exists: false } });
    });
    it("nests groups", () => {
        const filter: FilterGroup = {
            join: "or",
            items: [
                { column: "state", operator: "=", value: "finished" },
                {
                    join: "and",
                    items: [
                        { column: "tags", operator: "=", value: "a" },
                        { column: "group", operator: "=", value: "g" },
                    ],
                },
            ],
        };
        expect(toMongo(filter)).toEqual({
            $or: [{ state: "finished" }, { $and: [{ tags: "a" }, { group: "g" }] }],
        });
        expect(countRows(filter)).toBe(3);
    });
});

it("parseValue reads what was typed as what was meant", () => {
    expect(["1e-3", "true", "null", '"5"', "adam", ""].map(parseValue)).toEqual([
        0.001,
        true,
        null,
        "5",
        "adam",
        "",
    ]);
});

it("runsFilter searches names and joins the rest", () => {
    expect(runsFilter({ join: "and", items: [] }, "", false)).toBeNull();
    expect(runsFilter({ join: "and", items: [] }, "a.b", false, [{ state: { $ne: "crashed" } }])).toEqual({
        $and: [
            { state: { $ne: "crashed" } },
            { $or: [{ displayName: { $regex: "(?i)a\\.b" } }, { name: { $regex: "(?i)a\\.b" } }] },
        ],
    });
});

it("compileRegex answers null for half a pattern", () => {
    expect(compileRegex("(")).toBeNull();
    expect(compileRegex("^L")!.test("loss")).toBe(true);
});
