/* parallel_chart.tsx - each run a line over many columns; brushing an axis picks runs, its name drags it elsewhere. */

import type { RefObject } from "preact";
import { useRef, useState } from "preact/hooks";
import { t } from "../i18n";
import { stepBrush, type Range } from "../lib/brush";
import { makeScale, type Scale } from "../lib/scale";

export interface ParallelLine {
    id: string;
    label: string;
    color: string;
    values: unknown[];
}

interface Props {
    lines: readonly ParallelLine[];
    columns: readonly { id: string; label: string; isLog: boolean; isInverted: boolean }[];
    width: number;
    height: number;
    highlighted: string | null;
    onHover: (id: string | null) => void;
    onPick: (id: string) => void;
    onMove: (from: number, to: number) => void;
    onFlag: (column: number, flag: "log" | "inv") => void;
    onBrush: (picked: string[] | null) => void;
    svgRef: RefObject<SVGSVGElement>;
    label: string;
}

const EDGE = { left: 60, right: 60, top: 30, bottom: 14 };

export function ParallelChart(props: Props) {
    const { lines, columns, width, height } = props;
    const [brushes, setBrushes] = useState<Record<string, Range>>({});
    const latest = useRef(brushes);
    const scales = columns.map((c, i) =>
        makeScale(
            lines.map((l) => l.values[i]),
            c.isInverted ? EDGE.top : height - EDGE.bottom,
            c.isInverted ? height - EDGE.bottom : EDGE.top,
            c.isLog,
        ),
    );
    const at = (i: number) =>
        columns.length < 2
            ? width / 2
            : EDGE.left + ((width - EDGE.left - EDGE.right) * i) / (columns.length - 1);
    const isIn = (line: ParallelLine, by = brushes) =>
        columns.every((c, i) => {
            const b = by[c.id];
            const y = scales[i]!.place(line.values[i]);
            return b === undefined || (y >= b[0] && y <= b[1]);
        });
    const brush = (column: string, range: Range | null) => {
        const { [column]: _, ...rest } = latest.current;
        const next = range === null ? rest : { ...rest, [column]: range };
        latest.current = next;
        setBrushes(next);
    };
    const done = () =>
        props.onBrush(
            Object.keys(latest.current).length === 0
                ? null
                : lines.filter((l) => isIn(l, latest.current)).map((l) => l.id),
        );
    return (
        <svg
            ref={props.svgRef}
            class="plot"
            width={width}
            height={height}
            role="group"
            aria-label={props.label}
        >
            <g fill="none">
                {lines.map((line) => {
                    const isDim =
                        !isIn(line) || (props.highlighted !== null && props.highlighted !== line.id);
                    return (
                        <path
                            key={line.id}
                            class={`parallel-line ${isDim ? "is-dim" : ""}`}
                            d={pathOf(line, scales, at)}
                            stroke={line.color}
                            onMouseEnter={() => props.onHover(line.id)}
                            onMouseLeave={() => props.onHover(null)}
                            onClick={() => props.onPick(line.id)}
                        >
                            <title>{line.label}</title>
                        </path>
                    );
                })}
            </g>
            {columns.map((c, i) => (
                <Axis
                    key={c.id}
                    x={at(i)}
                    side={columns.length < 2 ? "middle" : i === 0 ? "start" : i === columns.length - 1 ? "end" : "middle"}
                    scale={scales[i]!}
                    label={c.label}
                    isLog={c.isLog}
                    brush={brushes[c.id] ?? null}
                    picked={t("parallel.picked", { count: lines.filter((l) => isIn(l)).length, total: lines.length })}
                    height={height}
                    onBrush={(r) => brush(c.id, r)}
                    onDone={done}
                    onFlag={(flag) => props.onFlag(i, flag)}
                    onStep={(by) => i + by >= 0 && i + by < columns.length && props.onMove(i, i + by)}
                    onDrop={(x) => {
                        const to = columns.reduce(
                            (best, _, k) => (Math.abs(at(k) - x) < Math.abs(at(best) - x) ? k : best),
                            0,
                        );
                        if (to !== i) props.onMove(i, to);
                    }}
                />
            ))}
        </svg>
    );
}

/* A run that lacks a column leaves a gap there. */
function pathOf(line: ParallelLine, scales: Scale[], at: (i: number) => number): string {
    let out = "";
    let isDown = false;
    scales.forEach((s, i) => {
        const y = s.place(line.values[i]);
        if (Number.isFinite(y)) out += `${isDown ? "L" : "M"}${at(i).toFixed(1)} ${y.toFixed(1)}`;
        isDown = Number.isFinite(y);
    });
    return out;
}

