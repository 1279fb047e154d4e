/* plot_keys.ts - where arrow keys lead in a drawing of columns, each of one or more cells: bars, bins, squares of a map. */

export interface Cell {
    column: number;
    row: number /* from below */;
}

const PAGE_SHARE = 0.1;
const KEYS = new Set(["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home", "End", "PageUp", "PageDown"]);

/* null: not one of those keys, or there is nothing to go to. `from` is null before the first key. Where columns have one cell
 * each, up and down go the way of left and right. */
export function steppedCell(rows: readonly number[], from: Cell | null, key: string): Cell | null {
    const last = rows.length - 1;
    if (!KEYS.has(key) || last < 0) return null;
    if (from === null || from.column > last) return place(rows, key === "End" ? last : 0, middle(rows[key === "End" ? last : 0]!));
    const page = Math.max(1, Math.round(rows.length * PAGE_SHARE));
    const isFlat = rows.every((n) => n <= 1);
    const by: Record<string, number> = { ArrowLeft: -1, ArrowRight: 1, PageUp: -page, PageDown: page, Home: -rows.length, End: rows.length };
    const step = by[key] ?? (isFlat ? (key === "ArrowUp" ? -1 : 1) : null);
    if (step === null) return place(rows, from.column, from.row + (key === "ArrowUp" ? 1 : -1));
    return place(rows, from.column + step, from.row);
}

function middle(count: number): number {
    return Math.floor(count / 2);
}

function place(rows: readonly number[], column: number, row: number): Cell {
    const inside = (v: number, count: number) => Math.max(0, Math.min(count - 1, v));
    const at = inside(column, rows.length);
    return { column: at, row: inside(row, rows[at]!) };
}
