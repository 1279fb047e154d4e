/* views.ts - the only door to saved workspaces. The server keeps them; this browser keeps a copy of each, so that a page
 * opens at once, and what could not be saved yet is not lost. */

import { ApiError } from "./api";
import { DEFAULT_LAYOUT, type Layout } from "./lib/layout";
import { layoutFromOfficial, layoutToOfficial, runSetFromOfficial, type RunSet } from "./lib/official";
import { parseObject } from "./lib/runs";
import { EMPTY_FILTER, type FilterGroup } from "./lib/filters";
import { hashText, type PaletteName } from "./lib/color";
import type { Extreme } from "./lib/extremes";
import { deleteView, fetchView, fetchViews, saveView, type SavedView } from "./queries/views";

export interface RunsView {
    search: string;
    isRegex: boolean;
    filter: FilterGroup;
    hideCrashed: boolean;
    onlyMine: boolean;
    order: string /* "-created_at", "+min:loss": sign and column as the server takes it */;
    group: string[];
    hidden: string[];
    shown: string[] /* switched on by hand beyond the first ones */;
    maxShown: number;
    colors: Record<string, string>;
    palette: PaletteName;
    colorKey?: string | null /* a column whose values give colours */;
    pinned: string[];
    baseline: string | null;
    columns: string[];
    extremes?: Record<string, Extreme> /* metrics of which a column shows the lowest or highest value, not the last */;
    sidebarColumns: string[];
    width: number;
    isCollapsed: boolean;
}

export interface View {
    layout: Layout;
    runs: RunsView;
    seen?: Record<string, string> /* colours that runs had without anybody choosing them: they stay */;
}

export const DEFAULT_COLUMNS = [
    "displayName",
    "state",
    "notes",
    "username",
    "tags",
    "createdAt",
    "runtime",
    "sweep",
];

export const DEFAULT_RUNS: RunsView = {
    search: "",
    isRegex: false,
    filter: EMPTY_FILTER,
    hideCrashed: false,
    onlyMine: false,
    order: "-created_at",
    group: [],
    hidden: [],
    shown: [],
    maxShown: 50,
    colors: {},
    palette: "default",
    pinned: [],
    baseline: null,
    columns: [],
    sidebarColumns: [],
    width: 300,
    isCollapsed: false,
};

export const DEFAULT_VIEW: View = { layout: DEFAULT_LAYOUT, runs: DEFAULT_RUNS };

export interface Place {
    user: string;
    entity: string;
    project: string;
    scope: string /* of runs within the project: "/run", "/group/name"; "" for all of them */;
}

/* The name of a person's own workspace, here; views that have a name of their own go by their id. */
export const PERSONAL = "";

const PREFIX = "barograph.view.2";
const TYPE = "project-view";

/* As it lies in this browser: with the version of the server's that it was made from. */
export interface Kept {
    view: View;
    version: number /* 0: the server has none, or was not asked */;
    isSaved: boolean;
}

function keyOf(place: Place, id: string): string {
    return [PREFIX, place.user, place.entity, place.project + place.scope, id].map(encodeURIComponent).join("/");
}

/* What an older page kept may lack what a newer one needs. */
function complete(view: Partial<View>): View {
    return { layout: { ...DEFAULT_LAYOUT, ...view.layout }, runs: { ...DEFAULT_RUNS, ...view.runs }, seen: view.seen ?? {} };
}

export function loadKept(place: Place, id: string): Kept | null {
    try {
        const text = localStorage.getItem(keyOf(place, id));
        if (text === null) return null;
        const kept = JSON.parse(text) as Kept;
        return { view: complete(kept.view), version: Number(kept.version) || 0, isSaved: kept.isSaved === true };
    } catch {
        return null;
    }
}

/* A full or forbidden store loses the copy, not the page. What was searched for is not part of a view. */
export function keep(place: Place, id: string, kept: Kept): void {
    try {
        const { view } = kept;
        localStorage.setItem(keyOf(place, id), JSON.stringify({ ...kept, view: { ...view, runs: { ...view.runs, search: "" } } }));
    } catch {
        return;
    }
}

export function forget(place: Place, id: string): void {
    localStorage.removeItem(keyOf(place, id));
}

/* ---- on the server ---- */

/* Whether the server keeps it; what a report or a link shows is kept there. */
export function isSynced(place: Place): boolean {
    return place.user !== "" && (place.scope === "" || isPart(place));
}

