import { describe, expect, it } from "vitest";
import { decodeBuckets, type BucketSeries, type ExactSeries } from "./buckets";

/* Writes what the documentation says, independently of the reader. */
class Writer {
    readonly bytes: number[] = [];
    put(size: number, write: (view: DataView) => void): this {
        const view = new DataView(new ArrayBuffer(size));
        write(view);
        this.bytes.push(...new Uint8Array(view.buffer));
        return this;
    }
    u8(...values: number[]): this {
        this.bytes.push(...values);
        return this;
    }
    u32(...values: number[]): this {
        values.forEach((v) => this.put(4, (d) => d.setUint32(0, v, true)));
        return this;
    }
    i16(value: number): this {
        return this.put(2, (d) => d.setInt16(0, value, true));
    }
    f64(...values: number[]): this {
        values.forEach((v) => this.put(8, (d) => d.setFloat64(0, v, true)));
        return this;
    }
    varint(value: bigint): this {
        let rest = value >= 0n ? value * 2n : -value * 2n - 1n;
        for (; rest >= 0x80n; rest >>= 7n) this.u8(Number(rest & 0x7fn) | 0x80);
        return this.u8(Number(rest));
    }
    column(values: number[], isDelta = false): this {
        const list = isDelta ? values.slice(1).map((v, i) => v - values[i]!) : values;
        const base = list.length === 0 ? 0 : Math.min(...list);
        const width = Math.max(0, ...list.map((v) => (v === base ? 0 : (v - base).toString(2).length)));
        this.u8(width | (isDelta ? 0x80 : 0)).varint(BigInt(base));
        if (isDelta) this.varint(BigInt(values[0]!));
        let bits = "";
        for (const v of list) if (width > 0) bits = (v - base).toString(2).padStart(width, "0") + bits;
        while (bits.length % 8 !== 0) bits = "0" + bits;
        for (let i = bits.length; i > 0; i -= 8) this.u8(parseInt(bits.slice(i - 8, i), 2));
        return this;
    }
    get buffer(): ArrayBuffer {
        return new Uint8Array(this.bytes).buffer;
    }
}

function answer(kind: number, xCode: number, yCode: number, n: number, fill: (w: Writer) => void, marks: number[] = []): ArrayBuffer {
    const body = new Writer();
    if (kind === 1) body.f64(0, 1000, -5, 1005);
    body.u8(...marks);
    fill(body);
    const out = new Writer().u32(0x42524142, 2, 1, 0).u32(3, 4).u8(kind, xCode, yCode, marks.length === 0 ? 0 : 1);
    out.u32(n).put(8, (d) => d.setBigUint64(0, 99n, true)).u32(body.bytes.length).u8(...body.bytes);
    return out.buffer;
}

const numbers = (n: number, f: (i: number) => number) => Array.from({ length: n }, (_, i) => f(i));

describe("decodeBuckets, version 2", () => {
    it("reads steps as differences and decimals to the last digit, over the edge of a block", () => {
        const wholes = numbers(130, (i) => (i * 7919) % 1000);
        const [s] = decodeBuckets(
            answer(0, 2, 2, 130, (w) => {
                w.i16(0).column(numbers(128, (i) => i * 10), true).column([1280, 1290]);
                w.i16(2).column(wholes.slice(0, 128)).i16(2).column(wholes.slice(128));
            }),
        ) as [ExactSeries];
        expect(s).toMatchObject({ kind: "exact", run: 3, key: 4, rows: 99, step: 0 });
        expect([...s.x]).toEqual(numbers(130, (i) => i * 10));
        expect([...s.y]).toEqual(wholes.map((v) => v / 100));
    });
    it("reads buckets over their lowest, of every width", () => {
        for (const scale of [1, 2 ** 12, 2 ** 24, 2 ** 33, 2 ** 45]) {
            const low = numbers(20, (i) => (3 - i) * scale);
            const height = numbers(20, (i) => (i * i * scale) / 64 - ((i * i * scale) / 64) % 1);
            const [s] = decodeBuckets(
                answer(1, 1, 1, 20, (w) => {
                    w.i16(-4).column(numbers(20, (i) => i * 16));
                    w.i16(-3).column(low).column(height).column(height.map((v) => Math.floor(v / 2)));
                }),
            ) as [BucketSeries];
            expect(s).toMatchObject({ kind: "buckets", x0: 0, x1: 1000, from: -5, to: 1005, step: 1 / 8 });
            expect([...s.x]).toEqual(numbers(20, (i) => i));
            expect([...s.min]).toEqual(low.map((v) => v / 8));
            expect([...s.max]).toEqual(low.map((v, i) => (v + height[i]!) / 8));
            expect([...s.last]).toEqual(low.map((v, i) => (v + Math.floor(height[i]! / 2)) / 8));
        }
    });
    it("reads x as parts of buckets", () => {
        const [s] = decodeBuckets(
            answer(1, 4, 2, 2, (w) => w.u32(1010).column([0, 1009]).i16(0).column([1, 1]).column([0, 0]).column([0, 0])),
        );
        expect([...s!.x]).toEqual([-4.5, 1004.5]);
    });
    it("reads marks: what is no number, and buckets without any", () => {
        const [points] = decodeBuckets(answer(0, 0, 0, 5, (w) => w.f64(0, 1, 2, 3, 4).f64(1, 2, 3, 4, 5), [0b11100100, 0])) as [ExactSeries];
        expect([...points.y]).toEqual([1, NaN, Infinity, -Infinity, 5]);
        const [buckets] = decodeBuckets(
            answer(1, 0, 2, 3, (w) => w.f64(0, 1, 2).i16(0).column([1, 1, 1]).column([0, 0, 0]).column([0, 0, 0]), [0b001101]),
        ) as [BucketSeries];
        expect([...buckets.nonfinite!]).toEqual([1, 1, 0]);
        expect([...buckets.min]).toEqual([1, NaN, 1]);
    });
    it("refuses whatever is broken, and always ends", () => {
        const good = new Uint8Array(
            answer(1, 1, 1, 200, (w) => {
                w.i16(0).column(numbers(128, (i) => i), true).column(numbers(72, (i) => i));
                for (const n of [128, 72]) w.i16(-3).column(numbers(n, (i) => (i * 77) % 50)).column(numbers(n, (i) => i % 9)).column(numbers(n, () => 0));
            }),
        );
        let state = 1;
        const next = (below: number) => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) % below;
        let failures = 0;
        for (let round = 0; round < 3000; round++) {
            const bytes = good.slice(0, round % 3 === 0 ? next(good.length) : good.length);
            for (let k = next(4); k >= 0 && bytes.length > 16; k--) bytes[16 + next(bytes.length - 16)] = next(256);
            try {
                decodeBuckets(bytes.buffer);
            } catch (e) {
                failures++;
                expect(e).toBeInstanceOf(Error);
            }
        }
        expect(failures).toBeGreaterThan(500);
        expect(() => decodeBuckets(answer(0, 2, 2, 70000, () => undefined))).toThrow("70000 values");
    });
});
