/* scatter_panel.tsx - runs by two of their columns. */

import { useRef } from "preact/hooks";
import { ScatterChart, type Dot } from "../../components/scatter_chart";
import { t } from "../../i18n";
import { ramp } from "../../lib/color";
import { columnLabel, panelTitle } from "../../lib/layout";
import { pathOf } from "../../lib/match";
import { columnNumber, columnValue } from "../../lib/runs";
import { navigate } from "../../router";
import { sharedToken } from "../../shared";
import { useWorkspace, type Workspace } from "../workspace/model";
import type { PanelProps } from "./line_panel";
import { MissingNote } from "./missing_note";
import { useWidth } from "./use_size";

export function ScatterPanel({ panel, height, onExport }: PanelProps) {
    const ws = useWorkspace();
    const { ref, width } = useWidth();
    const svg = useRef<SVGSVGElement>(null);
    const [x = "", y = "", z = ""] = panel.columns ?? [];
    const dots = dotsOf(ws, x, y, z);
    onExport(() => ({
        kind: "drawing",
        title: panelTitle(panel),
        svg: svg.current,
        header: ["run", x, y, z],
        rows: dots.map((d) => [d.label, d.x, d.y, d.z]),
    }));
    const options = panel.scatter ?? {};
    const missing = [x, y].filter((c) => c !== "" && !dots.some((d) => hasPlace(c === x ? d.x : d.y)));
    return (
        <div ref={ref} class="panel-body" style={{ height }}>
            {x === "" || y === "" ? (
                <p class="panel-note">{t("panel.no_columns")}</p>
            ) : missing.length > 0 || dots.length === 0 ? (
                <MissingNote columns={missing} />
            ) : (
                width > 0 && (
                    <ScatterChart
                        dots={dots}
                        names={[columnLabel(x), columnLabel(y), columnLabel(z)]}
                        isLogX={options.isLogX ?? false}
                        isLogY={options.isLogY ?? false}
                        frontierKind={options.frontier ?? "none"}
                        width={width}
                        height={height}
                        highlighted={ws.hovered.value}
                        onHover={(id) => (ws.hovered.value = id)}
                        onPick={sharedToken.value !== null ? undefined : (id) => navigate(pathOf(ws.entity, ws.project, "runs", id))}
                        svgRef={svg}
                        label={panelTitle(panel)}
                    />
                )
            )}
        </div>
    );
}

const hasPlace = (v: unknown) => v !== null && v !== undefined && v !== "" && !Number.isNaN(v);

function dotsOf(ws: Workspace, x: string, y: string, z: string): Dot[] {
    const runs = ws.visibleRuns.value;
    const numbers = z === "" ? [] : runs.map((r) => columnNumber(r, z)).filter(Number.isFinite);
    const lo = Math.min(...numbers);
    const hi = Math.max(...numbers);
    return runs.map((r) => {
        const share = (columnNumber(r, z) - lo) / (hi - lo || 1);
        return {
            id: r.name,
            label: r.displayName,
            color: numbers.length > 0 ? (Number.isFinite(share) ? ramp(share) : "#888888") : ws.colorOf(r),
            x: columnValue(r, x),
            y: columnValue(r, y),
            z: columnValue(r, z),
        };
    });
}
