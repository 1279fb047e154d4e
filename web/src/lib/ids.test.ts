import { expect, it } from "vitest";
import { newId } from "./ids";

it("newId keeps the prefix and does not repeat itself", () => {
    const made = Array.from({ length: 1000 }, () => newId("line"));
    expect(made.every((id) => /^line-[0-9a-f]{16}$/.test(id))).toBe(true);
    expect(new Set(made).size).toBe(1000);
});
