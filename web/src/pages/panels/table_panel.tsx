/* table_panel.tsx - logged tables of the shown runs under each other, at one step. */

import { useEffect, useMemo, useState } from "preact/hooks";
import { Check, SearchBox, Select } from "../../components/controls";
import { DataGrid, type GridColumn } from "../../components/data_grid";
import { IconButton } from "../../components/icon";
import { MediaView } from "../../components/media_view";
import { Popover } from "../../components/popover";
import { StepSlider, stepByKey } from "../../components/step_slider";
import { t } from "../../i18n";
import { formatValue } from "../../lib/format";
import { panelTitle, updatePanel } from "../../lib/layout";
import { atStep, mediaItems } from "../../lib/media";
import { concatTables, filterRows, groupRows, joinTables, sortRows, type TableData } from "../../lib/table_data";
import { useWorkspace } from "../workspace/model";
import type { PanelProps } from "./line_panel";
import { MissingNote } from "./missing_note";
import { isMedia, loadTable, type LoadedTable } from "./load_table";
import { stepsOf, useValues } from "./use_values";

const MAX_STEPS = 2000;
const CELL_WIDTH = 130;
const MEDIA_ROW = 96;

export function TablePanel({ panel, height, onExport }: PanelProps) {
    const ws = useWorkspace();
    const keys = panel.keys ?? [];
    const { all, failure } = useValues(keys, MAX_STEPS);
    const joinOn = panel.table?.joinOn ?? "";
    const [step, setStep] = useState<number | null>(null);
    const [loaded, setLoaded] = useState<LoadedTable | null>(null);
    const [problem, setProblem] = useState("");
    const [search, setSearch] = useState("");
    const [sort, setSort] = useState<{ column: number; isDown: boolean } | null>(null);
    const wanted = (all ?? []).flatMap((a) => {
        const at = atStep(a.values, step ?? Infinity);
        return at === null || typeof at.value["path"] !== "string"
            ? []
            : [{ run: a.run, path: at.value["path"], value: at.value }];
    });
    useEffect(() => {
        let isOver = false;
        const read = async () => {
            const tables = await Promise.all(
                wanted.map(async ({ run, value }) => ({
                    name: run.displayName,
                    ...(await loadTable(ws.entity, ws.project, run.name, value)),
                })),
            );
            const table = joinOn === "" ? concatTables(tables) : joinTables(tables, joinOn);
            const links = new Map(tables.flatMap((l) => [...l.links]));
            if (!isOver) setLoaded({ table, links });
        };
        if (wanted.length > 0) read().catch((e: Error) => !isOver && setProblem(e.message));
        return () => void (isOver = true);
    }, [wanted.map((w) => `${w.run.name}/${w.path}`).join("\n"), joinOn]);
    const group = panel.table?.group ?? "";
    const hidden = panel.table?.hidden ?? [];
    const shown = useMemo<TableData>(() => {
        if (loaded === null) return { columns: [], rows: [] };
        const found = filterRows(loaded.table, search);
        const grouped = group === "" ? { columns: loaded.table.columns, rows: found } : groupRows(loaded.table, found, group);
        return sort === null ? grouped : { ...grouped, rows: sortRows(grouped.rows, sort.column, sort.isDown) };
    }, [loaded, search, sort, group]);
    const { rows } = shown;
    const edit = (table: NonNullable<typeof panel.table>) => ws.edit((l) => updatePanel(l, panel.id, { table: { ...panel.table, ...table } }));
    onExport(() => ({
        kind: "drawing",
        title: panelTitle(panel),
        svg: null,
        header: shown.columns,
        rows,
    }));
    if (failure + problem !== "")
        return (
            <div class="panel-body" style={{ height }}>
                <p class="panel-note is-bad">{failure + problem}</p>
            </div>
        );
    const steps = stepsOf(all ?? []);
    const hasMedia = loaded !== null && loaded.links.size > 0;
    const columns = shown.columns.flatMap((label, i): GridColumn[] =>
        hidden.includes(label)
            ? []
            : [{ id: String(i), label, width: CELL_WIDTH, isNumber: typeof rows[0]?.[i] === "number", sorted: sort?.column === i ? (sort.isDown ? "down" : "up") : null }],
    );
    return (
        <div class="panel-body" style={{ height }} onKeyDown={(e) => stepByKey(e, steps, step, setStep)}>
            <div class="row comparer-tools" style={{ height: 36 }}>
                <SearchBox value={search} label={t("search.label")} onChange={setSearch} />
                <span class="muted small grow">{t("table.rows", { count: rows.length })}</span>
                <Select
                    value={group}
                    label={t("table.group_by")}
                    options={[{ value: "", label: t("table.group_by") }, ...(loaded?.table.columns ?? []).map((c) => ({ value: c, label: c }))]}
                    onChange={(c) => {
                        setSort(null);
                        edit({ group: c });
                    }}
                />
                <Popover label={t("runs.columns")} isPadded button={(open) => <IconButton icon="columns" label={t("runs.columns")} isOn={hidden.length > 0} onClick={open} />}>
                    {() =>
                        shown.columns.map((c) => (
                            <Check
                                key={c}
                                label={c}
                                value={!hidden.includes(c)}
                                onChange={(on) => edit({ hidden: on ? hidden.filter((h) => h !== c) : [...hidden, c] })}
                            />
                        ))
                    }
                </Popover>
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
                <MissingNote keys={keys} />
            )}
            <StepSlider steps={steps} at={step} onChange={setStep} />
        </div>
    );
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
