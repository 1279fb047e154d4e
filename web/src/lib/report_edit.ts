/* report_edit.ts - writing a report by keyboard: what Enter, Backspace, a pasted link and the beginnings of a line make of its blocks. */

import { NEW_BLOCKS, blockToMarkdown, cardOf, markdownToInline, withMarkdown, type Block, type Json, type NewBlock } from "./report_blocks";

/* A place to write at: a block, and a place in its text. */
export interface Caret {
    block: number;
    at: number;
}

export interface Edit {
    blocks: Block[];
    caret: Caret;
}

const ITEM = /^(\s*(?:[-*+]|\d{1,9}[.)])\s)?(\[[ xX]\]\s?)?/;

/* As it stands in the field: a heading without its signs, a list with them. null: it is not written as text. */
export function textOf(block: Block): string | null {
    const text = blockToMarkdown(block);
    if (text === null || block.type === "markdown-block") return text;
    if (block.type === "heading") return text.replace(/^#+ /, "");
    if (block.type !== "list") return text;
    return text
        .split("\n")
        .map((line, i) => (block["ordered"] === true ? `${i + 1}. ${line}` : `- ${line}`))
        .join("\n");
}

export function withText(block: Block, text: string): Block {
    if (block.type === "heading") return { ...block, children: markdownToInline(text) };
    if (block.type !== "list") return withMarkdown(block, text);
    const lines = text.split("\n").map((l) => l.replace(/^\s*(?:[-*+]|\d{1,9}[.)])(?:\s|$)/, ""));
    return withMarkdown(block, lines.join("\n"));
}

/* Of one line of its own, and then of another kind: what stands behind the place goes there, too. */
const SPLITS = new Set(["paragraph", "default", "heading", "block-quote"]);
/* A line that is left empty leaves these. */
const LEAVES = new Set(["list", "callout-block"]);

const put = (blocks: readonly Block[], i: number, ...now: Block[]) => [...blocks.slice(0, i), ...now, ...blocks.slice(i + 1)];
export const insertAt = (blocks: readonly Block[], i: number, block: Block) => [...blocks.slice(0, i), block, ...blocks.slice(i)];

export function moveBlock(blocks: readonly Block[], from: number, to: number): Block[] {
    const next = [...blocks];
    const [moved] = next.splice(from, 1);
    if (moved !== undefined) next.splice(to > from ? to - 1 : to, 0, moved);
    return next;
}

const isChecked = (block: Block) => Array.isArray(block["children"]) && (block["children"] as Json[]).some((c) => typeof c["checked"] === "boolean");

/* null: a new line as anywhere else. */
export function onEnter(blocks: readonly Block[], { block: i, at }: Caret): Edit | null {
    const block = blocks[i]!;
    const text = textOf(block) ?? "";
    if (SPLITS.has(block.type)) {
        const after = withText(NEW_BLOCKS.paragraph(), text.slice(at).replace(/^\n/, ""));
        /* Enter at the beginning of a heading makes room above it. */
        if (at === 0 && text !== "") return { blocks: insertAt(blocks, i, NEW_BLOCKS.paragraph()), caret: { block: i + 1, at: 0 } };
        return { blocks: put(blocks, i, withText(block, text.slice(0, at)), after), caret: { block: i + 1, at: 0 } };
    }
    if (!LEAVES.has(block.type)) return null;
    const start = text.lastIndexOf("\n", at - 1) + 1;
    const end = text.indexOf("\n", at) < 0 ? text.length : text.indexOf("\n", at);
    const line = text.slice(start, end);
    const isEmpty = line.replace(block.type === "list" ? ITEM : /^/, "").trim() === "";
    if (isEmpty && end === text.length) {
        const rest = text.slice(0, Math.max(0, start - 1));
        if (start === 0) return { blocks: put(blocks, i, NEW_BLOCKS.paragraph()), caret: { block: i, at: 0 } };
        return { blocks: put(blocks, i, withText(block, rest), NEW_BLOCKS.paragraph()), caret: { block: i + 1, at: 0 } };
    }
    if (block.type !== "list") return null;
    const sign = "\n- " + (isChecked(block) ? "[ ] " : "");
    const next = withText(block, text.slice(0, at) + sign + text.slice(at));
    const before = textOf(withText(block, text.slice(0, at) + sign))!;
    return { blocks: put(blocks, i, next), caret: { block: i, at: before.length } };
}

/* At the beginning of a block: it becomes plain text, then part of the one before; an empty one goes. */
export function onBackspace(blocks: readonly Block[], i: number): Edit | null {
    const block = blocks[i]!;
    const text = textOf(block) ?? "";
    const bare = block.type === "list" ? text.replace(ITEM, "") : text;
    const isPlain = block.type === "paragraph" || block.type === "default";
    if (!isPlain && (bare === "" || block.type !== "list") && block.type !== "code-block" && block.type !== "markdown-block")
        return { blocks: put(blocks, i, withText(NEW_BLOCKS.paragraph(), bare)), caret: { block: i, at: 0 } };
    if (!isPlain && bare !== "") return null;
    const before = blocks[i - 1];
    if (before === undefined) return text === "" && blocks.length > 1 ? { blocks: put(blocks, i), caret: { block: 0, at: 0 } } : null;
    const above = textOf(before);
    if (text === "") return { blocks: put(blocks, i), caret: { block: i - 1, at: above?.length ?? 0 } };
    if (above === null || !SPLITS.has(before.type)) return null;
    return { blocks: put(put(blocks, i), i - 1, withText(before, above + text)), caret: { block: i - 1, at: above.length } };
}

/* Signs at the beginning of a line that ask for another kind of block, as Markdown writes them. */
const SHORTCUTS: [RegExp, NewBlock][] = [
    [/^# /, "heading"],
    [/^## /, "heading2"],
    [/^### /, "heading3"],
    [/^(?:[-*+] )?\[[ x]?\] /, "checklist"],
    [/^[-*+] /, "list"],
    [/^1[.)] /, "ordered"],
    [/^> /, "quote"],
    [/^```/, "code"],
    [/^\$\$/, "formula"],
    [/^---$/, "rule"],
];

export function shortcutOf(text: string): Block | null {
    for (const [sign, kind] of SHORTCUTS) {
        const m = sign.exec(text);
        if (m === null) continue;
        const rest = text.slice(m[0].length);
        return kind === "checklist" ? withText(NEW_BLOCKS.checklist(), `[ ] ${rest}`) : rest === "" ? NEW_BLOCKS[kind]() : withText(NEW_BLOCKS[kind](), rest);
    }
    return null;
}

/* Another kind of block with the same words. */
export function turnInto(block: Block, kind: NewBlock): Block {
    const text = (textOf(block) ?? "").split("\n").map((l) => (block.type === "list" ? l.replace(ITEM, "") : l));
    const made: Block = NEW_BLOCKS[kind]();
    if (textOf(made) === null) return made;
    return withText(made, text.map((l) => (kind === "checklist" ? `[ ] ${l}` : l)).join("\n"));
}

/* What is written after a stroke, at the beginning or behind a space: a search among the kinds of blocks. */
export function slashAt(text: string, at: number): { from: number; query: string } | null {
    const m = /(^|\s)\/([\p{L}\p{N}]*)$/u.exec(text.slice(0, at));
    return m === null ? null : { from: m.index + m[1]!.length, query: m[2]! };
}

/* One address and nothing else, pasted into an empty block, is to be a card. */
export function cardOfPaste(text: string): Block | null {
    const url = text.trim();
    return /^https?:\/\/[^\s<>"]{4,2000}$/.test(url) ? cardOf(url) : null;
}
