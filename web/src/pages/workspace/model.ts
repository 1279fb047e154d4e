/* model.ts - one open workspace: its runs, its layout with undo, and what follows from both. */

import { computed, effect, signal } from "@preact/signals";
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import { assignColors } from "../../lib/color";
import { EMPTY_FILTER, compileRegex, runsFilter, type Mongo } from "../../lib/filters";
import { colorsByKey } from "../../lib/key_colors";
import * as L from "../../lib/layout";
import { groupRuns, type RunGroup } from "../../lib/runs";
import { sectionTree, type TreeRow } from "../../lib/sections";
import type { Run } from "../../lib/types";
import { commit, redo, replace, start, undo, type Undoable } from "../../lib/undo";
import { sendNow } from "../../chart_data";
import { Extremes } from "../../extremes";
import { colorsOfView, keepColors, keptColors, learnColors } from "../../run_colors";
import { RunStore } from "../../run_store";
import { address, setQuery } from "../../router";
import type { SavedView } from "../../queries/views";
import { sayError } from "../../components/toast";
import { fetchRunCount } from "../../queries/project";
import { isNarrow } from "../../narrow";
import { viewer } from "../../session";
import { sharedToken } from "../../shared";
import { askAhead } from "../panels/use_lines";
import * as views from "../../views";

const SAVE_DELAY_MS = 400;
const MAX_PAGE = 1000;
const MAX_PINNED = 20;
const MAX_SEEN = 300 /* colours in a saved view */;
const NO_COLOR = "#888888";
/* In place of a panel: the whole workspace is being set up. */
export const WORKSPACE_SETTINGS = "workspace:";
/* What begins the address of somebody's own workspace. */
const PERSONAL_LINK = "nwuser";

export class Workspace {
    readonly store: RunStore;
    /* Pinned runs and the baseline, where they are not among the first runs. */
    private readonly kept: RunStore;
    readonly viewId = signal(views.PERSONAL);
    readonly viewTitle = signal("");
    readonly named = signal<readonly SavedView[]>([]);
    /* Of a named view: changed here and not saved. */
    readonly isDraft = signal(false);
    private version = 0;

    readonly layoutSteps = signal<Undoable<L.Layout>>(start(views.DEFAULT_VIEW.layout));
    readonly runsView = signal<views.RunsView>(views.DEFAULT_RUNS);
    readonly hovered = signal<string | null>(null);
    readonly panelSearch = signal("");
    readonly fullPanel = signal<string | null>(null);
    readonly editedPanel = signal<string | null>(null);
    /* The section that new panels go to, while some are being added; "" is the first one. */
    readonly addingTo = signal<string | null>(null);
    readonly collapsedParents = signal<ReadonlySet<string>>(new Set());
    readonly xZoom = signal<{ x: string; range: [number, number] } | null>(null);
    /* What the media panels that are in step show; null is the latest. */
    readonly mediaStep = signal<number | null>(null);
    linkedPanelSeen = false;
    /* What the sections have, once they are there. */
    room = { width: 0, inner: 0, height: 0 };
    /* Whether the list lies over the charts, where the window has no room for both. */
    readonly isListed = signal(false);
    readonly columnSearch = signal("");
    readonly extremes: Extremes;
    readonly openGroups = signal<ReadonlySet<string>>(new Set());
    /* Of the runs that there are without search and filter; null while nothing narrows them. */
    readonly runCount = signal<number | null>(null);
    readonly place: views.Place;
    /* Whether changes are a saved workspace; in a report they are the report's. */
    isKept = true;

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
    /* Pinned runs first, each once, even those that the filter leaves out. */
    readonly orderedRuns = computed(() => {
        const pinned = new Set(this.runsView.value.pinned);
        const runs = this.store.runs.value;
        if (pinned.size === 0) return runs;
        const known = new Set(runs.map((r) => r.name));
        const kept = this.kept.runs.value.filter((r) => !known.has(r.name));
        return [...[...kept, ...runs].filter((r) => pinned.has(r.name)), ...runs.filter((r) => !pinned.has(r.name))];
    });
    readonly groups = computed<RunGroup[]>(() =>
        groupRuns(this.visibleRuns.value, this.runsView.value.group),
    );
    readonly isGrouped = computed(() => this.runsView.value.group.length > 0);
    /* What the colours say, where a key gives them. */
    readonly keyColors = computed(() => {
        const { colorKey, palette } = this.runsView.value;
        if (!colorKey) return null;
        return colorsByKey(this.isGrouped.value ? this.groups.value : this.visibleRuns.value.map((r) => ({ key: r.name, runs: [r] })), colorKey, palette);
    });
    readonly colors = computed(() => {
        const v = this.runsView.value;
        const names = this.isGrouped.value
            ? this.groups.value.map((g) => g.key)
            : this.visibleRuns.value.map((r) => r.name).sort();
        const chosen = this.scope === "" ? v.colors : { ...keptColors(this.entity, this.project), ...v.colors };
        const byKey = this.keyColors.value;
        if (byKey !== null) return new Map(names.map((n) => [n, v.colors[n] ?? byKey.colors.get(n) ?? NO_COLOR]));
        const colors = assignColors(names, v.palette, chosen, this.seen);
        if (!this.isGrouped.value) this.seen = new Map([...this.seen, ...colors]);
        return colors;
    });
    /* The colours that runs have had here: a run that comes back looks as it did. */
    private seen: ReadonlyMap<string, string> = new Map();
    readonly baselineRun = computed<Run | null>(
        () => [...this.store.runs.value, ...this.kept.runs.value].find((r) => r.name === this.runsView.value.baseline) ?? null,
    );
    readonly metrics = computed(() => metricsOf(this.visibleRuns.value));
    /* On the page of one run a panel for what only others have logged is left out. */
    readonly loggedHere = computed((): ((panel: L.Panel) => boolean) => {
        if (this.scope !== "/run") return () => true;
        const known = new Set(this.metrics.value.map((m) => m.key));
        return ({ keys = [] }) => keys.length === 0 || keys.some((k) => known.has(k));
    });

