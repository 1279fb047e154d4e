/* pushed_charts.ts - which series are announced to the server, so that what is new of them is pushed (docs/web-api.md). What
 * there is no room for is asked for, as everything is while there is no connection. */

import type { Want } from "./chart_data";
import { readPush, type PushedSeries } from "./lib/live_message";
import { tailBuckets } from "./lib/series_tail";

/* What was announced on a connection that is gone is not. */
export interface Announcement {
    connection: number;
}

export interface Announced {
    want: Want;
    run: string;
    key: string;
    start: number;
    width: number /* of its buckets; 0: points */;
    /* False: nobody wants more of it. */
    receive: (pushed: PushedSeries) => boolean;
}

interface Chart {
    id: number;
    want: Want;
    runs: string[];
    keys: string[];
    items: Map<string, Announced> /* by "run key", as the server has them: places in the lists */;
    timesSaid: number;
    isKnown: boolean;
}

/* As the server has them. */
const MAX_CHARTS = 64;
const MAX_SERIES = 1000;
const MAX_TEXT = 48000 /* of a message of 64 KiB, in characters */;
const SETTLE_MS = 200 /* charts that are drawn together are announced together */;
const MAX_TRIES = 3;

const charts = new Map<number, Chart>();
let waiting: Announced[] = [];
let timer = 0;
let lastId = 0;
let connection = 1;

/* live.ts sets it: there is something to be said. */
export const onChange = { call: () => undefined as void };

export const newAnnouncement = (): Announcement => ({ connection });
export const isAnnounced = (announcement: Announcement | null) => announcement?.connection === connection;

export function announce(item: Announced): void {
    waiting.push(item);
    if (timer === 0) timer = window.setTimeout(makeCharts, SETTLE_MS);
}

function makeCharts(): void {
    timer = 0;
    const groups = new Map<string, Announced[]>();
    for (const item of waiting) {
        const id = JSON.stringify(item.want);
        groups.set(id, [...(groups.get(id) ?? []), item]);
    }
    waiting = [];
    let room = MAX_SERIES - [...charts.values()].reduce((sum, c) => sum + c.items.size, 0);
    for (const items of groups.values()) {
        if (charts.size >= MAX_CHARTS || items.length > room) continue;
        room -= items.length;
        makeChart(items);
    }
    onChange.call();
}

function makeChart(items: readonly Announced[]): void {
    const runs = [...new Set(items.map((i) => i.run))];
    const keys = [...new Set(items.map((i) => i.key))];
    const byPlace = new Map(items.map((i) => [`${runs.indexOf(i.run)} ${keys.indexOf(i.key)}`, i]));
    const id = ++lastId;
    charts.set(id, { id, want: items[0]!.want, runs, keys, items: byPlace, timesSaid: 0, isKnown: false });
}

/* The member "charts" of what is said: those that the server knows by their numbers. */
export function chartsToSay(): unknown[] {
    let left = MAX_TEXT;
    return [...charts.values()].flatMap((chart) => {
        if (chart.isKnown) return [{ id: chart.id }];
        if (++chart.timesSaid > MAX_TRIES) charts.delete(chart.id); /* there is no room for it */
        const said = inFull(chart);
        const size = JSON.stringify(said).length;
        if (!charts.has(chart.id) || size > left) return [];
        left -= size;
        return [said];
    });
}

function inFull(chart: Chart): unknown {
    const { entity, project, x, point, log, buckets } = chart.want;
    const series = [...chart.items].map(([place, item]) => [...place.split(" ").map(Number), item.start, item.width]);
    return { id: chart.id, entity, project, x, point, log, buckets: tailBuckets(buckets), runs: chart.runs, keys: chart.keys, series };
}

export function hearKnown(ids: readonly number[]): void {
    for (const id of ids) {
        const chart = charts.get(id);
        if (chart !== undefined) chart.isKnown = true;
    }
}

export function takePush(bytes: ArrayBuffer): void {
    const push = readPush(bytes, (id) => tailBuckets(charts.get(id)?.want.buckets ?? 1));
    const chart = push === null ? undefined : charts.get(push.chart);
    if (push === null || chart === undefined) return;
    for (const pushed of push.series) {
        const place = `${pushed.run} ${pushed.key}`;
        if (chart.items.get(place)?.receive(pushed) === false) chart.items.delete(place);
    }
    if (chart.items.size > 0) return;
    charts.delete(chart.id);
    onChange.call();
}

/* The connection is gone, and with it what the server knew. */
export function forgetCharts(): void {
    connection++;
    charts.clear();
    waiting = [];
}
