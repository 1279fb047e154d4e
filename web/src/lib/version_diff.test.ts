import { expect, it } from "vitest";
import { diffFiles, diffMetadata } from "./version_diff";

it("diffFiles names what came, went and changed, and leaves out what stayed", () => {
    const file = (name: string, digest: string) => ({ name, sizeBytes: 1, digest });
    const found = diffFiles([file("same", "1"), file("old", "2"), file("both", "3")], [file("same", "1"), file("new", "4"), file("both", "5")]);
    expect(found.map((d) => `${d.kind} ${d.name}`)).toEqual(["changed both", "added new", "removed old"]);
});

it("diffMetadata compares nested values by their paths", () => {
    const found = diffMetadata({ a: { b: 1, c: 2 } }, { a: { b: 1, c: 3 }, d: "x" });
    expect(found.map((d) => [d.name, d.kind, d.before, d.after])).toEqual([
        ["a.c", "changed", "2", "3"],
        ["d", "added", null, "x"],
    ]);
});
