/* live.ts - keeps what is on the screen current: one websocket per tab tells what changed, while somebody looks.
 *
 * When the connection drops the page says so, tries again with growing pauses, and each try asks over HTTP: so a page
 * behind something that lets no websocket through is merely slower. After each connection everything is asked once
 * more, because nobody knows what was missed. */

import { signal } from "@preact/signals";
import { ApiError } from "./api";
import { logsToSay, onLogs, takeLog } from "./pushed_logs";
import { chartsToSay, forgetCharts, hearKnown, onChange, takePush } from "./pushed_charts";
import { sharedToken } from "./shared";
import { readMessage, retryPause, type RunNews } from "./lib/live_message";

export type { RunNews } from "./lib/live_message";

export const isOffline = signal(false);

export interface Place {
    entity: string;
    project: string;
    run?: string;
}

interface Watcher {
    place: Place;
    /* What became of some runs; the rest is as it was. */
    onNews: (news: readonly RunNews[]) => void;
    /* Anything may have changed. */
    catchUp: () => Promise<unknown>;
}

const watchers = new Set<Watcher>();
onChange.call = () => sayWhatIsWatched();
onLogs.call = () => sayWhatIsWatched();
const HIDDEN_MS = 60000;
const SHARED_MS = 15000 /* who only has a link may not listen */;
const WATCH_DELAY_MS = 5;
const SETTLE_MS = 1500;

let socket: WebSocket | null = null;
let failures = 0;
let retryTimer = 0;
let hideTimer = 0;
let watchTimer = 0;
let settleTimer = 0;
let isNewWatch = true /* there is more to hear of than when the server answered last */;

/* The returned function ends it. */
export function follow(
    place: Place,
    onNews: Watcher["onNews"],
    catchUp: Watcher["catchUp"],
): () => void {
    if (sharedToken.value !== null) {
        const timer = window.setInterval(() => void catchUp().catch(() => undefined), SHARED_MS);
        return () => window.clearInterval(timer);
    }
    const watcher = { place, onNews, catchUp };
    watchers.add(watcher);
    isNewWatch = true;
    if (socket === null && retryTimer === 0) connect();
    else sayWhatIsWatched();
    return () => {
        watchers.delete(watcher);
        if (watchers.size === 0) disconnect();
        else sayWhatIsWatched();
    };
}

function connect(): void {
    window.clearTimeout(retryTimer);
    retryTimer = 0;
    if (document.hidden || watchers.size === 0) return;
    const scheme = window.location.protocol === "https:" ? "wss:" : "ws:";
    const mine = new WebSocket(`${scheme}//${window.location.host}/api/live`);
    mine.binaryType = "arraybuffer";
    isNewWatch = true;
    socket = mine;
    mine.onopen = () => socket === mine && sayWhatIsWatched();
    mine.onmessage = (event: MessageEvent<string | ArrayBuffer>) => {
        if (socket !== mine) return;
        if (typeof event.data === "string") take(event.data);
        else takePush(event.data);
    };
    mine.onclose = () => {
        if (socket !== mine) return;
        socket = null;
        forgetCharts();
        failures++;
        void catchUpAll();
        retryTimer = window.setTimeout(connect, retryPause(failures, Math.random()));
    };
}

function disconnect(): void {
    window.clearTimeout(retryTimer);
    retryTimer = 0;
    const old = socket;
    socket = null;
    forgetCharts();
    old?.close();
}

/* Pages change what they watch in the same breath: one message does. */
function sayWhatIsWatched(): void {
    window.clearTimeout(watchTimer);
    watchTimer = window.setTimeout(() => {
        if (socket?.readyState !== WebSocket.OPEN) return;
        const places = new Map([...watchers].map((w) => [JSON.stringify(w.place), w.place]));
        socket.send(JSON.stringify({ watch: [...places.values()].slice(-16), charts: chartsToSay(), logs: logsToSay() }));
    }, WATCH_DELAY_MS);
}

function take(text: string): void {
    const message = readMessage(text);
    if (message === null) return;
    if (message.type === "watching") {
        hearKnown(message.charts ?? []);
        if (!isNewWatch) return; /* only other charts */
        isNewWatch = false;
        const wasLost = failures > 0 || isOffline.value;
        failures = 0;
        isOffline.value = false;
        /* What the page has just read itself is read again when it has nothing better to do. */
        window.clearTimeout(settleTimer);
        settleTimer = window.setTimeout(() => void catchUpAll(), wasLost ? 0 : SETTLE_MS);
        return;
    }
    if (message.type === "log") return takeLog(message);
    for (const watcher of [...watchers]) {
        if (watcher.place.entity !== message.entity || watcher.place.project !== message.project) continue;
        if (message.type === "resync") void catchUp(watcher);
        else {
            const { run } = watcher.place;
            const mine = run === undefined ? message.runs : message.runs.filter((r) => r.name === run);
            if (mine.length > 0) watcher.onNews(mine);
        }
    }
}

async function catchUp(watcher: Watcher): Promise<void> {
    try {
        await watcher.catchUp();
        isOffline.value = false;
    } catch (e) {
        isOffline.value = e instanceof ApiError && (e.status === 0 || e.status >= 500);
    }
}

async function catchUpAll(): Promise<void> {
    for (const watcher of [...watchers]) await catchUp(watcher);
}

/* A tab that nobody looks at asks for nothing; looked at again, it catches up. */
document.addEventListener("visibilitychange", () => {
    window.clearTimeout(hideTimer);
    if (document.hidden) hideTimer = window.setTimeout(disconnect, HIDDEN_MS);
    else if (socket === null && watchers.size > 0) connect();
});

/* Calls at most once in `pause`, the last one included. */
export function throttled(pause: number, call: () => Promise<unknown>): () => void {
    let timer = 0;
    let isRunning = false;
    let isWanted = false;
    const once = () => {
        timer = 0;
        isRunning = true;
        isWanted = false;
        void call()
            .catch((e: unknown) => {
                isOffline.value = e instanceof ApiError && (e.status === 0 || e.status >= 500);
            })
            .finally(() => {
                isRunning = false;
                if (isWanted) timer = window.setTimeout(once, pause);
            });
    };
    return () => {
        isWanted = true;
        if (timer === 0 && !isRunning) timer = window.setTimeout(once, 0);
    };
}
