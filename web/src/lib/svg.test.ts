import { expect, it } from "vitest";
import type { Line } from "./lines";
import { chartToSvg, escapeXml, ticks } from "./svg";

it("ticks stand on round places", () => {
    expect(ticks([0, 100], false, 5)).toEqual([0, 20, 40, 60, 80, 100]);
    expect(ticks([0.1, 0.4], false, 3)).toEqual([0.1, 0.2, 0.3, 0.4]);
    expect(ticks([1, 1000], true)).toEqual([1, 10, 100, 1000]);
    expect(ticks([2, 5], true).length).toBeGreaterThan(2);
    expect(ticks([1, 1], false)).toEqual([]);
});

it("chartToSvg draws the line, breaks it at gaps and escapes every name", () => {
    const y = Float64Array.of(0, NaN, 1);
    const line: Line = {
        id: "l",
        label: `<script>"&`,
        color: "#112233",
        dash: [2, 3],
        run: "r",
        key: "k",
        x: Float64Array.of(0, 1, 2),
        y,
        shown: y,
        lo: null,
        hi: null,
        marks: [],
        count: 1,
        isExact: true,
        span: null,
        step: 0,
    };
    const svg = chartToSvg(
        {
            lines: [line],
            x: [0, 2],
            y: [0, 1],
            isLogX: false,
            isLogY: false,
            formatX: String,
            formatY: String,
            xTitle: "<x>",
            yTitle: "",
            paint: { lineWidth: 1.5, showOriginal: true, shade: "minmax", isFilled: false },
        },
        "a < b",
    );
    expect(svg).not.toContain("<script");
    expect(svg).toContain("a &#60; b");
    expect(svg).toContain('d="M64.0 374.0M880.0 34.0"');
    expect(svg).toContain('stroke-dasharray="2 3"');
    expect(escapeXml("\u0000'")).toBe("&#39;");
});
