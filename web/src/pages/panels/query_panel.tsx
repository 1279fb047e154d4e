/* query_panel.tsx - a question over runs, logged tables or artifacts, and its answer as a table, a plot or a list. */

import type { ComponentChildren } from "preact";
import { useMemo, useRef, useState } from "preact/hooks";
import { BarChart } from "../../components/bar_chart";
import { Segmented, Select } from "../../components/controls";
import { MediaView } from "../../components/media_view";
import { ScatterChart } from "../../components/scatter_chart";
import { TableView } from "../../components/table_view";
import { t } from "../../i18n";
import { formatNumber, formatValue } from "../../lib/format";
import { panelTitle, updatePanel, type Panel } from "../../lib/layout";
import { mediaItems } from "../../lib/media";
import { QueryError, completions, parseQuery, runQuery, sourceOf, type Query } from "../../lib/query";
import type { TableData } from "../../lib/table_data";
import { useWorkspace } from "../workspace/model";
import type { PanelProps } from "./line_panel";
import { isMedia, type LoadedTable } from "./load_table";
import { useSource } from "./query_source";
import { useWidth } from "./use_size";

const EXAMPLE = "runs | limit 100";
const PAUSE_MS = 400;
const MEDIA_ROW = 96;
const MAX_LISTED = 500;
const MAX_BARS = 60;
const NOTHING: TableData = { columns: [], rows: [] };

export function QueryPanel({ panel, height, onExport }: PanelProps) {
    const ws = useWorkspace();
    const svg = useRef<SVGSVGElement>(null);
    const { text = EXAMPLE, view = "table" } = panel.query ?? {};
    const edit = (change: NonNullable<Panel["query"]>) => ws.edit((l) => updatePanel(l, panel.id, { query: { ...panel.query, ...change } }));
    const parsed = useMemo(() => attempt(() => parseQuery(text)), [text]);
    const { loaded, failure } = useSource(useMemo(() => sourceOf(text), [text]));
    const answer = useMemo(() => answerOf(parsed.value, loaded), [parsed.value, loaded]);
    const problem = failure || parsed.problem || answer.problem;
    const table = answer.value ?? NOTHING;
    onExport(() => ({ kind: "drawing", title: panelTitle(panel) || text, svg: view === "plot" ? svg.current : null, header: table.columns, rows: table.rows }));
    return (
        <div class="panel-body query-panel" style={{ height }}>
            <QueryInput text={text} source={loaded?.table ?? NOTHING} onChange={(next) => edit({ text: next })} />
            <div class="row query-tools">
                <Segmented
                    value={view}
                    label={t("query.view")}
                    options={[
                        { value: "table", label: t("panel.table") },
                        { value: "plot", label: t("query.plot") },
                        { value: "list", label: t("query.list") },
                    ]}
                    onChange={(v) => edit({ view: v })}
                />
                <span class="muted small">{answer.value !== null && t("table.rows", { count: table.rows.length })}</span>
                {view === "plot" && table.columns.length > 0 && <Axes panel={panel} table={table} onChange={edit} />}
            </div>
            {problem !== "" ? (
                <p class="notice is-bad small" role="alert">
                    {problem}
                </p>
            ) : (
                <div class="query-answer" aria-busy={loaded === null}>
                    {view === "table" && loaded !== null && (
                        <TableView
                            table={table}
                            label={text}
                            hasSearch={false}
                            rowHeight={loaded.links.size > 0 ? MEDIA_ROW : 26}
                            draw={(v) => drawn(v, loaded.links)}
                        />
                    )}
                    {view === "list" && <List table={table} />}
                    {view === "plot" && <Plot panel={panel} table={table} svg={svg} label={text} />}
                </div>
            )}
        </div>
    );
}

function drawn(value: unknown, links: ReadonlyMap<string, string>): ComponentChildren {
    if (typeof value === "number") return <span title={String(value)}>{formatNumber(value, 7)}</span>;
    return isMedia(value) ? mediaItems(value).map((item) => <MediaView key={item.path} item={item} links={links} />) : null;
}

function attempt<T>(make: () => T): { value: T | null; problem: string } {
    try {
        return { value: make(), problem: "" };
    } catch (e) {
        if (e instanceof QueryError) return { value: null, problem: t(`query.bad_${e.reason}`, { word: e.word }) };
        throw e;
    }
}

function answerOf(query: Query | null, loaded: LoadedTable | null): { value: TableData | null; problem: string } {
    if (query === null || loaded === null) return { value: null, problem: "" };
    /* A table that no shown run has logged has no columns, either: that is no mistake in the question. */
    if (loaded.table.columns.length === 0) return { value: null, problem: query.source.kind === "table" ? t("panel.no_values", { keys: query.source.key }) : "" };
    return attempt(() => runQuery(query, loaded.table));
}

