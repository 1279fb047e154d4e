/* quotes.ts - which block of a report a thread is about, when its words have been changed since. */

import { blockToMarkdown, type Block, type Json } from "./report_blocks";

const MAX_QUOTE = 300;
const ENOUGH = 0.45;

/* A block's words; of what has none the names of its panels or its address, so that it is found again. */
export function quoteOf(block: Block): string {
    const text = blockToMarkdown(block);
    if (text !== null) return clean(text.replace(/^#+ /, ""));
    if (block.type === "panel-grid") {
        const bank = ((block["metadata"] as Json | undefined)?.["panelBankSectionConfig"] ?? {}) as Json;
        const panels = Array.isArray(bank["panels"]) ? (bank["panels"] as Json[]) : [];
        return clean(panels.map((p) => titleOf((p["config"] ?? {}) as Json, p)).join(", ")) || block.type;
    }
    const links = Array.isArray(block["links"]) ? (block["links"] as Json[]).map((l) => String(l["title"] || l["url"] || l["id"] || "")).join(", ") : "";
    return clean(links) || block.type;
}

function titleOf(config: Json, panel: Json): string {
    const keys = Array.isArray(config["metrics"]) ? config["metrics"].join(", ") : "";
    return String(config["chartTitle"] ?? "") || keys || String(panel["viewType"] ?? "");
}

function clean(text: string): string {
    return [...text.replace(/\s+/g, " ").trim()].slice(0, MAX_QUOTE).join("");
}

function pairs(text: string): Map<string, number> {
    const out = new Map<string, number>();
    const lower = text.toLowerCase();
    for (let i = 0; i + 1 < lower.length; i++) out.set(lower.slice(i, i + 2), (out.get(lower.slice(i, i + 2)) ?? 0) + 1);
    return out;
}

/* How much two texts have in common: 0 nothing, 1 all (Dice's coefficient of pairs of letters). */
export function likeness(a: string, b: string): number {
    if (a === b) return 1;
    if (a.length < 2 || b.length < 2) return 0;
    const [of, others] = [pairs(a), pairs(b)];
    let common = 0;
    for (const [pair, count] of of) common += Math.min(count, others.get(pair) ?? 0);
    return (2 * common) / (a.length - 1 + (b.length - 1));
}

/* The block with these words, or with those that are most like them; -1: none is like them, or it is about the whole. */
export function blockOfQuote(quote: string, blocks: readonly Block[]): number {
    if (quote === "") return -1;
    let best = -1;
    let most = ENOUGH;
    blocks.forEach((block, i) => {
        const share = likeness(quote, quoteOf(block));
        if (share > most) [best, most] = [i, share];
    });
    return best;
}
