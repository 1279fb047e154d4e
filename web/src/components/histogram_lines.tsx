/* histogram_lines.tsx - distributions as outlines: one behind the other along the steps, or of several runs over each other. */

import type { RefObject } from "preact";
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
    return (
        <svg ref={props.svgRef} class="plot" width={width} height={height} role="img" aria-label={props.label}>
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
                        class={props.highlighted !== null && props.highlighted !== o.id ? "is-dim" : ""}
                        onMouseEnter={() => props.onHover?.(o.id)}
                        onMouseLeave={() => props.onHover?.(null)}
                    >
                        <title>{o.label}</title>
                        <path d={pathOf(o, x.place, floorOf(i), rise / (top || 1))} fill={o.color} fill-opacity={isRidges ? 0.75 : 0.25} stroke={isRidges ? "none" : o.color} stroke-width="1.5" />
                        {isRidges && i % every === 0 && (
                            <text class="tick" x={EDGE.left - 5} y={floorOf(i)} text-anchor="end">
                                {o.label}
                            </text>
                        )}
                    </g>
                );
            })}
        </svg>
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
