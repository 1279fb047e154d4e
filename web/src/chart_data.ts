/* chart_data.ts - the points of charts: requests of many panels leave together, what did not change is not asked again. */

import { fetchBuckets } from "./api";
import type { Series } from "./lib/buckets";
import type { PushedSeries } from "./lib/live_message";
import { joinTail, tailBuckets, tailRange, tailWidth, type TailRange } from "./lib/series_tail";
import type { Run } from "./lib/types";
import { announce, isAnnounced, newAnnouncement, type Announcement } from "./pushed_charts";

export interface Want {
    entity: string;
    project: string;
    stream: "history" | "events";
    x: string;
    min: number | null;
    max: number | null;
    buckets: number;
    point: "last" | "mean";
    log: boolean /* for a logarithmic y axis */;
    low: number | null /* the part of y in view, when all of it would be too coarse */;
    high: number | null;
}

interface Entry {
    version: string;
    answer: Promise<Series | null>;
    series: Series | null /* once it is there */;
    joins: number /* tails in a row */;
    pushed: Set<string> /* versions that came without being asked for, since it was asked for last */;
    announcement: Announcement | null;
}

interface Waiting {
    run: Run;
    key: string;
    range: TailRange | null;
    done: (s: Series | null) => void;
    fail: (e: unknown) => void;
}

/* Kept answers, oldest first; a day-old tab must not grow. */
const MAX_ENTRIES = 6000;
const MAX_KEYS_PER_REQUEST = 6;
const MAX_RUNS_PER_REQUEST = 200;
/* Requests with many logged lines behind them are split, so that the server works on several at once. */
const MAX_LINES_PER_REQUEST = 1_500_000;
const MAX_JOINS = 40;
/* A panel that is looked at asks for its lines as they come; what nobody has asked for so long is not looked at. */
const MAX_UNREAD = 20;

const cache = new Map<string, Entry>();
const waiting = new Map<string, Waiting[]>();

/* A run that has no such key costs no request: the promise of null. Of a run that goes on only what is new is asked for. */
export function loadSeries(want: Want, run: Run, key: string): Promise<Series | null> {
    if (want.stream === "history" && !(key in run.keys)) return Promise.resolve(null);
    const id = `${JSON.stringify(want)}\n${run.id}\n${key}`;
    const version = want.stream === "history" ? String(run.lineCount) : String(run.heartbeatAt);
    const known = cache.get(id);
    if (known?.version === version) return known.answer;
    if (known?.pushed.has(version) && known.joins < MAX_JOINS) {
        known.version = version;
        known.joins++;
        known.pushed.clear();
        return (known.answer = Promise.resolve(known.series));
    }
    const entry: Entry = { version, answer: Promise.resolve(null), series: null, joins: 0, pushed: new Set(), announcement: null };
    entry.answer = answerOf(want, run, key, known, entry);
    cache.delete(id);
    cache.set(id, entry);
    entry.answer.then(
        (series) => {
            entry.series = series;
            follow(id, entry, want, run, key);
        },
        () => cache.delete(id),
    );
    for (const oldest of cache.keys()) {
        if (cache.size <= MAX_ENTRIES) break;
        cache.delete(oldest);
    }
    return entry.answer;
}

/* From now on what is new of it may come by itself. */
function follow(id: string, entry: Entry, want: Want, run: Run, key: string): void {
    const { series } = entry;
    const isWhole = want.stream === "history" && want.low === null && want.high === null;
    if (isAnnounced(entry.announcement) || series === null || !isWhole || !goesOn(want, run)) return;
    const range = tailRange(series, want.buckets);
    if (range === null) return;
    const announcement = newAnnouncement();
    entry.announcement = announcement;
    announce({ want, run: run.name, key, start: range[0], width: tailWidth(series), receive: (pushed) => receive(id, announcement, want, pushed) });
}

/* What was pushed is there before the panels hear that there is more, and ask. False: no more of it. */
function receive(id: string, announcement: Announcement, want: Want, pushed: PushedSeries): boolean {
    const entry = cache.get(id);
    if (entry === undefined || entry.announcement !== announcement) return false;
    if (entry.series === null) {
        /* It has just been asked for too: the answer is the older of the two, or holds both. */
        void entry.answer.then(
            () => receive(id, announcement, want, pushed),
            () => undefined,
        );
        return true;
    }
    const whole = pushed.tail === null ? entry.series : joinTail(entry.series, pushed.tail, want.buckets, pushed.start);
    if (whole === null || tailRange(whole, want.buckets) === null || entry.pushed.size >= MAX_UNREAD) {
        entry.announcement = null;
        return false;
    }
    entry.series = whole;
    entry.pushed.add(String(pushed.lines));
    return true;
}

