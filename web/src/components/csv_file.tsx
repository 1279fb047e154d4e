/* csv_file.tsx - a file of separated values, or a logged table, as a table. */

import { useMemo } from "preact/hooks";
import { t } from "../i18n";
import { parseCsv } from "../lib/csv";
import { parseTable, type TableData } from "../lib/table_data";
import type { TextViewerProps } from "./file_view";
import { TableView } from "./table_view";

const MAX_ROWS = 200000;

export default function CsvFile({ name, text, isCut }: TextViewerProps) {
    const table = useMemo(() => read(name, text, isCut), [name, text]);
    if (table === null) return <pre class="snippet">{text}</pre>;
    return (
        <>
            {table.isCut && <p class="notice">{t("files.rows_cut", { count: table.rows.length })}</p>}
            <TableView table={table} label={name} />
        </>
    );
}

function read(name: string, text: string, isCut: boolean): (TableData & { isCut: boolean }) | null {
    try {
        if (/\.json$/i.test(name)) return { ...parseTable(text), isCut };
        const csv = parseCsv(text, /\.tsv$/i.test(name) ? "\t" : ",", MAX_ROWS);
        /* The last line of a part of a file is no whole one. */
        return isCut && !csv.isCut ? { ...csv, rows: csv.rows.slice(0, -1), isCut } : csv;
    } catch {
        return null;
    }
}
