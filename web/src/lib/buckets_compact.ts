/* buckets_compact.ts - reads a series of version 2 of the chart data (docs/web-api.md): blocks of packed whole numbers. */

const BLOCK = 128;
const CODE_RAW = 0;
const CODE_DECIMAL = 2;
const CODE_BINARY = 1;
const CODE_PARTS = 4;
const SHAPE_DELTA = 0x80;
const MAX_WIDTH = 53;
/* Widths up to this one are read out of four bytes at once. */
const MAX_QUICK_WIDTH = 25;
const MAX_COUNT = 65536;

export interface CompactSeries {
    run: number;
    key: number;
    isExact: boolean /* single points; otherwise buckets with min and max */;
    rows: number;
    span: [number, number, number, number] /* first and last x of the values, and of what was cut into buckets */;
    x: Float64Array;
    y: Float64Array;
    min: Float64Array;
    max: Float64Array;
    marks: Uint8Array | null;
    step: number /* how far a value may lie from what was logged; 0: nowhere */;
}

const whole = new Float64Array(BLOCK);
const low = new Float64Array(BLOCK);
const high = new Float64Array(BLOCK);
const NONE = new Float64Array(0);

export class CompactReader {
    private readonly view: DataView;
    private readonly bytes: Uint8Array;
    private at = 0;
    private end = 0;
    /* Runs of the same length have the same x: it is unpacked and held once. */
    private lastX: { head: string; start: number; end: number; x: Float64Array } | null = null;

    constructor(buffer: ArrayBuffer, start: number) {
        this.view = new DataView(buffer);
        this.bytes = new Uint8Array(buffer);
        this.at = start;
        this.end = buffer.byteLength;
    }

    series(): CompactSeries {
        const whole_ = this.end;
        const [run, key] = [this.u32(), this.u32()];
        const [kind, xCode, yCode, hasMarks] = [this.u8(), this.u8(), this.u8(), this.u8()];
        const n = this.u32();
        const rows = Number(this.view.getBigUint64(this.skip(8), true));
        const size = this.u32();
        if (kind > 1) throw new Error(`chart data: series of kind ${kind} are not known`);
        if (n > MAX_COUNT) throw new RangeError(`chart data: ${n} values in a series`);
        this.end = this.at + size;
        if (this.end > whole_) throw new RangeError("chart data: the answer ends too early");
        const span = kind === 0 ? null : ([this.f64(), this.f64(), this.f64(), this.f64()] as CompactSeries["span"]);
        const marks = hasMarks === 0 ? null : this.marks(n);
        const x = this.sharedX(n, xCode, span);
        const y = new Float64Array(n);
        const out: CompactSeries = {
            run,
            key,
            isExact: kind === 0,
            rows,
            span: span ?? [x[0] ?? 0, x[n - 1] ?? 0, x[0] ?? 0, x[n - 1] ?? 0],
            x,
            y: yCode === CODE_RAW ? this.f64s(n) : y,
            min: kind === 0 ? NONE : new Float64Array(n),
            max: kind === 0 ? NONE : new Float64Array(n),
            marks,
            step: 0,
        };
        if (yCode !== CODE_RAW) this.values(out, yCode);
        this.at = this.end;
        this.end = whole_;
        return out;
    }

    private sharedX(n: number, code: number, span: CompactSeries["span"] | null): Float64Array {
        const start = this.at;
        const head = [n, code, code === CODE_PARTS ? span : null].join();
        const last = this.lastX;
        /* Whoever reads on from the same head and the same bytes comes to the same end. */
        if (last !== null && last.head === head && this.isSame(last.start, last.end)) {
            this.skip(last.end - last.start);
            return last.x;
        }
        const x = code === CODE_RAW ? this.f64s(n) : code === CODE_PARTS && span !== null ? this.parts(n, span) : this.wholes(n, code);
        this.lastX = { head, start, end: this.at, x };
        return x;
    }

    private isSame(start: number, end: number): boolean {
        if (this.at + end - start > this.end) return false;
        for (let i = start; i < end; i++) if (this.bytes[i] !== this.bytes[this.at + i - start]) return false;
        return true;
    }

