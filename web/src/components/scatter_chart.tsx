/* scatter_chart.tsx - runs as dots: two columns as place, a third as colour. */

import type { RefObject } from "preact";
import { useState } from "preact/hooks";
import { formatValue } from "../lib/format";
import { language } from "../i18n";
import { makeScale, spreadTicks } from "../lib/scale";
import { frontier } from "../lib/stats";

export interface Dot {
    id: string;
    label: string;
    color: string;
    x: unknown;
    y: unknown;
    z: unknown;
}

interface Props {
    dots: readonly Dot[];
    names: [string, string, string];
    isLogX: boolean;
    isLogY: boolean;
    frontierKind: "none" | "min" | "max" | "mean";
    width: number;
    height: number;
    highlighted: string | null;
    onHover: (id: string | null) => void;
    onPick?: (id: string) => void;
    svgRef: RefObject<SVGSVGElement>;
    label: string;
}

const EDGE = { left: 54, right: 16, top: 8, bottom: 36 };

/* Moments are numbers too, and unreadable ones. */
function tickFormat(name: string | undefined): ((v: number, span: number) => string) | undefined {
    if (name !== "createdAt" && name !== "heartbeatAt") return undefined;
    return (v, span) =>
        new Intl.DateTimeFormat(language, span > 2 * 86400e3 ? { month: "short", day: "numeric" } : { hour: "2-digit", minute: "2-digit", second: span < 600e3 ? "2-digit" : undefined }).format(v);
}

function sayDot(d: Dot, names: readonly string[]): string {
    const values = [d.x, d.y, d.z].flatMap((v, i) => (names[i] === "" ? [] : [`${names[i]} ${formatValue(v)}`]));
    return `${d.label}: ${values.join(", ")}`;
}

export function ScatterChart(props: Props) {
    const { dots, width, height, names } = props;
    const [shown, setShown] = useState<Dot | null>(null);
    const x = makeScale(
        dots.map((d) => d.x),
        EDGE.left + 8,
        width - EDGE.right,
        props.isLogX,
        tickFormat(names[0]),
    );
    const y = makeScale(
        dots.map((d) => d.y),
        height - EDGE.bottom - 6,
        EDGE.top + 6,
        props.isLogY,
        tickFormat(names[1]),
    );
    const placed = dots
        .map((d) => ({ d, x: x.place(d.x), y: y.place(d.y) }))
        .filter((p) => Number.isFinite(p.x) && Number.isFinite(p.y));
    const line =
        props.frontierKind === "none" || y.kind === "words"
            ? []
            : frontier(
                  dots.map((d) => ({ x: x.place(d.x), y: d.y as number })),
                  props.frontierKind,
              ).map((p) => `${p.x.toFixed(1)} ${y.place(p.y).toFixed(1)}`);
    const hover = (d: Dot | null) => {
        setShown(d);
        props.onHover(d?.id ?? null);
    };
    return (
        <>
            <svg
                ref={props.svgRef}
                class="plot"
                width={width}
                height={height}
                role="group"
                aria-label={props.label}
            >
                {y.ticks.map((t) => (
                    <g key={t.label}>
                        <path class="gridline" d={`M${EDGE.left} ${t.at}H${width - EDGE.right}`} />
                        <text class="tick" x={EDGE.left - 5} y={t.at + 4} text-anchor="end">
                            {t.label.slice(0, 8)}
                        </text>
                    </g>
                ))}
                {spreadTicks(x.ticks).map((t) => (
                    <g key={t.label}>
                        <path class="gridline" d={`M${t.at} ${EDGE.top}V${height - EDGE.bottom}`} />
                        <text class="tick" x={t.at} y={height - EDGE.bottom + 14} text-anchor="middle">
                            {t.label.slice(0, 12)}
                        </text>
                    </g>
                ))}
                <text
                    class="axis-name"
                    x={(EDGE.left + width - EDGE.right) / 2}
                    y={height - 8}
                    text-anchor="middle"
                >
                    {names[0]}
                </text>
                <text
                    class="axis-name"
                    transform={`translate(11 ${(height - EDGE.bottom) / 2}) rotate(-90)`}
                    text-anchor="middle"
                >
                    {names[1]}
                </text>
                {line.length > 1 && <path class="frontier" d={`M${line.join("L")}`} />}
                {placed.map(({ d, x: cx, y: cy }) => (
                    <circle
                        key={d.id}
                        class={`scatter-dot ${props.highlighted !== null && props.highlighted !== d.id ? "is-dim" : ""}`}
                        cx={cx}
                        cy={cy}
                        r={props.highlighted === d.id ? 6 : 4.5}
                        fill={d.color}
                        tabIndex={0}
                        role={props.onPick ? "link" : "img"}
                        aria-label={sayDot(d, names)}
                        onFocus={() => hover(d)}
                        onBlur={() => hover(null)}
                        onKeyDown={(e) => e.key === "Enter" && props.onPick?.(d.id)}
                        onMouseEnter={() => hover(d)}
                        onMouseLeave={() => hover(null)}
                        onClick={() => props.onPick?.(d.id)}
                    />
                ))}
            </svg>
            {shown && (
                <div class="scatter-card">
                    <b>{shown.label}</b>
                    {([shown.x, shown.y, shown.z] as unknown[]).map(
                        (v, i) =>
                            names[i] !== "" && (
                                <div key={i}>
                                    <span class="muted">{names[i]}</span> {formatValue(v)}
                                </div>
                            ),
                    )}
                </div>
            )}
        </>
    );
}
