import { describe, expect, it } from "vitest";
import { compareNames, sectionOf, sectionTree, shortName } from "./sections";

describe("sectionOf", () => {
    it("takes the prefix before the last or the first slash", () => {
        expect(sectionOf("a/b/c", "last")).toBe("a/b");
        expect(sectionOf("a/b/c", "nested")).toBe("a/b");
        expect(sectionOf("a/b/c", "first")).toBe("a");
    });
    it("puts keys without a prefix into the fallback", () => {
        expect(sectionOf("loss", "last")).toBe("Charts");
        expect(sectionOf("/loss", "last")).toBe("Charts");
        expect(sectionOf("pic", "last", "Media")).toBe("Media");
    });
    it("shortName drops the section only where it is the prefix", () => {
        expect(shortName("a/b/c", "a/b")).toBe("c");
        expect(shortName("ab/c", "a")).toBe("ab/c");
    });
});

it("compareNames counts in numbers, keeps charts first and system last", () => {
    expect(["System", "layer10", "Media", "layer2", "Charts"].sort(compareNames)).toEqual([
        "Charts",
        "layer2",
        "layer10",
        "Media",
        "System",
    ]);
});

describe("sectionTree", () => {
    const rows = (names: string[], collapsed: string[] = []) =>
        sectionTree(names, "nested", (p) => collapsed.includes(p)).map(
            (r) => "  ".repeat(r.depth) + r.label + (r.isSection ? "" : "*"),
        );
    it("nests and puts in missing parents", () => {
        expect(rows(["Charts", "a/b", "a/c", "a/c/d"])).toEqual(["Charts", "a*", "  b", "  c", "    d"]);
    });
    it("folds a chain of only children into one row", () => {
        expect(rows(["x/y/z"])).toEqual(["x/y/z"]);
        expect(rows(["x/y/z", "x/y/w"])).toEqual(["x/y*", "  z", "  w"]);
    });
    it("hides what lies under a collapsed parent", () => {
        expect(rows(["a", "a/b", "c"], ["a"])).toEqual(["a", "c"]);
    });
    it("is flat in the other modes", () => {
        expect(sectionTree(["a/b"], "last", () => false)).toEqual([
            { path: "a/b", label: "a/b", depth: 0, isSection: true },
        ]);
    });
});
