/* live.ts - keeps what is on the screen current, by asking politely: only while somebody looks, less often when
 * nothing runs, and with growing pauses when the server does not answer. */

import { signal } from "@preact/signals";
import { ApiError } from "./api";

export const isOffline = signal(false);

const FAST_MS = 2000;
const SLOW_MS = 15000;
const MAX_PAUSE_MS = 60000;

/* `ask` answers whether something is still running. The returned function ends it. */
export function poll(ask: () => Promise<boolean>): () => void {
    let timer = 0;
    let failures = 0;
    let isOver = false;
    let isRunning = true;
    const plan = () => {
        window.clearTimeout(timer);
        if (isOver || document.hidden) return;
        const pause =
            failures > 0 ? Math.min(FAST_MS * 2 ** failures, MAX_PAUSE_MS) : isRunning ? FAST_MS : SLOW_MS;
        timer = window.setTimeout(() => void once(), pause);
    };
    const once = async () => {
        try {
            isRunning = await ask();
            failures = 0;
            isOffline.value = false;
        } catch (e) {
            failures++;
            isOffline.value = e instanceof ApiError && (e.status === 0 || e.status >= 500);
        }
        plan();
    };
    const onVisible = () => (document.hidden ? window.clearTimeout(timer) : void once());
    document.addEventListener("visibilitychange", onVisible);
    plan();
    return () => {
        isOver = true;
        window.clearTimeout(timer);
        document.removeEventListener("visibilitychange", onVisible);
    };
}
