/* forest.ts - which parameters a metric depends on: the impurity that a small random forest takes away with each.
 * The random numbers are fixed, so the same runs always give the same answer. */

const TREES = 64;
const MAX_DEPTH = 6;
const MIN_LEAF = 2;

/* rows[i][j] is parameter j of run i; NaN is a value of its own, below all others. Shares that sum to 1, or all 0. */
export function importances(rows: readonly (readonly number[])[], target: readonly number[]): number[] {
    const width = rows[0]?.length ?? 0;
    const gains = new Array<number>(width).fill(0);
    if (rows.length < 2 * MIN_LEAF || width === 0) return gains;
    const random = generator(12345);
    for (let t = 0; t < TREES; t++) {
        const sample = rows.map(() => Math.floor(random() * rows.length));
        grow(rows, target, sample, 0, gains, random);
    }
    const total = gains.reduce((a, b) => a + b, 0);
    return total > 0 ? gains.map((g) => g / total) : gains;
}

/* mulberry32 */
function generator(seed: number): () => number {
    let a = seed;
    return () => {
        a = (a + 0x6d2b79f5) | 0;
        let t = Math.imul(a ^ (a >>> 15), 1 | a);
        t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
        return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
    };
}

interface Split {
    column: number;
    at: number;
    gain: number;
}

function grow(
    rows: readonly (readonly number[])[],
    target: readonly number[],
    sample: readonly number[],
    depth: number,
    gains: number[],
    random: () => number,
): void {
    if (depth >= MAX_DEPTH || sample.length < 2 * MIN_LEAF) return;
    const width = gains.length;
    const tried = Math.max(1, Math.ceil(width / 2));
    let best: Split | null = null;
    for (let k = 0; k < tried; k++) {
        const split = bestSplit(rows, target, sample, Math.floor(random() * width));
        if (split !== null && (best === null || split.gain > best.gain)) best = split;
    }
    if (best === null) return;
    const { column, at } = best;
    gains[column]! += best.gain;
    const isLeft = (i: number) => !(value(rows, i, column) > at);
    grow(rows, target, sample.filter(isLeft), depth + 1, gains, random);
    grow(
        rows,
        target,
        sample.filter((i) => !isLeft(i)),
        depth + 1,
        gains,
        random,
    );
}

function value(rows: readonly (readonly number[])[], row: number, column: number): number {
    const v = rows[row]![column]!;
    return Number.isNaN(v) ? -Infinity : v;
}

/* The cut that takes away most squared error, by running sums over the sorted sample. */
function bestSplit(
    rows: readonly (readonly number[])[],
    target: readonly number[],
    sample: readonly number[],
    column: number,
): Split | null {
    const order = [...sample].sort((a, b) => {
        const x = value(rows, a, column);
        const y = value(rows, b, column);
        return x < y ? -1 : x > y ? 1 : 0;
    });
    const total = order.reduce((s, i) => s + target[i]!, 0);
    const n = order.length;
    let left = 0;
    let best: Split | null = null;
    for (let i = 0; i < n - 1; i++) {
        left += target[order[i]!]!;
        const here = value(rows, order[i]!, column);
        if (i + 1 < MIN_LEAF || n - i - 1 < MIN_LEAF || here === value(rows, order[i + 1]!, column)) continue;
        const right = total - left;
        const gain = (left * left) / (i + 1) + (right * right) / (n - i - 1) - (total * total) / n;
        if (gain > 1e-12 && (best === null || gain > best.gain)) best = { column, at: here, gain };
    }
    return best;
}
