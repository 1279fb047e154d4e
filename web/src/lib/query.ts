/* query.ts - questions over what a project holds, as a source and steps behind it:
 *
 *     runs | where summary.loss < 0.5 and config.lr > 0.001 | select name, summary.loss * 100 as percent | sort by percent
 *     table("guesses") | where label == "ball" | group by run | limit 20
 *     artifacts | group by type
 *
 * Nothing in a question can do anything but read: there are no names but those of columns. */

import { ExpressionError, evaluate, expressionKeys, parseExpression, type Expression } from "./expression";
import { comparison, groupRows, sortRows, type TableData } from "./table_data";

export type QuerySource = { kind: "runs" } | { kind: "artifacts" } | { kind: "table"; key: string };

type Step =
    | { kind: "where"; tests: string[] }
    | { kind: "select"; columns: { text: string; name: string }[] }
    | { kind: "group"; column: string }
    | { kind: "sort"; column: string; isDown: boolean }
    | { kind: "limit"; count: number };

export interface Query {
    source: QuerySource;
    steps: Step[];
}

/* Said to people: which word, and what is wrong with it. */
export class QueryError extends Error {
    constructor(
        readonly reason: "source" | "step" | "column" | "condition" | "expression",
        readonly word: string,
    ) {
        super(`${reason}: ${word}`);
    }
}

const MAX_STEPS = 50;

/* Cut where `mark` stands outside of quotes, ${...} and brackets. */
function cut(text: string, mark: RegExp): string[] {
    const out: string[] = [];
    let from = 0;
    let depth = 0;
    for (let i = 0; i < text.length; i++) {
        const c = text[i]!;
        if (c === '"' || c === "'") {
            const end = text.indexOf(c, i + 1);
            i = end < 0 ? text.length : end;
        } else if (c === "(" || c === "{" || c === "[") depth++;
        else if (c === ")" || c === "}" || c === "]") depth--;
        else if (depth === 0) {
            mark.lastIndex = i;
            const m = mark.exec(text);
            if (m === null) continue;
            out.push(text.slice(from, i));
            from = i + m[0].length;
            i = from - 1;
        }
    }
    out.push(text.slice(from));
    return out.map((s) => s.trim());
}