    constructor(
        readonly entity: string,
        readonly project: string,
        private readonly extra: readonly Mongo[],
        readonly scope: string,
        private readonly preset: L.Layout | null = null,
    ) {
        this.store = new RunStore(entity, project, true);
        this.kept = new RunStore(entity, project, true);
        this.extremes = new Extremes(entity, project);
        this.place = { user: viewer.peek()?.username ?? "", entity, project, scope };
        const kept = views.loadKept(this.place, views.PERSONAL);
        this.show(kept?.view ?? this.firstView(), kept?.version ?? 0);
    }

    /* Asks for the runs. */
    ask(): void {
        void this.store.ask(this.filter(), this.runsView.value.order);
    }

    /* Starts asking and saving; the returned function ends both. */
    start(): () => void {
        let timer = 0;
        let colorTimer = 0;
        const ends = [
            effect(() => this.ask()),
            effect(() => this.askCount()),
            effect(() => this.askKept()),
            effect(() => this.askExtremes()),
            effect(() => {
                const next = L.addMissingPanels(this.layout.value, this.metrics.value);
                if (next !== this.layout.peek())
                    this.layoutSteps.value = replace(this.layoutSteps.peek(), next);
            }),
            effect(() => this.askAhead()),
            effect(() => {
                const colors = this.colors.value;
                window.clearTimeout(colorTimer);
                const isByRun = !this.isGrouped.value && this.keyColors.value === null;
                if (this.scope === "" && isByRun && colors.size > 0)
                    colorTimer = window.setTimeout(() => keepColors(this.entity, this.project, colors), SAVE_DELAY_MS);
            }),
            effect(() => {
                void this.layout.value;
                void this.runsView.value;
                window.clearTimeout(timer);
                if (this.isUnsaved) timer = window.setTimeout(() => this.keep(), SAVE_DELAY_MS);
            }),
            /* As many runs as may be shown, without scrolling through them. */
            effect(() => {
                const missing = this.runsView.value.maxShown - this.store.runs.value.length;
                if (missing > 0 && this.store.hasMore.value && !this.store.isLoading.value && this.store.failure.value === "")
                    void this.store.more(Math.min(missing, MAX_PAGE));
            }),
            this.store.follow(),
        ];
        if (this.scope !== "") void this.openPart().catch(sayError);
        else if (views.isShared(this.place)) void this.openFirst();
        return () => {
            ends.forEach((end) => end());
            this.endKept();
            window.clearTimeout(timer);
            window.clearTimeout(colorTimer);
            if (this.isUnsaved) this.keep();
        };
    }

    private isAsked = false;

