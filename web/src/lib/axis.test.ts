import { describe, expect, it } from "vitest";
import { automaticX, axisOf, durationTick, formatTick } from "./axis";
import { parseRun } from "./runs";

describe("axisOf", () => {
    it("names the five axes on the wire", () => {
        expect(axisOf("relative", "history")).toEqual({
            wire: "_timestamp",
            kind: "duration",
            isShifted: true,
        });
        expect(
            ["auto", "_step", "_runtime", "_timestamp", "epoch"].map((x) => axisOf(x, "history").wire),
        ).toEqual(["_step", "_step", "_runtime", "_timestamp", "epoch"]);
    });
    it("never asks system metrics for steps, which they do not have", () => {
        expect(axisOf("auto", "events").wire).toBe("_runtime");
        expect(axisOf("_step", "events").wire).toBe("_runtime");
    });
});

it("automaticX follows define_metric when runs agree", () => {
    const run = (m: unknown[]) =>
        parseRun({
            id: "i",
            name: "n",
            displayName: null,
            state: "running",
            tags: [],
            group: null,
            jobType: null,
            createdAt: null,
            heartbeatAt: null,
            notes: null,
            config: JSON.stringify({ _wandb: { value: { m } } }),
            historyKeys: { keys: { acc: { typeCounts: [{ type: "number", count: 1 }] } } },
        });
    const defined = run([{ "1": "acc", "4": "epoch" }]);
    expect(automaticX([defined], ["acc"])).toBe("epoch");
    expect(automaticX([defined, run([])], ["acc"])).toBe("_step");
    expect(automaticX([], ["acc"])).toBe("_step");
});

it("durationTick leaves out what is zero", () => {
    expect([0, 30, 600, 605, 7200, 86400].map(durationTick)).toEqual([
        "0s",
        "30s",
        "10m",
        "10m 05s",
        "2h",
        "1d",
    ]);
});

it("formatTick is short and never merges neighbours", () => {
    expect([0, 0.25, 5000, 120000, 3500000, -20000].map((v) => formatTick(v, 1e6))).toEqual([
        "0",
        "0.25",
        "5000",
        "120k",
        "3.5M",
        "−20k",
    ]);
    expect(formatTick(1000200, 1000)).not.toBe(formatTick(1000400, 1000));
    expect(formatTick(0.10001, 0.0001)).toBe("0.10001");
    expect([2.25, 0.5, 1.75, 0.025].map((v) => formatTick(v, 2.4))).toEqual(["2.25", "0.5", "1.75", "0.025"]);
});
