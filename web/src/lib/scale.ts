/* scale.ts - values to places on an axis: linear, logarithmic, or one place for each word. */

export interface Scale {
    kind: "linear" | "log" | "words";
    place: (v: unknown) => number /* NaN when it has no place */;
    ticks: { at: number; label: string }[];
}

import { formatTick } from "./axis";
import { ticks } from "./svg";

/* A side of so many pixels needs its ticks closer to each other, or it has one or none. */
const SHORT = 260;

export function makeScale(values: readonly unknown[], from: number, to: number, isLog = false, format = formatTick): Scale {
    const present = values.filter((v) => v !== null && v !== undefined && v !== "" && !Number.isNaN(v));
    const numbers = present.filter(
        (v): v is number => typeof v === "number" && Number.isFinite(v) && (!isLog || v > 0),
    );
    if (present.some((v) => typeof v !== "number")) return wordScale(present, from, to);
    let lo = Math.min(...numbers);
    let hi = Math.max(...numbers);
    if (numbers.length === 0) return { kind: "linear", place: () => NaN, ticks: [] };
    if (lo === hi) [lo, hi] = isLog ? [lo / 2, hi * 2] : [lo - 0.5, hi + 0.5];
    const f = isLog ? Math.log10 : (v: number) => v;
    const place = (v: unknown) =>
        typeof v === "number" && Number.isFinite(v)
            ? from + ((f(v) - f(lo)) / (f(hi) - f(lo))) * (to - from)
            : NaN;
    const length = Math.abs(to - from);
    const count = Math.max(3, Math.round(length / (length < SHORT ? 24 : 55)));
    return {
        kind: isLog ? "log" : "linear",
        place,
        ticks: ticks([lo, hi], isLog, count).map((v) => ({ at: place(v), label: format(v, hi - lo) })),
    };
}

/* Of the ticks along the bottom of a chart those whose labels have room beside each other. */
export function spreadTicks(list: Scale["ticks"], letterWidth = 7): Scale["ticks"] {
    let end = -Infinity;
    return list.filter(({ at, label }) => {
        const half = (label.length * letterWidth) / 2;
        if (at - half < end) return false;
        end = at + half;
        return true;
    });
}

function wordScale(values: readonly unknown[], from: number, to: number): Scale {
    const words = [...new Set(values.map(String))].sort(new Intl.Collator("en", { numeric: true }).compare);
    const at = new Map(
        words.map((w, i) => [
            w,
            words.length === 1 ? (from + to) / 2 : from + ((to - from) * i) / (words.length - 1),
        ]),
    );
    const every = Math.ceil(words.length / Math.max(1, Math.abs(to - from) / 16));
    return {
        kind: "words",
        place: (v) => (v === null || v === undefined || v === "" ? NaN : (at.get(String(v)) ?? NaN)),
        ticks: words.filter((_, i) => i % every === 0).map((w) => ({ at: at.get(w)!, label: w })),
    };
}
