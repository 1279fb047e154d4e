import { expect, test } from "vitest";
import { crc32, makeZip } from "./zip";

const bytes = (text: string) => new TextEncoder().encode(text);

/* As others read it: from the directory at the end. */
function unpack(zip: Uint8Array): Map<string, Uint8Array> {
    const view = new DataView(zip.buffer);
    const end = zip.length - 22;
    expect(view.getUint32(end, true)).toBe(0x06054b50);
    const out = new Map<string, Uint8Array>();
    let at = view.getUint32(end + 16, true);
    for (let i = view.getUint16(end + 10, true); i > 0; i--) {
        expect(view.getUint32(at, true)).toBe(0x02014b50);
        const [size, nameSize, offset] = [view.getUint32(at + 24, true), view.getUint16(at + 28, true), view.getUint32(at + 42, true)];
        const name = new TextDecoder().decode(zip.subarray(at + 46, at + 46 + nameSize));
        expect(view.getUint32(offset, true)).toBe(0x04034b50);
        const data = zip.slice(offset + 30 + nameSize, offset + 30 + nameSize + size);
        expect([view.getUint32(at + 16, true), view.getUint32(offset + 14, true)]).toEqual([crc32(data), crc32(data)]);
        out.set(name, data);
        at += 46 + nameSize;
    }
    expect(at).toBe(end);
    return out;
}

test("the check sum is that of everybody else", () => {
    expect(crc32(bytes("123456789"))).toBe(0xcbf43926);
    expect(crc32(bytes(""))).toBe(0);
});

test("what was packed is unpacked, names that are not English, too", () => {
    const picture = new Uint8Array(3000).map((_, i) => i % 251);
    const files = unpack(makeZip([{ name: "report.tex", bytes: bytes("\\end") }, { name: "figures/図.png", bytes: picture }, { name: "empty", bytes: bytes("") }]));
    expect([...files.keys()]).toEqual(["report.tex", "figures/図.png", "empty"]);
    expect(files.get("figures/図.png")).toEqual(picture);
    expect(files.get("empty")).toEqual(bytes(""));
});

test("dates before the format's first year are its first year's", () => {
    const view = new DataView(makeZip([{ name: "a", bytes: bytes("") }], new Date(1970, 0, 2, 3, 4, 6)).buffer);
    expect(view.getUint16(10, true)).toBe((3 << 11) | (4 << 5) | 3);
    expect(view.getUint16(12, true)).toBe((1 << 5) | 2);
});
