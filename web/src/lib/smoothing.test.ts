import { describe, expect, it } from "vitest";
import { smooth } from "./smoothing";

const steps = (n: number) => Array.from({ length: n }, (_, i) => i);

describe("smooth", () => {
    it("returns what was logged when the weight is zero", () => {
        expect([...smooth("twema", 0, [0, 1, 2], [3, 1, 2])]).toEqual([3, 1, 2]);
    });
    it("keeps a constant line constant in every kind", () => {
        for (const kind of ["twema", "ema", "gaussian", "average"] as const)
            for (const v of smooth(
                kind,
                kind === "twema" || kind === "ema" ? 0.9 : 5,
                steps(50),
                Array(50).fill(7),
            ))
                expect(v).toBeCloseTo(7, 9);
    });
    it("debiases the first value of both exponential kinds", () => {
        expect(smooth("ema", 0.9, [0, 1], [5, 9])[0]).toBeCloseTo(5, 12);
        expect(smooth("twema", 0.9, [0, 1], [5, 9])[0]).toBeCloseTo(5, 12);
    });
    it("follows the documented exponential formula", () => {
        const got = smooth("ema", 0.5, [0, 1, 2], [1, 2, 3]);
        expect(got[1]).toBeCloseTo((0.5 * 0.5 * 1 + 0.5 * 2) / 0.75, 12);
    });
    it("weighs by the distance in the chart, however long the line is", () => {
        const long = smooth("twema", 0.81, [0, 1, 1000], [0, 1, 1]);
        const short = smooth("twema", 0.81, [0, 1], [0, 1], 1000);
        expect(short[1]).toBe(long[1]);
    });
    it("weighs by the distance in x, not by the number of rows", () => {
        const x = [0, 500, 1000];
        const got = smooth("twema", 0.81, x, [0, 0, 1]);
        const factor = Math.pow(0.9, 500);
        expect(got[2]).toBeCloseTo(1 / (1 + factor + factor * factor), 9);
        const dense = smooth(
            "twema",
            0.25,
            steps(1001),
            steps(1001).map((i) => (i === 1000 ? 1 : 0)),
        );
        expect(dense[1000]).toBeCloseTo(1 - 0.5, 6);
    });
    it("truncates the running average at the ends", () => {
        expect([...smooth("average", 3, steps(4), [0, 3, 6, 9])]).toEqual([1.5, 3, 6, 7.5]);
    });
    it("spreads a spike by a gaussian whose width is in units of x", () => {
        const y = steps(101).map((i) => (i === 50 ? 1 : 0));
        const got = smooth("gaussian", 10, steps(101), y);
        expect(got[60]! / got[50]!).toBeCloseTo(Math.exp(-0.5), 3);
    });
    it("leaves gaps as gaps and steps over them", () => {
        for (const kind of ["twema", "ema", "gaussian", "average"] as const) {
            const got = smooth(
                kind,
                kind === "average" || kind === "gaussian" ? 3 : 0.5,
                [0, 1, 2],
                [1, NaN, 1],
            );
            expect(got[1]).toBeNaN();
            expect(got[2]).toBeCloseTo(1, 9);
        }
    });
});
