/* table_panel.tsx - logged tables of the shown runs under each other, at one step. */

import { useEffect, useMemo, useState } from "preact/hooks";
import { SearchBox } from "../../components/controls";
import { DataGrid, type GridColumn } from "../../components/data_grid";
import { MediaView } from "../../components/media_view";
import { StepSlider } from "../../components/step_slider";
import { t } from "../../i18n";
import { formatValue } from "../../lib/format";
import { panelTitle } from "../../lib/layout";
import { atStep, mediaItems } from "../../lib/media";
import { concatTables, filterRows, joinTables, sortRows, type TableData } from "../../lib/table_data";
import { fetchFileLinks } from "../../queries";
import { useWorkspace } from "../workspace/model";
import type { PanelProps } from "./line_panel";
import { loadTable } from "./load_table";
import { stepsOf, useValues } from "./use_values";

const MAX_STEPS = 2000;
const CELL_WIDTH = 130;
const MEDIA_ROW = 96;

interface Loaded {
    table: TableData;
    links: ReadonlyMap<string, string>;
}

export function TablePanel({ panel, height, onExport }: PanelProps) {
    const ws = useWorkspace();
    const keys = panel.keys ?? [];
    const { all, failure } = useValues(keys, MAX_STEPS);
    const joinOn = panel.table?.joinOn ?? "";
    const [step, setStep] = useState<number | null>(null);
    const [loaded, setLoaded] = useState<Loaded | null>(null);
    const [problem, setProblem] = useState("");
    const [search, setSearch] = useState("");
    const [sort, setSort] = useState<{ column: number; isDown: boolean } | null>(null);
    const wanted = (all ?? []).flatMap((a) => {
        const at = atStep(a.values, step ?? Infinity);
        return at === null || typeof at.value["path"] !== "string"
            ? []
            : [{ run: a.run, path: at.value["path"] }];
    });
    useEffect(() => {
        let isOver = false;
        const read = async () => {
            const tables = await Promise.all(
                wanted.map(async ({ run, path }) => ({
                    name: run.displayName,
                    run,
                    table: await loadTable(ws.entity, ws.project, run.name, path),
                })),
            );
            const table = joinOn === "" ? concatTables(tables) : joinTables(tables, joinOn);
            const media = table.rows
                .slice(0, 500)
                .flatMap((row) => row.flatMap((v) => (isMedia(v) ? mediaItems(v).map((i) => i.path) : [])));
            const links =
                media.length === 0
                    ? new Map<string, string>()
                    : await fetchFileLinks(ws.entity, ws.project, tables[0]!.run.name, media);
            if (!isOver) setLoaded({ table, links });
        };
        if (wanted.length > 0) read().catch((e: Error) => !isOver && setProblem(e.message));
        return () => void (isOver = true);
    }, [wanted.map((w) => `${w.run.name}/${w.path}`).join("\n"), joinOn]);
    const rows = useMemo(() => {
        if (loaded === null) return [];
        const found = filterRows(loaded.table, search);
        return sort === null ? found : sortRows(found, sort.column, sort.isDown);
    }, [loaded, search, sort]);
    onExport(() => ({
        kind: "drawing",
        title: panelTitle(panel),
        svg: null,
        header: loaded?.table.columns ?? [],
        rows,
    }));
    if (failure + problem !== "")
        return (
            <div class="panel-body" style={{ height }}>
                <p class="panel-note is-bad">{failure + problem}</p>
            </div>
        );
    const hasMedia = loaded !== null && loaded.links.size > 0;
    const columns = (loaded?.table.columns ?? []).map(
        (label, i): GridColumn => ({
            id: String(i),
            label,
            width: CELL_WIDTH,
            isNumber: typeof rows[0]?.[i] === "number",
            sorted: sort?.column === i ? (sort.isDown ? "down" : "up") : null,
        }),
    );
    return (
        <div class="panel-body" style={{ height }}>
            <div class="row comparer-tools" style={{ height: 36 }}>
                <SearchBox value={search} label={t("search.label")} onChange={setSearch} />
                <span class="muted small">{t("table.rows", { count: rows.length })}</span>
            </div>
            {loaded !== null && (
                <DataGrid
                    rows={rows}
                    columns={columns}
                    keyOf={(r) => String(rows.indexOf(r))}
                    label={panelTitle(panel)}
                    rowHeight={hasMedia ? MEDIA_ROW : 26}
                    onSort={(c) => setSort({ column: Number(c.id), isDown: c.sorted === "up" })}
                    cell={(row, c) => <Cell value={row[Number(c.id)]} links={loaded.links} />}
                />
            )}
            {all !== null && wanted.length === 0 && (
                <p class="panel-note">{t("panel.no_values", { keys: keys.join(", ") })}</p>
            )}
            <StepSlider steps={stepsOf(all ?? [])} at={step} onChange={setStep} />
        </div>
    );
}

function isMedia(v: unknown): v is Record<string, unknown> {
    return typeof v === "object" && v !== null && "_type" in v && "path" in v;
}

function Cell({ value, links }: { value: unknown; links: ReadonlyMap<string, string> }) {
    if (isMedia(value))
        return (
            <>
                {mediaItems(value).map((item) => (
                    <MediaView key={item.path} item={item} links={links} />
                ))}
            </>
        );
    const text = formatValue(value);
    return (
        <span class="clip" title={text}>
            {text}
        </span>
    );
}
