/* chart_cursor.ts - what the lines of a chart say at one x, and where arrow keys lead from there. */

import { nearest, type Line, type LinePoint, type Range } from "./lines";

export interface CursorRow extends LinePoint {
    value: number;
    lo: number | null;
    hi: number | null;
}

/* The share of the chart's width within which a line that has ended still says its last value. */
const REACH = 0.02;

/* The nearest logged point of each line, highest first; a run that ended long before says nothing here. */
export function rowsAt(lines: readonly Line[], x: number, range: Range, isLogX: boolean): CursorRow[] {
    const reach = isLogX ? Infinity : (range[1] - range[0]) * REACH;
    const out: CursorRow[] = [];
    for (const line of lines) {
        const i = nearest(line.x, x);
        if (i < 0 || !Number.isFinite(line.shown[i]!)) continue;
        const isInside = x >= line.x[0]! && x <= line.x[line.x.length - 1]!;
        if (!isInside && Math.abs(line.x[i]! - x) > reach) continue;
        out.push({ line, at: i, value: line.shown[i]!, lo: line.lo?.[i] ?? null, hi: line.hi?.[i] ?? null });
    }
    return out.sort((a, b) => b.value - a.value);
}

/* Page up and down go this share of the points in view. */
const PAGE_SHARE = 0.1;

/* The place an arrow key leads to: a point of the same line, or another line at the same x. null: not one of those keys,
 * or there is nothing to go to. `from` is null before the first key. */
export function steppedCursor(lines: readonly Line[], view: Range, isLogX: boolean, from: LinePoint | null, key: string): LinePoint | null {
    const line = from === null ? null : (lines.find((l) => l.id === from.line.id) ?? null);
    if (line === null) return KEYS.has(key) ? firstPlace(lines, view, key) : null;
    const points = pointsIn(line, view);
    /* Live points may have been added since: the place is its x, not its number. */
    const now = nearest(Float64Array.from(points, (i) => line.x[i]!), from!.line.x[from!.at] ?? 0);
    const last = points.length - 1;
    const page = Math.max(1, Math.round(points.length * PAGE_SHARE));
    const to = (i: number): LinePoint | null => (last < 0 ? null : { line, at: points[Math.max(0, Math.min(last, i))]! });
    switch (key) {
        case "ArrowRight":
            return to(now + 1);
        case "ArrowLeft":
            return to(now - 1);
        case "PageUp":
            return to(now + page);
        case "PageDown":
            return to(now - page);
        case "Home":
            return to(0);
        case "End":
            return to(last);
        case "ArrowUp":
        case "ArrowDown": {
            const rows = rowsAt(lines, line.x[points[Math.max(0, now)]!]!, view, isLogX);
            const at = rows.findIndex((r) => r.line === line);
            const next = rows[at + (key === "ArrowUp" ? -1 : 1)];
            return next === undefined ? to(now) : { line: next.line, at: next.at };
        }
        default:
            return null;
    }
}

const KEYS = new Set(["ArrowRight", "ArrowLeft", "ArrowUp", "ArrowDown", "PageUp", "PageDown", "Home", "End"]);

function firstPlace(lines: readonly Line[], view: Range, key: string): LinePoint | null {
    for (const line of lines) {
        const points = pointsIn(line, view);
        if (points.length > 0) return { line, at: key === "End" ? points[points.length - 1]! : points[0]! };
    }
    return null;
}

/* Points that have a value, inside of what is shown. */
function pointsIn(line: Line, [from, to]: Range): number[] {
    const out: number[] = [];
    for (let i = 0; i < line.x.length; i++)
        if (line.x[i]! >= from && line.x[i]! <= to && Number.isFinite(line.shown[i]!)) out.push(i);
    return out;
}
