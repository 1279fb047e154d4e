/* histogram_map.tsx - histograms over steps as a heat map. */

import type { RefObject } from "preact";
import { ramp } from "../lib/color";
import { formatNumber } from "../lib/format";
import { makeScale } from "../lib/scale";

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
    return (
        <svg ref={svgRef} class="plot" width={width} height={height} role="img" aria-label={label}>
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
                        >
                            <title>{`${c.step}: ${formatNumber(c.edges[k]!)} … ${formatNumber(c.edges[k + 1]!)}: ${n}`}</title>
                        </rect>
                    );
                });
            })}
            {y.ticks.map((t) => (
                <text key={t.label} class="tick" x={EDGE.left - 5} y={t.at + 4} text-anchor="end">
                    {t.label}
                </text>
            ))}
            {ticks.map((t) => (
                <text key={t.label} class="tick" x={t.at} y={height - 7} text-anchor="middle">
                    {t.label}
                </text>
            ))}
        </svg>
    );
}
