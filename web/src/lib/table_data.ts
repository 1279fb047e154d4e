/* table_data.ts - logged tables: reading their JSON, filtering, sorting and putting runs under each other. */

import { evaluate, parseExpression } from "./expression";

export interface TableData {
    columns: string[];
    rows: unknown[][];
}

export function parseTable(text: string): TableData {
    const raw = JSON.parse(
        text.replace(/"(?:[^"\\]|\\.)*"|-?\b(?:NaN|Infinity)\b/g, (m) => (m.startsWith('"') ? m : "null")),
    ) as { columns?: unknown; data?: unknown };
    if (!Array.isArray(raw.columns) || !Array.isArray(raw.data)) throw new Error("this is not a table");
    const width = raw.columns.length;
    return {
        columns: raw.columns.map(String),
        rows: raw.data.filter(Array.isArray).map((r: unknown[]) => r.slice(0, width)),
    };
}

const CLIENT_ARTIFACT = /^wandb-client-artifact:\/\/([^:/]+)(?::[^/]*)?\/(.+)$/;

/* Where the client says that the same table lies in an artifact, by the client's own name for it. */
export function clientArtifact(raw: unknown): { id: string; path: string } | null {
    const m = typeof raw === "string" ? CLIENT_ARTIFACT.exec(raw) : null;
    return m === null ? null : { id: m[1]!, path: m[2]! };
}

const MEDIA_NAMES = new Set(["Image", "Audio", "Video", "Html", "Object3D", "Molecule", "Plotly", "Bokeh"]);

/* Whether a column has only the name of a kind of media where the media should be. */
export function hasMediaNames(table: TableData): boolean {
    return table.columns.some((_, i) => {
        const values = table.rows.map((r) => r[i]).filter((v) => v !== null && v !== undefined);
        return values.length > 0 && values.every((v) => typeof v === "string" && MEDIA_NAMES.has(v));
    });
}

/* One row for each value of a column: how many there are, means of numbers, the first of what is no number. */
export function groupRows(table: TableData, rows: readonly unknown[][], column: string): TableData {
    const at = table.columns.indexOf(column);
    if (at < 0) return { columns: table.columns, rows: [...rows] };
    const groups = new Map<string, unknown[][]>();
    for (const row of rows) {
        const key = JSON.stringify(row[at] ?? null);
        groups.set(key, [...(groups.get(key) ?? []), row]);
    }
    const others = table.columns.map((_, i) => i).filter((i) => i !== at);
    return {
        columns: [column, "n", ...others.map((i) => table.columns[i]!)],
        rows: [...groups.values()].map((members) => [members[0]![at], members.length, ...others.map((i) => summary(members.map((r) => r[i])))]),
    };
}

function summary(values: readonly unknown[]): unknown {
    const known = values.filter((v) => v !== null && v !== undefined);
    const numbers = known.filter((v): v is number => typeof v === "number");
    if (numbers.length > 0 && numbers.length === known.length) return numbers.reduce((a, b) => a + b, 0) / numbers.length;
    const words = [...new Set(known.map((v) => (typeof v === "object" ? v : String(v))))];
    return words.length === 1 || typeof words[0] === "object" ? words[0] : words.length === 0 ? null : words.slice(0, 5).join(", ");
}

/* Tables of several runs under each other, with the run in front; a column that one lacks stays empty. */
export function concatTables(tables: readonly { name: string; table: TableData }[]): TableData {
    if (tables.length === 1) return tables[0]!.table;
    const columns = [...new Set(tables.flatMap((t) => t.table.columns))];
    const rows = tables.flatMap(({ name, table }) => {
        const at = columns.map((c) => table.columns.indexOf(c));
        return table.rows.map((row) => [name, ...at.map((i) => (i < 0 ? null : row[i]))]);
    });
    return { columns: ["run", ...columns], rows };
}

/* Tables of several runs beside each other: one row for each value of a column that all have, in the order of the first
 * table that has it. Where a run has several rows of one value, the first to the first, the second to the second. */
