/* run_store.ts - the runs of a project as the server filters and sorts them, page after page, kept current. */

import { computed, signal } from "@preact/signals";
import type { Mongo } from "./lib/filters";
import type { Run } from "./lib/types";
import { fetchRuns, type RunPage, type RunQuery } from "./queries/runs";
import { follow, throttled, type RunNews } from "./live";

const PAGE = 100;
/* More than this is read again by scrolling, not by every poll. */
const MAX_REFRESH = 300;
const MAX_BARE = 1000 /* in one answer, of runs without their values */;
const REFRESH_MS = 1000;
const NEWS_MS = 250 /* each makes the charts of its runs ask again */;

export class RunStore {
    readonly runs = signal<Run[]>([]);
    readonly total = signal(0);
    readonly isLoading = signal(true);
    readonly exists = signal(true);
    readonly failure = signal("");
    readonly hasMore = computed(() => this.next.value !== null);

    private readonly next = signal<string | null>(null);
    private filters: Mongo | null = null;
    private order = "-created_at";
    private abort: AbortController | null = null;
    private asked = "";
    private readonly hidden = new Set<string>();

    constructor(
        readonly entity: string,
        readonly project: string,
        private readonly withKeys: boolean,
        private readonly page = PAGE,
    ) {}

    /* Asks anew when the question is another one. */
    async ask(filters: Mongo | null, order: string): Promise<void> {
        const question = JSON.stringify([filters, order]);
        if (question === this.asked) return;
        this.asked = question;
        this.filters = filters;
        this.order = order;
        this.abort?.abort();
        this.abort = new AbortController();
        this.isLoading.value = true;
        try {
            const page = await fetchRuns(this.query(this.page, null), this.abort.signal);
            if (question !== this.asked) return;
            this.exists.value = page.exists;
            this.total.value = page.total;
            this.next.value = page.next;
            this.runs.value = this.withoutHidden(page.runs);
            this.failure.value = "";
        } catch (e) {
            if (question !== this.asked || (e instanceof DOMException && e.name === "AbortError")) return;
            this.failure.value = e instanceof Error ? e.message : String(e);
        }
        this.isLoading.value = false;
    }

    async more(count = this.page): Promise<void> {
        if (this.isLoading.value || this.next.value === null) return;
        const question = this.asked;
        this.isLoading.value = true;
        try {
            const page = await fetchRuns(this.query(count, this.next.value));
            if (question !== this.asked) return;
            const known = new Set(this.runs.value.map((r) => r.id));
            this.runs.value = [...this.runs.value, ...this.withoutHidden(page.runs).filter((r) => !known.has(r.id))];
            this.next.value = page.next;
        } catch (e) {
            this.failure.value = e instanceof Error ? e.message : String(e);
        }
        this.isLoading.value = false;
    }

    /* Every run that fits, not only those that were scrolled to, with what it takes to change them: no values. */
    async all(): Promise<Run[]> {
        const out: Run[] = [];
        let after: string | null = null;
        do {
            const page: RunPage = await fetchRuns({ ...this.query(MAX_BARE, after), withKeys: false, isBare: true });
            out.push(...page.runs);
            after = page.next;
        } while (after !== null);
        return this.withoutHidden(out);
    }

    /* Reads the first runs again; those that did not change stay the same objects, so that nothing is drawn twice. */
    async refresh(): Promise<void> {
        const question = this.asked;
        if (question === "" || this.isLoading.value) return;
        const count = Math.min(Math.max(this.runs.value.length, this.page), MAX_REFRESH);
        const page = await fetchRuns(this.query(count, null));
        if (question !== this.asked) return;
        const old = new Map(this.runs.value.map((r) => [r.id, r]));
        const fresh = this.withoutHidden(page.runs).map((r) => (isSame(old.get(r.id), r) ? old.get(r.id)! : r));
        const rest = this.runs.value.slice(count);
        const next = [...fresh, ...rest.filter((r) => !fresh.some((f) => f.id === r.id))];
        if (next.length !== this.runs.value.length || next.some((r, i) => r !== this.runs.value[i]))
            this.runs.value = next;
        this.total.value = page.total - (page.runs.length - fresh.length);
        this.exists.value = page.exists;
        if (rest.length === 0) this.next.value = page.next;
    }

    follow(run?: string): () => void {
        const place = { entity: this.entity, project: this.project, ...(run === undefined ? {} : { run }) };
        const refresh = throttled(REFRESH_MS, () => this.refresh());
        let fresh: RunNews[] = [];
        const take = throttled(NEWS_MS, async () => {
            this.take(fresh);
            fresh = [];
        });
        return follow(
            place,
            (news) => {
                fresh.push(...news);
                take();
                refresh();
            },
            () => this.refresh(),
        );
    }

    /* Counts and states at once, so that charts move; summaries and new keys come with the refresh. */
    private take(news: readonly RunNews[]): void {
        const byName = new Map(news.map((n) => [n.name, n]));
        if (!this.runs.value.some((r) => byName.has(r.name))) return;
        this.runs.value = this.runs.value.flatMap((r) => {
            const n = byName.get(r.name);
            if (n === undefined) return [r];
            return n.isDeleted ? [] : [{ ...r, state: n.state, lineCount: n.lines, heartbeatAt: n.heartbeatAt }];
        });
    }

    /* Shows a change at once; the next refresh brings what the server made of it. */
    patch(id: string, change: Partial<Run>): void {
        this.runs.value = this.runs.value.map((r) => (r.id === id ? { ...r, ...change } : r));
    }

    /* As if they were not there, until they are or come back. */
    hide(ids: readonly string[]): void {
        for (const id of ids) this.hidden.add(id);
        this.runs.value = this.withoutHidden(this.runs.value);
        this.total.value -= ids.length;
    }

    async unhide(ids: readonly string[]): Promise<void> {
        for (const id of ids) this.hidden.delete(id);
        await this.refresh();
    }

    private withoutHidden(runs: Run[]): Run[] {
        return this.hidden.size === 0 ? runs : runs.filter((r) => !this.hidden.has(r.id));
    }

    private query(first: number, after: string | null): RunQuery {
        return {
            entity: this.entity,
            project: this.project,
            filters: this.filters,
            order: this.order,
            first,
            after,
            withKeys: this.withKeys,
        };
    }
}

function isSame(a: Run | undefined, b: Run): boolean {
    if (
        a === undefined ||
        a.lineCount !== b.lineCount ||
        a.heartbeatAt !== b.heartbeatAt ||
        a.state !== b.state
    )
        return false;
    return JSON.stringify(a) === JSON.stringify(b);
}
