import { expect, it } from "vitest";
import { looksBinary } from "./binary";

it("texts are texts, whatever their language and colours", () => {
    for (const text of ["", "plain\n\ttext\r\n", "日本語 مرحبا é", "\u001b[31mred\u001b[0m"]) expect(looksBinary(text)).toBe(false);
});

it("numbers, archives and half a megabyte of noise are none", () => {
    expect(looksBinary("PK\u0003\u0004\0\0")).toBe(true);
    expect(looksBinary("\ufffd\u0001ab\ufffd".repeat(100))).toBe(true);
});

it("one broken sign makes no text binary", () => expect(looksBinary("a".repeat(500) + "\ufffd")).toBe(false));
