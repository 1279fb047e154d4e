import { describe, expect, it } from "vitest";
import * as L from "./layout";
import { commit, redo, replace, start, undo } from "./undo";

const metric = (
    key: string,
    kind: L.PanelKind = "line",
    stream: "history" | "events" = "history",
): L.Metric => ({ key, kind, stream });
const names = (l: L.Layout) =>
    l.sections.map((s) => `${s.name}(${s.panels.map((p) => p.keys?.join("+")).join(",")})`);
const base = L.addMissingPanels(L.DEFAULT_LAYOUT, [
    metric("loss"),
    metric("val/loss"),
    metric("val/acc"),
    metric("_step"),
    metric("cpu", "line", "events"),
    metric("pic", "media"),
]);

describe("addMissingPanels", () => {
    it("makes sections by prefix, in order, without internal keys", () => {
        expect(names(base)).toEqual(["Charts(loss)", "val(val/acc,val/loss)", "Media(pic)", "System(cpu)"]);
        expect(base.sections.map((s) => s.isOpen)).toEqual([true, true, true, false]);
    });
    it("returns the same layout when nothing is new, and never in manual mode", () => {
        expect(L.addMissingPanels(base, [metric("loss")])).toBe(base);
        const manual = { ...L.DEFAULT_LAYOUT, mode: "manual" as const };
        expect(L.addMissingPanels(manual, [metric("loss")])).toBe(manual);
    });
    it("does not bring back what was taken away", () => {
        const without = L.removePanel(base, "line:loss");
        expect(L.addMissingPanels(without, [metric("loss")])).toBe(without);
        expect(names(L.restorePanel(without, "line:loss"))).toEqual(names(base));
    });
});

describe("changes", () => {
    it("moves panels inside and across sections", () => {
        expect(names(L.movePanel(base, "line:val/loss", "val", "line:val/acc"))[1]).toBe(
            "val(val/loss,val/acc)",
        );
        expect(names(L.movePanel(base, "line:loss", "val", null)).slice(0, 2)).toEqual([
            "Charts()",
            "val(val/acc,val/loss,loss)",
        ]);
        expect(L.movePanel(base, "line:loss", "Charts", "line:loss")).toBe(base);
    });
    it("duplicates beside the original", () => {
        expect(names(L.duplicatePanel(base, "line:val/acc", "x"))[1]).toBe("val(val/acc,val/acc,val/loss)");
    });
    it("adds, renames, moves, sorts and removes sections", () => {
        const added = L.addSection(base, "mine", "val", true);
        expect(added.sections.map((s) => s.name)).toEqual(["Charts", "val", "mine", "Media", "System"]);
        expect(L.addSection(added, "mine", null, false)).toBe(added);
        expect(L.renameSection(added, "mine", "val")).toBe(added);
        const removed = L.removeSection(base, "val");
        expect(removed.hidden.map((p) => p.id)).toEqual(["line:val/acc", "line:val/loss"]);
        const shuffled = L.movePanel(base, "line:val/loss", "val", "line:val/acc");
        expect(names(L.sortSection(shuffled, "val"))[1]).toBe("val(val/acc,val/loss)");
    });
    it("regroups automatic panels by another prefix and keeps edited ones", () => {
        const deep = L.addMissingPanels(L.DEFAULT_LAYOUT, [metric("a/b/c"), metric("a/x")]);
        const edited = L.updatePanel(deep, "line:a/x", { title: "mine" });
        const first = L.addMissingPanels(L.setPrefixMode(edited, "first"), [metric("a/b/c"), metric("a/x")]);
        expect(names(first)).toEqual(["a(a/x,a/b/c)"]);
    });
});

describe("resolveSettings", () => {
    it("lets the panel win over the section over the workspace", () => {
        const layout = { ...base, settings: { weight: 0.1, isLogX: true } };
        const section = { ...layout.sections[0]!, settings: { weight: 0.2, isLogY: true } };
        const got = L.resolveSettings(layout, section, {
            id: "p",
            kind: "line",
            settings: { weight: 0.3, isLogX: undefined },
        });
        expect(got).toMatchObject({ weight: 0.3, isLogX: true, isLogY: true, smoothing: "twema" });
    });
});

