/* table_view.tsx - a table out of a file: searched, sorted, of any length. */

import type { ComponentChildren } from "preact";
import { useMemo, useState } from "preact/hooks";
import { t } from "../i18n";
import { filterRows, sortRows, type TableData } from "../lib/table_data";
import { SearchBox } from "./controls";
import { DataGrid, type GridColumn } from "./data_grid";

const CHAR = 7.5;
const MIN_WIDTH = 70;
const MAX_WIDTH = 320;
const LOOKED_AT = 100;

/* As it stands in the file: a number is not shortened. */
const textOf = (v: unknown) => (v === null || v === undefined ? "" : typeof v === "object" ? JSON.stringify(v) : String(v));

interface Props {
    table: TableData;
    label: string;
    rowHeight?: number;
    hasSearch?: boolean;
    draw?: (value: unknown) => ComponentChildren /* null: as text */;
}

export function TableView({ table, label, rowHeight = 26, hasSearch = true, draw }: Props) {
    const [search, setSearch] = useState("");
    const [sort, setSort] = useState<{ column: number; isDown: boolean } | null>(null);
    const rows = useMemo(() => {
        const found = filterRows(table, search);
        return (sort === null ? found : sortRows(found, sort.column, sort.isDown)).map((cells, i) => ({ cells, i }));
    }, [table, search, sort]);
    const columns = useMemo(
        () =>
            table.columns.map((name, i): GridColumn => {
                const seen = table.rows.slice(0, LOOKED_AT).map((r) => r[i]);
                const longest = Math.max(name.length + 2, ...seen.map((v) => textOf(v).length));
                const isNumber = seen.every((v) => typeof v === "number" || v === "" || v === null || v === undefined);
                return { id: String(i), label: name, width: Math.max(MIN_WIDTH, Math.min(MAX_WIDTH, longest * CHAR + 20)), isNumber };
            }),
        [table],
    );
    return (
        <div class="file-table">
            {hasSearch && (
                <div class="row">
                    <SearchBox value={search} label={t("search.label")} onChange={setSearch} />
                    <span class="muted small">{t("table.rows", { count: rows.length })}</span>
                </div>
            )}
            <DataGrid
                rows={rows}
                columns={columns.map((c) => ({ ...c, sorted: sort?.column === Number(c.id) ? (sort.isDown ? "down" : "up") : null }))}
                keyOf={(r) => String(r.i)}
                label={label}
                rowHeight={rowHeight}
                onSort={(c) => setSort({ column: Number(c.id), isDown: c.sorted === "up" })}
                cell={(row, c) => {
                    const value = row.cells[Number(c.id)];
                    const drawn = draw?.(value) ?? null;
                    if (drawn !== null) return drawn;
                    const text = textOf(value);
                    return (
                        <span class="clip" title={text}>
                            {text}
                        </span>
                    );
                }}
            />
        </div>
    );
}
