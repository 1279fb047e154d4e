/* views.ts - the only door to saved workspaces. They are kept in this browser, one document per view. */

import { DEFAULT_LAYOUT, type Layout } from "./lib/layout";
import { EMPTY_FILTER, type FilterGroup } from "./lib/filters";
import type { PaletteName } from "./lib/color";

export interface RunsView {
    search: string;
    isRegex: boolean;
    filter: FilterGroup;
    hideCrashed: boolean;
    onlyMine: boolean;
    order: string /* "-created_at": sign and column as the server takes it */;
    group: string[];
    hidden: string[];
    shown: string[] /* switched on by hand beyond the first ones */;
    maxShown: number;
    colors: Record<string, string>;
    palette: PaletteName;
    pinned: string[];
    baseline: string | null;
    columns: string[];
    sidebarColumns: string[];
    width: number;
    isCollapsed: boolean;
}

export interface View {
    layout: Layout;
    runs: RunsView;
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
}

export const PERSONAL = "";

const PREFIX = "barograph.view.1";

function keyOf(place: Place, name: string): string {
    return [PREFIX, place.user, place.entity, place.project, name].map(encodeURIComponent).join("/");
}

/* What an older page kept may lack what a newer one needs. */
export function loadView(place: Place, name: string): View | null {
    try {
        const text = localStorage.getItem(keyOf(place, name));
        if (text === null) return null;
        const saved = JSON.parse(text) as Partial<View>;
        return { layout: { ...DEFAULT_LAYOUT, ...saved.layout }, runs: { ...DEFAULT_RUNS, ...saved.runs } };
    } catch {
        return null;
    }
}

/* A full or forbidden store loses the view, not the page. What was searched for is not part of a view. */
export function saveView(place: Place, name: string, view: View): boolean {
    try {
        localStorage.setItem(
            keyOf(place, name),
            JSON.stringify({ ...view, runs: { ...view.runs, search: "" } }),
        );
        return true;
    } catch {
        return false;
    }
}

export function removeView(place: Place, name: string): void {
    localStorage.removeItem(keyOf(place, name));
}

export function listViews(place: Place): string[] {
    const start = keyOf(place, "");
    const names: string[] = [];
    for (let i = 0; i < localStorage.length; i++) {
        const key = localStorage.key(i)!;
        if (key.startsWith(start) && key.length > start.length)
            names.push(decodeURIComponent(key.slice(start.length)));
    }
    return names.sort();
}
