/* live_message.ts - what the server tells an open page, and how long to wait before asking for it again. */

import type { RunState } from "./types";

export interface RunNews {
    name: string;
    state: RunState;
    heartbeatAt: number /* ms */;
    lines: number;
    events: number;
    isDeleted: boolean;
}

export type LiveMessage =
    | { type: "watching"; watching: boolean[] }
    | { type: "resync"; entity: string; project: string }
    | { type: "runs"; entity: string; project: string; runs: RunNews[] };

/* null for what an older page does not know. */
export function readMessage(text: string): LiveMessage | null {
    try {
        const message = JSON.parse(text) as LiveMessage;
        if (message.type === "watching" && Array.isArray(message.watching)) return message;
        if (message.type === "resync" && typeof message.project === "string") return message;
        return message.type === "runs" && Array.isArray(message.runs) ? message : null;
    } catch {
        return null;
    }
}

const FIRST_MS = 500;
const LONGEST_MS = 15000;

/* Doubles with each failure; `chance` (0 to 1) keeps a thousand pages from coming back at the same moment. */
export function retryPause(failures: number, chance: number): number {
    const pause = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.max(0, failures - 1));
    return Math.round(pause * (0.75 + chance / 2));
}
