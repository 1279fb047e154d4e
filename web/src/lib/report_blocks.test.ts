import { expect, test } from "vitest";
import * as R from "./report_blocks";

const paragraph = {
    type: "paragraph",
    children: [
        { text: "text " },
        { text: "code", inlineCode: true },
        { text: " " },
        { type: "link", url: "https://x.y", children: [{ text: "l" }] },
        { type: "latex", children: [{ text: "" }], content: "x^2" },
    ],
};

test("paragraphs become Markdown and come back", () => {
    const text = R.blockToMarkdown(paragraph)!;
    expect(text).toBe("text `code` [l](https://x.y)$x^2$");
    expect(R.withMarkdown(paragraph, text)).toEqual(paragraph);
});

test("every kind of new block can be edited as text, or needs none", () => {
    for (const make of Object.values(R.NEW_BLOCKS)) {
        const block = make() as R.Block;
        const text = R.blockToMarkdown(block);
        if (text !== null) expect(R.blockToMarkdown(R.withMarkdown(block, text))).toBe(text);
    }
    const list = R.withMarkdown(R.NEW_BLOCKS.checklist() as R.Block, "[x] done\n[ ] open");
    expect((list["children"] as R.Json[]).map((i) => i["checked"])).toEqual([true, false]);
    expect(R.withMarkdown(R.NEW_BLOCKS.heading() as R.Block, "### Three")["level"]).toBe(3);
});

test("addresses hold title and id", () => {
    const slug = R.reportSlug("What worked?", "VmlldzozMg==");
    expect(slug).toBe("What-worked--VmlldzozMg");
    expect(R.idOfSlug(slug)).toBe("VmlldzozMg==");
    expect(R.idOfSlug("a--b--Vmlldzoz")).toBe("Vmlldzoz");
});

test("only pictures made of pixels may live inside of a report", () => {
    expect(R.isEmbedded("data:image/png;base64,iVBORw0KGgo=")).toBe(true);
    for (const url of ["https://elsewhere/a.png", "data:image/svg+xml;base64,PHN2Zy8+", "data:text/html;base64,PGI+", 'data:image/png;base64,"><script>', "javascript:x()", ""]) expect(R.isEmbedded(url)).toBe(false);
});

test("a link to a report opens its own project and those of its run sets, each once", () => {
    const grid = (...sets: object[]) => ({ type: "panel-grid", metadata: { runSets: sets } });
    const spec = { blocks: [{ type: "paragraph" }, grid({ project: { entityName: "a", name: "p" } }, {}), grid({ project: { name: "q" } }, { project: { entityName: "a", name: "q" } })] };
    expect(R.projectsOf(spec, "a", "p")).toEqual([{ entityName: "a", projectName: "p" }, { entityName: "a", projectName: "q" }]);
});

test("words that stand out come back as they were, half-written ones stay words", () => {
    const back = (t: string) => R.inlineToMarkdown(R.markdownToInline(t));
    for (const same of ["**bold** and _soft_ and ~~gone~~", "_**both**_", "snake_case_name", "2 * 3 * 4", "**ada", "**adam*", "a_b_c"]) expect(back(same)).toBe(same);
    expect(back("*soft*")).toBe("_soft_");
    expect(R.markdownToInline("_soft_ `c`")).toEqual([{ text: "soft", italic: true }, { text: " " }, { text: "c", inlineCode: true }]);
});

test("cards are galleries to the official package, reports by their ids", () => {
    const block = R.cardOf("https://x.org", "A paper");
    expect(block["links"]).toEqual([{ type: "url", url: "https://x.org", title: "A paper", description: null, imageURL: "" }]);
    const official = { type: "gallery", ids: ["Vmlldzox"], links: null } as R.Block;
    expect(R.cardsOf(official)).toEqual([{ url: "", reportId: "Vmlldzox", title: "", description: "" }]);
    expect(R.withCards(official, R.cardsOf(official))).toEqual({ type: "gallery", links: [{ type: "report", id: "Vmlldzox" }] });
});
