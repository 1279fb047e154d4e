/* model.ts - one open workspace: its runs, its layout with undo, and what follows from both. */

import { computed, effect, signal } from "@preact/signals";
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import { assignColors } from "../../lib/color";
import { compileRegex, runsFilter, type Mongo } from "../../lib/filters";
import * as L from "../../lib/layout";
import { groupRuns, type RunGroup } from "../../lib/runs";
import type { Run } from "../../lib/types";
import { commit, redo, replace, start, undo, type Undoable } from "../../lib/undo";
import { RunStore } from "../../run_store";
import { viewer } from "../../session";
import * as views from "../../views";

const SAVE_DELAY_MS = 400;

export class Workspace {
    readonly store: RunStore;
    readonly viewName = signal(views.PERSONAL);
    readonly layoutSteps = signal<Undoable<L.Layout>>(start(views.DEFAULT_VIEW.layout));
    readonly runsView = signal<views.RunsView>(views.DEFAULT_RUNS);
    readonly hovered = signal<string | null>(null);
    readonly panelSearch = signal("");
    readonly fullPanel = signal<string | null>(null);
    readonly editedPanel = signal<string | null>(null);
    readonly collapsedParents = signal<ReadonlySet<string>>(new Set());
    readonly xZoom = signal<{ x: string; range: [number, number] } | null>(null);
    linkedPanelSeen = false;
    readonly columnSearch = signal("");
    readonly openGroups = signal<ReadonlySet<string>>(new Set());
    readonly place: views.Place;

    readonly layout = computed(() => this.layoutSteps.value.present);
    readonly visibleRuns = computed(() => {
        const v = this.runsView.value;
        const hidden = new Set(v.hidden);
        const shown = new Set(v.shown);
        const pinned = new Set(v.pinned);
        return this.orderedRuns.value.filter(
            (r, i) => !hidden.has(r.name) && (shown.has(r.name) || pinned.has(r.name) || i < v.maxShown),
        );
    });
    /* Pinned runs first, each once. */
    readonly orderedRuns = computed(() => {
        const pinned = new Set(this.runsView.value.pinned);
        const runs = this.store.runs.value;
        return pinned.size === 0
            ? runs
            : [...runs.filter((r) => pinned.has(r.name)), ...runs.filter((r) => !pinned.has(r.name))];
    });
    readonly groups = computed<RunGroup[]>(() =>
        groupRuns(this.visibleRuns.value, this.runsView.value.group),
    );
    readonly isGrouped = computed(() => this.runsView.value.group.length > 0);
    readonly colors = computed(() => {
        const v = this.runsView.value;
        const names = this.isGrouped.value
            ? this.groups.value.map((g) => g.key)
            : this.visibleRuns.value.map((r) => r.name).sort();
        return assignColors(names, v.palette, v.colors);
    });
    readonly baselineRun = computed<Run | null>(
        () => this.store.runs.value.find((r) => r.name === this.runsView.value.baseline) ?? null,
    );
    readonly metrics = computed(() => metricsOf(this.visibleRuns.value));

    constructor(
        readonly entity: string,
        readonly project: string,
        private readonly extra: readonly Mongo[],
        readonly scope: string,
    ) {
        this.store = new RunStore(entity, project, true);
        this.place = { user: viewer.peek()?.username ?? "", entity, project: project + scope };
        this.openView(views.PERSONAL);
    }

    /* Starts asking and saving; the returned function ends both. */
    start(): () => void {
        let timer = 0;
        let isFirst = true;
        const ends = [
            effect(() => void this.store.ask(this.filter(), this.runsView.value.order)),
            effect(() => {
                const next = L.addMissingPanels(this.layout.value, this.metrics.value);
                if (next !== this.layout.peek())
                    this.layoutSteps.value = replace(this.layoutSteps.peek(), next);
            }),
            effect(() => {
                const view = { layout: this.layout.value, runs: this.runsView.value };
                window.clearTimeout(timer);
                if (!isFirst)
                    timer = window.setTimeout(
                        () => views.saveView(this.place, this.viewName.peek(), view),
                        SAVE_DELAY_MS,
                    );
                isFirst = false;
            }),
            this.store.follow(),
        ];
        return () => {
            ends.forEach((end) => end());
            window.clearTimeout(timer);
            views.saveView(this.place, this.viewName.peek(), {
                layout: this.layout.peek(),
                runs: this.runsView.peek(),
            });
        };
    }