    /* The charts that come into view are asked for as soon as it is known which these are: the server looks for their points
     * while they and all around them are being drawn. */
    private askAhead(): void {
        if (this.isAsked || this.store.runs.value.length === 0 || this.layout.value.sections.length === 0) return;
        this.isAsked = true;
        if (this.room.width === 0) return;
        const layout = this.layout.peek();
        const rows = this.sectionRows(layout.sections.map((s) => s.name));
        for (const { panel, section, width } of L.firstPanels(layout, rows, this.room))
            if (panel.kind === "line") askAhead(this, panel, L.resolveSettings(layout, section, panel), width);
        sendNow();
    }

    /* How the sections of these names lie below each other. */
    sectionRows(names: string[]): TreeRow[] {
        const { sections, prefix } = this.layout.value;
        const byName = new Map(sections.map((s) => [s.name, s]));
        return sectionTree(names, prefix, (path) => {
            const section = byName.get(path);
            return section ? !section.isOpen : this.collapsedParents.value.has(path);
        });
    }

    private followsKept = false;

    private askKept(): void {
        const { pinned, baseline } = this.runsView.value;
        if (this.store.isLoading.value || sharedToken.peek() !== null) return;
        const known = new Set(this.store.runs.value.map((r) => r.name));
        const missing = [...new Set([...pinned, ...(baseline === null ? [] : [baseline])])].filter((n) => !known.has(n)).sort();
        if (missing.length === 0) return;
        void this.kept.ask({ name: { $in: missing } }, "-created_at");
        if (this.followsKept) return;
        this.followsKept = true;
        this.endKept = this.kept.follow();
    }

    private endKept = (): void => undefined;

    private askCount(): void {
        const all = runsFilter(EMPTY_FILTER, "", false, [...this.extra]);
        const isNarrowed = JSON.stringify(this.filter()) !== JSON.stringify(all);
        /* Told anew with the number of those that fit: runs come and go. */
        void this.store.total.value;
        if (!isNarrowed || sharedToken.peek() !== null) this.runCount.value = null;
        else void fetchRunCount(this.entity, this.project, all).then((n) => (this.runCount.value = n), () => undefined);
    }

    /* For columns that show the lowest or highest value. */
    private askExtremes(): void {
        const runs = this.store.runs.value;
        for (const key of Object.keys(this.runsView.value.extremes ?? {})) void this.extremes.want(key, runs).catch(sayError);
    }

    /* ---- views ---- */

    /* Changed by hand; panels that come by themselves will come again. */
    private isUnsaved = false;

    private firstView(): views.View {
        if (this.preset !== null) return { ...views.DEFAULT_VIEW, layout: this.preset };
        const whole = views.isPart(this.place) ? views.loadKept({ ...this.place, scope: "" }, views.PERSONAL) : null;
        return whole === null ? views.DEFAULT_VIEW : partOf(whole.view);
    }

    private touch(): void {
        this.isUnsaved = true;
        if (this.viewId.peek() !== views.PERSONAL) this.isDraft.value = true;
    }

    private get view(): views.View {
        const shown = this.isGrouped.peek() || this.keyColors.peek() !== null ? this.seen : this.colors.peek();
        return { layout: this.layout.peek(), runs: this.runsView.peek(), seen: Object.fromEntries([...shown].slice(-MAX_SEEN)) };
    }

    private show(view: views.View, version: number): void {
        this.version = version;
        this.seen = new Map([...Object.entries(keptColors(this.entity, this.project)), ...colorsOfView(view)]);
        this.layoutSteps.value = start(view.layout);
        this.runsView.value = view.runs;
        this.isDraft.value = false;
        this.isUnsaved = false;
    }

    /* The copy in this browser at once; one's own workspace on the server too. */
    private keep(): void {
        if (!this.isKept) return;
        const id = this.viewId.peek();
        this.isUnsaved = false;
        const kept = { view: this.view, version: this.version, isSaved: false };
        views.keep(this.place, id, kept);
        if (id !== views.PERSONAL || !views.isSynced(this.place)) return;
        views.savePersonal(this.place, kept.view).then(
            (saved) => {
                this.version = saved.version;
                if (!this.isUnsaved) views.keep(this.place, id, { ...kept, version: saved.version, isSaved: true });
            },
            () => undefined /* a reader's stays in the browser */,
        );
    }

