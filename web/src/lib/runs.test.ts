import { describe, expect, it } from "vitest";
import {
    columnNumber,
    columnValue,
    columnsOf,
    definitionOf,
    flatten,
    groupRuns,
    parseObject,
    parseRun,
    type RunNode,
} from "./runs";

const node: RunNode = {
    id: "UnVu",
    name: "ab12",
    displayName: null,
    state: "finished",
    tags: null,
    group: "g",
    jobType: null,
    createdAt: "2026-01-02T03:04:05",
    heartbeatAt: "2026-01-02T03:05:05Z",
    notes: null,
    user: { username: "alice" },
    config: JSON.stringify({
        lr: { value: 0.1 },
        opt: { value: { name: "adam", "beta.1": 0.9 } },
        _wandb: {
            value: {
                m: [
                    { "1": "epoch", "6": [3] },
                    { "2": "val/*", "5": 1, "8": 1 },
                    { "1": "x\\.y", "4": "epoch" },
                ],
                e: { w: { host: "h" } },
            },
        },
    }),
    summaryMetrics: '{"loss": NaN, "best": {"acc": 0.9}, "text": "NaN, Infinity", "_wandb": {"runtime": 42}}',
    historyKeys: {
        keys: { loss: { typeCounts: [{ type: "number", count: 10 }], monotonic: false } },
        lastStep: 9,
    },
    historyLineCount: 10,
};
const run = parseRun(node);

describe("parseRun", () => {
    it("unwraps config and keeps the client's own part out of it", () => {
        expect(run.config).toEqual({ lr: 0.1, opt: { name: "adam", "beta.1": 0.9 } });
        expect(run.environment).toEqual({ host: "h" });
    });
    it("falls back to the id for a name and reads times as UTC", () => {
        expect(run.displayName).toBe("ab12");
        expect(run.createdAt).toBe(Date.UTC(2026, 0, 2, 3, 4, 5));
    });
    it("reads keys with their types and counts", () =>
        expect(run.keys).toEqual({ loss: { count: 10, types: ["number"] } }));
    it("tells by the last value what a map is", () => {
        const keys = {
            a: { typeCounts: [{ type: "map", count: 1 }], previousValue: { _type: "image-file" } },
            "b.c": { typeCounts: [{ type: "map", count: 1 }], previousValue: null },
        };
        const got = parseRun({
            ...node,
            historyKeys: { keys },
            summaryMetrics: '{"b":{"c":{"_type":"table-file"}}}',
        }).keys;
        expect([got["a"]!.types, got["b.c"]!.types]).toEqual([["image-file"], ["table-file"]]);
    });
    it("reads metric definitions, globs and escaped dots", () => {
        expect(definitionOf(run, "val/acc")).toMatchObject({ stepMetric: "epoch", goal: "min" });
        expect(definitionOf(run, "x.y")).toMatchObject({ stepMetric: "epoch" });
        expect(definitionOf(run, "other")).toBeNull();
    });
});

it("parseObject accepts NaN outside of strings only", () => {
    expect(parseObject('{"a": NaN, "b": [-Infinity], "c": "NaN \\" Infinity"}')).toEqual({
        a: "NaN",
        b: ["-Infinity"],
        c: 'NaN " Infinity',
    });
    expect(parseObject("{oops")).toEqual({});
    expect(parseObject("[1]")).toEqual({});
});

describe("columns", () => {
    it("reads nested and dotted names alike", () => {
        expect(columnValue(run, "config.opt.name")).toBe("adam");
        expect(columnValue(run, "config.opt.beta.1")).toBe(0.9);
        expect(columnValue(run, "summary_metrics.best.acc")).toBe(0.9);
        expect(columnValue(run, "runtime")).toBe(42);
        expect(columnValue(run, "config.missing.deep")).toBeUndefined();
        expect(columnNumber(run, "summary_metrics.loss")).toBeNaN();
    });
    it("lists what there is, without internal keys", () => {
        expect(columnsOf([run])).toEqual([
            "config.lr",
            "config.opt.beta.1",
            "config.opt.name",
            "summary_metrics.best.acc",
            "summary_metrics.loss",
            "summary_metrics.text",
        ]);
    });
    it("does not flatten media values", () =>
        expect(flatten({ a: { _type: "image-file", path: "x" } })).toEqual({
            a: { _type: "image-file", path: "x" },
        }));
});

it("groupRuns groups by several levels, missing values together", () => {
    const other = { ...run, group: "", config: {} };
    expect(groupRuns([run, other, run], ["group", "config.lr"]).map((g) => [g.path, g.runs.length])).toEqual([
        [["g", "0.1"], 2],
        [["", ""], 1],
    ]);
});
