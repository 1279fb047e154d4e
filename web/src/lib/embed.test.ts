import { describe, expect, it } from "vitest";
import { embedAddress, frameOf, panelOfHash } from "./embed";
import type { Panel } from "./layout";

const panel: Panel = { id: "line:a", kind: "line", keys: ['a"<b>&c'], settings: { weight: 0.5 } };
const hashOf = (p: unknown) => "#panel=" + encodeURIComponent(JSON.stringify(p));

describe("a panel in an address", () => {
    it("comes back as it was", () => {
        const address = embedAddress("https://host/shared/token", panel);
        expect(panelOfHash(new URL(address).hash)).toEqual(panel);
        expect(new URL(address).searchParams.get("jupyter")).toBe("true");
    });
    it("is none of a kind that shows the words of whoever wrote the address", () => {
        expect(panelOfHash(hashOf({ id: "t", kind: "text", text: "log in here" }))).toBeNull();
        expect(panelOfHash(hashOf({ id: "q", kind: "query" }))).toBeNull();
    });
    it("is none when it cannot be read", () => {
        for (const hash of ["", "#panel=", "#panel=%", "#other", hashOf(null), hashOf({ kind: "line" }), "#panel=" + "x".repeat(30_000)])
            expect(panelOfHash(hash)).toBeNull();
    });
});

it("frameOf leaves no way out of its quotes", () => {
    expect(frameOf('https://host/?a=1&b="x"')).toContain('src="https://host/?a=1&amp;b=&quot;x&quot;"');
});