const unquoted = (word: string) => /^(["'])(.*)\1$/s.exec(word)?.[2] ?? /^\$\{(.*)\}$/s.exec(word)?.[1] ?? word;

/* A last step of which only the name is there is still being written. */
const BEGUN = /^(where|select|group(\s+by)?|sort(\s+by)?|limit)?$/i;

export function parseQuery(text: string): Query {
    const [first = "", ...rest] = cut(text, /\|/y);
    if (BEGUN.test(rest.at(-1) ?? "-")) rest.pop();
    return { source: parseSource(first), steps: rest.slice(0, MAX_STEPS).map(parseStep) };
}

/* Of a question that may not be right yet; null when not even this can be read. */
export function sourceOf(text: string): QuerySource | null {
    try {
        return parseSource(cut(text, /\|/y)[0] ?? "");
    } catch {
        return null;
    }
}

function parseSource(text: string): QuerySource {
    if (text === "runs" || text === "artifacts") return { kind: text };
    /* As the official application writes it, too. */
    const key = /^(?:table\s*\(\s*(["'])(.+)\1\s*\)|runs\.summary\s*\[\s*(["'])(.+)\3\s*\])$/s.exec(text);
    if (key === null) throw new QueryError("source", text);
    return { kind: "table", key: (key[2] ?? key[4])! };
}

function parseStep(text: string): Step {
    const m = /^(where|select|group\s+by|sort\s+by|limit)\s+(.+)$/is.exec(text);
    if (m === null) throw new QueryError("step", text);
    const rest = m[2]!.trim();
    switch (m[1]!.toLowerCase().split(/\s/)[0]) {
        case "where":
            return { kind: "where", tests: cut(rest, /\s+and\s+/iy) };
        case "select":
            return { kind: "select", columns: cut(rest, /,/y).map(parseColumn) };
        case "group":
            return { kind: "group", column: unquoted(rest) };
        case "sort": {
            const [, column, way] = /^(.+?)(?:\s+(asc|desc))?$/is.exec(rest)!;
            return { kind: "sort", column: unquoted(column!), isDown: way?.toLowerCase() === "desc" };
        }
        default: {
            const count = Number(rest);
            if (!Number.isInteger(count) || count < 0) throw new QueryError("step", text);
            return { kind: "limit", count };
        }
    }
}

function parseColumn(text: string): { text: string; name: string } {
    const m = /^(.+?)\s+as\s+(.+)$/is.exec(text);
    return m ? { text: m[1]!.trim(), name: unquoted(m[2]!.trim()) } : { text, name: unquoted(text) };
}

/* Throws a QueryError that names the column or the expression. */
export function runQuery(query: Query, table: TableData): TableData {
    return query.steps.reduce(applyStep, table);
}

function applyStep(table: TableData, step: Step): TableData {
    switch (step.kind) {
        case "where":
            return { ...table, rows: step.tests.reduce((rows, test) => rows.filter(testOf(table, test)), table.rows) };
        case "select":
            return select(table, step.columns);
        case "group":
            placeOf(table, step.column);
            return groupRows(table, table.rows, step.column);
        case "sort":
            return { ...table, rows: sortRows(table.rows, placeOf(table, step.column), step.isDown) };
        case "limit":
            return { ...table, rows: table.rows.slice(0, step.count) };
    }
}

function placeOf(table: TableData, column: string): number {
    const at = table.columns.indexOf(column);
    if (at < 0) throw new QueryError("column", column);
    return at;
}

function testOf(table: TableData, text: string): (row: unknown[]) => boolean {
    const has = /^(.+?)\s+contains\s+(["'])(.*)\2$/is.exec(text);
    if (has !== null) {
        const at = placeOf(table, unquoted(has[1]!.trim()));
        const wanted = has[3]!.toLowerCase();
        return (row) => String(row[at] ?? "").toLowerCase().includes(wanted);
    }
    const test = comparison(table, text);
    if (test === null) throw new QueryError("condition", text);
    for (const name of namesIn(text, table)) placeOf(table, name);
    return test;
}

/* What a comparison names and the table has not would make every row fail without a word. */
function namesIn(text: string, table: TableData): string[] {
    const sides = text.split(/<=|>=|==|!=|<|>/);
    return sides.flatMap((side) => {
        if (/^\s*(["']).*\1\s*$/s.test(side) || table.columns.includes(side.trim())) return [];
        return expressionKeys(expressionOf(table, side));
    });
}

function expressionOf(table: TableData, text: string): Expression {
    try {
        return parseExpression(text, (n) => table.columns.includes(n));
    } catch (e) {
        if (e instanceof ExpressionError) throw new QueryError("expression", text);
        throw e;
    }
}

function select(table: TableData, columns: readonly { text: string; name: string }[]): TableData {
    const make = columns.map(({ text }): ((row: unknown[]) => unknown) => {
        const at = table.columns.indexOf(unquoted(text));
        if (at >= 0) return (row) => row[at];
        const e = expressionOf(table, text);
        const places = new Map(expressionKeys(e).map((name) => [name, placeOf(table, name)]));
        return (row) => {
            const value = evaluate(e, (name) => {
                const v = row[places.get(name)!];
                return typeof v === "number" ? v : typeof v === "boolean" ? Number(v) : NaN;
            });
            return Number.isFinite(value) ? value : null;
        };
    });
    return { columns: columns.map((c) => c.name), rows: table.rows.map((row) => make.map((f) => f(row))) };
}

const STEPS = ["where", "select", "group by", "sort by", "limit"];
const MAX_WORDS = 12;

/* What may follow at the end of `text`: words, and where the one that they would take the place of begins. */
export function completions(text: string, columns: readonly string[], tables: readonly string[]): { from: number; words: string[] } {
    const part = text.slice(text.lastIndexOf("|") + 1);
    const isFirst = !text.includes("|");
    const word = /[^\s|,()<>=!*+-]*$/.exec(part)![0];
    const from = text.length - word.length;
    const isStep = !isFirst && part.trim() === word;
    const pool = isFirst ? (part.trim() === word ? ["runs", "artifacts", ...tables.map((k) => `table(${JSON.stringify(k)})`)] : []) : isStep ? STEPS : columns.map(written);
    const lower = word.toLowerCase();
    const starting = pool.filter((w) => w.toLowerCase().startsWith(lower) && w !== word);
    const inside = pool.filter((w) => !starting.includes(w) && w !== word && w.toLowerCase().includes(lower));
    return { from, words: [...starting, ...(lower === "" ? [] : inside)].slice(0, MAX_WORDS) };
}

/* A name with anything unusual in it is put into ${...}. */
function written(column: string): string {
    return /^[A-Za-z_][\w./]*$/.test(column) ? column : `\${${column}}`;
}
