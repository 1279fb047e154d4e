import { describe, expect, it } from "vitest";
import { deltaOf, groupTree, rowsOf, type GroupedRow } from "./run_groups";
import { groupRuns, meanOf } from "./runs";
import type { Run } from "./types";

const run = (name: string, config: object, loss?: number) =>
    ({ name, displayName: name, config, summary: loss === undefined ? {} : { loss }, metrics: [] }) as unknown as Run;
const runs = [run("a", { opt: "adam", bs: 1 }, 1), run("b", { opt: "sgd", bs: 1 }, 3), run("c", { opt: "adam", bs: 2 }), run("d", { opt: "adam", bs: 1 }, 2)];
const columns = ["config.opt", "config.bs"];
const seen = (rows: GroupedRow[]) => rows.map((r) => "  ".repeat(r.depth) + ("run" in r ? r.run.name : r.group.path.at(-1)));

describe("groupTree", () => {
    it("puts groups into groups, in the order in which they appear", () => {
        const tree = groupTree(runs, columns);
        expect(seen(rowsOf(tree, new Set()))).toEqual(["adam", "sgd"]);
        expect(seen(rowsOf(tree, new Set(['["adam"]', '["adam","1"]'])))).toEqual(["adam", "  1", "    a", "    d", "  2", "sgd"]);
        expect(tree[0]!.runs.map((r) => r.name)).toEqual(["a", "c", "d"]);
    });
    it("gives innermost groups the keys that lines have", () => {
        const leaves = groupTree(runs, columns).flatMap((g) => g.groups.map((l) => l.key));
        expect(new Set(leaves)).toEqual(new Set(groupRuns(runs, columns).map((g) => g.key)));
    });
    it("is empty without columns", () => expect(groupTree(runs, [])).toEqual([]));
});

it("meanOf leaves out who has no number", () => {
    expect(meanOf(runs, "summary_metrics.loss")).toBe(2);
    expect(meanOf(runs, "config.opt")).toBeNaN();
});

describe("deltaOf", () => {
    it("is coloured by the goal", () => {
        const of = (goal: "min" | "max" | null) => deltaOf(runs[1]!, runs[0]!, "summary_metrics.loss", goal);
        expect(of("min")).toEqual({ value: 2, mood: "is-worse" });
        expect(of("max")).toEqual({ value: 2, mood: "is-better" });
        expect(of(null)).toEqual({ value: 2, mood: "" });
    });
    it("says nothing of the baseline, of other columns, and where a value is missing", () => {
        expect(deltaOf(runs[0]!, runs[0]!, "summary_metrics.loss", "min")).toBeNull();
        expect(deltaOf(runs[1]!, null, "summary_metrics.loss", "min")).toBeNull();
        expect(deltaOf(runs[1]!, runs[0]!, "config.bs", "min")).toBeNull();
        expect(deltaOf(runs[2]!, runs[0]!, "summary_metrics.loss", "min")).toBeNull();
    });
});
