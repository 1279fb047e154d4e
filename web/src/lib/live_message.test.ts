import { expect, test } from "vitest";
import { readMessage, retryPause } from "./live_message";

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
