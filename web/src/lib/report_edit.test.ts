import { expect, test } from "vitest";
import { NEW_BLOCKS, cardsOf, type Block } from "./report_blocks";
import * as E from "./report_edit";

const text = (t: string): Block => E.withText(NEW_BLOCKS.paragraph(), t);
const list = (t: string, kind: "list" | "ordered" | "checklist" = "list"): Block => E.withText(NEW_BLOCKS[kind](), t);
const texts = (blocks: readonly Block[]) => blocks.map((b) => `${b.type}:${E.textOf(b) ?? ""}`);

test("what is written as text comes back as it was", () => {
    for (const make of Object.values(NEW_BLOCKS)) {
        const block = make() as Block;
        const now = E.textOf(block);
        if (now !== null) expect(E.textOf(E.withText(block, now))).toBe(now);
    }
    expect(E.textOf(list("a\nb", "ordered"))).toBe("1. a\n2. b");
    expect(E.textOf(list("[x] a\n[ ] b", "checklist"))).toBe("- [x] a\n- [ ] b");
    expect(E.textOf(E.withText(NEW_BLOCKS.heading2(), "# no sign"))).toBe("# no sign");
});

test("Enter splits what is one line, and what follows is plain text", () => {
    const split = E.onEnter([E.withText(NEW_BLOCKS.heading(), "Title and words")], { block: 0, at: 5 })!;
    expect(texts(split.blocks)).toEqual(["heading:Title", "paragraph: and words"]);
    expect(split.caret).toEqual({ block: 1, at: 0 });
    const above = E.onEnter([text("words")], { block: 0, at: 0 })!;
    expect(texts(above.blocks)).toEqual(["paragraph:", "paragraph:words"]);
    expect(above.caret.block).toBe(1);
    for (const kind of ["code", "formula", "markdown"] as const) expect(E.onEnter([NEW_BLOCKS[kind]() as Block], { block: 0, at: 0 })).toBeNull();
});

test("Enter goes on with a list and leaves it from an empty line", () => {
    const more = E.onEnter([list("one")], { block: 0, at: 5 })!;
    expect(texts(more.blocks)).toEqual(["list:- one\n- "]);
    expect(more.caret.at).toBe(8);
    const left = E.onEnter(more.blocks, more.caret)!;
    expect(texts(left.blocks)).toEqual(["list:- one", "paragraph:"]);
    const checks = E.onEnter([list("[x] done", "checklist")], { block: 0, at: 10 })!;
    expect(texts(checks.blocks)).toEqual(["list:- [x] done\n- [ ] "]);
    const within = E.onEnter([list("ab\ncd", "ordered")], { block: 0, at: 4 })!;
    expect(texts(within.blocks)).toEqual(["list:1. a\n2. b\n3. cd"]);
    expect(texts(E.onEnter([list("")], { block: 0, at: 2 })!.blocks)).toEqual(["paragraph:"]);
    const callout = E.withText(NEW_BLOCKS.callout(), "one\n");
    expect(texts(E.onEnter([callout], { block: 0, at: 4 })!.blocks)).toEqual(["callout-block:one", "paragraph:"]);
    expect(E.onEnter([callout], { block: 0, at: 3 })).toBeNull();
});

test("Backspace makes plain text, then joins, and takes an empty block away", () => {
    const plain = E.onBackspace([text("a"), E.withText(NEW_BLOCKS.quote(), "b")], 1)!;
    expect(texts(plain.blocks)).toEqual(["paragraph:a", "paragraph:b"]);
    const joined = E.onBackspace(plain.blocks, 1)!;
    expect(texts(joined.blocks)).toEqual(["paragraph:ab"]);
    expect(joined.caret).toEqual({ block: 0, at: 1 });
    expect(texts(E.onBackspace([NEW_BLOCKS.rule(), text("")], 1)!.blocks)).toEqual(["horizontal-rule:"]);
    expect(E.onBackspace([text("")], 0)).toBeNull();
    expect(E.onBackspace([NEW_BLOCKS.rule(), text("a")], 1)).toBeNull();
    expect(E.onBackspace([list("a")], 0)).toBeNull();
    expect(texts(E.onBackspace([list("")], 0)!.blocks)).toEqual(["paragraph:"]);
});

test("signs at the beginning of a line ask for a kind", () => {
    const made = (t: string) => (E.shortcutOf(t) === null ? null : texts([E.shortcutOf(t)!])[0]);
    expect(made("## ")).toBe("heading:");
    expect(E.shortcutOf("## ")!["level"]).toBe(2);
    expect(made("- milk")).toBe("list:- milk");
    expect(made("1. ")).toBe("list:1. ");
    expect(made("[] ")).toBe("list:- [ ] ");
    expect(made("> wise")).toBe("block-quote:wise");
    expect(made("---")).toBe("horizontal-rule:");
    expect(made("#hash")).toBeNull();
    expect(made("2. second")).toBeNull();
});

test("a block becomes another kind with the same words", () => {
    expect(texts([E.turnInto(list("[x] a\n[ ] b", "checklist"), "ordered")])).toEqual(["list:1. a\n2. b"]);
    expect(texts([E.turnInto(text("a"), "checklist")])).toEqual(["list:- [ ] a"]);
    expect(texts([E.turnInto(text("a"), "rule")])).toEqual(["horizontal-rule:"]);
});

test("a stroke searches at the beginning and behind a space", () => {
    expect(E.slashAt("/", 1)).toEqual({ from: 0, query: "" });
    expect(E.slashAt("words /hea", 10)).toEqual({ from: 6, query: "hea" });
    expect(E.slashAt("/見出", 3)).toEqual({ from: 0, query: "見出" });
    for (const no of ["and/or", "1 / 2", "https://x"]) expect(E.slashAt(no, no.length)).toBeNull();
});

test("blocks are moved before the place that was pointed at", () => {
    const blocks = ["a", "b", "c"].map(text);
    expect(texts(E.moveBlock(blocks, 0, 3))).toEqual(["paragraph:b", "paragraph:c", "paragraph:a"]);
    expect(texts(E.moveBlock(blocks, 2, 0))).toEqual(["paragraph:c", "paragraph:a", "paragraph:b"]);
    expect(texts(E.moveBlock(blocks, 1, 1))).toEqual(texts(blocks));
});

test("a pasted address is a card, words with one are words", () => {
    expect(cardsOf(E.cardOfPaste(" https://arxiv.org/abs/1 ")!)[0]!.url).toBe("https://arxiv.org/abs/1");
    for (const no of ["see https://x.org", "javascript:alert(1)", "ftp://x.org/a", "https://x.org/<b>"]) expect(E.cardOfPaste(no)).toBeNull();
});
