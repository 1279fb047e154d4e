/* buckets.ts - reads the answer of POST /api/history/buckets (docs/web-api.md): version 2, of at most four bytes a bucket,
 * is for drawing; version 1 holds what was logged to the last digit, for downloads and for what the pointer says. */

import { CompactReader, type CompactSeries } from "./buckets_compact";

export interface ExactSeries {
    kind: "exact";
    run: number;
    key: number;
    rows: number /* rows in the asked range, before any thinning */;
    x: Float64Array;
    y: Float64Array;
    step: number /* how far y may lie from what was logged; 0: nowhere */;
}

export interface BucketSeries {
    kind: "buckets";
    run: number;
    key: number;
    rows: number;
    x0: number;
    x1: number;
    from: number /* what was cut into buckets of equal width */;
    to: number;
    cells: number /* how many, the empty ones included */;
    x: Float64Array /* where the last value of each bucket lies */;
    min: Numbers;
    max: Numbers;
    last: Numbers /* in version 2 both are what was asked for */;
    mean: Numbers;
    nonfinite: Uint8Array | Uint32Array | null /* NONFINITE_* */;
    step: number;
}

type Numbers = Float64Array | Float32Array;

export type Series = ExactSeries | BucketSeries;

export const NONFINITE_NAN = 1;
export const NONFINITE_PLUS = 2;
export const NONFINITE_MINUS = 4;

const MAGIC = 0x42524142; /* "BARB", little endian */
const VERSION_PLAIN = 1;
const VERSION_COMPACT = 2;
const HEAD_BYTES = 16;
const MARK_EMPTY = 2;

/* `cells` is how many buckets were asked for. Throws RangeError when bytes are missing, Error when they are not ours. */
export function decodeBuckets(bytes: ArrayBuffer, cells = 1000): Series[] {
    const reader = new Reader(bytes);
    if (reader.u32() !== MAGIC) throw new Error("chart data: not a bucket answer");
    const version = reader.u32();
    if (version !== VERSION_PLAIN && version !== VERSION_COMPACT) throw new Error(`chart data: version ${version} is not known`);
    const count = reader.u32();
    reader.u32();
    const compact = version === VERSION_COMPACT ? new CompactReader(bytes, HEAD_BYTES) : null;
    const out: Series[] = [];
    for (let i = 0; i < count; i++) out.push(compact === null ? readSeries(reader, cells) : unpacked(compact.series(), cells));
    return out;
}

function unpacked(s: CompactSeries, cells: number): Series {
    const { run, key, rows, x, y, min, max, marks, step } = s;
    if (s.isExact) {
        for (let i = 0; marks !== null && i < marks.length; i++)
            if (marks[i] !== 0) y[i] = [0, NaN, Infinity, -Infinity][marks[i]!]!;
        return { kind: "exact", run, key, rows, x, y, step };
    }
    for (let i = 0; marks !== null && i < marks.length; i++) {
        if ((marks[i]! & MARK_EMPTY) !== 0) y[i] = min[i] = max[i] = NaN;
        marks[i]! &= NONFINITE_NAN;
    }
    const [x0, x1, from, to] = s.span;
    return { kind: "buckets", run, key, rows, x0, x1, from, to, cells, x, min, max, last: y, mean: y, nonfinite: marks, step };
}

function readSeries(reader: Reader, cells: number): Series {
    const run = reader.u32();
    const key = reader.u32();
    const kind = reader.u32();
    const n = reader.u32();
    const rows = reader.u64();
    if (kind === 0) return { kind: "exact", run, key, rows, x: reader.f64s(n), y: reader.f64s(n), step: 0 };
    if (kind !== 1) throw new Error(`chart data: series of kind ${kind} are not known`);
    const x0 = reader.f64();
    const x1 = reader.f64();
    const [x, min, max, last, mean] = [reader.f64s(n), reader.f32s(n), reader.f32s(n), reader.f32s(n), reader.f32s(n)];
    reader.u32s(n); /* how many values; nobody asks */
    return { kind: "buckets", run, key, rows, x0, x1, from: x0, to: x1, cells, x, min, max, last, mean, nonfinite: reader.u32s(n), step: 0 };
}

/* Every array starts on 8 bytes, so that it is a view, not a copy. Typed arrays are little endian
 * on every machine a browser runs on. */
class Reader {
    private at = 0;
    private readonly view: DataView;
    constructor(private readonly bytes: ArrayBuffer) {
        this.view = new DataView(bytes);
    }
    u32(): number {
        this.at += 4;
        return this.view.getUint32(this.at - 4, true);
    }
    u64(): number {
        this.at += 8;
        return Number(this.view.getBigUint64(this.at - 8, true));
    }
    f64(): number {
        this.at += 8;
        return this.view.getFloat64(this.at - 8, true);
    }
    f64s(n: number): Float64Array {
        return new Float64Array(this.bytes, this.take(n * 8), n);
    }
    f32s(n: number): Float32Array {
        return new Float32Array(this.bytes, this.take(n * 4), n);
    }
    u32s(n: number): Uint32Array {
        return new Uint32Array(this.bytes, this.take(n * 4), n);
    }
    private take(size: number): number {
        const start = this.at;
        if (start + size > this.bytes.byteLength)
            throw new RangeError("chart data: the answer ends too early");
        this.at += Math.ceil(size / 8) * 8;
        return start;
    }
}
