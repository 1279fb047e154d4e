/* line_chart.tsx - a chart of lines with its cursor card; everything it shows is given to it. */

import type { ReadonlySignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { ChartView, type ChartCursor, type ChartModel } from "./chart_view";
import type { ExactPoint, Line, LinePoint, Range } from "../lib/lines";
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

    return (
        <div class="chart" style={{ height }} role="img" aria-label={props.label}>
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
