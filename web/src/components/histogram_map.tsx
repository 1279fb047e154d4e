/* histogram_map.tsx - histograms over steps as a heat map. */

import type { RefObject } from "preact";
import { useState } from "preact/hooks";
import type { Cell } from "../lib/plot_keys";
import { usePlotKeys } from "./use_plot_keys";
import { ramp } from "../lib/color";
import { formatNumber } from "../lib/format";
import { t } from "../i18n";
import { makeScale, spreadTicks } from "../lib/scale";

export interface HistogramColumn {
    step: number;
    edges: number[];
    counts: number[];
}

const EDGE = { left: 50, right: 12, top: 8, bottom: 24 };

export function HistogramMap({
    columns,
    width,
    height,
    svgRef,
    label,
}: {
    columns: readonly HistogramColumn[];
    width: number;
    height: number;
    svgRef: RefObject<SVGSVGElement>;
    label: string;
}) {
    const inner = width - EDGE.left - EDGE.right;
    const y = makeScale(
        columns.flatMap((c) => [c.edges[0]!, c.edges[c.edges.length - 1]!]),
        height - EDGE.bottom,
        EDGE.top,
    );
    const first = columns[0]!.step;
    const last = columns[columns.length - 1]!.step;
    /* Each column reaches halfway to its neighbours. */
    const place = (step: number) =>
        EDGE.left + (last === first ? 0.5 : (step - first) / (last - first)) * inner;
    const border = (i: number) =>
        i <= 0
            ? EDGE.left
            : i >= columns.length
              ? EDGE.left + inner
              : (place(columns[i - 1]!.step) + place(columns[i]!.step)) / 2;
    const ticks = makeScale([first, last], EDGE.left, EDGE.left + inner).ticks;
    const [pointed, setPointed] = useState<Cell | null>(null);
    const say = ({ column, row }: Cell) => {
        const { step, edges, counts } = columns[column]!;
        return `${t("media.step")} ${step}: ${formatNumber(edges[row]!)} … ${formatNumber(edges[row + 1]!)}: ${formatNumber(counts[row]!)}`;
    };
    const { cell, steerable } = usePlotKeys({ rows: columns.map((c) => c.counts.length), label, say });
    const shown = cell ?? pointed;
    const at = shown === null ? undefined : columns[shown.column];
    const find = (e: MouseEvent): Cell | null => {
        const box = svgRef.current!.getBoundingClientRect();
        const [px, py] = [e.clientX - box.left, e.clientY - box.top];
        const column = columns.findIndex((_, i) => px >= border(i) && px < border(i + 1));
        const row = columns[column]?.counts.findIndex((_, k) => py <= y.place(columns[column]!.edges[k]) && py > y.place(columns[column]!.edges[k + 1])) ?? -1;
        return row < 0 ? null : { column, row };
    };
    return (
        <>
            <svg
                ref={svgRef}
                class="plot"
                width={width}
                height={height}
                {...steerable}
                onMouseMove={(e) => setPointed(find(e))}
                onMouseLeave={() => setPointed(null)}
            >
                {columns.map((c, i) => {
                    const most = Math.max(...c.counts, 1e-300);
                    return c.counts.map((n, k) => {
                        if (n <= 0) return null;
                        const top = y.place(c.edges[k + 1]);
                        return (
                            <rect
                                key={`${c.step}/${k}`}
                                x={border(i)}
                                width={Math.max(0.5, border(i + 1) - border(i) + 0.3)}
                                y={top}
                                height={Math.max(0.5, y.place(c.edges[k]) - top + 0.3)}
                                fill={ramp(n / most)}
                            />
                        );
                    });
                })}
                {at !== undefined && (
                    <rect
                        class="cell-frame"
                        x={border(shown!.column)}
                        width={Math.max(2, border(shown!.column + 1) - border(shown!.column))}
                        y={y.place(at.edges[shown!.row + 1])}
                        height={Math.max(2, y.place(at.edges[shown!.row]) - y.place(at.edges[shown!.row + 1]))}
                    />
                )}
                {y.ticks.map((tick) => (
                    <text key={tick.label} class="tick" x={EDGE.left - 5} y={tick.at + 4} text-anchor="end">
                        {tick.label}
                    </text>
                ))}
                {spreadTicks(ticks).map((tick) => (
                    <text key={tick.label} class="tick" x={tick.at} y={height - 7} text-anchor="middle">
                        {tick.label}
                    </text>
                ))}
            </svg>
            {shown !== null && at !== undefined && (
                <div class="scatter-card" aria-hidden="true">
                    {say(shown)}
                </div>
            )}
        </>
    );
}
