/* buckets.ts - reads the answer of POST /api/history/buckets (docs/web-api.md). */

export interface ExactSeries {
    kind: "exact";
    run: number;
    key: number;
    rows: number /* rows in the asked range, before any thinning */;
    x: Float64Array;
    y: Float64Array;
}

export interface BucketSeries {
    kind: "buckets";
    run: number;
    key: number;
    rows: number;
    x0: number;
    x1: number;
    x: Float64Array /* where the last value of each bucket lies */;
    min: Float32Array;
    max: Float32Array;
    last: Float32Array;
    mean: Float32Array;
    count: Uint32Array;
    nonfinite: Uint32Array /* NONFINITE_* */;
}

export type Series = ExactSeries | BucketSeries;

export const NONFINITE_NAN = 1;
export const NONFINITE_PLUS = 2;
export const NONFINITE_MINUS = 4;

const MAGIC = 0x42524142; /* "BARB", little endian */
const VERSION = 1;

/* Throws RangeError when bytes are missing, Error when they are not ours. */
export function decodeBuckets(bytes: ArrayBuffer): Series[] {
    const reader = new Reader(bytes);
    if (reader.u32() !== MAGIC) throw new Error("chart data: not a bucket answer");
    const version = reader.u32();
    if (version !== VERSION) throw new Error(`chart data: version ${version} is not known`);
    const count = reader.u32();
    reader.u32();
    const out: Series[] = [];
    for (let i = 0; i < count; i++) out.push(readSeries(reader));
    return out;
}

function readSeries(reader: Reader): Series {
    const run = reader.u32();
    const key = reader.u32();
    const kind = reader.u32();
    const n = reader.u32();
    const rows = reader.u64();
    if (kind === 0) return { kind: "exact", run, key, rows, x: reader.f64s(n), y: reader.f64s(n) };
    if (kind !== 1) throw new Error(`chart data: series of kind ${kind} are not known`);
    const x0 = reader.f64();
    const x1 = reader.f64();
    return {
        kind: "buckets",
        run,
        key,
        rows,
        x0,
        x1,
        x: reader.f64s(n),
        min: reader.f32s(n),
        max: reader.f32s(n),
        last: reader.f32s(n),
        mean: reader.f32s(n),
        count: reader.u32s(n),
        nonfinite: reader.u32s(n),
    };
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