    /* Of a run, a group or a sweep: as it was left, else as the workspace of the whole project is. */
    private async openPart(): Promise<void> {
        const learned = learnColors(this.entity, this.project);
        if (!views.isSynced(this.place) || !this.isKept) return;
        const kept = views.loadKept(this.place, views.PERSONAL);
        if (kept !== null && !kept.isSaved) return;
        const saved = await views.fetchSaved(this.place, views.PERSONAL);
        if (this.isUnsaved) return;
        if (saved !== null) return saved.version === this.version ? undefined : this.show(saved.view, saved.version);
        const whole = await learned;
        const isKnown = this.preset !== null || views.loadKept({ ...this.place, scope: "" }, views.PERSONAL) !== null;
        if (whole !== null && !isKnown && !this.isUnsaved) this.show(partOf(whole), 0);
    }

    /* What the address asks for, or one's own as another browser left it. */
    private async openFirst(): Promise<void> {
        const asked = address.peek().query.get("nw");
        try {
            void views.fetchNamed(this.place).then((list) => (this.named.value = list), () => undefined);
            const other = asked?.startsWith(PERSONAL_LINK) ? await views.findPersonal(this.place, asked.slice(PERSONAL_LINK.length)) : null;
            if (other !== null) {
                await this.openView(other.id);
                return setQuery({ nw: asked });
            }
            if (asked !== null && !asked.startsWith(PERSONAL_LINK)) {
                const list = await views.fetchNamed(this.place);
                const found = list.find((v) => v.id === asked || v.name === `nw-${asked}-v` || v.name === asked);
                if (found) return await this.openView(found.id);
            }
            const kept = views.loadKept(this.place, views.PERSONAL);
            if (kept !== null && !kept.isSaved) return; /* newer than what the server has */
            const saved = await views.fetchSaved(this.place, views.PERSONAL);
            if (saved !== null && saved.version !== this.version && !this.isUnsaved) this.show(saved.view, saved.version);
        } catch (e) {
            sayError(e);
        }
    }

    async openView(id: string): Promise<void> {
        if (this.isUnsaved) this.keep();
        const kept = views.loadKept(this.place, id);
        if (id === views.PERSONAL && kept !== null) {
            this.viewId.value = id;
            this.viewTitle.value = "";
            this.show(kept.view, kept.version);
        } else {
            const saved = await views.fetchSaved(this.place, id);
            this.viewId.value = id;
            this.viewTitle.value = id === views.PERSONAL ? "" : (saved?.displayName ?? "");
            this.show(saved?.view ?? views.DEFAULT_VIEW, saved?.version ?? 0);
        }
        const name = this.named.peek().find((v) => v.id === id)?.name ?? id;
        setQuery({ nw: id === views.PERSONAL ? null : name.replace(/^nw-(.*)-v$/, "$1") });
    }

    async saveViewAs(name: string, isPrivate: boolean): Promise<void> {
        const saved = await views.saveNew(this.place, name, this.view, isPrivate);
        this.named.value = [saved, ...this.named.peek()];
        this.viewId.value = saved.id;
        this.viewTitle.value = saved.displayName;
        this.version = saved.version;
        this.isDraft.value = false;
        this.isUnsaved = false;
        setQuery({ nw: saved.name.replace(/^nw-(.*)-v$/, "$1") });
    }

    /* Throws a conflict when somebody else has saved since it was opened, unless `isForced`. */
    async saveOpenView(isForced: boolean): Promise<void> {
        const saved = await views.saveNamed(this.viewId.peek(), this.view, isForced ? null : this.version);
        this.version = saved.version;
        this.isDraft.value = false;
        this.isUnsaved = false;
        views.forget(this.place, saved.id);
    }

    async renameOpenView(title: string): Promise<void> {
        const saved = await views.renameNamed(this.viewId.peek(), title);
        this.viewTitle.value = saved.displayName;
        this.version = saved.version;
        this.named.value = this.named.peek().map((v) => (v.id === saved.id ? saved : v));
    }

    async setOpenViewPrivate(isPrivate: boolean): Promise<void> {
        const saved = await views.setPrivate(this.viewId.peek(), isPrivate);
        this.version = saved.version;
        this.named.value = this.named.peek().map((v) => (v.id === saved.id ? saved : v));
    }

    async removeOpenView(): Promise<void> {
        const id = this.viewId.peek();
        await views.removeNamed(id);
        views.forget(this.place, id);
        this.named.value = this.named.peek().filter((v) => v.id !== id);
        this.isUnsaved = false;
        await this.openView(views.PERSONAL);
    }

