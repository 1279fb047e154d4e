import { describe, expect, it } from "vitest";
import { PALETTES, assignColors, colorOf, distance, isColor, ramp, toLab, withAlpha } from "./color";

describe("palettes", () => {
    it.each(Object.entries(PALETTES))("%s holds valid colours that the eye tells apart", (_, colors) => {
        for (const [i, a] of colors.entries()) {
            expect(isColor(a)).toBe(true);
            for (const b of colors.slice(i + 1)) expect(distance(toLab(a), toLab(b))).toBeGreaterThan(0.045);
        }
    });
    it("stay readable on white and on black", () => {
        for (const colors of Object.values(PALETTES))
            for (const c of colors) {
                expect(toLab(c)[0]).toBeGreaterThan(0.42);
                expect(toLab(c)[0]).toBeLessThan(0.78);
            }
    });
});

describe("assignColors", () => {
    const names = Array.from({ length: 12 }, (_, i) => `run-${i}`);
    it("gives as many different colours as the palette has", () => {
        expect(new Set(assignColors(names, "default", {}).values()).size).toBe(12);
    });
    it("is the same each time", () => {
        expect([...assignColors(names, "default", {})]).toEqual([...assignColors(names, "default", {})]);
    });
    it("keeps chosen colours and stays away from them", () => {
        const chosen = { "run-3": PALETTES.default[0]! };
        const got = assignColors(names.slice(0, 6), "default", chosen);
        expect(got.get("run-3")).toBe(chosen["run-3"]);
        expect([...got.values()].filter((c) => c === chosen["run-3"]).length).toBe(1);
    });
    it.each([12, 50])("changes no colour when one of %i is hidden and comes back", (count) => {
        const all = Array.from({ length: count }, (_, i) => `run-${i}`);
        const before = assignColors(all, "default", {});
        const fewer = assignColors(all.filter((n) => n !== "run-4"), "default", {}, before);
        for (const [name, color] of fewer) expect(color).toBe(before.get(name));
        expect(assignColors(all, "default", {}, before)).toEqual(before);
    });
    it("parts two that had the same colour when they are few", () => {
        const same = new Map([["a", PALETTES.default[0]!], ["b", PALETTES.default[0]!]]);
        const got = assignColors(["a", "b"], "default", {}, same);
        expect(got.get("a")).toBe(PALETTES.default[0]);
        expect(got.get("b")).not.toBe(PALETTES.default[0]);
    });
    it("gives a lone run the colour of its name", () => {
        expect(assignColors(["x"], "default", {}).get("x")).toBe(colorOf("x", "default"));
    });
    it("spreads evenly when there are more runs than colours", () => {
        const many = Array.from({ length: 100 }, (_, i) => `r${i}`);
        const counts = new Map<string, number>();
        for (const c of assignColors(many, "default", {}).values()) counts.set(c, (counts.get(c) ?? 0) + 1);
        expect(Math.max(...counts.values())).toBe(5);
    });
});

it("withAlpha and ramp write hex colours", () => {
    expect(withAlpha("#112233", 0.5)).toBe("#11223380");
    expect(ramp(0)).toBe("#464eb2");
    expect(ramp(2)).toBe("#f0dc3c");
});