describe("resolveMedia", () => {
    it("lets the panel win over the section over the workspace, and leaves out what is the panel's alone", () => {
        const layout = { ...base, media: { columns: 2, isSynced: true } };
        const section = { ...layout.sections[0]!, media: { columns: 4, fit: "fill" as const } };
        const panel: L.Panel = { id: "p", kind: "media", media: { columns: 0, fit: undefined, compare: ["a"] } };
        expect(L.resolveMedia(layout, section, panel)).toEqual({ columns: 0, fit: "fill", isSynced: true });
        expect(L.resolveMedia(layout, null, { id: "q", kind: "media" })).toEqual({ columns: 2, fit: "fit", isSynced: true });
    });
});

it("panelKindOf reads what the values are", () => {
    expect(L.panelKindOf(["number"])).toBe("line");
    expect(L.panelKindOf(["image-file"])).toBe("media");
    expect(L.panelKindOf(["table-file"])).toBe("table");
    expect(L.panelKindOf(["histogram"])).toBe("histogram");
    expect(L.panelKindOf(["string"])).toBeNull();
});

describe("undo", () => {
    it("walks back and forth, and drops the future on a change", () => {
        let u = commit(commit(start(1), 2), 3);
        u = undo(undo(u));
        expect(u.present).toBe(1);
        expect(undo(u)).toBe(u);
        expect(redo(u).present).toBe(2);
        expect(commit(u, 9).future).toEqual([]);
        expect(commit(u, 1)).toBe(u);
    });
    it("steps over what was replaced, and keeps a hundred steps", () => {
        expect(undo(replace(commit(start(1), 2), 5)).present).toBe(1);
        let u = start(0);
        for (let i = 1; i <= 200; i++) u = commit(u, i);
        expect(u.past.length).toBe(100);
    });
});

it("pinSection puts a section before all that are not pinned", () => {
    const of = (...names: string[]): L.Layout => ({ ...L.DEFAULT_LAYOUT, sections: names.map((name) => ({ name, isOpen: true, panels: [] })) });
    const names = (l: L.Layout) => l.sections.map((s) => s.name).join("");
    const pinned = L.pinSection(L.pinSection(of("a", "b", "c"), "c", true), "b", true);
    expect(names(pinned)).toBe("cba");
    expect(names(L.pinSection(pinned, "c", false))).toBe("bca");
});

it("flags of a column are switched on and off", () => {
    const both = L.toggleFlag(L.toggleFlag("config.lr", "log"), "inv");
    expect(L.columnFlags(both)).toEqual({ id: "config.lr", isLog: true, isInverted: true });
    expect(L.columnLabel(both)).toBe("lr");
    expect(L.columnFlags(L.toggleFlag(both, "log"))).toEqual({ id: "config.lr", isLog: false, isInverted: true });
});

it("firstPanels are those that fill the height, as wide as they will be", () => {
    const panels = (n: number): L.Panel[] => Array.from({ length: n }, (_, i) => ({ id: String(i), kind: "line" }));
    const section = (name: string, n: number, more: Partial<L.Section> = {}): L.Section => ({ name, isOpen: true, panels: panels(n), ...more });
    const layout: L.Layout = { ...L.DEFAULT_LAYOUT, sections: [section("shut", 5, { isOpen: false }), section("a", 4), section("a/b", 50, { columns: 2 })] };
    const rows = [{ path: "shut", depth: 0 }, { path: "a", depth: 0 }, { path: "a/b", depth: 1 }];
    const found = L.firstPanels(layout, rows, { width: 1138, inner: 1110, height: 900 });
    const count = (name: string) => found.filter((f) => f.section.name === name).length;
    expect([count("shut"), count("a"), count("a/b")]).toEqual([0, 4, 4]);
    expect(found[0]!.width).toBeCloseTo((1110 - 2 * 8) / 3 - 2);
    expect(found.at(-1)!.width).toBeCloseTo((1110 - 18 - 8) / 2 - 2);
});
