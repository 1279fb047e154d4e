/* ansi.ts - console lines with ANSI colours as spans. Everything but colours and weight is taken away. */

export interface Span {
    text: string;
    classes: string /* "" or names such as "a-fg1 a-bold" */;
    color?: string /* 256 and 24-bit colours */;
    background?: string;
}

interface Style {
    fg: string | number | null;
    bg: string | number | null;
    flags: Set<string>;
}

/* Colour and other control sequences, links and titles (OSC), and lone escapes. */
const SEQUENCE =
    /\u001b\[([0-9;:]*)([@-~])|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|\u001b[@-_]?|[\u0000-\u0008\u000b-\u001f\u007f]/g;

export function parseAnsi(line: string): Span[] {
    const out: Span[] = [];
    const style: Style = { fg: null, bg: null, flags: new Set() };
    let at = 0;
    const push = (text: string) => {
        if (text !== "") out.push(spanOf(text, style));
    };
    for (const m of line.matchAll(SEQUENCE)) {
        push(line.slice(at, m.index));
        at = m.index + m[0].length;
        if (m[2] === "m") applyCodes(style, (m[1] ?? "").split(/[;:]/).map(Number));
    }
    push(line.slice(at));
    return out;
}

export function stripAnsi(line: string): string {
    return line.replace(SEQUENCE, "");
}

const FLAGS: Record<number, string> = {
    1: "a-bold",
    2: "a-dim",
    3: "a-italic",
    4: "a-underline",
    7: "a-inverse",
    9: "a-strike",
};
const FLAG_ENDS: Record<number, string[]> = {
    22: ["a-bold", "a-dim"],
    23: ["a-italic"],
    24: ["a-underline"],
    27: ["a-inverse"],
    29: ["a-strike"],
};

function applyCodes(style: Style, codes: number[]): void {
    for (let i = 0; i < codes.length; i++) {
        const c = codes[i]!;
        if (c === 0) Object.assign(style, { fg: null, bg: null, flags: new Set() });
        else if (FLAGS[c]) style.flags.add(FLAGS[c]);
        else if (FLAG_ENDS[c]) FLAG_ENDS[c].forEach((f) => style.flags.delete(f));
        else if (c >= 30 && c <= 37) style.fg = c - 30;
        else if (c >= 90 && c <= 97) style.fg = c - 82;
        else if (c >= 40 && c <= 47) style.bg = c - 40;
        else if (c >= 100 && c <= 107) style.bg = c - 92;
        else if (c === 39) style.fg = null;
        else if (c === 49) style.bg = null;
        else if (c === 38 || c === 48) {
            const [color, used] = extended(codes, i + 1);
            if (c === 38) style.fg = color;
            else style.bg = color;
            i += used;
        }
    }
}

function extended(codes: readonly number[], at: number): [string | number | null, number] {
    if (codes[at] === 2) return [rgb(codes[at + 1]!, codes[at + 2]!, codes[at + 3]!), 4];
    if (codes[at] !== 5) return [null, 0];
    const n = codes[at + 1] ?? 0;
    if (n < 16) return [n, 2];
    if (n >= 232) return [rgb(8 + (n - 232) * 10, 8 + (n - 232) * 10, 8 + (n - 232) * 10), 2];
    const level = (v: number) => (v === 0 ? 0 : 55 + v * 40);
    return [
        rgb(level(Math.floor((n - 16) / 36)), level(Math.floor((n - 16) / 6) % 6), level((n - 16) % 6)),
        2,
    ];
}

function rgb(...channels: number[]): string {
    return (
        "#" +
        channels
            .map((c) =>
                Math.max(0, Math.min(255, Math.round(c || 0)))
                    .toString(16)
                    .padStart(2, "0"),
            )
            .join("")
    );
}

function spanOf(text: string, style: Style): Span {
    const classes = [...style.flags];
    if (typeof style.fg === "number") classes.push(`a-fg${style.fg}`);
    if (typeof style.bg === "number") classes.push(`a-bg${style.bg}`);
    const span: Span = { text, classes: classes.join(" ") };
    if (typeof style.fg === "string") span.color = style.fg;
    if (typeof style.bg === "string") span.background = style.bg;
    return span;
}
