/* highlight.ts - code as words of some kind: comments, strings, numbers and the language's own words. Not a parser: what it does
 * not know stays plain, and nothing is lost. */

export const LANGUAGES = ["python", "javascript", "json", "yaml", "html", "css", "markdown"] as const;
export type Language = (typeof LANGUAGES)[number];
export type WordKind = "plain" | "comment" | "string" | "number" | "word" | "name";

export interface Word {
    kind: WordKind;
    text: string;
}

const words = (list: string) => `\\b(?:${list.replace(/ /g, "|")})\\b`;
/* Every repetition that may have to be given back has an end: texts come from anybody. */
const STRING = `"(?:\\\\.|[^"\\\\\\n]){0,300}"|'(?:\\\\.|[^'\\\\\\n]){0,300}'`;
const NUMBER = "\\b(?:0[xX][\\da-fA-F_]+|\\d[\\d_]*(?:\\.\\d+)?(?:[eE][+-]?\\d+)?)\\b";

/* In the order in which they are tried at each place. */
const RULES: Record<Language, readonly [WordKind, string][]> = {
    python: [
        ["comment", "#[^\\n]*"],
        ["string", `[rRbBfFuU]{0,2}(?:"""[\\s\\S]*?(?:"""|$)|'''[\\s\\S]*?(?:'''|$)|${STRING})`],
        ["name", "@[\\w.]+"],
        ["word", words("and as assert async await break case class continue def del elif else except False finally for from global if import in is lambda match None nonlocal not or pass raise return True try while with yield")],
        ["number", NUMBER],
    ],
    javascript: [
        ["comment", "//[^\\n]*|/\\*[\\s\\S]*?(?:\\*/|$)"],
        ["string", `${STRING}|\`(?:\\\\.|[^\`\\\\]){0,300}\``],
        ["word", words("async await break case catch class const continue default delete do else export extends false finally for from function if import in instanceof interface let new null of return static super switch this throw true try type typeof undefined var void while yield")],
        ["number", NUMBER],
    ],
    json: [
        ["name", `"(?:\\\\.|[^"\\\\\\n]){0,300}"(?=\\s{0,20}:)`],
        ["string", STRING],
        ["word", words("true false null NaN Infinity")],
        ["number", `-?${NUMBER}`],
    ],
    yaml: [
        ["comment", "(?<=^|\\s)#[^\\n]*"],
        ["name", "(?<=^|\\n)[ \\t-]{0,100}[\\w./-]{1,100}(?=[ \\t]{0,20}:(?:\\s|$))"],
        ["string", STRING],
        ["word", words("true false null yes no on off")],
        ["number", `-?${NUMBER}`],
    ],
    html: [
        ["comment", "<!--[\\s\\S]*?(?:-->|$)"],
        ["word", "</?[A-Za-z][\\w-]*|/?>"],
        ["name", "[\\w:-]{1,60}(?==[\"'])"],
        ["string", STRING],
    ],
    css: [
        ["comment", "/\\*[\\s\\S]*?(?:\\*/|$)"],
        ["string", STRING],
        ["word", "@[\\w-]+"],
        ["name", "[\\w-]{1,60}(?=\\s{0,20}:[^{};]{0,200};)"],
        ["number", "#[\\da-fA-F]{3,8}\\b|-?\\d+(?:\\.\\d+)?(?:%|[a-z]+)?"],
    ],
    markdown: [
        ["word", "(?<=^|\\n)#{1,6} [^\\n]*"],
        ["comment", "(?<=^|\\n)>[^\\n]*"],
        ["string", "`[^`\\n]{1,300}`|```[\\s\\S]*?(?:```|$)"],
        ["name", "\\*\\*[^*\\n]{1,300}\\*\\*|\\[[^\\]\\n]{0,300}\\]\\([^)\\n]{0,300}\\)"],
    ],
};

const made = new Map<Language, RegExp>();

function patternOf(language: Language): RegExp {
    const known = made.get(language);
    if (known !== undefined) return known;
    const pattern = new RegExp(RULES[language].map(([, rule]) => `(${rule})`).join("|"), "g");
    made.set(language, pattern);
    return pattern;
}

/* Longer ones are shown as they are. */
const MAX_CHARS = 50_000;

export function highlight(text: string, language: string): Word[] {
    const known = LANGUAGES.find((l) => l === language.toLowerCase());
    if (known === undefined || text.length > MAX_CHARS) return [{ kind: "plain", text }];
    const out: Word[] = [];
    let end = 0;
    for (const m of text.matchAll(patternOf(known))) {
        if (m[0] === "") continue;
        if (m.index > end) out.push({ kind: "plain", text: text.slice(end, m.index) });
        out.push({ kind: RULES[known][m.slice(1).findIndex((g) => g !== undefined)]![0], text: m[0] });
        end = m.index + m[0].length;
    }
    if (end < text.length) out.push({ kind: "plain", text: text.slice(end) });
    return out;
}