    private values(out: CompactSeries, code: number): void {
        const n = out.x.length;
        for (let i = 0; i < n; i += BLOCK) {
            const count = Math.min(BLOCK, n - i);
            const exponent = this.view.getInt16(this.skip(2), true);
            /* A division, because 0.1 times 3 is not 0.3. */
            const divisor = code === CODE_DECIMAL ? Math.pow(10, exponent) : 1;
            const unit = code === CODE_DECIMAL ? 1 : Math.pow(2, exponent);
            if (code === CODE_BINARY) out.step = Math.max(out.step, unit);
            if (out.isExact) {
                this.column(whole, count);
                for (let k = 0; k < count; k++) out.y[i + k] = (whole[k]! * unit) / divisor;
                continue;
            }
            this.column(low, count);
            this.column(high, count);
            this.column(whole, count);
            for (let k = 0; k < count; k++) {
                const base = low[k]!;
                out.min[i + k] = (base * unit) / divisor;
                out.max[i + k] = ((base + high[k]!) * unit) / divisor;
                out.y[i + k] = ((base + whole[k]!) * unit) / divisor;
            }
        }
    }

    private wholes(n: number, code: number): Float64Array {
        const exponent = this.view.getInt16(this.skip(2), true);
        return this.scaled(n, 0, 0, code === CODE_DECIMAL ? 1 : Math.pow(2, exponent));
    }

    /* In the middle of a part, so that it surely lies in its bucket. */
    private parts(n: number, [, , from, to]: CompactSeries["span"]): Float64Array {
        return this.scaled(n, from, 0.5, (to - from) / this.u32());
    }

    private scaled(n: number, from: number, more: number, unit: number): Float64Array {
        const out = new Float64Array(n);
        for (let i = 0; i < n; i += BLOCK) {
            const count = Math.min(BLOCK, n - i);
            this.column(whole, count);
            for (let k = 0; k < count; k++) out[i + k] = from + (whole[k]! + more) * unit;
        }
        return out;
    }

    /* Whole numbers over their least, or the first and differences over their least. */
    private column(out: Float64Array, count: number): void {
        const shape = this.u8();
        const width = shape & ~SHAPE_DELTA;
        if (width > MAX_WIDTH) throw new RangeError(`chart data: numbers of ${width} bits`);
        const isDelta = (shape & SHAPE_DELTA) !== 0;
        const base = this.signed();
        if (!isDelta) {
            this.bits(out, 0, count, width, base);
            return;
        }
        out[0] = this.signed();
        this.bits(out, 1, count, width, base);
        for (let i = 1; i < count; i++) out[i]! += out[i - 1]!;
    }

    private bits(out: Float64Array, from: number, to: number, width: number, base: number): void {
        const start = this.skip(Math.ceil(((to - from) * width) / 8));
        if (width === 0) {
            out.fill(base, from, to);
            return;
        }
        const { bytes } = this;
        let bit = 0;
        if (width <= MAX_QUICK_WIDTH) {
            const mask = 2 ** width - 1;
            for (let i = from; i < to; i++, bit += width) {
                const at = start + (bit >> 3);
                /* Beyond the end undefined counts as 0. */
                const four = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
                out[i] = base + ((four >>> (bit & 7)) & mask);
            }
            return;
        }
        for (let i = from; i < to; i++, bit += width) out[i] = base + this.wide(start, bit, width);
    }

    /* More bits than whole-number operators take: eight at a time. */
    private wide(start: number, bit: number, width: number): number {
        let value = 0;
        for (let got = 0; got < width; ) {
            const shift = (bit + got) & 7;
            const take = Math.min(8 - shift, width - got);
            const part = (this.bytes[start + ((bit + got) >> 3)]! >> shift) & (2 ** take - 1);
            value += part * 2 ** got;
            got += take;
        }
        return value;
    }

    private marks(n: number): Uint8Array {
        const start = this.skip(Math.ceil(n / 4));
        const out = new Uint8Array(n);
        for (let i = 0; i < n; i++) out[i] = (this.bytes[start + (i >> 2)]! >> (2 * (i & 3))) & 3;
        return out;
    }

    private signed(): number {
        let value = 0;
        let factor = 1;
        for (;;) {
            const byte = this.u8();
            value += (byte & 0x7f) * factor;
            if (byte < 0x80) break;
            factor *= 128;
            if (factor > 2 ** 63) throw new RangeError("chart data: a number that does not end");
        }
        return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
    }

    private skip(size: number): number {
        const start = this.at;
        if (start + size > this.end) throw new RangeError("chart data: the answer ends too early");
        this.at += size;
        return start;
    }
    private u8(): number {
        return this.bytes[this.skip(1)]!;
    }
    private u32(): number {
        return this.view.getUint32(this.skip(4), true);
    }
    private f64(): number {
        return this.view.getFloat64(this.skip(8), true);
    }
    private f64s(n: number): Float64Array {
        const start = this.skip(n * 8);
        return new Float64Array(this.bytes.slice(start, start + n * 8).buffer);
    }
}
