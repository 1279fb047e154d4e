import { describe, expect, it } from "vitest";
import { tableToSvg } from "./table_svg";

describe("tableToSvg", () => {
    it("writes every cell, and markup as text", () => {
        const svg = tableToSvg({ title: "<b>", header: ["key", "run"], rows: [["lr", 0.1], ["<script>", "x & y"]] });
        expect(svg).toContain("&#60;b&#62;");
        expect(svg).toContain(">0.1<");
        expect(svg).toContain("x &#38; y");
        expect(svg).not.toContain("<script>");
    });
    it("draws bars for shares, wide as their values", () => {
        const svg = tableToSvg({ title: "", header: ["name", "share"], rows: [["a", 0.5], ["b", -1]], meters: [1] });
        expect(svg).toContain('width="60.0"');
        expect(svg).toContain('width="120.0" height="10" fill="#c0504d"');
    });
    it("says how much did not fit", () => {
        const svg = tableToSvg({ title: "", header: ["n"], rows: Array.from({ length: 250 }, (_, i) => [i]) });
        expect(svg).toContain("+50 ↓");
    });
});
