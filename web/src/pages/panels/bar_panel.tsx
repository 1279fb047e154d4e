/* bar_panel.tsx - one number of each run, or of each group of runs. */

import { useRef } from "preact/hooks";
import { BarChart, type Bar } from "../../components/bar_chart";
import { t } from "../../i18n";
import { mean } from "../../lib/aggregate";
import { panelTitle } from "../../lib/layout";
import { pathOf } from "../../lib/match";
import { navigate } from "../../router";
import { sharedToken } from "../../shared";
import { columnNumber } from "../../lib/runs";
import { useWorkspace, type Workspace } from "../workspace/model";
import type { PanelProps } from "./line_panel";
import { MissingNote } from "./missing_note";
import { useWidth } from "./use_size";

const MAX_BARS = 40;

export function BarPanel({ panel, height, onExport }: PanelProps) {
    const ws = useWorkspace();
    const { ref, width } = useWidth();
    const svg = useRef<SVGSVGElement>(null);
    const column = panel.columns?.[0] ?? "";
    const bars = barsOf(ws, column).slice(0, panel.bar?.max ?? MAX_BARS);
    onExport(() => ({
        kind: "drawing",
        title: panelTitle(panel),
        svg: svg.current,
        header: ["run", column],
        rows: bars.flatMap((b) => b.values.map((v) => [b.label, v])),
    }));
    return (
        <div ref={ref} class="panel-body" style={{ height }}>
            {column === "" ? (
                <p class="panel-note">{t("panel.no_columns")}</p>
            ) : bars.length === 0 ? (
                <MissingNote columns={[column]} />
            ) : (
                width > 0 && (
                    <BarChart
                        bars={bars}
                        shape={ws.isGrouped.value ? (panel.bar?.shape ?? "bar") : "bar"}
                        isVertical={panel.bar?.isVertical ?? false}
                        width={width}
                        height={height}
                        highlighted={ws.hovered.value}
                        onHover={(id) => (ws.hovered.value = id)}
                        onPick={ws.isGrouped.value || sharedToken.value !== null ? undefined : (id) => navigate(pathOf(ws.entity, ws.project, "runs", id))}
                        svgRef={svg}
                        label={panelTitle(panel)}
                    />
                )
            )}
        </div>
    );
}

function barsOf(ws: Workspace, column: string): Bar[] {
    const bars = ws.isGrouped.value
        ? ws.groups.value.map(
              (g): Bar => ({
                  id: g.key,
                  label: g.path.map((p) => p || "–").join(" · "),
                  color: ws.colors.value.get(g.key) ?? "#888888",
                  values: g.runs.map((r) => columnNumber(r, column)).filter(Number.isFinite),
              }),
          )
        : ws.visibleRuns.value.map(
              (r): Bar => ({
                  id: r.name,
                  label: r.displayName,
                  color: ws.colorOf(r),
                  values: [columnNumber(r, column)].filter(Number.isFinite),
              }),
          );
    return bars.filter((b) => b.values.length > 0).sort((a, b) => mean(b.values) - mean(a.values));
}
