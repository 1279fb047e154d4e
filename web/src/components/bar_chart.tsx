/* bar_chart.tsx - a bar, a box or a violin for each run or group. */

import type { RefObject } from "preact";
import { useState } from "preact/hooks";
import { usePlotKeys } from "./use_plot_keys";
import { formatNumber } from "../lib/format";
import { makeScale } from "../lib/scale";
import { boxStats, density } from "../lib/stats";
import { mean } from "../lib/aggregate";
import { t } from "../i18n";

export interface Bar {
    id: string;
    label: string;
    color: string;
    values: number[];
}

interface Props {
    bars: readonly Bar[];
    shape: "bar" | "box" | "violin";
    isVertical: boolean;
    width: number;
    height: number;
    highlighted: string | null;
    onHover: (id: string | null) => void;
    onPick?: (id: string) => void;
    svgRef: RefObject<SVGSVGElement>;
    label: string;
}

/* Less than this between two bars leaves no room for a name at each. */
const NAME_HEIGHT = 12;
const NAME_WIDTH = 26;
/* And no room for a number over each. */
const VALUE_WIDTH = 40;

/* "a: 0.5", or of several values how they lie: "a: median 0.5, 0.4 to 0.6 in the middle". */
function sayBar({ label, values }: Bar, shape: Props["shape"]): string {
    const stats = shape === "bar" || values.length < 2 ? null : boxStats(values);
    if (stats === null) return `${label}: ${formatNumber(mean(values), 6)}`;
    const part = (name: string, v: number) => `${name} ${formatNumber(v, 4)}`;
    return `${label}: ${[part("min", Math.min(...values)), part("q1", stats.q1), part(t("aggregate.median"), stats.median), part("q3", stats.q3), part("max", Math.max(...values))].join(", ")}`;
}

/* Drawn lying; standing bars are the same drawing turned. */
export function BarChart(props: Props) {
    const { bars, shape, isVertical, width, height } = props;
    const [pointed, setPointed] = useState<string | null>(null);
    const pointAt = (id: string | null) => {
        setPointed(id);
        props.onHover(id);
    };
    const { steerable } = usePlotKeys({
        rows: bars.map(() => 1),
        label: props.label,
        say: ({ column }) => sayBar(bars[column]!, shape),
        onMove: (cell) => pointAt(cell === null ? null : (bars[cell.column]?.id ?? null)),
        onEnter: ({ column }) => props.onPick?.(bars[column]!.id),
    });
    const shown = bars.find((b) => b.id === pointed);
    const long = isVertical ? height - 40 : width - labelWidth(props) - 62;
    const across = isVertical ? width - 56 : height - 28;
    const all = bars.flatMap((b) => b.values);
    const scale = makeScale(
        shape === "bar" ? [0, ...bars.map((b) => mean(b.values))] : all,
        0,
        Math.max(10, long),
    );
    const step = across / Math.max(1, bars.length);
    const thick = Math.min(26, step * 0.72);
    const left = isVertical ? 46 : labelWidth(props);
    const point = (v: number, c: number) => (isVertical ? [left + c, height - 26 - v] : [left + v, 8 + c]);
    const every = Math.max(1, Math.ceil((isVertical ? NAME_WIDTH : NAME_HEIGHT) / step));
    return (
        <>
            <svg ref={props.svgRef} class="plot" width={width} height={height} {...steerable}>
                {scale.ticks.map((tick) => {
                    const [x, y] = point(tick.at, isVertical ? 0 : across);
                    return (
                        <g key={tick.label}>
                            <path
                                class="gridline"
                                d={isVertical ? `M${left} ${y}h${across}` : `M${x} 8v${across}`}
                            />
                            <text
                                class="tick"
                                x={isVertical ? left - 5 : x}
                                y={isVertical ? y! + 4 : height - 6}
                                text-anchor={isVertical ? "end" : "middle"}
                            >
                                {tick.label}
                            </text>
                        </g>
                    );
                })}
                {bars.map((bar, i) => (
                    <g
                        key={bar.id}
                        class={props.highlighted !== null && props.highlighted !== bar.id ? "is-dim" : ""}
                        onMouseEnter={() => pointAt(bar.id)}
                        onMouseLeave={() => pointAt(null)}
                        onClick={() => props.onPick?.(bar.id)}
                    >
                        <Shape
                            bar={bar}
                            shape={shape}
                            place={scale.place}
                            at={step * (i + 0.5)}
                            thick={thick}
                            point={point}
                        />
                        <Label
                            bar={bar}
                            point={point}
                            at={step * (i + 0.5)}
                            isVertical={isVertical}
                            place={scale.place}
                            isBar={shape === "bar"}
                            step={step}
                            letters={Math.floor((left - 12) / LETTER)}
                            isNamed={i % every === 0}
                        />
                    </g>
                ))}
            </svg>
            {shown && (
                <div class="scatter-card" aria-hidden="true">
                    {sayBar(shown, shape)}
                </div>
            )}
        </>
    );
}

