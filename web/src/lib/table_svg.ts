/* table_svg.ts - a table as a drawing of its own, for panels that are tables on the page. */

import { formatValue } from "./format";
import { escapeXml } from "./svg";

const MAX_ROWS = 200;
const MAX_COLUMNS = 30;
const MAX_LETTERS = 60;
const LETTER = 6.6;
const ROW = 22;
const EDGE = 12;
const TITLE = 34;
const METER = 120;

export interface TableDrawing {
    title: string;
    header: readonly string[];
    rows: readonly (readonly unknown[])[];
    meters?: readonly number[] /* columns with numbers from -1 to 1 that are drawn as bars */;
}

/* What does not fit is counted under the table, not left out in silence. */
export function tableToSvg({ title, header, rows, meters = [] }: TableDrawing): string {
    const columns = header.slice(0, MAX_COLUMNS);
    const shown = rows.slice(0, MAX_ROWS).map((r) => columns.map((_, i) => r[i]));
    const texts = shown.map((r) => r.map((v) => cut(formatValue(v))));
    const widths = columns.map((name, i) =>
        meters.includes(i) ? METER + 16 : Math.max(letters(cut(name)), ...texts.map((r) => letters(r[i]!))) * LETTER + 16,
    );
    const lefts = widths.map((_, i) => EDGE + widths.slice(0, i).reduce((sum, w) => sum + w, 0));
    const width = Math.ceil(Math.max(widths.reduce((sum, w) => sum + w, 0), letters(cut(title)) * 8.4) + 2 * EDGE);
    const rest = restText(rows.length - shown.length, header.length - columns.length);
    const height = TITLE + ROW * (shown.length + 1) + EDGE + (rest === "" ? 0 : ROW);
    const out = [
        `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="Helvetica, Arial, sans-serif" font-size="12" fill="#222">`,
        `<rect width="${width}" height="${height}" fill="#fff"/><text x="${EDGE}" y="22" font-size="14" font-weight="bold">${escapeXml(cut(title))}</text>`,
    ];
    columns.forEach((name, i) => out.push(`<text x="${lefts[i]}" y="${TITLE + 15}" font-weight="bold">${escapeXml(cut(name))}</text>`));
    shown.forEach((row, r) => {
        const y = TITLE + ROW * (r + 1);
        out.push(`<path d="M${EDGE} ${y}H${width - EDGE}" stroke="#e2e2e2"/>`);
        row.forEach((value, i) => out.push(meters.includes(i) ? meter(Number(value), lefts[i]!, y) : `<text x="${lefts[i]}" y="${y + 15}">${escapeXml(texts[r]![i]!)}</text>`));
    });
    if (rest !== "") out.push(`<text x="${EDGE}" y="${height - EDGE}" fill="#777">${rest}</text>`);
    return out.join("\n") + "\n</svg>\n";
}

/* In widths of a Latin letter; those of the East are twice as wide. */
function letters(text: string): number {
    let n = 0;
    for (const c of text) n += c.codePointAt(0)! >= 0x2e80 ? 2 : 1;
    return n;
}

function cut(text: string): string {
    const line = text.replace(/\s+/g, " ");
    return line.length > MAX_LETTERS ? line.slice(0, MAX_LETTERS - 1) + "…" : line;
}

function restText(rows: number, columns: number): string {
    return [rows > 0 ? `+${rows} ↓` : "", columns > 0 ? `+${columns} →` : ""].filter(Boolean).join("  ");
}

/* Below zero in another colour, as on the page. */
function meter(value: number, left: number, top: number): string {
    if (!Number.isFinite(value)) return "";
    const width = Math.min(1, Math.abs(value)) * METER;
    return `<rect x="${left}" y="${top + 6}" width="${width.toFixed(1)}" height="10" fill="${value < 0 ? "#c0504d" : "#2f9e6e"}"/>`;
}