    private filter(): Mongo | null {
        const v = this.runsView.value;
        const extra = [...this.extra];
        if (v.hideCrashed) extra.push({ state: { $nin: ["crashed", "failed", "killed"] } });
        if (v.onlyMine && viewer.value) extra.push({ username: viewer.value.username });
        const isUsable = !v.isRegex || compileRegex(v.search) !== null;
        return runsFilter(v.filter, isUsable ? v.search : "", v.isRegex, extra);
    }

    /* Back to where it began, without a past. */
    resetLayout(): void {
        this.layoutSteps.value = start(this.firstView().layout);
    }

    resetView(): void {
        this.touch();
        this.layoutSteps.value = commit(this.layoutSteps.peek(), this.firstView().layout);
        this.runsView.value = views.DEFAULT_RUNS;
    }

    edit(change: (l: L.Layout) => L.Layout): void {
        this.touch();
        this.layoutSteps.value = commit(this.layoutSteps.peek(), change(this.layout.peek()));
    }

    undo(): void {
        this.touch();
        this.layoutSteps.value = undo(this.layoutSteps.peek());
    }

    redo(): void {
        this.touch();
        this.layoutSteps.value = redo(this.layoutSteps.peek());
    }

    setRuns(change: Partial<views.RunsView>): void {
        this.touch();
        this.runsView.value = { ...this.runsView.peek(), ...change };
    }

    isVisible(run: Run): boolean {
        return this.visibleRuns.value.includes(run);
    }

    /* Hides them when each of them is shown, shows them all otherwise. */
    toggleRuns(runs: readonly Run[]): void {
        const visible = new Set(this.visibleRuns.peek());
        if (runs.every((r) => visible.has(r))) this.hideRuns(runs);
        else this.showRuns(runs);
    }

    showRuns(runs: readonly Run[]): void {
        const names = new Set(runs.map((r) => r.name));
        const v = this.runsView.peek();
        this.setRuns({ hidden: v.hidden.filter((n) => !names.has(n)), shown: [...v.shown.filter((n) => !names.has(n)), ...names] });
    }

    hideRuns(runs: readonly Run[]): void {
        const names = new Set(runs.map((r) => r.name));
        const v = this.runsView.peek();
        this.setRuns({ hidden: [...v.hidden.filter((n) => !names.has(n)), ...names], shown: v.shown.filter((n) => !names.has(n)) });
    }

    /* Hides every loaded run, or shows the first ones again. */
    toggleAll(): void {
        const isAnyShown = this.visibleRuns.peek().length > 0;
        this.setRuns({ hidden: isAnyShown ? this.store.runs.peek().map((r) => r.name) : [], shown: [] });
    }

    toggleGroup(key: string): void {
        const next = new Set(this.openGroups.peek());
        if (!next.delete(key)) next.add(key);
        this.openGroups.value = next;
    }

    showList(isShown: boolean): void {
        if (isNarrow.peek()) this.isListed.value = isShown;
        else this.setRuns({ isCollapsed: !isShown });
    }

    /* Of a run or a group; null gives back the colour it has by itself. */
    pickColor(name: string, color: string | null): void {
        const { [name]: _, ...rest } = this.runsView.peek().colors;
        this.seen = new Map([...this.seen].filter(([n]) => n !== name));
        this.setRuns({ colors: color === null ? rest : { ...rest, [name]: color } });
    }

    /* Every run gets the colour that it has by itself. */
    forgetColors(): void {
        this.seen = new Map();
        this.setRuns({ colors: {} });
    }

    togglePin(name: string): void {
        const v = this.runsView.peek();
        this.setRuns({
            pinned: v.pinned.includes(name) ? v.pinned.filter((n) => n !== name) : [...v.pinned, name].slice(-MAX_PINNED),
        });
    }

    colorOf(run: Run): string {
        const key = this.isGrouped.value
            ? this.groups.value.find((g) => g.runs.includes(run))?.key
            : run.name;
        return this.colors.value.get(key ?? "") ?? NO_COLOR;
    }
}

/* A workspace for some of the runs begins with the panels of the one for all; which runs are listed is its own. */
function partOf(whole: views.View): views.View {
    return { ...views.DEFAULT_VIEW, layout: whole.layout, runs: { ...views.DEFAULT_RUNS, palette: whole.runs.palette } };
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
