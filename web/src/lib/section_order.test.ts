import { describe, expect, it } from "vitest";
import { DEFAULT_LAYOUT, type Layout, type Panel } from "./layout";
import { moveSectionBefore, pageOf, sortAll, stepSection } from "./section_order";

const panel = (title: string): Panel => ({ id: title, kind: "line", title });
const layoutOf = (names: string[], prefix: Layout["prefix"] = "nested"): Layout => ({
    ...DEFAULT_LAYOUT,
    prefix,
    sections: names.map((name) => ({ name, isOpen: true, panels: [panel(name + " 10"), panel(name + " 9")] })),
});
const names = (l: Layout) => l.sections.map((s) => s.name);

describe("moveSectionBefore", () => {
    const layout = layoutOf(["a", "train", "train/layers", "val"]);
    it("takes along what lies below", () => {
        expect(names(moveSectionBefore(layout, "train", "a"))).toEqual(["train", "train/layers", "a", "val"]);
        expect(names(moveSectionBefore(layout, "train", null))).toEqual(["a", "val", "train", "train/layers"]);
    });
    it("finds a parent that has no panels of its own", () => {
        const deep = layoutOf(["a", "x/one", "x/two"]);
        expect(names(moveSectionBefore(deep, "x", "a"))).toEqual(["x/one", "x/two", "a"]);
        expect(names(moveSectionBefore(deep, "a", "x"))).toEqual(["a", "x/one", "x/two"]);
    });
    it("moves one alone when sections do not nest", () => {
        const flat = layoutOf(["a", "train", "train/layers"], "last");
        expect(names(moveSectionBefore(flat, "train", "a"))).toEqual(["train", "a", "train/layers"]);
    });
    it("leaves the layout as it is when there is nothing to do", () => {
        expect(moveSectionBefore(layout, "train", "train/layers")).toBe(layout);
        expect(moveSectionBefore(layout, "nobody", "a")).toBe(layout);
    });
});

describe("stepSection", () => {
    const layout = layoutOf(["a", "train/x", "train/y", "val"]);
    it("steps over whole neighbours", () => {
        expect(names(stepSection(layout, "val", -1))).toEqual(["a", "val", "train/x", "train/y"]);
        expect(names(stepSection(layout, "a", 1))).toEqual(["train/x", "train/y", "a", "val"]);
    });
    it("stays under its parent", () => {
        expect(names(stepSection(layout, "train/y", -1))).toEqual(["a", "train/y", "train/x", "val"]);
        expect(stepSection(layout, "train/y", 1)).toBe(layout);
        expect(stepSection(layout, "a", -1)).toBe(layout);
    });
});

describe("sortAll", () => {
    it("sorts sections and panels, pinned sections first", () => {
        const layout = layoutOf(["val", "System", "b", "Charts"]);
        layout.sections[0]!.isPinned = true;
        const sorted = sortAll(layout);
        expect(names(sorted)).toEqual(["val", "Charts", "b", "System"]);
        expect(sorted.sections[0]!.panels.map((p) => p.title)).toEqual(["val 9", "val 10"]);
    });
});

describe("pageOf", () => {
    const panels = Array.from({ length: 7 }, (_, i) => panel(String(i)));
    it("shows all without a limit", () => {
        expect(pageOf(panels, undefined, 3, 4)).toMatchObject({ panels, from: 1, to: 7, at: 0, count: 1 });
    });
    it("cuts into pages of whole rows and stays inside of them", () => {
        expect(pageOf(panels, 1, 3, 1)).toMatchObject({ from: 4, to: 6, at: 1, count: 3 });
        expect(pageOf(panels, 1, 3, 9)).toMatchObject({ from: 7, to: 7, at: 2 });
        expect(pageOf([], 1, 3, 0)).toMatchObject({ panels: [], at: 0, count: 1 });
    });
});
