import { expect, test } from "vitest";
import { DEFAULT_LAYOUT, type Layout, type Panel } from "./layout";
import * as O from "./official";

const panels: Panel[] = [
    { id: "a", kind: "line", keys: ["loss"], title: "T", settings: { x: "relative", isLogY: true, weight: 0.5, smoothing: "ema" } },
    { id: "b", kind: "scatter", columns: ["config.lr", "summary_metrics.loss", ""] },
    { id: "c", kind: "parallel", columns: ["config.lr!log", "summary_metrics.loss"] },
    { id: "d", kind: "importance", columns: ["summary_metrics.loss"] },
    { id: "e", kind: "text", text: "hey" },
    { id: "f", kind: "media", keys: ["img"] },
];

test("panels come back as they were, also when only the official members are left", () => {
    for (const panel of panels) {
        const raw = O.panelToOfficial(panel, { x: 0, y: 0, w: 8, h: 6 });
        expect(O.panelFromOfficial(raw)).toEqual(panel);
        delete raw["barograph"];
        const again = O.panelFromOfficial(raw)!;
        expect(again.kind).toBe(panel.kind);
        expect(again.keys ?? again.columns ?? again.text).toEqual(panel.keys ?? panel.columns ?? panel.text);
    }
    expect(O.panelFromOfficial({ viewType: "Weave" })).toBeNull();
});

test("what the package writes is understood", () => {
    const line = O.panelFromOfficial({ __id__: "x", viewType: "Run History Line Plot", config: { xAxis: "_step", metrics: ["loss"], smoothingWeight: 0.5 } })!;
    expect(line).toEqual({ id: "x", kind: "line", keys: ["loss"], settings: { x: "_step", weight: 0.5, smoothing: "twema" } });
    const old = { op: "OR", filters: [{ op: "AND", filters: [{ key: { section: "config", name: "lr.value" }, op: "=", value: 0.1 }] }] };
    const fresh = { filterFormat: "filterV2", filters: [{ key: { section: "config", name: "lr" }, op: "=", value: 0.1, disabled: false }] };
    const wanted = { join: "and", items: [{ column: "config.lr", operator: "=", value: "0.1" }] };
    expect(O.filterFromOfficial(old)).toEqual(wanted);
    expect(O.filterFromOfficial(fresh)).toEqual(wanted);
    expect(O.filterFromOfficial(O.filterToOfficial(wanted as never))).toEqual(wanted);
    for (const other of [null, 3, {}, { filters: [{}] }]) expect(O.filterFromOfficial(other).items).toEqual([]);
});

test("a workspace survives both ways", () => {
    const layout: Layout = { ...DEFAULT_LAYOUT, mode: "manual", settings: {}, sections: [{ name: "S", isOpen: true, panels }] };
    const runSet: O.RunSet = { id: "r", name: "", entity: "", project: "", search: "", isRegex: false, filter: { join: "and", items: [] }, group: ["config.lr"], order: "-created_at", hidden: ["abc"] };
    const raw = JSON.parse(JSON.stringify(O.layoutToOfficial(layout, runSet))) as unknown;
    expect(O.layoutFromOfficial(raw)).toEqual({ layout, runSet });
    const plain = JSON.parse(JSON.stringify(raw), (k, v: unknown) => (k === "barograph" ? undefined : v)) as unknown;
    const again = O.layoutFromOfficial(plain);
    expect(again.layout.sections[0]!.panels.map((p) => p.kind)).toEqual(panels.map((p) => p.kind));
    expect(again.runSet!.group).toEqual(["config.lr"]);
    expect(again.runSet!.hidden).toEqual(["abc"]);
    expect(O.layoutFromOfficial(null).layout.sections).toEqual([]);
});

test("a frozen set names its runs to the official package, and is what it was once it thaws", () => {
    const set = { ...O.runSetFromOfficial({}, "e", "p"), name: "s", search: "x", filter: { join: "and" as const, items: [{ column: "state", operator: "=" as const, value: "finished" }] } };
    const frozen = O.freeze(set, ["r1", "42"], { r1: "#112233" }, new Date(0));
    const raw = O.runSetToOfficial(frozen);
    expect(raw["filters"]).toEqual({ op: "OR", filters: [{ op: "AND", filters: [{ key: { section: "run", name: "name" }, op: "IN", value: ["r1", "42"], disabled: false }] }] });
    expect(O.runSetFromOfficial(raw, "", "").frozen?.at).toBe("1970-01-01T00:00:00.000Z");
    expect(O.thaw(frozen)).toEqual({ ...set, colors: {} });
    /* Saved by the package it has forgotten that it is frozen, and shows the same runs still. */
    const { barograph: _, ...saved } = raw;
    const read = O.runSetFromOfficial(saved, "", "", { r1: "#112233", r2: { light: "#445566", dark: "#778899" }, ref: {} });
    expect(read.filter).toEqual({ join: "and", items: [{ column: "name", operator: "in", value: 'r1, "42"' }] });
    expect(read.colors).toEqual({ r1: "#112233", r2: "#445566" });
});
