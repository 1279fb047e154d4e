/* smoothing.ts - the four ways to smooth a line. Gaps (NaN) stay gaps and do not disturb their neighbours. */

export type SmoothingKind = "none" | "twema" | "ema" | "gaussian" | "average";

type Numbers = ArrayLike<number>;

/* weight is 0..1 for the two exponential kinds, a width in units of x for gaussian, points for average. `range` is how far
 * the chart's x goes; a line alone has its own. */
export function smooth(kind: SmoothingKind, weight: number, x: Numbers, y: Numbers, range = x[x.length - 1]! - x[0]!): Float64Array {
    if (weight <= 0 || y.length === 0) return Float64Array.from(y);
    switch (kind) {
        case "twema":
            return timeWeighted(weight, x, y, range);
        case "ema":
            return exponential(weight, y);
        case "gaussian":
            return gaussian(weight, x, y);
        case "average":
            return runningAverage(weight, y);
        case "none":
            return Float64Array.from(y);
    }
}

/* The decay follows the distance in x as a share of what is in view, so the look does not
 * depend on how many rows were logged. */
function timeWeighted(weight: number, x: Numbers, y: Numbers, range: number): Float64Array {
    const out = new Float64Array(y.length);
    const decay = Math.min(Math.sqrt(weight), 0.999);
    let last = 0;
    let debias = 0;
    let previous = NaN;
    for (let i = 0; i < y.length; i++) {
        const value = y[i]!;
        if (!Number.isFinite(value)) {
            out[i] = value;
            continue;
        }
        const distance = range > 0 && Number.isFinite(previous) ? ((x[i]! - previous) / range) * 1000 : 0;
        const factor = Math.pow(decay, Math.max(distance, 0));
        last = last * factor + value;
        debias = debias * factor + 1;
        previous = x[i]!;
        out[i] = last / debias;
    }
    return out;
}

function exponential(weight: number, y: Numbers): Float64Array {
    const out = new Float64Array(y.length);
    const w = Math.min(weight, 0.9999);
    let last = 0;
    let power = 1;
    for (let i = 0; i < y.length; i++) {
        const value = y[i]!;
        if (!Number.isFinite(value)) {
            out[i] = value;
            continue;
        }
        last = last * w + (1 - w) * value;
        power *= w;
        out[i] = last / (1 - power);
    }
    return out;
}

/* Beyond four deviations a neighbour weighs less than 0.04% of the centre and is left out. */
const GAUSSIAN_REACH = 4;

function gaussian(deviation: number, x: Numbers, y: Numbers): Float64Array {
    const out = new Float64Array(y.length);
    const reach = deviation * GAUSSIAN_REACH;
    let from = 0;
    for (let i = 0; i < y.length; i++) {
        if (!Number.isFinite(y[i]!)) {
            out[i] = y[i]!;
            continue;
        }
        while (from < i && x[i]! - x[from]! > reach) from++;
        let sum = 0;
        let total = 0;
        for (let j = from; j < y.length && x[j]! - x[i]! <= reach; j++) {
            if (!Number.isFinite(y[j]!)) continue;
            const d = (x[j]! - x[i]!) / deviation;
            const k = Math.exp(-0.5 * d * d);
            sum += k * y[j]!;
            total += k;
        }
        out[i] = sum / total;
    }
    return out;
}

/* The window is centred, and cut off at the two ends. */
function runningAverage(window: number, y: Numbers): Float64Array {
    const out = new Float64Array(y.length);
    const half = Math.floor(Math.max(1, Math.round(window)) / 2);
    const sums = new Float64Array(y.length + 1);
    const counts = new Float64Array(y.length + 1);
    for (let i = 0; i < y.length; i++) {
        const isNumber = Number.isFinite(y[i]!);
        sums[i + 1] = sums[i]! + (isNumber ? y[i]! : 0);
        counts[i + 1] = counts[i]! + (isNumber ? 1 : 0);
    }
    for (let i = 0; i < y.length; i++) {
        const a = Math.max(0, i - half);
        const b = Math.min(y.length, i + half + 1);
        out[i] = Number.isFinite(y[i]!) ? (sums[b]! - sums[a]!) / (counts[b]! - counts[a]!) : y[i]!;
    }
    return out;
}