function Axis({
    x,
    side,
    scale,
    label,
    isLog,
    brush,
    picked,
    height,
    onBrush,
    onDone,
    onFlag,
    onStep,
    onDrop,
}: {
    x: number;
    side: "start" | "middle" | "end" /* names at the edges grow inwards */;
    scale: Scale;
    label: string;
    isLog: boolean;
    brush: Range | null;
    picked: string /* how many runs all brushes leave, in words */;
    height: number;
    onBrush: (r: Range | null) => void;
    onDone: () => void;
    onFlag: (flag: "log" | "inv") => void;
    onStep: (by: -1 | 1) => void;
    onDrop: (x: number) => void;
}) {
    const follow = (
        e: PointerEvent,
        move: (m: PointerEvent, box: DOMRect) => void,
        end: (m: PointerEvent, box: DOMRect) => void,
    ) => {
        const target = e.currentTarget as SVGElement;
        const box = target.ownerSVGElement!.getBoundingClientRect();
        target.setPointerCapture(e.pointerId);
        const onMove = (m: PointerEvent) => move(m, box);
        target.addEventListener("pointermove", onMove as EventListener);
        target.addEventListener(
            "pointerup",
            ((m: PointerEvent) => {
                target.removeEventListener("pointermove", onMove as EventListener);
                end(m, box);
            }) as EventListener,
            { once: true },
        );
    };
    const start = (e: PointerEvent) => {
        const from = e.offsetY;
        follow(
            e,
            (m, box) => {
                const to = m.clientY - box.top;
                onBrush([Math.min(from, to), Math.max(from, to)]);
            },
            (m, box) => {
                if (Math.abs(m.clientY - box.top - from) < 4) onBrush(null);
                onDone();
            },
        );
    };
    const keys = (e: KeyboardEvent) => {
        if (e.key === "ArrowLeft" || e.key === "ArrowRight") onStep(e.key === "ArrowLeft" ? -1 : 1);
        else if (e.key === "l") onFlag("log");
        else if (e.key === "i") onFlag("inv");
        else return;
        e.preventDefault();
    };
    const axis: Range = [EDGE.top, height - EDGE.bottom];
    const brushKeys = (e: KeyboardEvent) => {
        const next = stepBrush(brush, axis, e);
        if (next === undefined) return;
        e.preventDefault();
        e.stopPropagation();
        onBrush(next);
        onDone();
    };
    return (
        <g>
            <path class="parallel-axis" d={`M${x} ${EDGE.top}V${height - EDGE.bottom}`} />
            {scale.ticks.map((tick) => (
                <text key={tick.label} class="tick halo" x={x - 5} y={tick.at + 4} text-anchor="end">
                    {tick.label.slice(0, 10)}
                </text>
            ))}
            {brush && <rect class="brush" x={x - 7} y={brush[0]} width="14" height={brush[1] - brush[0]} />}
            <rect
                class="brush-area"
                x={x - 9}
                y={EDGE.top}
                width="18"
                height={axis[1] - axis[0]}
                onPointerDown={start}
                role="slider"
                tabindex={0}
                aria-orientation="vertical"
                aria-label={`${label}: ${t("parallel.brush")}`}
                aria-valuemin={0}
                aria-valuemax={100}
                aria-valuenow={Math.round((100 * (axis[1] - (brush?.[0] ?? axis[0]))) / (axis[1] - axis[0]))}
                aria-valuetext={picked}
                onKeyDown={brushKeys}
            >
                <title>{t("parallel.brush")}</title>
            </rect>
            <text
                class="axis-name is-draggable"
                x={side === "start" ? x - EDGE.left + 8 : side === "end" ? x + EDGE.right - 8 : x}
                y="14"
                text-anchor={side}
                onPointerDown={(e) =>
                    follow(
                        e,
                        () => undefined,
                        (m, box) => onDrop(m.clientX - box.left),
                    )
                }
                onDblClick={() => onFlag("log")}
                role="button"
                tabindex={0}
                aria-label={`${label}: ${t("parallel.keys")}`}
                onKeyDown={keys}
            >
                <title>{t("parallel.keys")}</title>
                {label.slice(0, 18)}
                {isLog ? " (log)" : ""}
            </text>
        </g>
    );
}
