import { describe, expect, it } from "vitest";
import { parseInline, parseMarkdown, safeHref } from "./markdown";

describe("parseMarkdown", () => {
    it("reads the usual blocks", () => {
        const blocks = parseMarkdown(
            "# Title\n\ntext\nmore\n\n- a\n  - b\n- [x] c\n\n1. one\n\n```py\n<x>\n```\n> q\n\n---\n|a|b|\n|-|-|\n|1|2|\n$$\nx^2\n$$",
        );
        expect(blocks.map((b) => b.kind)).toEqual([
            "heading",
            "paragraph",
            "list",
            "list",
            "code",
            "quote",
            "rule",
            "table",
            "math",
        ]);
        expect(blocks[1]).toEqual({ kind: "paragraph", children: [{ kind: "text", text: "text more" }] });
        const list = blocks[2] as Extract<(typeof blocks)[number], { kind: "list" }>;
        expect(list.items.map((i) => [i.isDone, i.children.map((c) => c.kind)])).toEqual([
            [null, ["paragraph", "list"]],
            [true, ["paragraph"]],
        ]);
        expect(blocks[4]).toEqual({ kind: "code", language: "py", text: "<x>" });
    });
    it("ends on hostile depth", () => {
        expect(parseMarkdown(">".repeat(100000)).length).toBe(1);
        expect(parseMarkdown("* ".repeat(2000)).length).toBe(1);
        expect(parseInline("**a ".repeat(500)).length).toBeGreaterThan(0);
    });
    it("closes an open fence at the end", () =>
        expect(parseMarkdown("```\nabc")).toEqual([{ kind: "code", language: "", text: "abc" }]));
});

describe("parseInline", () => {
    it("reads emphasis, code, formulas and links", () => {
        expect(
            parseInline("a **b *c*** `<i>` $x_1$ [l](https://e.x) snake_case_name").map((i) => i.kind),
        ).toEqual(["text", "strong", "text", "code", "text", "math", "text", "link", "text"]);
    });
    it("leaves HTML as text", () =>
        expect(parseInline("<b onclick=x>")).toEqual([{ kind: "text", text: "<b onclick=x>" }]));
    it("makes no link out of a script", () =>
        expect(parseInline("[x](javascript:alert)")).toEqual([{ kind: "text", text: "x" }]));
});

it("safeHref lets through the web and this server only", () => {
    expect(["https://a.b", "mailto:a@b", "/team/project", "#part", "docs/a.md"].map(safeHref)).not.toContain(
        null,
    );
    expect(
        [
            "javascript:x",
            "JavaScript:x",
            "data:text/html,x",
            "//evil.x",
            "vbscript:x",
            " javascript:x",
            "java\nscript:x",
        ].map(safeHref),
    ).toEqual([null, null, null, null, null, null, null]);
});
