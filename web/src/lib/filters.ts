/* filters.ts - the filter builder's groups and rows, and the Mongo-style JSON the server takes. */

export type Operator = "=" | "≠" | "<" | "≤" | ">" | "≥" | "in" | "not in" | "matches" | "exists" | "missing";

export const OPERATORS: readonly Operator[] = [
    "=",
    "≠",
    "<",
    "≤",
    ">",
    "≥",
    "in",
    "not in",
    "matches",
    "exists",
    "missing",
];

export interface FilterRow {
    column: string /* as the server names it: state, config.lr, summary_metrics.loss, ... */;
    operator: Operator;
    value: string /* as typed; parsed by parseValue */;
    isOff?: boolean;
}

/* Rows and groups are joined by `join`. */
export interface FilterGroup {
    join: "and" | "or";
    items: (FilterRow | FilterGroup)[];
}

export const EMPTY_FILTER: FilterGroup = { join: "and", items: [] };

export type Mongo = Record<string, unknown>;

export function isGroup(item: FilterRow | FilterGroup): item is FilterGroup {
    return "items" in item;
}

/* Numbers, true, false and null mean themselves; quotes keep text as text. */
export function parseValue(text: string): unknown {
    const t = text.trim();
    if (t === "true" || t === "false") return t === "true";
    if (t === "null") return null;
    if (/^(".*"|'.*')$/s.test(t)) return t.slice(1, -1);
    return t !== "" && Number.isFinite(Number(t)) ? Number(t) : t;
}

const OPERATOR_NAMES: Partial<Record<Operator, string>> = {
    "≠": "$ne",
    "<": "$lt",
    "≤": "$lte",
    ">": "$gt",
    "≥": "$gte",
};

function rowToMongo(row: FilterRow): Mongo {
    switch (row.operator) {
        case "=":
            return { [row.column]: parseValue(row.value) };
        case "in":
            return { [row.column]: { $in: splitList(row.value) } };
        case "not in":
            return { [row.column]: { $nin: splitList(row.value) } };
        case "matches":
            return { [row.column]: { $regex: row.value } };
        case "exists":
            return { [row.column]: { $exists: true } };
        case "missing":
            return { [row.column]: { $exists: false } };
        default:
            return { [row.column]: { [OPERATOR_NAMES[row.operator]!]: parseValue(row.value) } };
    }
}

function splitList(text: string): unknown[] {
    return text
        .split(",")
        .map((s) => s.trim())
        .filter((s) => s !== "")
        .map(parseValue);
}

/* A row that is switched off or not filled in yet filters nothing. */
function isActive(row: FilterRow): boolean {
    return (
        !row.isOff &&
        row.column !== "" &&
        (row.operator === "exists" || row.operator === "missing" || row.value.trim() !== "")
    );
}

/* null when nothing is filtered. */
export function toMongo(group: FilterGroup): Mongo | null {
    const parts: Mongo[] = [];
    for (const item of group.items) {
        const part = isGroup(item) ? toMongo(item) : isActive(item) ? rowToMongo(item) : null;
        if (part !== null) parts.push(part);
    }
    if (parts.length === 0) return null;
    return parts.length === 1 ? parts[0]! : { [group.join === "and" ? "$and" : "$or"]: parts };
}

/* The whole filter of a sidebar: the builder's rows, the quick toggles, and the search box. */
export function runsFilter(
    filter: FilterGroup,
    search: string,
    isRegex: boolean,
    extra: readonly Mongo[] = [],
): Mongo | null {
    const parts: Mongo[] = [...extra];
    const built = toMongo(filter);
    if (built !== null) parts.push(built);
    if (search !== "") {
        const pattern = `(?i)${isRegex ? search : escapeRegex(search)}`;
        parts.push({ $or: [{ displayName: { $regex: pattern } }, { name: { $regex: pattern } }] });
    }
    if (parts.length === 0) return null;
    return parts.length === 1 ? parts[0]! : { $and: parts };
}

export function escapeRegex(text: string): string {
    return text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}

export function countRows(group: FilterGroup): number {
    return group.items.reduce((n, item) => n + (isGroup(item) ? countRows(item) : isActive(item) ? 1 : 0), 0);
}

/* A regex a person typed: null while it is not one yet. */
export function compileRegex(text: string): RegExp | null {
    try {
        return new RegExp(text, "i");
    } catch {
        return null;
    }
}
