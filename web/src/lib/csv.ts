/* csv.ts - tables as CSV that a spreadsheet opens without running anything. */

import { NONFINITE_MINUS, NONFINITE_NAN, NONFINITE_PLUS } from "./buckets";

/* Text that a spreadsheet would take for a formula gets an apostrophe; numbers never do. */
function cell(value: unknown): string {
    if (value === null || value === undefined) return "";
    if (typeof value === "number" || typeof value === "boolean") return String(value);
    let text = typeof value === "string" ? value : JSON.stringify(value);
    if (/^[=+\-@\t\r]/.test(text) && !Number.isFinite(Number(text))) text = "'" + text;
    return /[",\r\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
}

export function toCsv(header: readonly string[], rows: Iterable<readonly unknown[]>): string {
    const lines = [header.map(cell).join(",")];
    for (const row of rows) lines.push(row.map(cell).join(","));
    return lines.join("\r\n") + "\r\n";
}

const SPECIALS: Record<number, number> = { [NONFINITE_NAN]: NaN, [NONFINITE_PLUS]: Infinity, [NONFINITE_MINUS]: -Infinity };

/* Lines of a chart as rows of (run, metric, x, value, min, max): nothing is smoothed or merged. */
export function linesToCsv(
    lines: readonly {
        label: string;
        key: string;
        x: ArrayLike<number>;
        y: ArrayLike<number>;
        lo: ArrayLike<number> | null;
        hi: ArrayLike<number> | null;
        marks?: readonly { x: number; kind: number }[];
    }[],
    xName: string,
): string {
    function* rows(): Generator<unknown[]> {
        for (const l of lines) {
            const specials = new Map(l.lo === null ? l.marks?.map((m) => [m.x, SPECIALS[m.kind]]) : []);
            for (let i = 0; i < l.x.length; i++) {
                const value = Number.isNaN(l.y[i]!) ? (specials.get(l.x[i]!) ?? NaN) : l.y[i];
                yield [l.label, l.key, l.x[i], value, l.lo?.[i], l.hi?.[i]];
            }
        }
    }
    return toCsv(["run", "metric", xName, "value", "min", "max"], rows());
}

export interface CsvTable {
    columns: string[];
    rows: unknown[][];
    isCut: boolean /* there were more rows */;
}

/* What a number would lose digits of stays a word: 007 and the longest ones. */
const NUMBER = /^[-+]?((0|[1-9]\d{0,14})(\.\d*)?|\.\d+)([eE][-+]?\d{1,3})?$/;
const isNumber = (word: string) => NUMBER.test(word);

export const MAX_COLUMNS = 16384;

/* The first row names the columns. Quotes may enclose separators and line ends; what has no quotes and looks like a number is
 * one. `maxRows` bounds what is kept. Of columns as many are kept as spreadsheets have; a last one says how many more there are: a
 * file of nothing but separators would take all the memory there is. */
export function parseCsv(text: string, separator: string, maxRows: number): CsvTable {
    const rows: unknown[][] = [];
    let row: unknown[] = [];
    let left = 0;
    let most = 0;
    const add = (value: unknown) => (row.length < MAX_COLUMNS ? row.push(value) : left++);
    let at = text.charCodeAt(0) === 0xfeff ? 1 : 0;
    while (at < text.length && rows.length <= maxRows) {
        let value: unknown;
        if (text[at] === '"') [value, at] = quoted(text, at + 1, separator);
        else {
            const from = at;
            while (at < text.length && text[at] !== separator && text[at] !== "\n" && text[at] !== "\r") at++;
            const word = text.slice(from, at);
            value = isNumber(word.trim()) ? Number(word) : word;
        }
        add(value);
        if (text[at] === separator) {
            at++;
            if (at < text.length && text[at] !== "\n" && text[at] !== "\r") continue;
            add("");
        }
        if (text[at] === "\r") at++;
        if (text[at] === "\n") at++;
        if (row.length > 1 || row[0] !== "") rows.push(row);
        row = [];
        most = Math.max(most, left);
        left = 0;
    }
    const [head, ...body] = rows;
    const width = Math.max(0, ...rows.slice(0, 1000).map((r) => r.length));
    const columns = Array.from({ length: width }, (_, i) => String(head?.[i] ?? "") || `${i + 1}`);
    if (most > 0) columns.push(`… +${most}`);
    return { columns, rows: body, isCut: at < text.length };
}

/* From behind the opening quote: the value, and where what follows the cell begins. */
function quoted(text: string, from: number, separator: string): [string, number] {
    let at = from;
    while (at < text.length && !(text[at] === '"' && text[at + 1] !== '"')) at += text[at] === '"' ? 2 : 1;
    const value = text.slice(from, at).replace(/""/g, '"');
    /* Whatever stands between the closing quote and the separator belongs to nobody. */
    while (at < text.length && text[at] !== separator && text[at] !== "\n" && text[at] !== "\r") at++;
    return [value, at];
}
