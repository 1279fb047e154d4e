import { describe, expect, it } from "vitest";
import { codeLines } from "./code_lines";

const textOf = (name: string, text: string) => codeLines(name, text).map((l) => l.words.map((w) => w.text).join("")).join("\n");

describe("codeLines", () => {
    it("tells the lines of a patch apart", () =>
        expect(codeLines("diff.patch", "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-old\n+new\n same").map((l) => l.kind)).toEqual(["head", "head", "place", "removed", "added", ""]));
    it("carries what spans lines over them", () => {
        const lines = codeLines("a.py", '"""one\ntwo"""\nx = 1');
        expect(lines.map((l) => l.words[0]?.kind)).toEqual(["string", "string", "plain"]);
    });
    it("knows a language by the end of the name only", () => {
        expect(codeLines("a.py", "def f")[0]!.words[0]!.kind).toBe("word");
        expect(codeLines("py.txt", "def f")[0]!.words).toEqual([{ kind: "plain", text: "def f" }]);
    });
    it("loses nothing of the text", () => {
        for (const [name, text] of [["a.py", "x = \"open\ny='\\'' # é\n\n"], ["a.ts", "`a` / b /* open"], ["notes.txt", "\n\ndef\n\n"], ["x.diff", "\n+a\n\n"], ["a.json", '{"a": [1e5, null]}']] as const)
            expect(textOf(name, text)).toBe(text);
    });
});