async function answerOf(want: Want, run: Run, key: string, known: Entry | undefined, entry: Entry): Promise<Series | null> {
    const old = known?.series ?? null;
    const range = old !== null && goesOn(want, run) && known!.joins < MAX_JOINS ? tailRange(old, want.buckets) : null;
    if (old === null || range === null) return enqueue(want, run, key, null);
    const tail = await enqueue({ ...want, buckets: tailBuckets(want.buckets) }, run, key, range);
    const whole = joinTail(old, tail, want.buckets);
    if (whole === null) return enqueue(want, run, key, null);
    entry.joins = known!.joins + 1;
    entry.announcement = known!.announcement; /* its buckets are the old ones */
    return whole;
}

/* Along these axes what is new comes after what is there; now and then, and at the end, all is looked at once more. */
function goesOn(want: Want, run: Run): boolean {
    return run.state === "running" && want.min === null && want.max === null && ["_step", "_runtime", "_timestamp"].includes(want.x);
}

function enqueue(want: Want, run: Run, key: string, range: TailRange | null): Promise<Series | null> {
    const scope = JSON.stringify([want, range !== null]);
    return new Promise((done, fail) => {
        const item: Waiting = { run, key, range, done, fail };
        const queue = waiting.get(scope);
        if (queue) {
            queue.push(item);
            return;
        }
        waiting.set(scope, [item]);
        /* Panels that are drawn together ask in one go, before anything else happens. */
        queueMicrotask(() => sendWaiting(scope, want));
    });
}

function sendWaiting(scope: string, want: Want): void {
    const list = waiting.get(scope) ?? [];
    waiting.delete(scope);
    for (const batch of batches(list)) void ask(want, batch);
}

/* What was asked for just now is sent before anything is drawn. */
export function sendNow(): void {
    for (const scope of [...waiting.keys()]) sendWaiting(scope, (JSON.parse(scope) as [Want, boolean])[0]);
}

/* Keys that are wanted for the same runs go together: nothing is sent that nobody asked for. */
function batches(list: readonly Waiting[]): Waiting[][] {
    const byKey = new Map<string, Waiting[]>();
    for (const item of list) byKey.set(item.key, [...(byKey.get(item.key) ?? []), item]);
    const byRuns = new Map<string, Waiting[][]>();
    for (const items of byKey.values()) {
        for (const part of partsOf(items)) {
            const runs = part.map(rowOf).join("\n");
            byRuns.set(runs, [...(byRuns.get(runs) ?? []), part]);
        }
    }
    const out: Waiting[][] = [];
    for (const parts of byRuns.values())
        for (let i = 0; i < parts.length; i += MAX_KEYS_PER_REQUEST)
            out.push(parts.slice(i, i + MAX_KEYS_PER_REQUEST).flat());
    return out;
}

/* Of about as many lines each: the server's cores end together. */
function partsOf(items: readonly Waiting[]): Waiting[][] {
    const lines = items.reduce((sum, item) => sum + linesOf(item), 0);
    const most = lines / Math.ceil(lines / MAX_LINES_PER_REQUEST);
    const out: Waiting[][] = [[]];
    let before = 0;
    for (const item of items) {
        if (out.at(-1)!.length === MAX_RUNS_PER_REQUEST || before >= most * out.length) out.push([]);
        out.at(-1)!.push(item);
        before += linesOf(item);
    }
    return out.filter((part) => part.length > 0);
}

const linesOf = (item: Waiting) => (item.range === null ? item.run.lineCount : 0);

/* What a request says of a run: its name, and where its tail begins. */
const rowOf = (item: Waiting) => `${item.run.name} ${item.range?.join() ?? ""}`;

async function ask(want: Want, batch: readonly Waiting[]): Promise<void> {
    const rows = [...new Map(batch.map((b) => [rowOf(b), b]))];
    const keys = [...new Set(batch.map((b) => b.key))];
    const runs = rows.map(([, b]) => b.run.name);
    const ranges = rows.some(([, b]) => b.range !== null) ? { ranges: rows.map(([, b]) => b.range) } : {};
    try {
        const answer = await fetchBuckets({ ...want, runs, keys, ...ranges, format: 2 });
        const found = byRunAndKey(rows.map(([row]) => row), keys, answer);
        for (const item of batch) item.done(found.get(`${rowOf(item)}\n${item.key}`) ?? null);
    } catch (e) {
        for (const item of batch) item.fail(e);
    }
}

function byRunAndKey(runs: readonly string[], keys: readonly string[], list: readonly Series[]): Map<string, Series> {
    return new Map(list.map((s) => [`${runs[s.run]}\n${keys[s.key]}`, s]));
}

/* What was logged to the last digit, by "run\nkey": for downloads, and for the few points under the pointer. Not kept. */
export async function loadExact(want: Want, runs: readonly string[], keys: readonly string[]): Promise<Map<string, Series>> {
    const found = new Map<string, Series>();
    for (let i = 0; i < runs.length; i += MAX_RUNS_PER_REQUEST) {
        const part = runs.slice(i, i + MAX_RUNS_PER_REQUEST);
        const list = await fetchBuckets({ ...want, low: null, high: null, runs: part, keys: [...keys], format: 1 });
        for (const [id, series] of byRunAndKey(part, keys, list)) found.set(id, series);
    }
    return found;
}