export function joinTables(tables: readonly { name: string; table: TableData }[], on: string): TableData {
    const usable = tables.filter(({ table }) => table.columns.includes(on));
    const rowsByKey = new Map<string, unknown[][][]>();
    usable.forEach(({ table }, t) => {
        const at = table.columns.indexOf(on);
        for (const row of table.rows) {
            const key = typeof row[at] === "object" ? JSON.stringify(row[at]) : String(row[at]);
            const of = rowsByKey.get(key) ?? rowsByKey.set(key, usable.map(() => [])).get(key)!;
            of[t]!.push(row);
        }
    });
    const others = usable.map(({ table }) => table.columns.map((_, i) => i).filter((i) => table.columns[i] !== on));
    const columns = [on, ...usable.flatMap(({ name, table }, t) => others[t]!.map((i) => `${table.columns[i]} (${name})`))];
    const rows: unknown[][] = [];
    for (const of of rowsByKey.values())
        for (let i = 0; i < Math.max(...of.map((r) => r.length)); i++) {
            const first = of.findIndex((r) => r[i] !== undefined);
            const key = of[first]![i]![usable[first]!.table.columns.indexOf(on)];
            rows.push([key, ...others.flatMap((places, t) => places.map((p) => of[t]![i]?.[p] ?? null))]);
        }
    return { columns, rows };
}

const COMPARISON = /^(.*?)(<=|>=|==|!=|<|>)(.*)$/s;

/* "score > 0.5": a comparison of two expressions over the row's columns; else text to be found anywhere in it. */
export function filterRows(table: TableData, text: string): unknown[][] {
    const wanted = text.trim();
    if (wanted === "") return table.rows;
    const test = comparison(table, wanted);
    if (test !== null) return table.rows.filter(test);
    const lower = wanted.toLowerCase();
    return table.rows.filter((row) =>
        row.some((v) =>
            (typeof v === "object" && v !== null ? JSON.stringify(v) : String(v ?? ""))
                .toLowerCase()
                .includes(lower),
        ),
    );
}

/* null when it is none. */
export function comparison(table: TableData, text: string): ((row: unknown[]) => boolean) | null {
    const m = COMPARISON.exec(text);
    if (m === null) return null;
    const [, leftText, operator, rightText] = m as unknown as [string, string, string, string];
    const at = new Map(table.columns.map((c, i) => [c, i]));
    const column = at.get(leftText.trim());
    const word = /^\s*["'](.*)["']\s*$/s.exec(rightText)?.[1];
    if (word !== undefined && column !== undefined && (operator === "==" || operator === "!="))
        return (row) => (String(row[column]) === word) === (operator === "==");
    try {
        const left = parseExpression(leftText, (n) => at.has(n));
        const right = parseExpression(rightText, (n) => at.has(n));
        return (row) => {
            const value = (name: string) => {
                const v = row[at.get(name) ?? -1];
                return typeof v === "number" ? v : typeof v === "boolean" ? Number(v) : NaN;
            };
            return compare(evaluate(left, value), operator, evaluate(right, value));
        };
    } catch {
        return null;
    }
}

function compare(a: number, operator: string, b: number): boolean {
    switch (operator) {
        case "<":
            return a < b;
        case "<=":
            return a <= b;
        case ">":
            return a > b;
        case ">=":
            return a >= b;
        case "==":
            return a === b;
        default:
            return a !== b;
    }
}

const collator = new Intl.Collator("en", { numeric: true });

/* Empty cells last, whichever way. */
export function sortRows(rows: readonly unknown[][], column: number, isDown: boolean): unknown[][] {
    const isEmpty = (v: unknown) => v === null || v === undefined || v === "";
    return [...rows].sort((a, b) => {
        const x = a[column];
        const y = b[column];
        if (isEmpty(x) || isEmpty(y)) return Number(isEmpty(x)) - Number(isEmpty(y));
        const order =
            typeof x === "number" && typeof y === "number" ? x - y : collator.compare(String(x), String(y));
        return isDown ? -order : order;
    });
}
