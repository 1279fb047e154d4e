/* sections.ts - which section a metric belongs to, and the tree that section names make. */

export type PrefixMode = "nested" | "last" | "first";

export const SECTION_CHARTS = "Charts";
export const SECTION_SYSTEM = "System";
export const SECTION_MEDIA = "Media";

/* train/loss/a: "train/loss" by the last slash and when nested, "train" by the first. */
export function sectionOf(key: string, mode: PrefixMode, fallback = SECTION_CHARTS): string {
    const at = mode === "first" ? key.indexOf("/") : key.lastIndexOf("/");
    return at <= 0 ? fallback : key.slice(0, at);
}

/* What is left of a key under its section. */
export function shortName(key: string, section: string): string {
    return key.startsWith(section + "/") ? key.slice(section.length + 1) : key;
}

/* Keys that the client logs for itself. */
export function isInternalKey(key: string): boolean {
    return key.startsWith("_");
}

/* "layer2" before "layer10", letters without regard to case, charts first and system last. */
export function compareNames(a: string, b: string): number {
    return rank(a) - rank(b) || collator.compare(a, b);
}

const collator = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

function rank(name: string): number {
    return name === SECTION_CHARTS ? 0 : name === SECTION_MEDIA ? 2 : name === SECTION_SYSTEM ? 3 : 1;
}

export interface TreeRow {
    path: string /* the whole name, which is also the section's */;
    label: string;
    depth: number;
    isSection: boolean /* false for a parent that has no panels of its own */;
}

/* The names in order, with the missing parents put in when nested. A child of a collapsed parent is left out. */
export function sectionTree(
    names: readonly string[],
    mode: PrefixMode,
    isCollapsed: (path: string) => boolean,
): TreeRow[] {
    if (mode !== "nested") return names.map((n) => ({ path: n, label: n, depth: 0, isSection: true }));
    const known = new Set(names);
    const placed = new Set<string>();
    const children = new Map<string, string[]>();
    const roots: string[] = [];
    const place = (path: string): void => {
        if (placed.has(path)) return;
        placed.add(path);
        const at = path.lastIndexOf("/");
        if (at <= 0) {
            roots.push(path);
            return;
        }
        const parent = path.slice(0, at);
        place(parent);
        children.set(parent, [...(children.get(parent) ?? []), path]);
    };
    names.forEach(place);
    const rows: TreeRow[] = [];
    const walk = (path: string, depth: number): void => {
        rows.push({ path, label: path.slice(path.lastIndexOf("/") + 1), depth, isSection: known.has(path) });
        if (!isCollapsed(path)) for (const child of children.get(path) ?? []) walk(child, depth + 1);
    };
    for (const root of roots) walk(root, 0);
    return mergeLonelyParents(rows, children, known);
}

/* a > b > c with nothing beside them is one row, "a/b/c". */
function mergeLonelyParents(rows: TreeRow[], children: Map<string, string[]>, known: Set<string>): TreeRow[] {
    const lonely = (path: string) => !known.has(path) && (children.get(path) ?? []).length === 1;
    const out: TreeRow[] = [];
    for (const row of rows) {
        if (lonely(row.path)) continue;
        let path = row.path;
        let label = row.label;
        let depth = row.depth;
        for (let at = path.lastIndexOf("/"); at > 0; at = path.lastIndexOf("/")) {
            path = path.slice(0, at);
            if (!lonely(path)) continue;
            depth--;
            if (row.path.startsWith(`${path}/${label}`) && row.path.length === path.length + 1 + label.length)
                label = `${path.slice(path.lastIndexOf("/") + 1)}/${label}`;
        }
        out.push({ ...row, label, depth });
    }
    return out;
}
