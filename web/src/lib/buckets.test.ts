import { describe, expect, it } from "vitest";
import { decodeBuckets } from "./buckets";

/* Writes what the documentation says, independently of the reader. */
function answer(parts: { u32?: number[]; u64?: number; f64?: number[]; f32?: number[] }[]): ArrayBuffer {
    const bytes: number[] = [];
    const put = (size: number, write: (view: DataView) => void) => {
        const view = new DataView(new ArrayBuffer(size));
        write(view);
        bytes.push(...new Uint8Array(view.buffer));
    };
    for (const part of parts) {
        part.u32?.forEach((v) => put(4, (d) => d.setUint32(0, v, true)));
        if (part.u64 !== undefined) put(8, (d) => d.setBigUint64(0, BigInt(part.u64!), true));
        part.f64?.forEach((v) => put(8, (d) => d.setFloat64(0, v, true)));
        part.f32?.forEach((v) => put(4, (d) => d.setFloat32(0, v, true)));
        while (bytes.length % 8 !== 0) bytes.push(0);
    }
    return new Uint8Array(bytes).buffer;
}
const header = (n: number) => ({ u32: [0x42524142, 1, n, 0] });

describe("decodeBuckets", () => {
    it("reads exact points, non-finite values included", () => {
        const [s] = decodeBuckets(
            answer([
                header(1),
                { u32: [0, 2, 0, 3] },
                { u64: 3 },
                { f64: [0, 1, 2] },
                { f64: [1.5, NaN, -Infinity] },
            ]),
        );
        expect(s).toMatchObject({ kind: "exact", run: 0, key: 2, rows: 3 });
        expect([...(s as { y: Float64Array }).y]).toEqual([1.5, NaN, -Infinity]);
    });
    it("reads buckets of an odd count and the series after them", () => {
        const bucket = [
            { u32: [1, 0, 1, 1] },
            { u64: 5000 },
            { f64: [0, 999] },
            { f64: [12] },
            { f32: [1] },
            { f32: [9] },
            { f32: [4] },
            { f32: [5] },
            { u32: [5000] },
            { u32: [3] },
        ];
        const got = decodeBuckets(
            answer([header(2), ...bucket, { u32: [2, 0, 0, 1] }, { u64: 1 }, { f64: [7] }, { f64: [8] }]),
        );
        expect(got[0]).toMatchObject({ kind: "buckets", rows: 5000, x0: 0, x1: 999 });
        const first = got[0] as import("./buckets").BucketSeries;
        expect([
            first.x[0],
            first.min[0],
            first.max[0],
            first.last[0],
            first.mean[0],
            first.nonfinite![0],
        ]).toEqual([12, 1, 9, 4, 5, 3]);
        expect(got[1]).toMatchObject({ kind: "exact", run: 2 });
    });
    it("refuses other bytes, other versions and a torn answer", () => {
        expect(() => decodeBuckets(answer([{ u32: [1, 1, 0, 0] }]))).toThrow("not a bucket answer");
        expect(() => decodeBuckets(answer([{ u32: [0x42524142, 9, 0, 0] }]))).toThrow("version 9");
        expect(() =>
            decodeBuckets(answer([header(1), { u32: [0, 0, 0, 1000] }, { u64: 1000 }, { f64: [1] }])),
        ).toThrow(RangeError);
        expect(() => decodeBuckets(new ArrayBuffer(3))).toThrow(RangeError);
    });
});
