/* brush.ts - the range that is marked on an axis, moved by keys: [upper end, lower end] in pixels from the top. */

export type Range = [number, number];

const STEPS = 20 /* from one end of the axis to the other */;

export interface BrushKey {
    key: string;
    shiftKey: boolean;
}

/* Up and down move the upper end, with Shift the lower one; an end stops at the other. null: nothing is marked any more.
 * undefined: the key is none of a brush's. */
export function stepBrush(range: Range | null, axis: Range, { key, shiftKey }: BrushKey): Range | null | undefined {
    if (key === "Delete" || key === "Backspace") return null;
    if (key !== "ArrowUp" && key !== "ArrowDown") return undefined;
    const [top, bottom] = axis;
    const [upper, lower] = range ?? axis;
    const by = ((key === "ArrowUp" ? -1 : 1) * (bottom - top)) / STEPS;
    const next: Range = shiftKey
        ? [upper, Math.min(bottom, Math.max(upper, lower + by))]
        : [Math.max(top, Math.min(lower, upper + by)), lower];
    return next[0] === top && next[1] === bottom ? null : next;
}
