/* block_kinds.ts - every kind of block that can be put into a report: what it is called, what finds it behind a stroke, what makes it. */

import { t, type MessageName } from "../../i18n";
import { newId } from "../../lib/ids";
import type { PanelKind } from "../../lib/layout";
import { NEW_BLOCKS, type Block, type NewBlock } from "../../lib/report_blocks";
import { emptyGrid, gridOf } from "./grid_block";

export interface BlockKind {
    label: MessageName;
    words: string /* English names and short forms by which it is found, whatever the page's language */;
    make: (entity: string, project: string) => Block;
    text?: NewBlock /* what a block with words can be turned into */;
}

const text = (kind: NewBlock, label: MessageName, words: string): BlockKind => ({ label, words, make: () => NEW_BLOCKS[kind](), text: kind });
const other = (kind: NewBlock, label: MessageName, words: string): BlockKind => ({ label, words, make: () => NEW_BLOCKS[kind]() });
const panel = (kind: PanelKind, label: MessageName, words: string): BlockKind => ({ label, words, make: (entity, project) => gridOf(entity, project, [{ id: newId(kind), kind }], {}) });

export const BLOCK_KINDS: readonly BlockKind[] = [
    text("paragraph", "block.paragraph", "text paragraph plain"),
    text("heading", "block.heading", "heading 1 h1 title"),
    text("heading2", "block.heading2", "heading 2 h2"),
    text("heading3", "block.heading3", "heading 3 h3"),
    text("list", "block.list", "bulleted list unordered bullets"),
    text("ordered", "block.ordered", "numbered list ordered"),
    text("checklist", "block.checklist", "check list todo tasks"),
    text("quote", "block.quote", "quote blockquote"),
    text("callout", "block.callout", "callout note box"),
    text("code", "block.code", "code snippet"),
    text("formula", "block.formula", "latex formula equation math tex block"),
    text("markdown", "block.markdown", "markdown table"),
    other("image", "block.image", "image picture photo"),
    other("card", "block.card", "link card bookmark url gallery"),
    other("contents", "block.contents", "table of contents toc"),
    other("rule", "block.rule", "divider line rule horizontal"),
    { label: "block.panels", words: "panel grid charts runs", make: emptyGrid },
    panel("comparer", "block.comparer", "run comparer compare diff"),
    panel("query", "block.query", "query panel weave question table"),
];

/* By the label or by an English word that begins so. */
export function kindsFor(query: string): BlockKind[] {
    const wanted = query.toLowerCase();
    return BLOCK_KINDS.filter((k) => t(k.label).toLowerCase().includes(wanted) || ` ${k.words.replace(/ (?=\d)/g, "")} ${k.words}`.includes(` ${wanted}`));
}
