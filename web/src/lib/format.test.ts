import { describe, expect, it } from "vitest";
import { formatAgo, formatBytes, formatDuration, formatNumber, formatValue } from "./format";

describe("formatNumber", () => {
    it.each([
        [0, "0"],
        [1, "1"],
        [123456, "123456"],
        [0.1, "0.1"],
        [0.123456, "0.1235"],
        [1234.5678, "1235"],
        [-2.5, "−2.5"],
        [1e-7, "1e−7"],
        [1.23456e12, "1.235e12"],
        [NaN, "NaN"],
        [-Infinity, "−∞"],
    ])("writes %s as %s", (value, text) => expect(formatNumber(value)).toBe(text));
    it("never shortens a whole number into a wrong one", () => {
        expect(formatNumber(999999)).toBe("999999");
        expect(formatNumber(54321.7)).toBe("54322");
    });
});

describe("formatBytes", () => {
    it.each([
        [0, "0 B"],
        [999, "999 B"],
        [1500, "1.5 KB"],
        [123456789, "123 MB"],
    ])("writes %s as %s", (n, text) => expect(formatBytes(n)).toBe(text));
});

describe("formatDuration", () => {
    it.each([
        [3.21, "3.2s"],
        [59.4, "59s"],
        [245, "4m 05s"],
        [25920, "7h 12m"],
        [273600, "3d 4h"],
        [-5, "−5s"],
    ])("writes %s as %s", (s, text) => expect(formatDuration(s)).toBe(text));
});

describe("formatAgo", () => {
    it("picks the largest unit that fits", () => {
        expect(formatAgo(0, 90_000, "en")).toBe("2 min. ago");
        expect(formatAgo(0, 3 * 86_400_000, "en")).toBe("3 days ago");
    });
});

describe("formatValue", () => {
    it("shows nested values as JSON and nothing as nothing", () => {
        expect(formatValue({ a: 1 })).toBe('{"a":1}');
        expect(formatValue({ _type: "histogram", values: [1] })).toBe("[histogram]");
        expect(formatValue(null)).toBe("");
        expect(formatValue(true)).toBe("true");
    });
});
