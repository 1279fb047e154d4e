/* extremes.ts - lowest and highest values of metrics, asked for the runs that are there and kept until a run logs more. */

import { signal } from "@preact/signals";
import { fetchBuckets, type BucketRequest } from "./api";
import { rangeOf, type Range } from "./lib/extremes";
import type { Run } from "./lib/types";

const AT_ONCE = 200;
const BUCKETS = 16;

export class Extremes {
    /* By key, then by the run's short name. */
    readonly values = signal<ReadonlyMap<string, ReadonlyMap<string, Range>>>(new Map());
    private readonly asked = new Map<string, number>();

    constructor(
        private readonly entity: string,
        private readonly project: string,
    ) {}

    /* Asks for what is not known yet, or has grown since. */
    async want(key: string, runs: readonly Run[]): Promise<void> {
        const missing = runs.filter((r) => key in r.keys && this.asked.get(`${key}\n${r.name}`) !== r.lineCount);
        for (const r of missing) this.asked.set(`${key}\n${r.name}`, r.lineCount);
        for (let i = 0; i < missing.length; i += AT_ONCE) await this.fetch(key, missing.slice(i, i + AT_ONCE));
    }

    private async fetch(key: string, runs: readonly Run[]): Promise<void> {
        const request = { entity: this.entity, project: this.project, runs: runs.map((r) => r.name), keys: [key], stream: "history", x: "_step", min: null, max: null, buckets: BUCKETS, format: 1 };
        const series = await fetchBuckets(request as BucketRequest);
        const known = new Map(this.values.peek().get(key));
        for (const s of series) {
            const range = rangeOf(s);
            const run = runs[s.run];
            if (run !== undefined && range !== null) known.set(run.name, range);
        }
        this.values.value = new Map(this.values.peek()).set(key, known);
    }
}
