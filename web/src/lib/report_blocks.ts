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
            const strong = c["bold"] === true ? `**${text}**` : text;
            return c["italic"] === true ? `*${strong}*` : strong;
        })
        .join("");
}

const INLINE = /`([^`]+)`|\[([^\]]*)\]\(([^)\s]*)\)|\$([^$\n]+)\$|\*\*([^*]+)\*\*/g;

export function markdownToInline(text: string): Json[] {
    const out: Json[] = [];
    let at = 0;
    for (const m of text.matchAll(INLINE)) {
        if (m.index > at) out.push({ text: text.slice(at, m.index) });
        if (m[1] !== undefined) out.push({ text: m[1], inlineCode: true });
        else if (m[2] !== undefined) out.push({ type: "link", url: m[3]!, children: [{ text: m[2] }] });
        else if (m[4] !== undefined) out.push({ type: "latex", children: [{ text: "" }], content: m[4] });
        else out.push({ text: m[5]!, bold: true });
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

export const NEW_BLOCKS = {
    paragraph: () => ({ type: "paragraph", children: EMPTY }),
    heading: () => ({ type: "heading", level: 2, children: EMPTY }),
    markdown: () => ({ type: "markdown-block", children: EMPTY, content: "" }),
    list: () => ({ type: "list", children: [listItem("", false)] }),
    ordered: () => ({ type: "list", ordered: true, children: [listItem("", true)] }),
    checklist: () => ({ type: "list", children: [listItem("[ ] ", false)] }),
    quote: () => ({ type: "block-quote", children: EMPTY }),
    callout: () => ({ type: "callout-block", children: [{ type: "callout-line", children: EMPTY }] }),
    code: () => ({ type: "code-block", language: "python", children: [{ type: "code-line", children: EMPTY, language: "python" }] }),
    formula: () => ({ type: "latex", children: EMPTY, content: "", block: true }),
    image: () => ({ type: "image", children: EMPTY, url: "", hasCaption: false }),
    contents: () => ({ type: "table-of-contents", children: EMPTY }),
    rule: () => ({ type: "horizontal-rule", children: EMPTY }),
} satisfies Record<string, () => Block>;

export type NewBlock = keyof typeof NEW_BLOCKS;

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
