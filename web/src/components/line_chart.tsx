/* line_chart.tsx - a chart of lines with its cursor card; everything it shows is given to it. */

import type { ReadonlySignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { ChartView, type ChartCursor, type ChartModel } from "./chart_view";
import { t } from "../i18n";
import { rowsAt, steppedCursor } from "../lib/chart_cursor";
import { formatNumber } from "../lib/format";
import type { ExactPoint, Line, LinePoint, Range } from "../lib/lines";
import { scaled } from "../lib/pan";
import { CursorCard } from "./cursor_card";

export interface LineChartProps {
    model: ChartModel;
    height: number;
    syncKey: string;
    hovered: ReadonlySignal<
        string | null
    > /* a signal, so that pointing draws this chart and renders nothing */;
    label: string;
    onZoom: (x: Range | null, y: Range | null) => void;
    onHover: (run: string | null) => void;
    onPick: (line: Line) => void;
    exactAt: (points: readonly LinePoint[]) => Promise<ReadonlyMap<string, ExactPoint>>;
    onCanvas?: (canvas: HTMLCanvasElement | null) => void;
}

export default function LineChart(props: LineChartProps) {
    const { model, height } = props;
    const host = useRef<HTMLDivElement>(null);
    const view = useRef<ChartView | null>(null);
    const latest = useRef(props);
    latest.current = props;
    const [width, setWidth] = useState(0);
    const [cursor, setCursor] = useState<ChartCursor | null>(null);
    const isFrozen = useRef(false);
    /* Where arrow keys have led; null while nobody steers by keys. */
    const [point, setPoint] = useState<LinePoint | null>(null);

    useLayoutEffect(() => {
        const element = host.current!;
        const made = new ChartView(
            element,
            latest.current.model,
            {
                onZoom: (x, y) => latest.current.onZoom(x, y),
                onPick: (line) => latest.current.onPick(line),
                onCursor: (next) => {
                    if (isFrozen.current) return;
                    setCursor(next);
                    latest.current.onHover(next?.closest ? next.closest.run || next.closest.id : null);
                },
            },
            props.syncKey,
        );
        view.current = made;
        const watch = new ResizeObserver(() => setWidth(element.clientWidth));
        watch.observe(element);
        setWidth(element.clientWidth);
        return () => {
            watch.disconnect();
            made.destroy();
            view.current = null;
        };
    }, [props.syncKey]);
    useLayoutEffect(() => {
        view.current?.update(model, width, height);
        props.onCanvas?.(view.current?.canvas ?? null);
    }, [model, width, height]);
    useEffect(() => props.hovered.subscribe((what) => view.current?.highlight(what)), [props.hovered]);
    /* Holding shift keeps the card where it is, to read or copy from. */
    useEffect(() => {
        const key = (e: KeyboardEvent) => (isFrozen.current = e.shiftKey && e.type === "keydown");
        window.addEventListener("keydown", key);
        window.addEventListener("keyup", key);
        return () => {
            window.removeEventListener("keydown", key);
            window.removeEventListener("keyup", key);
        };
    }, []);
    const show = (next: LinePoint | null) => {
        setPoint(next);
        view.current?.pointAt(next);
    };
    const onKeyDown = (e: KeyboardEvent) => {
        if (e.ctrlKey || e.metaKey || e.altKey) return;
        const next = steppedCursor(model.lines, model.x, model.isLogX, point, e.key);
        if (next !== null) show(next);
        else if (point !== null && e.key === "Enter") props.onPick(point.line);
        else if (point !== null && e.key === "Escape") show(null);
        else if (ZOOMS[e.key] !== undefined) props.onZoom(scaled(model.x, ZOOMS[e.key]!, placeOf(point, model), model.isLogX), null);
        else if (e.key === "0") props.onZoom(null, null);
        else return;
        e.preventDefault();
        e.stopPropagation();
    };

    return (
        <div
            class="chart"
            style={{ height }}
            tabIndex={0}
            role="slider"
            aria-label={props.label}
            aria-roledescription={t("chart.role")}
            aria-valuemin={model.x[0]}
            aria-valuemax={model.x[1]}
            aria-valuenow={point?.line.x[point.at] ?? model.x[0]}
            aria-valuetext={point === null ? t("chart.keys", { count: model.lines.length }) : said(point, model)}
            onKeyDown={onKeyDown}
            onBlur={() => point !== null && show(null)}
        >
            <div ref={host} class="chart-host" style={{ height }} />
            {cursor && (
                <CursorCard
                    cursor={cursor}
                    model={model}
                    box={host.current!.getBoundingClientRect()}
                    exactAt={props.exactAt}
                />
            )}
        </div>
    );
}

const ZOOMS: Record<string, number> = { "+": 0.5, "=": 0.5, "-": 2 };

/* How far to the right the cursor stands, from 0 to 1: what zooming leaves in its place. */
function placeOf(point: LinePoint | null, model: ChartModel): number {
    const at = point?.line.x[point.at];
    if (at === undefined) return 0.5;
    const of = (v: number) => (model.isLogX ? Math.log(v) : v);
    return (of(at) - of(model.x[0])) / (of(model.x[1]) - of(model.x[0]));
}

const MAX_SAID = 6;

/* "12: a 0.53 (0.5 to 0.6); b 0.4, 3 more": the line that is steered first. */
function said({ line, at }: LinePoint, model: ChartModel): string {
    const x = line.x[at] ?? 0;
    const rows = rowsAt(model.lines, x, model.x, model.isLogX);
    const own = rows.find((r) => r.line.id === line.id);
    const others = rows.filter((r) => r !== own);
    const word = (label: string, value: number) => `${label} ${formatNumber(value)}`;
    const range = own && own.lo !== null && own.hi !== null && own.lo !== own.hi ? ` (${formatNumber(own.lo)} … ${formatNumber(own.hi)})` : "";
    const rest = others.length > MAX_SAID ? [t("chart.more", { count: others.length - MAX_SAID })] : [];
    const list = [...others.slice(0, MAX_SAID).map((r) => word(r.line.label, r.value)), ...rest];
    return `${model.formatX(x, model.x[1] - model.x[0])}: ${word(line.label, line.shown[at] ?? NaN)}${range}${list.length > 0 ? "; " + list.join(", ") : ""}`;
}