const LETTER = 6.4;

function labelWidth({ bars, width }: Props): number {
    return Math.min(width * 0.4, 14 + Math.max(0, ...bars.map((b) => b.label.length)) * LETTER);
}

/* As much as fits, with a sign that there is more. */
function clipped(text: string, letters: number): string {
    return text.length <= letters ? text : text.slice(0, Math.max(1, letters - 1)) + "…";
}

type Point = (v: number, c: number) => number[];

function Label({
    bar,
    point,
    at,
    isVertical,
    place,
    isBar,
    step,
    letters,
    isNamed,
}: {
    bar: Bar;
    point: Point;
    at: number;
    isVertical: boolean;
    place: (v: unknown) => number;
    isBar: boolean;
    step: number;
    letters: number;
    isNamed: boolean;
}) {
    const value = mean(bar.values);
    const [x, y] = point(Math.max(0, place(value)), at);
    const [lx, ly] = point(0, at);
    const text = clipped(bar.label, isVertical ? Math.max(3, Math.floor(step / LETTER)) : letters);
    return (
        <>
                {isNamed && (
                    <text
                        class="tick"
                        x={isVertical ? lx : lx! - 6}
                        y={isVertical ? ly! + 16 : ly! + 4}
                        text-anchor={isVertical ? "middle" : "end"}
                    >
                        {text}
                    </text>
                )}
                {isBar && step > (isVertical ? VALUE_WIDTH : NAME_HEIGHT) && (
                    <text
                        class="value"
                        x={isVertical ? x : x! + 5}
                        y={isVertical ? y! - 5 : y! + 4}
                        text-anchor={isVertical ? "middle" : "start"}
                    >
                        {formatNumber(value)}
                    </text>
                )}
        </>
    );
}

function Shape({
    bar,
    shape,
    place,
    at,
    thick,
    point,
}: {
    bar: Bar;
    shape: Props["shape"];
    place: (v: unknown) => number;
    at: number;
    thick: number;
    point: Point;
}) {
    const outline = (corners: number[][]) =>
        `M${corners
            .map(([v, c]) =>
                point(v!, c!)
                    .map((n) => n.toFixed(1))
                    .join(" "),
            )
            .join("L")}Z`;
    const box = (a: number, b: number, size: number) =>
        outline([
            [a, at - size / 2],
            [b, at - size / 2],
            [b, at + size / 2],
            [a, at + size / 2],
        ]);
    if (shape === "bar") return <path d={box(place(0), place(mean(bar.values)), thick)} fill={bar.color} />;
    if (shape === "violin") {
        const d = density(bar.values);
        return (
            <path
                d={outline([
                    ...d.map((p) => [place(p.at), at - (p.share * thick) / 2]),
                    ...d.reverse().map((p) => [place(p.at), at + (p.share * thick) / 2]),
                ])}
                fill={bar.color}
                fill-opacity="0.75"
            />
        );
    }
    const s = boxStats(bar.values);
    if (s === null) return null;
    const line = (a: number[], b: number[]) =>
        `M${point(a[0]!, a[1]!).join(" ")}L${point(b[0]!, b[1]!).join(" ")}`;
    return (
        <>
                <path d={line([place(s.low), at], [place(s.high), at])} stroke={bar.color} stroke-width="1.5" />
                <path
                    d={box(place(s.q1), place(s.q3), thick)}
                    fill={bar.color}
                    fill-opacity="0.35"
                    stroke={bar.color}
                />
                <path
                    d={line([place(s.median), at - thick / 2], [place(s.median), at + thick / 2])}
                    stroke={bar.color}
                    stroke-width="2.5"
                />
                {s.outliers.map((v, i) => {
                    const [x, y] = point(place(v), at);
                    return <circle key={i} cx={x} cy={y} r="2.5" fill={bar.color} />;
                })}
        </>
    );
}
