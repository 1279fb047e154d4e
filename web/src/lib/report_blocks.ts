/* report_blocks.ts - a report's blocks as the official package writes them, and the Markdown in which people edit them.
 *
 * Blocks of kinds that are unknown here are kept to the letter. */

export type Json = Record<string, unknown>;

export interface Block extends Json {
    type: string;
}

const isObject = (v: unknown): v is Json => typeof v === "object" && v !== null && !Array.isArray(v);
const objects = (v: unknown): Json[] => (Array.isArray(v) ? v.filter(isObject) : []);

export function blocksOf(spec: Json): Block[] {
    return objects(spec["blocks"]).filter((b): b is Block => typeof b["type"] === "string");
}

/* ---- inline: texts, code, links, formulas ---- */

export function inlineToMarkdown(children: unknown): string {
    return objects(children)
        .map((c) => {
            if (c["type"] === "link") return `[${inlineToMarkdown(c["children"])}](${String(c["url"] ?? "")})`;
            if (c["type"] === "latex") return `$${String(c["content"] ?? "")}$`;
            if (c["type"] === "paragraph") return inlineToMarkdown(c["children"]);
            const text = String(c["text"] ?? "");
            if (text === "") return "";
            if (c["inlineCode"] === true) return `\`${text}\``;
            const struck = c["strikethrough"] === true ? `~~${text}~~` : text;
            const strong = c["bold"] === true ? `**${struck}**` : struck;
            return c["italic"] === true ? `_${strong}_` : strong;
        })
        .join("");
}

