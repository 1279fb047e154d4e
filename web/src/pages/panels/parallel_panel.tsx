/* parallel_panel.tsx - runs over many columns at once; what is brushed here is what the other panels show. */

import { useRef } from "preact/hooks";
import { ParallelChart, type ParallelLine } from "../../components/parallel_chart";
import { t } from "../../i18n";
import { ramp } from "../../lib/color";
import { columnFlags, columnLabel, panelTitle, toggleFlag, updatePanel } from "../../lib/layout";
import { pathOf } from "../../lib/match";
import { columnNumber, columnValue } from "../../lib/runs";
import { navigate } from "../../router";
import { useWorkspace } from "../workspace/model";
import type { PanelProps } from "./line_panel";
import { MissingNote } from "./missing_note";
import { useWidth } from "./use_size";

export function ParallelPanel({ panel, height, onExport }: PanelProps) {
    const ws = useWorkspace();
    const { ref, width } = useWidth();
    const svg = useRef<SVGSVGElement>(null);
    const before = useRef<string[] | null>(null);
    const columns = (panel.columns ?? []).map((c) => ({ ...columnFlags(c), label: columnLabel(c) }));
    const runs =
        before.current === null
            ? ws.visibleRuns.value
            : ws.store.runs.value.filter((r) => before.current!.includes(r.name));
    const target = columns[columns.length - 1]?.id ?? "";
    const numbers = runs.map((r) => columnNumber(r, target)).filter(Number.isFinite);
    const lo = Math.min(...numbers);
    const hi = Math.max(...numbers);
    const lines = runs.map((r): ParallelLine => {
        const share = (columnNumber(r, target) - lo) / (hi - lo || 1);
        return {
            id: r.name,
            label: r.displayName,
            color: Number.isFinite(share) ? ramp(share) : "#888888",
            values: columns.map((c) => columnValue(r, c.id)),
        };
    });
    onExport(() => ({
        kind: "drawing",
        title: panelTitle(panel),
        svg: svg.current,
        header: ["run", ...columns.map((c) => c.id)],
        rows: lines.map((l) => [l.label, ...l.values]),
    }));
    const setColumns = (next: string[]) => ws.edit((l) => updatePanel(l, panel.id, { columns: next }));
    const move = (from: number, to: number) => {
        const next = [...panel.columns!];
        next.splice(to, 0, next.splice(from, 1)[0]!);
        setColumns(next);
    };
    const flag = (i: number, name: "log" | "inv") => setColumns(panel.columns!.map((c, k) => (k === i ? toggleFlag(c, name) : c)));
    const brush = (picked: string[] | null) => {
        before.current ??= ws.visibleRuns.value.map((r) => r.name);
        const known = before.current;
        if (picked === null) before.current = null;
        const v = ws.runsView.peek();
        const outside = v.hidden.filter((n) => !known.includes(n));
        ws.setRuns({
            hidden: picked === null ? outside : [...outside, ...known.filter((n) => !picked.includes(n))],
        });
    };
    return (
        <div ref={ref} class="panel-body" style={{ height }}>
            {columns.length === 0 ? (
                <p class="panel-note">{t("panel.no_columns")}</p>
            ) : lines.every((l) => l.values.every((v) => v === undefined)) ? (
                <MissingNote columns={columns.map((c) => c.id)} />
            ) : (
                width > 0 && (
                    <ParallelChart
                        lines={lines}
                        columns={columns}
                        width={width}
                        height={height}
                        highlighted={ws.hovered.value}
                        onHover={(id) => (ws.hovered.value = id)}
                        onPick={(id) => navigate(pathOf(ws.entity, ws.project, "runs", id))}
                        onMove={move}
                        onFlag={flag}
                        onBrush={brush}
                        svgRef={svg}
                        label={panelTitle(panel)}
                    />
                )
            )}
        </div>
    );
}
