import { expect, test } from "vitest";
import { diffLines, foldRows } from "./diff";

const kinds = (a: string, b: string) => diffLines(a, b).map((r) => r.kind[0]).join("");

test("lines that stay, come, go and change", () => {
    expect(kinds("a\nb\nc\n", "a\nb\nc\n")).toBe("sss");
    expect(kinds("a\nc", "a\nb\nc")).toBe("sas");
    expect(kinds("a\nb\nc", "a\nc")).toBe("srs");
    expect(kinds("a\nx\nc", "a\ny\nc")).toBe("scs");
    expect(kinds("", "a\nb")).toBe("aa");
    expect(kinds("a", "")).toBe("r");
});

test("both texts can be put together again from the rows", () => {
    const a = "one\ntwo\nthree\nfour\nfive\nsix";
    const b = "zero\ntwo\nthree\nfive\n5.5\nsix\nseven";
    const rows = diffLines(a, b);
    expect(rows.flatMap((r) => r.left?.text ?? []).join("\n")).toBe(a);
    expect(rows.flatMap((r) => r.right?.text ?? []).join("\n")).toBe(b);
    expect(rows.filter((r) => r.kind === "same")).toHaveLength(4);
});

test("what stays is folded away from the changes", () => {
    const a = Array.from({ length: 50 }, (_, i) => `line ${i}`).join("\n");
    const folded = foldRows(diffLines(a, a.replace("line 25", "changed")), 3);
    expect(folded.filter((r) => r.kind === "fold")).toEqual([{ kind: "fold", count: 22 }, { kind: "fold", count: 21 }]);
    expect(folded).toHaveLength(2 + 7);
});
