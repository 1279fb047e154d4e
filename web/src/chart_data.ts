/* chart_data.ts - the points of charts: requests of many panels leave together, what did not change is not asked again. */

import { fetchBuckets } from "./api";
import type { Series } from "./lib/buckets";
import type { Run } from "./lib/types";

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
}

interface Waiting {
    run: Run;
    key: string;
    done: (s: Series | null) => void;
    fail: (e: unknown) => void;
}

/* Kept answers, oldest first; a day-old tab must not grow. */
const MAX_ENTRIES = 6000;
const MAX_KEYS_PER_REQUEST = 6;
const MAX_RUNS_PER_REQUEST = 200;
/* Requests with many logged lines behind them are split, so that the server works on several at once. */
const MAX_LINES_PER_REQUEST = 1_500_000;

const cache = new Map<string, Entry>();
const waiting = new Map<string, { want: Want; list: Waiting[] }>();

/* A run that has no such key costs no request: the promise of null. */
export function loadSeries(want: Want, run: Run, key: string): Promise<Series | null> {
    if (want.stream === "history" && !(key in run.keys)) return Promise.resolve(null);
    const scope = JSON.stringify(want);
    const id = `${scope}\n${run.id}\n${key}`;
    const version = want.stream === "history" ? String(run.lineCount) : String(run.heartbeatAt);
    const known = cache.get(id);
    if (known?.version === version) return known.answer;
    const answer = new Promise<Series | null>((done, fail) => enqueue(scope, want, { run, key, done, fail }));
    cache.delete(id);
    cache.set(id, { version, answer });
    answer.catch(() => cache.delete(id));
    for (const oldest of cache.keys()) {
        if (cache.size <= MAX_ENTRIES) break;
        cache.delete(oldest);
    }
    return answer;
}

function enqueue(scope: string, want: Want, item: Waiting): void {
    const queue = waiting.get(scope);
    if (queue) {
        queue.list.push(item);
        return;
    }
    waiting.set(scope, { want, list: [item] });
    /* Panels that are drawn together ask in one go, before anything else happens. */
    queueMicrotask(() => {
        const { list } = waiting.get(scope)!;
        waiting.delete(scope);
        for (const batch of batches(list)) void ask(want, batch);
    });
}

/* Keys that are wanted for the same runs go together: nothing is sent that nobody asked for. */
function batches(list: readonly Waiting[]): Waiting[][] {
    const byKey = new Map<string, Waiting[]>();
    for (const item of list) byKey.set(item.key, [...(byKey.get(item.key) ?? []), item]);
    const byRuns = new Map<string, Waiting[][]>();
    for (const items of byKey.values()) {
        for (const part of partsOf(items)) {
            const runs = part.map((p) => p.run.name).join("\n");
            byRuns.set(runs, [...(byRuns.get(runs) ?? []), part]);
        }
    }
    const out: Waiting[][] = [];
    for (const parts of byRuns.values())
        for (let i = 0; i < parts.length; i += MAX_KEYS_PER_REQUEST)
            out.push(parts.slice(i, i + MAX_KEYS_PER_REQUEST).flat());
    return out;
}

function partsOf(items: readonly Waiting[]): Waiting[][] {
    const out: Waiting[][] = [[]];
    let lines = 0;
    for (const item of items) {
        lines += item.run.lineCount;
        if (out.at(-1)!.length === MAX_RUNS_PER_REQUEST || lines > MAX_LINES_PER_REQUEST) {
            out.push([]);
            lines = item.run.lineCount;
        }
        out.at(-1)!.push(item);
    }
    return out.filter((part) => part.length > 0);
}

async function ask(want: Want, batch: readonly Waiting[]): Promise<void> {
    const runs = [...new Set(batch.map((b) => b.run.name))];
    const keys = [...new Set(batch.map((b) => b.key))];
    try {
        const found = byRunAndKey(runs, keys, await fetchBuckets({ ...want, runs, keys, format: 2 }));
        for (const item of batch) item.done(found.get(`${item.run.name}\n${item.key}`) ?? null);
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