/* Of one run, a group or a sweep: it begins as the project's workspace is. */
export function isPart(place: Place): boolean {
    return place.scope === "/run" || /^\/(group|sweep)\//.test(place.scope);
}

/* Whether others may look at what is saved here. */
export function isShared(place: Place): boolean {
    return place.user !== "" && place.scope === "";
}

const PART = "own-";

function personalName({ user, scope }: Place): string {
    const plain = user.toLowerCase().replace(/[^a-z0-9]/g, "");
    return scope === "" ? `nw-${plain}-w` : `${PART}${plain}-${hashText(user + scope).toString(36)}`;
}

function toSpec(view: View): string {
    const { runs, layout } = view;
    const runSet: RunSet = {
        id: "",
        name: "Run set",
        entity: "",
        project: "",
        search: "",
        isRegex: false,
        filter: runs.filter,
        group: runs.group,
        order: runs.order,
        hidden: runs.hidden,
        colors: runs.colors,
    };
    const own = { layout: { ...layout, sections: [] }, runs: { ...runs, search: "" }, seen: view.seen };
    return JSON.stringify({ ...layoutToOfficial(layout, runSet), barograph: own });
}

/* Sections come from the official members, so that what the official package changed is what is shown. */
function fromSpec(spec: unknown): View {
    const { layout, runSet } = layoutFromOfficial(spec);
    const own = parseObject((spec as Record<string, unknown>)["barograph"]) as unknown as Partial<View>;
    const runs = runSet ?? runSetFromOfficial({}, "", "");
    return complete({
        layout: own.layout ? { ...own.layout, sections: layout.sections } : layout,
        runs: own.runs ?? { ...DEFAULT_RUNS, filter: runs.filter, group: runs.group, order: runs.order, hidden: runs.hidden, colors: runs.colors ?? {} },
        ...(own.seen ? { seen: own.seen } : {}),
    });
}

export async function fetchNamed(place: Place): Promise<SavedView[]> {
    const all = await fetchViews(place.entity, place.project, TYPE);
    return all.filter((v) => v.name.endsWith("-v") || !(/^nw-.*-w$/.test(v.name) || v.name.startsWith(PART)));
}

/* Of somebody else: null when there is none, or it is one's own. */
export async function findPersonal(place: Place, user: string): Promise<SavedView | null> {
    const name = personalName({ ...place, user });
    if (name === personalName(place)) return null;
    return (await fetchViews(place.entity, place.project, TYPE, name)).find((v) => v.name === name) ?? null;
}

export interface Fetched extends SavedView {
    view: View;
}

/* id PERSONAL: one's own. null when there is none. */
export async function fetchSaved(place: Place, id: string): Promise<Fetched | null> {
    let wanted = id;
    if (id === PERSONAL) {
        const name = personalName(place);
        const mine = (await fetchViews(place.entity, place.project, TYPE, name)).find((v) => v.name === name);
        if (mine === undefined) return null;
        wanted = mine.id;
    }
    const found = await fetchView(wanted);
    return found === null || found.type !== TYPE ? null : { ...found, view: fromSpec(found.spec) };
}

export const isConflict = (e: unknown) => e instanceof ApiError && e.code === "CONFLICT";

/* One's own: the last tab that saves wins. */
export async function savePersonal(place: Place, view: View): Promise<SavedView> {
    return saveView({ entityName: place.entity, projectName: place.project, type: TYPE, name: personalName(place), displayName: place.user, description: "", spec: toSpec(view), ...(place.scope === "" ? {} : { private: true }) });
}

export async function saveNew(place: Place, displayName: string, view: View, isPrivate: boolean): Promise<SavedView> {
    const name = `nw-${Math.random().toString(36).slice(2, 13)}-v`;
    return saveView({ entityName: place.entity, projectName: place.project, type: TYPE, name, displayName, description: "", spec: toSpec(view), private: isPrivate });
}

export async function setPrivate(id: string, isPrivate: boolean): Promise<SavedView> {
    return saveView({ id, private: isPrivate });
}

/* expectedVersion null: whatever somebody else has saved meanwhile. */
export async function saveNamed(id: string, view: View, expectedVersion: number | null): Promise<SavedView> {
    return saveView({ id, spec: toSpec(view), ...(expectedVersion === null ? {} : { expectedVersion }) });
}

export async function renameNamed(id: string, displayName: string): Promise<SavedView> {
    return saveView({ id, displayName });
}

export async function removeNamed(id: string): Promise<void> {
    await deleteView(id);
}