const INLINE = /`([^`]+)`|\[([^\]]*)\]\(([^)\s]*)\)|\$([^$\n]+)\$|\*\*([^*]+)\*\*|(?<![\p{L}\p{N}_])_([^_\n]+)_(?![\p{L}\p{N}_])|(?<!\*)\*([^*\s][^*\n]*)\*(?!\*)|~~([^~]+)~~/gu;

export function markdownToInline(text: string): Json[] {
    const out: Json[] = [];
    let at = 0;
    for (const m of text.matchAll(INLINE)) {
        if (m.index > at) out.push({ text: text.slice(at, m.index) });
        if (m[1] !== undefined) out.push({ text: m[1], inlineCode: true });
        else if (m[2] !== undefined) out.push({ type: "link", url: m[3]!, children: [{ text: m[2] }] });
        else if (m[4] !== undefined) out.push({ type: "latex", children: [{ text: "" }], content: m[4] });
        else if (m[5] !== undefined) out.push({ text: m[5], bold: true });
        else if (m[8] !== undefined) out.push({ text: m[8], strikethrough: true });
        else out.push(...markdownToInline((m[6] ?? m[7])!).map((c) => ("type" in c ? c : { ...c, italic: true })));
        at = m.index + m[0].length;
    }
    if (at < text.length || out.length === 0) out.push({ text: text.slice(at) });
    return out;
}

/* ---- blocks ---- */

/* null for what is not edited as text. */
export function blockToMarkdown(block: Block): string | null {
    switch (block.type) {
        case "heading":
            return `${"#".repeat(Number(block["level"]) || 1)} ${inlineToMarkdown(block["children"])}`;
        case "paragraph":
        case "default":
            return inlineToMarkdown(block["children"]);
        case "markdown-block":
        case "latex":
            return String(block["content"] ?? "");
        case "block-quote":
            return inlineToMarkdown(block["children"]);
        case "callout-block":
            return objects(block["children"]).map((l) => inlineToMarkdown(l["children"])).join("\n");
        case "code-block":
            return objects(block["children"]).map((l) => objects(l["children"]).map((t) => String(t["text"] ?? "")).join("")).join("\n");
        case "list":
            return objects(block["children"]).map((i) => (typeof i["checked"] === "boolean" ? `[${i["checked"] ? "x" : " "}] ` : "") + inlineToMarkdown(i["children"])).join("\n");
        default:
            return null;
    }
}

export function withMarkdown(block: Block, text: string): Block {
    const lines = text.split("\n");
    switch (block.type) {
        case "heading": {
            const m = /^(#{1,3})\s*(.*)$/.exec(text);
            return { ...block, level: m ? m[1]!.length : Number(block["level"]) || 1, children: markdownToInline(m ? m[2]! : text) };
        }
        case "markdown-block":
        case "latex":
            return { ...block, content: text };
        case "callout-block":
            return { ...block, children: lines.map((l) => ({ type: "callout-line", children: markdownToInline(l) })) };
        case "code-block":
            return { ...block, children: lines.map((l) => ({ type: "code-line", children: [{ text: l }], language: block["language"] ?? "python" })) };
        case "list":
            return { ...block, children: lines.map((l) => listItem(l, block["ordered"] === true)) };
        default:
            return { ...block, children: markdownToInline(text) };
    }
}

function listItem(line: string, isOrdered: boolean): Json {
    const m = /^\[( |x)\]\s?(.*)$/.exec(line);
    return {
        type: "list-item",
        children: [{ type: "paragraph", children: markdownToInline(m ? m[2]! : line) }],
        ...(isOrdered ? { ordered: true } : {}),
        ...(m ? { checked: m[1] === "x" } : {}),
    };
}

const EMPTY = [{ text: "" }];

const heading = (level: number) => () => ({ type: "heading", level, children: EMPTY });

export const NEW_BLOCKS = {
    paragraph: () => ({ type: "paragraph", children: EMPTY }),
    heading: heading(1),
    heading2: heading(2),
    heading3: heading(3),
    list: () => ({ type: "list", children: [listItem("", false)] }),
    ordered: () => ({ type: "list", ordered: true, children: [listItem("", true)] }),
    checklist: () => ({ type: "list", children: [listItem("[ ] ", false)] }),
    quote: () => ({ type: "block-quote", children: EMPTY }),
    callout: () => ({ type: "callout-block", children: [{ type: "callout-line", children: EMPTY }] }),
    code: () => ({ type: "code-block", language: "python", children: [{ type: "code-line", children: EMPTY, language: "python" }] }),
    formula: () => ({ type: "latex", children: EMPTY, content: "", block: true }),
    markdown: () => ({ type: "markdown-block", children: EMPTY, content: "" }),
    image: () => ({ type: "image", children: EMPTY, url: "", hasCaption: false }),
    card: () => cardOf(""),
    contents: () => ({ type: "table-of-contents", children: EMPTY }),
    rule: () => ({ type: "horizontal-rule", children: EMPTY }),
} satisfies Record<string, () => Block>;

export type NewBlock = keyof typeof NEW_BLOCKS;

/* ---- cards: what the official package calls a gallery ---- */

export interface Card {
    url: string /* empty: a report, by its id */;
    reportId: string;
    title: string;
    description: string;
    picture?: string /* of another host: never asked for, and kept */;
}

/* The package leaves out what is null, and then does not read what has no imageURL. */
function urlLink(c: Omit<Card, "reportId">): Json {
    return { type: "url", url: c.url, title: c.title || null, description: c.description || null, imageURL: c.picture ?? "" };
}

export function cardOf(url: string, title = ""): Block {
    return { type: "gallery", children: EMPTY, links: [urlLink({ url, title, description: "", picture: "" })] };
}

export function cardsOf(block: Block): Card[] {
    const ids = Array.isArray(block["ids"]) ? block["ids"].filter((i): i is string => typeof i === "string") : [];
    const reports = ids.map((id) => ({ url: "", reportId: id, title: "", description: "" }));
    const links = objects(block["links"]).map((l) => ({
        url: String(l["url"] ?? ""),
        reportId: l["type"] === "report" ? String(l["id"] ?? "") : "",
        title: String(l["title"] ?? ""),
        description: String(l["description"] ?? ""),
        ...(l["imageURL"] ? { picture: String(l["imageURL"]) } : {}),
    }));
    return [...reports, ...links];
}

export function withCards(block: Block, cards: readonly Card[]): Block {
    const rest: Block = { ...block };
    delete rest["ids"];
    return {
        ...rest,
        links: cards.map((c) => (c.reportId !== "" ? { type: "report", id: c.reportId } : urlLink(c))),
    };
}

const EMBEDDED = /^data:image\/(png|jpeg|gif|webp);base64,[A-Za-z0-9+/]+=*$/;

/* A picture that is part of the report itself. SVG, which can hold more than a picture, is none. */
export function isEmbedded(url: string): boolean {
    return EMBEDDED.test(url);
}

/* Whose runs a report's panels show, and the project it stands in: what a link to it has to open. */
export function projectsOf(spec: Json, entityName: string, projectName: string): { entityName: string; projectName: string }[] {
    const sets = blocksOf(spec).flatMap((b) => objects((b["metadata"] as Json | undefined)?.["runSets"]));
    const named = sets.flatMap((s) => {
        const place = isObject(s["project"]) ? s["project"] : {};
        return typeof place["name"] === "string" ? [{ entityName: String(place["entityName"] || entityName), projectName: place["name"] }] : [];
    });
    const all = [{ entityName, projectName }, ...named];
    return all.filter((a, i) => all.findIndex((b) => b.entityName === a.entityName && b.projectName === a.projectName) === i);
}

/* "What worked--Vmlldzoz": the title is for people, the end is the id without its "=". */
export function reportSlug(title: string, id: string): string {
    const words = title.replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-|-$/g, "").slice(0, 80);
    return `${words || "report"}--${id.replace(/=+$/, "")}`;
}

export function idOfSlug(slug: string): string {
    const id = slug.slice(slug.lastIndexOf("--") + 2);
    return id + "=".repeat((4 - (id.length % 4)) % 4);
}

export function emptySpec(): Json {
    return { version: 5, panelSettings: {}, blocks: [NEW_BLOCKS.paragraph()], width: "readable", authors: [], discussionThreads: [] };
}
