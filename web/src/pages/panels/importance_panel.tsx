/* importance_panel.tsx - what a metric depends on. */

import { useMemo } from "preact/hooks";
import { t } from "../../i18n";
import { importances } from "../../lib/forest";
import { formatNumber } from "../../lib/format";
import { newId } from "../../lib/ids";
import { addPanel, columnLabel, panelTitle, type Panel } from "../../lib/layout";
import { columnNumber, columnValue, columnsOf } from "../../lib/runs";
import { correlation } from "../../lib/stats";
import type { Run } from "../../lib/types";
import { useWorkspace } from "../workspace/model";
import type { PanelProps } from "./line_panel";
import { MissingNote } from "./missing_note";

const MIN_RUNS = 4;

const MAX_AXES = 8;

interface Row {
    name: string;
    column: string;
    importance: number;
    correlation: number;
}

export function ImportancePanel({ panel, section, height, onExport }: PanelProps) {
    const ws = useWorkspace();
    const target = panel.columns?.[0] ?? "";
    const runs = ws.visibleRuns.value.filter((r) => Number.isFinite(columnNumber(r, target)));
    const rows = useMemo(() => analyse(runs, target), [runs.map((r) => r.name).join(), target]);
    onExport(() => ({
        kind: "drawing",
        title: panelTitle(panel),
        svg: null,
        header: ["parameter", "importance", "correlation"],
        rows: rows.map((r) => [r.name, r.importance, r.correlation]),
        meters: [1, 2],
    }));
    if (target === "")
        return (
            <div class="panel-body" style={{ height }}>
                <p class="panel-note">{t("panel.no_columns")}</p>
            </div>
        );
    if (runs.length < MIN_RUNS)
        return (
            <div class="panel-body" style={{ height }}>
                {runs.length === 0 ? (
                    <MissingNote columns={[target]} />
                ) : (
                    <p class="panel-note">{t("importance.need_runs", { key: columnLabel(target), count: runs.length })}</p>
                )}
            </div>
        );
    /* The strongest first, and what they make of it last: as it is read. */
    const toParallel = () => {
        const columns = [...new Set(rows.slice(0, MAX_AXES).map((r) => r.column))];
        const made: Panel = { id: newId("parallel"), kind: "parallel", columns: [...columns, target] };
        ws.edit((l) => addPanel(l, section?.name ?? "Charts", made));
    };
    return (
        <div class="panel-body is-scrolling" style={{ height }}>
            {section !== null && rows.length > 0 && (
                <button type="button" class="link-button importance-add" onClick={toParallel}>
                    {t("importance.to_parallel")}
                </button>
            )}
            <table class="list">
                <thead>
                    <tr>
                        <th>{t("importance.parameter")}</th>
                        <th>{t("importance.importance")}</th>
                        <th>{t("importance.correlation")}</th>
                    </tr>
                </thead>
                <tbody>
                    {rows.map((r) => (
                        <tr key={r.name}>
                            <td>{r.name}</td>
                            <td title={formatNumber(r.importance)}>
                                <div class="meter" style={{ width: `${r.importance * 100}%` }} />
                            </td>
                            <td title={formatNumber(r.correlation)}>
                                <div
                                    class={`meter ${r.correlation > 0 ? "is-good" : "is-bad"}`}
                                    style={{ width: `${Math.abs(r.correlation || 0) * 100}%` }}
                                />
                            </td>
                        </tr>
                    ))}
                </tbody>
            </table>
        </div>
    );
}

/* Words become one parameter for each word, so that "sgd" can matter by itself. */
function analyse(runs: readonly Run[], target: string): Row[] {
    if (runs.length < MIN_RUNS) return [];
    const names: { name: string; column: string }[] = [];
    const columns: number[][] = [];
    for (const column of columnsOf(runs).filter((c) => c.startsWith("config."))) {
        const values = runs.map((r) => columnValue(r, column));
        const distinct = [...new Set(values.map((v) => JSON.stringify(v ?? null)))];
        if (distinct.length < 2) continue;
        if (values.every((v) => typeof v === "number" || typeof v === "boolean" || v === undefined)) {
            names.push({ name: columnLabel(column), column });
            columns.push(runs.map((r) => columnNumber(r, column)));
        } else if (distinct.length <= Math.max(3, runs.length / 2)) {
            for (const word of distinct) {
                names.push({ name: `${columnLabel(column)} = ${word.replace(/^"|"$/g, "")}`, column });
                columns.push(values.map((v) => (JSON.stringify(v ?? null) === word ? 1 : 0)));
            }
        }
    }
    const y = runs.map((r) => columnNumber(r, target));
    const shares = importances(
        runs.map((_, i) => columns.map((c) => c[i]!)),
        y,
    );
    return names
        .map((name, j) => ({ ...name, importance: shares[j] ?? 0, correlation: correlation(columns[j]!, y) }))
        .sort((a, b) => b.importance - a.importance);
}