    private filter(): Mongo | null {
        const v = this.runsView.value;
        const extra = [...this.extra];
        if (v.hideCrashed) extra.push({ state: { $nin: ["crashed", "failed", "killed"] } });
        if (v.onlyMine && viewer.value) extra.push({ username: viewer.value.username });
        const isUsable = !v.isRegex || compileRegex(v.search) !== null;
        return runsFilter(v.filter, isUsable ? v.search : "", v.isRegex, extra);
    }

    openView(name: string): void {
        const view = views.loadView(this.place, name) ?? views.DEFAULT_VIEW;
        this.viewName.value = name;
        this.layoutSteps.value = start(view.layout);
        this.runsView.value = view.runs;
    }

    saveViewAs(name: string): void {
        views.saveView(this.place, name, { layout: this.layout.peek(), runs: this.runsView.peek() });
        this.viewName.value = name;
    }

    resetView(): void {
        this.layoutSteps.value = commit(this.layoutSteps.peek(), views.DEFAULT_VIEW.layout);
        this.runsView.value = views.DEFAULT_RUNS;
    }

    edit(change: (l: L.Layout) => L.Layout): void {
        this.layoutSteps.value = commit(this.layoutSteps.peek(), change(this.layout.peek()));
    }

    undo(): void {
        this.layoutSteps.value = undo(this.layoutSteps.peek());
    }

    redo(): void {
        this.layoutSteps.value = redo(this.layoutSteps.peek());
    }

    setRuns(change: Partial<views.RunsView>): void {
        this.runsView.value = { ...this.runsView.peek(), ...change };
    }

    isVisible(run: Run): boolean {
        return this.visibleRuns.value.includes(run);
    }

    toggleRun(run: Run): void {
        const v = this.runsView.peek();
        const isOn = this.visibleRuns.peek().includes(run);
        const without = (list: string[]) => list.filter((n) => n !== run.name);
        this.setRuns(
            isOn
                ? { hidden: [...without(v.hidden), run.name], shown: without(v.shown) }
                : { hidden: without(v.hidden), shown: [...without(v.shown), run.name] },
        );
    }

    /* Hides every loaded run, or shows the first ones again. */
    toggleAll(): void {
        const isAnyShown = this.visibleRuns.peek().length > 0;
        this.setRuns({ hidden: isAnyShown ? this.store.runs.peek().map((r) => r.name) : [], shown: [] });
    }

    togglePin(name: string): void {
        const v = this.runsView.peek();
        this.setRuns({
            pinned: v.pinned.includes(name) ? v.pinned.filter((n) => n !== name) : [...v.pinned, name],
        });
    }

    colorOf(run: Run): string {
        const key = this.isGrouped.value
            ? this.groups.value.find((g) => g.runs.includes(run))?.key
            : run.name;
        return this.colors.value.get(key ?? "") ?? "#888888";
    }
}

function metricsOf(runs: readonly Run[]): L.Metric[] {
    const seen = new Map<string, L.Metric>();
    for (const run of runs) {
        const tables = new Set(Object.values(run.charts).map((c) => c.tableKey));
        for (const key of Object.keys(run.charts)) seen.set("custom\n" + key, { key, kind: "custom", stream: "history" });
        for (const [key, info] of Object.entries(run.keys)) {
            if (tables.has(key)) continue; /* shown as the chart */
            const kind = L.panelKindOf(info.types);
            if (kind !== null && !seen.has(key) && !isHidden(run, key))
                seen.set(key, { key, kind, stream: "history" });
        }
        for (const key of run.systemKeys)
            if (!seen.has("system\n" + key))
                seen.set("system\n" + key, { key, kind: "line", stream: "events" });
    }
    return [...seen.values()];
}

function isHidden(run: Run, key: string): boolean {
    return run.metrics.some((m) => m.isHidden && m.name === key);
}

export const WorkspaceContext = createContext<Workspace>(null as unknown as Workspace);

export function useWorkspace(): Workspace {
    return useContext(WorkspaceContext);
}
