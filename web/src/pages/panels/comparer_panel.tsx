/* comparer_panel.tsx - runs side by side, key by key; any number of both. */

import { useState } from "preact/hooks";
import { Check, SearchBox } from "../../components/controls";
import { DataGrid, type GridColumn } from "../../components/data_grid";
import { t } from "../../i18n";
import { formatValue } from "../../lib/format";
import { columnLabel, panelTitle, updatePanel } from "../../lib/layout";
import { columnValue, columnsOf } from "../../lib/runs";
import { useWorkspace } from "../workspace/model";
import type { PanelProps } from "./line_panel";

const META = ["state", "username", "group", "jobType", "sweep", "tags", "notes"];
const TOOLS = 36;

export function ComparerPanel({ panel, height, onExport }: PanelProps) {
    const ws = useWorkspace();
    const [search, setSearch] = useState("");
    const runs = ws.visibleRuns.value;
    const isDiffOnly = panel.isDiffOnly ?? true;
    const all = [...META, ...columnsOf(runs)].map((id) => {
        const values = runs.map((r) => formatValue(columnValue(r, id)));
        return { id, values, isDifferent: values.some((v) => v !== values[0]) };
    });
    const rows = all.filter(
        (r) =>
            (!isDiffOnly || r.isDifferent) &&
            r.id.toLowerCase().includes(search.toLowerCase()) &&
            r.values.some((v) => v !== ""),
    );
    const columns: GridColumn[] = [
        { id: "", label: t("comparer.key"), width: 190 },
        ...runs.map((r) => ({ id: r.name, label: r.displayName, width: 130 })),
    ];
    const place = new Map(runs.map((r, i) => [r.name, i]));
    onExport(() => ({
        kind: "drawing",
        title: panelTitle(panel),
        svg: null,
        header: ["key", ...runs.map((r) => r.displayName)],
        rows: rows.map((r) => [r.id, ...r.values]),
    }));
    return (
        <div class="panel-body" style={{ height }}>
            <div class="row comparer-tools" style={{ height: TOOLS }}>
                <SearchBox value={search} label={t("search.label")} onChange={setSearch} />
                <Check
                    label={t("comparer.diff_only")}
                    value={isDiffOnly}
                    onChange={(on) => ws.edit((l) => updatePanel(l, panel.id, { isDiffOnly: on }))}
                />
            </div>
            {rows.length === 0 ? (
                <p class="panel-note">{t("comparer.same")}</p>
            ) : (
                <DataGrid
                    rows={rows}
                    columns={columns}
                    keyOf={(r) => r.id}
                    label={t("panel.comparer")}
                    frozen={1}
                    rowHeight={26}
                    cell={(row, c) => (
                        <span
                            class={`clip ${c.id === "" ? "muted" : ""}`}
                            title={c.id === "" ? row.id : row.values[place.get(c.id)!]}
                        >
                            {c.id === "" ? columnLabel(row.id) : row.values[place.get(c.id)!]}
                        </span>
                    )}
                />
            )}
        </div>
    );
}
