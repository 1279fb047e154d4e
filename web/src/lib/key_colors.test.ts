import { describe, expect, it } from "vitest";
import { PALETTES, isColor, lineRamp, toLab } from "./color";
import { colorsByKey } from "./key_colors";
import type { Run } from "./types";

const of = (values: unknown[]) => values.map((v, i) => ({ key: `r${i}`, runs: [{ config: { k: v }, summary: {} } as unknown as Run] }));
const colored = (values: unknown[]) => colorsByKey(of(values), "config.k", "default");

describe("colorsByKey", () => {
    it("puts numbers along the ramp", () => {
        const got = colored([0, 5, 10]);
        expect([...got.colors.values()]).toEqual([lineRamp(0), lineRamp(0.5), lineRamp(1)]);
        expect(got.scale).toEqual({ min: 0, max: 10, isLog: false });
    });
    it("puts numbers that lie powers apart along it by their powers", () => {
        const got = colored([0.0001, 0.001, 0.01]);
        expect(got.scale!.isLog).toBe(true);
        expect(got.colors.get("r1")).toBe(lineRamp(0.5));
    });
    it("gives equal numbers one colour", () => {
        expect([...colored([3, 3]).colors.values()]).toEqual([lineRamp(0.5), lineRamp(0.5)]);
    });
    it("gives each word a colour of the palette, and none to what has no value", () => {
        const got = colored(["adam", "sgd", "adam", null, undefined]);
        expect(got.scale).toBe(null);
        expect(got.colors.get("r0")).toBe(got.colors.get("r2"));
        expect(got.colors.get("r0")).not.toBe(got.colors.get("r1"));
        expect(PALETTES.default).toContain(got.words.get("sgd"));
        expect(got.colors.has("r3") || got.colors.has("r4")).toBe(false);
    });
    it("takes the mean of a group", () => {
        const runs = [1, 3].map((v) => ({ config: { k: v }, summary: {} }) as unknown as Run);
        expect(colorsByKey([{ key: "g", runs }, ...of([0, 4])], "config.k", "default").colors.get("g")).toBe(lineRamp(0.5));
    });
});

it("the ramp of lines stays readable on white and on black", () => {
    for (let share = 0; share <= 1; share += 0.05) {
        expect(isColor(lineRamp(share))).toBe(true);
        expect(toLab(lineRamp(share))[0]).toBeGreaterThan(0.42);
        expect(toLab(lineRamp(share))[0]).toBeLessThan(0.78);
    }
});
