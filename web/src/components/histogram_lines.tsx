/* histogram_lines.tsx - distributions as outlines: one behind the other along the steps, or of several runs over each other. */

import type { RefObject } from "preact";
import { useState } from "preact/hooks";
import { formatNumber } from "../lib/format";
import type { Cell } from "../lib/plot_keys";
import { usePlotKeys } from "./use_plot_keys";
import { makeScale, spreadTicks } from "../lib/scale";

export interface Outline {
    id: string;
    label: string;
    color: string;
    edges: readonly number[];
    counts: readonly number[];
}

interface Props {
    outlines: readonly Outline[];
    isRidges: boolean;
    width: number;
    height: number;
    highlighted: string | null;
    onHover?: (id: string | null) => void;
    svgRef: RefObject<SVGSVGElement>;
    label: string;
}

const EDGE = { left: 50, right: 12, top: 8, bottom: 24 };
/* How many places a ridge may rise over the ones behind it. */
const OVERLAP = 4;
const MAX_LABELS = 8;

export function HistogramLines(props: Props) {
    const { outlines, isRidges, width, height } = props;
    const x = makeScale(
        outlines.flatMap((o) => [o.edges[0]!, o.edges[o.edges.length - 1]!]),
        EDGE.left,
        width - EDGE.right,
    );
    const inner = height - EDGE.top - EDGE.bottom;
    const gap = isRidges ? inner / (outlines.length + OVERLAP - 1) : 0;
    const rise = isRidges ? gap * OVERLAP : inner;
    const most = Math.max(...outlines.map(highest), 1e-300);
    const every = Math.max(1, Math.ceil(outlines.length / MAX_LABELS));
    const floorOf = (i: number) => (isRidges ? EDGE.top + rise + i * gap : height - EDGE.bottom);
    const [pointed, setPointed] = useState<string | null>(null);
    const hover = (id: string | null) => {
        setPointed(id);
        props.onHover?.(id);
    };
    /* Keys go from outline to outline, and along its bins. */
    const say = ({ column, row }: Cell) => {
        const { label, edges, counts } = outlines[column]!;
        return `${label}: ${formatNumber(edges[row]!)} … ${formatNumber(edges[row + 1]!)}: ${formatNumber(counts[row]!)}`;
    };
    const { cell, steerable } = usePlotKeys({
        rows: outlines.map((o) => o.counts.length),
        label: props.label,
        say,
        onMove: (to) => hover(to === null ? null : (outlines[to.column]?.id ?? null)),
    });
    const lit = props.highlighted ?? pointed;
    const at = cell === null ? undefined : outlines[cell.column];
    const named = at === undefined ? outlines.find((o) => o.id === pointed)?.label : say(cell!);
    return (
        <>
            <svg ref={props.svgRef} class="plot" width={width} height={height} {...steerable}>
                {spreadTicks(x.ticks).map((t) => (
                    <g key={t.label}>
                        <path class="gridline" d={`M${t.at} ${EDGE.top}V${height - EDGE.bottom}`} />
                        <text class="tick" x={t.at} y={height - 7} text-anchor="middle">
                            {t.label}
                        </text>
                    </g>
                ))}
                {outlines.map((o, i) => {
                    const top = isRidges ? highest(o) : most;
                    return (
                        <g
                            key={o.id}
                            class={lit !== null && lit !== o.id ? "is-dim" : ""}
                            onMouseEnter={() => hover(o.id)}
                            onMouseLeave={() => hover(null)}
                        >
                            <path d={pathOf(o, x.place, floorOf(i), rise / (top || 1))} fill={o.color} fill-opacity={isRidges ? 0.75 : 0.25} stroke={isRidges ? "none" : o.color} stroke-width="1.5" />
                            {isRidges && i % every === 0 && (
                                <text class="tick" x={EDGE.left - 5} y={floorOf(i)} text-anchor="end">
                                    {o.label}
                                </text>
                            )}
                        </g>
                    );
                })}
                {at !== undefined && (
                    <rect
                        class="cell-frame"
                        x={x.place(at.edges[cell!.row])}
                        width={Math.max(2, x.place(at.edges[cell!.row + 1]) - x.place(at.edges[cell!.row]))}
                        y={floorOf(cell!.column) - rise}
                        height={rise}
                    />
                )}
            </svg>
            {named !== undefined && (
                <div class="scatter-card" aria-hidden="true">
                    {named}
                </div>
            )}
        </>
    );
}

/* Bins may differ in width: what is compared is how dense they are. */
function densities(o: Outline): number[] {
    const total = o.counts.reduce((a, b) => a + b, 0) || 1;
    return o.counts.map((n, i) => n / total / (o.edges[i + 1]! - o.edges[i]! || 1));
}

function highest(o: Outline): number {
    return Math.max(0, ...densities(o));
}

function pathOf(o: Outline, place: (v: unknown) => number, floor: number, scale: number): string {
    const parts = [`M${place(o.edges[0]).toFixed(1)} ${floor.toFixed(1)}`];
    densities(o).forEach((d, i) => {
        const y = (floor - d * scale).toFixed(1);
        parts.push(`L${place(o.edges[i]).toFixed(1)} ${y}L${place(o.edges[i + 1]).toFixed(1)} ${y}`);
    });
    return `${parts.join("")}L${place(o.edges[o.edges.length - 1]).toFixed(1)} ${floor.toFixed(1)}Z`;
}
