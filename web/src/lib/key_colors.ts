/* key_colors.ts - runs coloured by the value that a key has: numbers along a ramp, words each with a colour of its own. */

import { PALETTES, lineRamp, type PaletteName } from "./color";
import { columnValue, meanOf } from "./runs";
import type { Run } from "./types";

export interface KeyColors {
    colors: Map<string, string> /* of runs or groups; those without a value have none */;
    scale: { min: number; max: number; isLog: boolean } | null /* of numbers */;
    words: Map<string, string> /* else */;
}

/* Each run by its name, or each group by its key with its runs. */
export function colorsByKey(groups: readonly { key: string; runs: readonly Run[] }[], column: string, palette: PaletteName): KeyColors {
    const numbers = new Map(groups.map((g) => [g.key, meanOf(g.runs, column)] as const).filter(([, v]) => Number.isFinite(v)));
    const words = new Map(groups.flatMap((g) => wordOf(g.runs, column).map((w) => [g.key, w] as const)));
    /* A few words among numbers are what somebody forgot. */
    if (numbers.size > 0 && numbers.size * 2 >= words.size) return { ...byNumber(numbers), words: new Map() };
    const found = [...new Set(words.values())].sort();
    /* The first colours of a palette are the ones that lie farthest apart. */
    const colors = PALETTES[palette];
    const byWord = new Map(found.map((word, i) => [word, colors[i % colors.length]!]));
    return { colors: new Map([...words].map(([key, w]) => [key, byWord.get(w)!])), scale: null, words: byWord };
}

function wordOf(runs: readonly Run[], column: string): string[] {
    for (const run of runs) {
        const value = columnValue(run, column);
        if (value !== undefined && value !== null && value !== "") return [typeof value === "object" ? JSON.stringify(value) : String(value)];
    }
    return [];
}

/* Rates of learning lie powers apart. */
const LOG_FROM = 50;

function byNumber(numbers: ReadonlyMap<string, number>): Omit<KeyColors, "words"> {
    let min = Infinity;
    let max = -Infinity;
    for (const v of numbers.values()) {
        min = Math.min(min, v);
        max = Math.max(max, v);
    }
    const isLog = min > 0 && max / min >= LOG_FROM;
    const place = (v: number) => (isLog ? Math.log(v) : v);
    const span = place(max) - place(min);
    const share = (v: number) => (span > 0 ? (place(v) - place(min)) / span : 0.5);
    return { colors: new Map([...numbers].map(([key, v]) => [key, lineRamp(share(v))])), scale: { min, max, isLog } };
}