/* Words that may follow stand below; Tab leads to them. */
function QueryInput({ text, source, onChange }: { text: string; source: TableData; onChange: (text: string) => void }) {
    const ws = useWorkspace();
    const [draft, setDraft] = useState(text);
    const [kept, setKept] = useState(text);
    const timer = useRef(0);
    const input = useRef<HTMLTextAreaElement>(null);
    const [isFocused, setFocused] = useState(false);
    /* Undo and other tabs change it, too. */
    if (text !== kept) {
        setKept(text);
        setDraft(text);
    }
    const take = (next: string, pause: number) => {
        setDraft(next);
        window.clearTimeout(timer.current);
        timer.current = window.setTimeout(() => {
            setKept(next);
            onChange(next);
        }, pause);
    };
    const tables = ws.metrics.value.filter((m) => m.kind === "table").map((m) => m.key);
    const { from, words } = completions(draft, source.columns, tables);
    return (
        <div class="query-input" onFocusIn={() => setFocused(true)} onFocusOut={(e) => !(e.currentTarget as Element).contains(e.relatedTarget as Node | null) && setFocused(false)}>
            <textarea
                ref={input}
                class="input mono"
                rows={1}
                value={draft}
                spellcheck={false}
                aria-label={t("query.text")}
                placeholder={EXAMPLE}
                onInput={(e) => take(e.currentTarget.value, PAUSE_MS)}
                onBlur={() => draft !== kept && take(draft, 0)}
            />
            {isFocused && words.length > 0 && (
                <div class="query-words" role="group" aria-label={t("query.words")}>
                    {words.map((w) => (
                        <button
                            key={w}
                            type="button"
                            class="chip mono"
                            onClick={() => {
                                take(`${draft.slice(0, from)}${w} `, PAUSE_MS);
                                input.current!.focus();
                            }}
                        >
                            {w}
                        </button>
                    ))}
                </div>
            )}
        </div>
    );
}

/* What was chosen, if the answer still has it; else the first column, and the first number beside it. */
function axesOf(panel: Panel, table: TableData): [number, number] {
    const place = (name: string | undefined) => (name === undefined ? -1 : table.columns.indexOf(name));
    const isNumber = (i: number) => table.rows.some((r) => typeof r[i] === "number");
    const x = Math.max(0, place(panel.query?.x));
    const chosen = place(panel.query?.y);
    const y = chosen >= 0 ? chosen : table.columns.findIndex((_, i) => i !== x && isNumber(i));
    return [x, y];
}

function Axes({ panel, table, onChange }: { panel: Panel; table: TableData; onChange: (change: NonNullable<Panel["query"]>) => void }) {
    const [x, y] = axesOf(panel, table);
    const options = table.columns.map((c) => ({ value: c, label: c }));
    return (
        <>
            <Select value={table.columns[x] ?? ""} label={t("setting.x")} options={options} onChange={(c) => onChange({ x: c })} />
            <Select value={table.columns[y] ?? ""} label={t("setting.y")} options={options} onChange={(c) => onChange({ y: c })} />
        </>
    );
}

function Plot({ panel, table, svg, label }: { panel: Panel; table: TableData; svg: preact.RefObject<SVGSVGElement>; label: string }) {
    const ws = useWorkspace();
    const { ref, width } = useWidth();
    const [lit, setLit] = useState<string | null>(null);
    const [x, y] = axesOf(panel, table);
    const colors = new Map(ws.visibleRuns.value.map((r) => [r.displayName, ws.colorOf(r)]));
    const who = table.columns.findIndex((c) => c === "run" || c === "name");
    const colorOf = (row: readonly unknown[]) => colors.get(String(row[who] ?? "")) ?? "#4a7dd6";
    const height = ref.current?.clientHeight ?? 0;
    const rows = y < 0 ? [] : table.rows.filter((r) => typeof r[y] === "number");
    const isPoints = rows.some((r) => typeof r[x] === "number");
    return (
        <div ref={ref} class="query-plot">
            {rows.length === 0 && <p class="panel-note">{t("query.no_numbers")}</p>}
            {width > 0 && rows.length > 0 && isPoints && (
                <ScatterChart
                    dots={rows.map((r, i) => ({ id: String(i), label: String(r[who] ?? ""), color: colorOf(r), x: r[x], y: r[y], z: null }))}
                    names={[table.columns[x]!, table.columns[y]!, ""]}
                    isLogX={false}
                    isLogY={false}
                    frontierKind="none"
                    width={width}
                    height={height}
                    highlighted={lit}
                    onHover={setLit}
                    svgRef={svg}
                    label={label}
                />
            )}
            {width > 0 && rows.length > 0 && !isPoints && (
                <BarChart
                    bars={rows.slice(0, MAX_BARS).map((r, i) => ({ id: String(i), label: String(r[x] ?? ""), color: colorOf(r), values: [r[y] as number] }))}
                    shape="bar"
                    isVertical={false}
                    width={width}
                    height={height}
                    highlighted={lit}
                    onHover={setLit}
                    svgRef={svg}
                    label={label}
                />
            )}
        </div>
    );
}

function List({ table }: { table: TableData }) {
    return (
        <ul class="query-list">
            {table.rows.slice(0, MAX_LISTED).map((row, i) => (
                <li key={i}>
                    <b>{formatValue(row[0])}</b>
                    {row.slice(1).map((v, k) =>
                        v === null || v === undefined || v === "" ? null : (
                            <span key={k} class="small">
                                <span class="muted">{table.columns[k + 1]}</span> {formatValue(v)}
                            </span>
                        ),
                    )}
                </li>
            ))}
            {table.rows.length > MAX_LISTED && <li class="faint">{t("chart.more", { count: table.rows.length - MAX_LISTED })}</li>}
        </ul>
    );
}
