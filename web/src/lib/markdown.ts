/* markdown.ts - Markdown to a tree that a component draws. HTML in it stays text; nothing is ever fetched by drawing it. */

export type Inline =
    | { kind: "text"; text: string }
    | { kind: "code"; text: string }
    | { kind: "math"; text: string }
    | { kind: "strong" | "em" | "del"; children: Inline[] }
    | { kind: "link"; href: string; children: Inline[] };

export type Block =
    | { kind: "heading"; level: number; children: Inline[] }
    | { kind: "paragraph"; children: Inline[] }
    | { kind: "code"; language: string; text: string }
    | { kind: "math"; text: string }
    | { kind: "quote"; children: Block[] }
    | { kind: "list"; isOrdered: boolean; items: { isDone: boolean | null; children: Block[] }[] }
    | { kind: "table"; header: Inline[][]; rows: Inline[][][] }
    | { kind: "rule" };

const MAX_DEPTH = 12;

export function parseMarkdown(text: string): Block[] {
    return parseBlocks(text.replace(/\r\n?/g, "\n").split("\n"), 0);
}

const LIST = /^(\s*)([-*+]|\d{1,9}[.)])\s+(.*)$/;

function parseBlocks(lines: readonly string[], depth: number): Block[] {
    const out: Block[] = [];
    for (let i = 0; i < lines.length; ) {
        const line = lines[i]!;
        let m: RegExpExecArray | null;
        if (line.trim() === "") i++;
        else if ((m = /^\s{0,3}(```+|~~~+)\s*([\w+-]*)/.exec(line))) i = fenced(lines, i, m[1]!, m[2]!, out);
        else if (line.trim() === "$$") i = fenced(lines, i, "$$", null, out);
        else if ((m = /^\s{0,3}(#{1,6})\s+(.*?)\s*#*\s*$/.exec(line))) {
            out.push({ kind: "heading", level: m[1]!.length, children: parseInline(m[2]!) });
            i++;
        } else if (/^\s{0,3}([-*_])(\s*\1){2,}\s*$/.test(line)) {
            out.push({ kind: "rule" });
            i++;
        } else if (/^\s{0,3}>/.test(line) && depth < MAX_DEPTH) {
            const start = i;
            while (i < lines.length && /^\s{0,3}>/.test(lines[i]!)) i++;
            out.push({
                kind: "quote",
                children: parseBlocks(
                    lines.slice(start, i).map((l) => l.replace(/^\s{0,3}> ?/, "")),
                    depth + 1,
                ),
            });
        } else if (LIST.test(line) && depth < MAX_DEPTH) i = list(lines, i, depth, out);
        else if (
            line.includes("|") &&
            /^\s*\|?[\s:|-]*-[\s:|-]*$/.test(lines[i + 1] ?? "") &&
            lines[i + 1]!.includes("|")
        )
            i = table(lines, i, out);
        else i = paragraph(lines, i, out);
    }
    return out;
}

function fenced(
    lines: readonly string[],
    from: number,
    fence: string,
    language: string | null,
    out: Block[],
): number {
    let end = from + 1;
    while (end < lines.length && !lines[end]!.trim().startsWith(fence)) end++;
    const text = lines.slice(from + 1, end).join("\n");
    out.push(language === null ? { kind: "math", text } : { kind: "code", language, text });
    return end + 1;
}

function list(lines: readonly string[], from: number, depth: number, out: Block[]): number {
    const first = LIST.exec(lines[from]!)!;
    const indent = first[1]!.length;
    const isOrdered = /\d/.test(first[2]!);
    const items: { isDone: boolean | null; children: Block[] }[] = [];
    let i = from;
    while (i < lines.length) {
        const m = LIST.exec(lines[i]!);
        if (m === null || m[1]!.length !== indent || /\d/.test(m[2]!) !== isOrdered) break;
        const own = [m[3]!];
        for (
            i++;
            i < lines.length &&
            (lines[i]!.trim() === "" ? /^\s+\S/.test(lines[i + 1] ?? "") : lines[i]!.search(/\S/) > indent);
            i++
        )
            own.push(lines[i]!.slice(Math.min(indent + 2, Math.max(0, lines[i]!.search(/\S/)))));
        const box = /^\[([ xX])\]\s+/.exec(own[0]!);
        if (box) own[0] = own[0]!.slice(box[0].length);
        items.push({ isDone: box ? box[1] !== " " : null, children: parseBlocks(own, depth + 1) });
    }
    out.push({ kind: "list", isOrdered, items });
    return i;
}

function table(lines: readonly string[], from: number, out: Block[]): number {
    const cells = (line: string) =>
        line
            .trim()
            .replace(/^\||\|$/g, "")
            .split("|")
            .map((c) => parseInline(c.trim()));
    let i = from + 2;
    const rows: Inline[][][] = [];
    for (; i < lines.length && lines[i]!.includes("|"); i++) rows.push(cells(lines[i]!));
    out.push({ kind: "table", header: cells(lines[from]!), rows });
    return i;
}

const INTERRUPTS = /^\s{0,3}(#{1,6}\s|```|~~~|>|\$\$\s*$)|^\s*([-*+]|\d{1,9}[.)])\s+/;

function paragraph(lines: readonly string[], from: number, out: Block[]): number {
    let i = from + 1;
    while (i < lines.length && lines[i]!.trim() !== "" && !INTERRUPTS.test(lines[i]!)) i++;
    out.push({
        kind: "paragraph",
        children: parseInline(
            lines
                .slice(from, i)
                .map((l) => l.trim())
                .join(" "),
        ),
    });
    return i;
}

const INLINE =
    /(`+)([^`]+?)\1|\$([^$\s](?:[^$]*[^$\s])?)\$|!?\[([^\]]*)\]\(([^()\s]*)\)|(\*\*|__)(?=\S)(.+?)\6|(\*|_)(?=\S)(.+?)\8(?![\p{L}\p{N}])|~~(.+?)~~|(https?:\/\/[^\s<>()]+)/u;

export function parseInline(text: string, depth = 0): Inline[] {
    const out: Inline[] = [];
    let rest = text;
    while (rest !== "") {
        const m = depth < MAX_DEPTH ? INLINE.exec(rest) : null;
        if (m === null) break;
        if (m.index > 0) out.push({ kind: "text", text: rest.slice(0, m.index) });
        out.push(inlineOf(m, depth + 1));
        rest = rest.slice(m.index + m[0].length);
    }
    if (rest !== "") out.push({ kind: "text", text: rest });
    return out;
}

function inlineOf(m: RegExpExecArray, depth: number): Inline {
    if (m[2] !== undefined) return { kind: "code", text: m[2] };
    if (m[3] !== undefined) return { kind: "math", text: m[3] };
    if (m[5] !== undefined) {
        const href = safeHref(m[5]);
        const label = parseInline(m[4] || m[5], depth);
        return href === null ? { kind: "text", text: m[4] || m[5] } : { kind: "link", href, children: label };
    }
    if (m[7] !== undefined) return { kind: "strong", children: parseInline(m[7], depth) };
    if (m[9] !== undefined) return { kind: "em", children: parseInline(m[9], depth) };
    if (m[10] !== undefined) return { kind: "del", children: parseInline(m[10], depth) };
    return { kind: "link", href: m[11]!, children: [{ kind: "text", text: m[11]! }] };
}

/* Web addresses and paths on this server; never javascript:, data: and their like. */
export function safeHref(href: string): string | null {
    if (/^(https?:\/\/|mailto:)/i.test(href)) return href;
    return /^(\/(?!\/)|#|[\w.-]+(?:\/|$))/.test(href) && !href.includes(":") ? href : null;
}
