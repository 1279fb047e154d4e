/* live_message.ts - what the server tells an open page, and how long to wait before asking for it again. */

import { decodeBuckets, type Series } from "./buckets";
import type { LogLine } from "./log_book";
import type { RunState } from "./types";

export interface RunNews {
    name: string;
    state: RunState;
    heartbeatAt: number /* ms */;
    lines: number;
    events: number;
    isDeleted: boolean;
}

/* What a run has printed, or written again. */
export interface LogPush {
    type: "log";
    entity: string;
    project: string;
    run: string;
    after: number;
    change: number;
    isMore: boolean;
    lines: LogLine[];
}

export type LiveMessage =
    | LogPush
    | { type: "watching"; watching: boolean[]; charts?: number[] /* those that are pushed to */ }
    | { type: "resync"; entity: string; project: string }
    | { type: "runs"; entity: string; project: string; runs: RunNews[] };

/* null for what an older page does not know. */
export function readMessage(text: string): LiveMessage | null {
    try {
        const message = JSON.parse(text) as LiveMessage;
        if (message.type === "watching" && Array.isArray(message.watching)) return message;
        if (message.type === "resync" && typeof message.project === "string") return message;
        if (message.type === "log" && Array.isArray(message.lines)) return message;
        return message.type === "runs" && Array.isArray(message.runs) ? message : null;
    } catch {
        return null;
    }
}

/* What is new of one series of a chart. */
export interface PushedSeries {
    run: number /* into the lists that the chart was announced with */;
    key: number;
    lines: number /* that its run had by then */;
    start: number /* where the tail begins; what the page has from there on is in it */;
    tail: Series | null /* null: none of the new lines had the key */;
}

export interface Push {
    chart: number;
    series: PushedSeries[];
}

const MAGIC = 0x4c524142; /* "BARL", little endian */
const VERSION = 1;
const HEAD_BYTES = 16;
const ROW_BYTES = 24;

/* null for what an older page does not know. Throws when bytes are missing. */
export function readPush(bytes: ArrayBuffer, cellsOf: (chart: number) => number): Push | null {
    const view = new DataView(bytes);
    if (view.getUint32(0, true) !== MAGIC || view.getUint32(4, true) !== VERSION) return null;
    const chart = view.getUint32(8, true);
    const count = view.getUint32(12, true);
    const series: PushedSeries[] = [];
    for (let i = 0, at = HEAD_BYTES; i < count; i++, at += ROW_BYTES)
        series.push({
            run: view.getUint32(at, true),
            key: view.getUint32(at + 4, true),
            lines: view.getFloat64(at + 8, true),
            start: view.getFloat64(at + 16, true),
            tail: null,
        });
    for (const tail of decodeBuckets(bytes.slice(HEAD_BYTES + count * ROW_BYTES), cellsOf(chart))) {
        const row = series.find((s) => s.run === tail.run && s.key === tail.key);
        if (row !== undefined) row.tail = tail;
    }
    return { chart, series };
}

const FIRST_MS = 500;
const LONGEST_MS = 15000;

/* Doubles with each failure; `chance` (0 to 1) keeps a thousand pages from coming back at the same moment. */
export function retryPause(failures: number, chance: number): number {
    const pause = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.max(0, failures - 1));
    return Math.round(pause * (0.75 + chance / 2));
}
