/* pan.ts - ranges moved and scaled by shares of themselves, on straight and logarithmic axes. */

import type { Range } from "./lines";

const onAxis = (isLog: boolean) =>
    isLog ? ([Math.log10, (v: number) => Math.pow(10, v)] as const) : ([(v: number) => v, (v: number) => v] as const);

/* `share` of the range towards its end. */
export function moved([from, to]: Range, share: number, isLog: boolean): Range {
    const [there, back] = onAxis(isLog);
    const by = (there(to) - there(from)) * share;
    return [back(there(from) + by), back(there(to) + by)];
}

/* `factor` times as wide, with what lies at the share `at` of it staying where it is. */
export function scaled([from, to]: Range, factor: number, at: number, isLog: boolean): Range {
    const [there, back] = onAxis(isLog);
    const width = there(to) - there(from);
    const still = there(from) + width * at;
    return [back(still - width * factor * at), back(still + width * factor * (1 - at))];
}
