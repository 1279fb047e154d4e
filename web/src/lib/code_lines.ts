/* code_lines.ts - the text of a program or a patch, line by line, as its name tells what it is. */

import { highlight, type Language, type Word } from "./highlight";

export type LineKind = "" | "added" | "removed" | "place" | "head";

export interface CodeLine {
    kind: LineKind /* in a patch */;
    words: Word[];
}

const LANGUAGES: readonly [RegExp, Language][] = [
    [/\.pyi?$/i, "python"],
    /* Their remarks, quotes and numbers are the same, and most of their words. */
    [/\.([cm]?[jt]sx?|c|h|cc|cpp|cxx|hpp|cuh?|rs|go|java|kt|swift)$/i, "javascript"],
    [/\.jsonl?$/i, "json"],
    [/\.(ya?ml|toml|ini|cfg)$/i, "yaml"],
    [/\.(html?|xml)$/i, "html"],
    [/\.css$/i, "css"],
];

export function codeLines(name: string, text: string): CodeLine[] {
    if (/\.(patch|diff)$/i.test(name)) return text.split("\n").map((line) => ({ kind: patchLine(line), words: [{ kind: "plain", text: line }] }));
    const lines: CodeLine[] = [{ kind: "", words: [] }];
    for (const { kind, text: whole } of highlight(text, LANGUAGES.find(([pattern]) => pattern.test(name))?.[1] ?? ""))
        whole.split("\n").forEach((part, i) => {
            if (i > 0) lines.push({ kind: "", words: [] });
            if (part !== "") lines.at(-1)!.words.push({ kind, text: part });
        });
    return lines;
}

function patchLine(line: string): LineKind {
    if (/^(diff |index |\+\+\+ |--- |new file|deleted file|rename |similarity )/.test(line)) return "head";
    if (line.startsWith("@@")) return "place";
    if (line.startsWith("+")) return "added";
    return line.startsWith("-") ? "removed" : "";
}
