import { describe, expect, it } from "vitest";
import { LANGUAGES, highlight } from "./highlight";

const kinds = (text: string, language: string) => highlight(text, language).filter((w) => w.kind !== "plain").map((w) => [w.kind, w.text]);

describe("highlight", () => {
    it("knows Python's words, strings, numbers and comments", () => {
        expect(kinds("def f(x):  # half\n    return x / 2 + len('a # b')", "python")).toEqual([
            ["word", "def"],
            ["comment", "# half"],
            ["word", "return"],
            ["number", "2"],
            ["string", "'a # b'"],
        ]);
        expect(kinds('"""two\nlines"""', "python")).toEqual([["string", '"""two\nlines"""']]);
    });
    it("tells names from values in JSON and YAML", () => {
        expect(kinds('{"lr": 1e-3, "name": "x"}', "json")).toEqual([["name", '"lr"'], ["number", "1e-3"], ["name", '"name"'], ["string", '"x"']]);
        expect(kinds("lr: 0.1 # low", "yaml")).toEqual([["name", "lr"], ["number", "0.1"], ["comment", "# low"]]);
    });
    it("shows what it does not know as it is", () => {
        expect(highlight("a <b> c", "cobol")).toEqual([{ kind: "plain", text: "a <b> c" }]);
    });
    it.each(LANGUAGES)("loses nothing of a text that is no %s", (language) => {
        for (const text of ["", "\"un'closed\n# `x`", "<script>alert(1)</script> /* ", "@a.b: c; #fff {}\n> q\n**b**", "\u0000\ud800 \\\\ '''"])
            expect(highlight(text, language).map((w) => w.text).join("")).toBe(text);
    });
    it("is done with texts that close nothing", () => {
        const text = '"'.repeat(10000) + "'\\".repeat(9000) + "a".repeat(9000) + " a:".repeat(1000) + "`[".repeat(2000);
        for (const language of LANGUAGES) expect(highlight(text, language).map((w) => w.text).join("")).toBe(text);
    });
});
