import { expect, test } from "vitest";
import { readMessage, readPush, retryPause } from "./live_message";

test("messages are read, others are left alone", () => {
    const runs = { type: "runs", entity: "e", project: "p", runs: [] };
    expect(readMessage(JSON.stringify(runs))).toEqual(runs);
    expect(readMessage('{"type":"resync","entity":"e","project":"p"}')?.type).toBe("resync");
    expect(readMessage('{"type":"watching","watching":[true]}')?.type).toBe("watching");
    for (const text of ["", "{", '{"type":"later"}', '{"type":"runs"}', "[]"]) expect(readMessage(text)).toBeNull();
});

test("pauses grow, but not without end", () => {
    expect(retryPause(1, 0.5)).toBe(500);
    expect(retryPause(2, 0.5)).toBe(1000);
    expect(retryPause(100, 0.5)).toBe(15000);
    expect(retryPause(1, 1)).toBeGreaterThan(retryPause(1, 0));
});

/* A push of two series, of which only the first has a tail: one point, in plain format. */
function push(): ArrayBuffer {
    const bytes = new ArrayBuffer(16 + 2 * 24 + 16 + 24 + 16);
    const view = new DataView(bytes);
    const put = (at: number, values: number[]) => values.forEach((v, i) => view.setUint32(at + 4 * i, v, true));
    put(0, [0x4c524142, 1, 7, 2]);
    for (const [row, key] of [3, 4].entries()) {
        put(16 + row * 24, [0, key]);
        view.setFloat64(24 + row * 24, 120, true);
        view.setFloat64(32 + row * 24, 99.5, true);
    }
    put(64, [0x42524142, 1, 1, 0, 0, 3, 0, 1, 1, 0]);
    view.setFloat64(104, 100, true);
    view.setFloat64(112, 0.25, true);
    return bytes;
}

test("what is pushed is read, what is cut off is not, and a later version is left alone", () => {
    const read = readPush(push(), () => 12)!;
    expect(read.chart).toBe(7);
    expect(read.series.map((s) => [s.run, s.key, s.lines, s.start])).toEqual([[0, 3, 120, 99.5], [0, 4, 120, 99.5]]);
    expect([...read.series[0]!.tail!.x]).toEqual([100]);
    expect(read.series[1]!.tail).toBeNull();
    for (let size = 0; size < push().byteLength; size++) expect(() => readPush(push().slice(0, size), () => 12)).toThrow();
    const later = push();
    new DataView(later).setUint32(4, 2, true);
    expect(readPush(later, () => 12)).toBeNull();
});
