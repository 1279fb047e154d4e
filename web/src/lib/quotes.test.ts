import { expect, test } from "vitest";
import { blockOfQuote, likeness, quoteOf } from "./quotes";
import { NEW_BLOCKS, cardOf, withMarkdown, type Block } from "./report_blocks";

const text = (t: string): Block => withMarkdown(NEW_BLOCKS.paragraph(), t);

test("a quote is found among the blocks, and found again after a change", () => {
    const blocks = [text("The loss falls at first."), text("Then it rises, because of the rate."), NEW_BLOCKS.rule()];
    const quote = quoteOf(blocks[1]!);
    expect(blockOfQuote(quote, blocks)).toBe(1);
    const changed = [text("A new beginning"), blocks[0]!, text("Then it rises because the rate was too high."), NEW_BLOCKS.rule()];
    expect(blockOfQuote(quote, changed)).toBe(2);
    expect(blockOfQuote(quote, [text("Something else entirely")])).toBe(-1);
    expect(blockOfQuote("", blocks)).toBe(-1);
});

test("what has no words goes by its panels or its address", () => {
    const grid = { type: "panel-grid", metadata: { panelBankSectionConfig: { panels: [{ viewType: "Run Comparer", config: {} }, { config: { metrics: ["loss"] } }, { config: { chartTitle: "Title" } }] } } };
    expect(quoteOf(grid)).toBe("Run Comparer, loss, Title");
    expect(quoteOf(cardOf("https://x.org/a"))).toBe("https://x.org/a");
    expect(quoteOf(NEW_BLOCKS.contents())).toBe("table-of-contents");
    expect(quoteOf(text("😀".repeat(400)))).toBe("😀".repeat(300));
});

test("likeness is between nothing and all", () => {
    expect(likeness("night", "nacht")).toBeCloseTo(0.25);
    expect(likeness("a", "b")).toBe(0);
    expect(likeness("", "")).toBe(1);
});
