/* zip.ts - files put into one ZIP, stored as they are: pictures are packed already, and the rest is small. */

export interface ZipEntry {
    name: string /* with / between folders; no way out of them */;
    bytes: Uint8Array;
}

const CRC = new Uint32Array(256).map((_, n) => {
    let c = n;
    for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
    return c >>> 0;
});

export function crc32(bytes: Uint8Array): number {
    let c = 0xffffffff;
    for (const b of bytes) c = CRC[(c ^ b) & 0xff]! ^ (c >>> 8);
    return (c ^ 0xffffffff) >>> 0;
}

/* Two seconds are the smallest step, 1980 the first year. */
function dosTime(at: Date): [number, number] {
    const time = (at.getHours() << 11) | (at.getMinutes() << 5) | (at.getSeconds() >> 1);
    return [time, ((Math.max(1980, at.getFullYear()) - 1980) << 9) | ((at.getMonth() + 1) << 5) | at.getDate()];
}

function fields(...values: [size: 2 | 4, value: number][]): Uint8Array {
    const out = new DataView(new ArrayBuffer(values.reduce((sum, [size]) => sum + size, 0)));
    let at = 0;
    for (const [size, value] of values) {
        if (size === 2) out.setUint16(at, value, true);
        else out.setUint32(at, value, true);
        at += size;
    }
    return new Uint8Array(out.buffer);
}

const VERSION = 20;
const UTF8_NAMES = 0x800;

export function makeZip(entries: readonly ZipEntry[], at = new Date()): Uint8Array<ArrayBuffer> {
    const [time, date] = dosTime(at);
    const parts: Uint8Array[] = [];
    const directory: Uint8Array[] = [];
    let offset = 0;
    for (const { name, bytes } of entries) {
        const encoded = new TextEncoder().encode(name);
        const about: [2 | 4, number][] = [[2, VERSION], [2, UTF8_NAMES], [2, 0], [2, time], [2, date], [4, crc32(bytes)], [4, bytes.length], [4, bytes.length], [2, encoded.length], [2, 0]];
        const head = fields([4, 0x04034b50], ...about);
        directory.push(fields([4, 0x02014b50], [2, VERSION], ...about, [2, 0], [2, 0], [2, 0], [4, 0], [4, offset]), encoded);
        parts.push(head, encoded, bytes);
        offset += head.length + encoded.length + bytes.length;
    }
    const size = directory.reduce((sum, d) => sum + d.length, 0);
    const end = fields([4, 0x06054b50], [2, 0], [2, 0], [2, entries.length], [2, entries.length], [4, size], [4, offset], [2, 0]);
    return join([...parts, ...directory, end]);
}

function join(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
    const out = new Uint8Array(parts.reduce((sum, p) => sum + p.length, 0));
    let at = 0;
    for (const part of parts) {
        out.set(part, at);
        at += part.length;
    }
    return out;
}
