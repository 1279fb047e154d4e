/* section_order.ts - in what order the sections of a layout stand, and which of their panels are shown at once. */

import { panelTitle, type Layout, type Panel, type Section } from "./layout";
import { compareNames } from "./sections";

/* A section goes with all that lies below it: "train" with "train/layers". */
function isWithin(name: string, path: string, isNested: boolean): boolean {
    return name === path || (isNested && name.startsWith(path + "/"));
}

/* Puts a section, with what it holds when nested, before another one; at the end when `before` is null. */
export function moveSectionBefore(layout: Layout, path: string, before: string | null): Layout {
    const isNested = layout.prefix === "nested";
    if (before !== null && isWithin(before, path, isNested)) return layout;
    const moved = layout.sections.filter((s) => isWithin(s.name, path, isNested));
    if (moved.length === 0) return layout;
    const rest = layout.sections.filter((s) => !moved.includes(s));
    const found = before === null ? -1 : rest.findIndex((s) => isWithin(s.name, before, isNested));
    const at = found < 0 ? rest.length : found;
    return { ...layout, sections: [...rest.slice(0, at), ...moved, ...rest.slice(at)] };
}

/* One place up (-1) or down (1) among those that stand on its level. */
export function stepSection(layout: Layout, path: string, by: -1 | 1): Layout {
    const isNested = layout.prefix === "nested";
    const parent = isNested ? path.slice(0, path.lastIndexOf("/") + 1) : "";
    const level = (name: string) => (isNested ? parent + name.slice(parent.length).split("/")[0]! : name);
    const siblings = [...new Set(layout.sections.filter((s) => s.name.startsWith(parent)).map((s) => level(s.name)))];
    const to = siblings.indexOf(path) + by;
    if (to < 0 || to >= siblings.length) return layout;
    return moveSectionBefore(layout, path, by < 0 ? siblings[to]! : (siblings[to + 1] ?? null));
}

/* Sections and the panels in each by name; those that are pinned stay before the others. */
export function sortAll(layout: Layout): Layout {
    const sections = layout.sections.map((s) => ({
        ...s,
        panels: [...s.panels].sort((a, b) => compareNames(panelTitle(a), panelTitle(b))),
    }));
    const rank = (s: Section) => (s.isPinned ? 0 : 1);
    return { ...layout, sections: sections.sort((a, b) => rank(a) - rank(b) || compareNames(a.name, b.name)) };
}

export interface PanelPage {
    panels: Panel[];
    from: number /* counted from one, as people do */;
    to: number;
    at: number;
    count: number /* of pages */;
}

/* The panels of a page; a section that shows all its rows at once has one page. */
export function pageOf(panels: Panel[], rows: number | undefined, columns: number, page: number): PanelPage {
    const size = rows === undefined ? Math.max(1, panels.length) : rows * columns;
    const count = Math.max(1, Math.ceil(panels.length / size));
    const at = Math.max(0, Math.min(page, count - 1));
    const shown = count === 1 ? panels : panels.slice(at * size, (at + 1) * size);
    return { panels: shown, from: at * size + 1, to: at * size + shown.length, at, count };
}
