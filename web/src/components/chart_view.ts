/* chart_view.ts - one uPlot: it keeps axes, cursor and selection; the lines are ours (paint_lines.ts).
 *
 * uPlot wants all series on one x; ours have their own each, so it is given an empty series and two ranges. */

import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { nearest, type Line, type LinePoint, type Range } from "../lib/lines";
import { listenForGestures, type ChartRanges } from "./chart_gestures";
import { paintLines, type PaintOptions } from "./paint_lines";

export interface ChartModel {
    lines: readonly Line[];
    x: Range;
    y: Range;
    isLogX: boolean;
    isLogY: boolean;
    formatX: (v: number, span: number) => string;
    tickX: (v: number, span: number) => string /* shorter than formatX */;
    isTime: boolean;
    increments?: number[] | undefined /* where ticks may stand */;
    formatY: (v: number) => string;
    xTitle: string;
    yTitle: string;
    fontSize: number;
    paint: PaintOptions;
}

export interface ChartCursor {
    left: number;
    top: number;
    x: number;
    closest: Line | null;
}

export interface ChartEvents {
    onZoom: (x: Range | null, y: Range | null) => void;
    onCursor: (cursor: ChartCursor | null) => void;
    onPick: (line: Line) => void;
}

/* How near the pointer must be to a line to mean it, in CSS pixels. */
const REACH = 24;
const MIN_DRAG = 6;
const DIMMED = 0.16;

/* Its types keep silent about the third argument: whether charts that are in step follow. */
type Synced = Omit<uPlot, "setCursor"> & { setCursor: (at: { left: number; top: number }, fire: boolean, publish: boolean) => void };

export class ChartView {
    private plot: uPlot | null = null;
    private shape = "";
    private highlighted: string | null = null;
    private frame = 0;
    /* All lines as they were painted last: pointing at one repaints one, not all. */
    private readonly layer = document.createElement("canvas");
    private layerOf = "";
    private layerModel: ChartModel | null = null;
    /* Where a gesture has moved the view, until the model follows. */
    private moving: ChartRanges | null = null;
    private isMoving = false;
    private moveFrame = 0;

    constructor(
        private readonly host: HTMLElement,
        private model: ChartModel,
        private readonly events: ChartEvents,
        private readonly syncKey: string,
    ) {}

    /* Rebuilds only when the axes themselves change; new data and new ranges are cheap. */
    update(model: ChartModel, width: number, height: number): void {
        this.model = model;
        /* Live points that come while somebody drags must not pull the view away. */
        if (!this.isMoving) this.moving = null;
        if (width <= 0 || height <= 0) return;
        const shape = [
            model.isLogX,
            model.isLogY,
            model.isTime,
            model.increments !== undefined,
            model.xTitle,
            model.yTitle,
            model.fontSize,
            model.paint.isDark,
        ].join("|");
        if (this.plot === null || shape !== this.shape) {
            this.plot?.destroy();
            this.shape = shape;
            this.plot = new uPlot(this.options(width, height), this.data(), this.host);
            this.listen(this.plot);
            return;
        }
        if (this.plot.width !== width || this.plot.height !== height) this.plot.setSize({ width, height });
        this.plot.setData(this.data(), true);
    }

    /* The id of a line, or the name of a run: the others step back. */
    highlight(what: string | null): void {
        if (what === this.highlighted) return;
        this.highlighted = what;
        cancelAnimationFrame(this.frame);
        this.frame = requestAnimationFrame(() => this.plot?.redraw(false, false));
    }

    /* Puts the cross-hair on a point, as the pointer would; null takes it away. */
    pointAt(point: LinePoint | null): void {
        const u = this.plot;
        if (u === null) return;
        const x = point?.line.x[point.at];
        const left = x === undefined ? -10 : u.valToPos(x, "x");
        const top = x === undefined ? -10 : u.valToPos(point!.line.shown[point!.at]!, "y");
        (u as Synced).setCursor({ left, top }, false, true);
        this.events.onCursor(point === null ? null : this.cursorAt(u, left, top, x!, point.line));
    }

    get canvas(): HTMLCanvasElement | null {
        return this.plot?.ctx.canvas ?? null;
    }

    destroy(): void {
        cancelAnimationFrame(this.frame);
        cancelAnimationFrame(this.moveFrame);
        this.plot?.destroy();
        this.plot = null;
    }

    private data(): uPlot.AlignedData {
        const { x, y } = this.ranges;
        return [x, [y[0], y[1]]];
    }

    private get ranges(): ChartRanges {
        return this.moving ?? this.model;
    }

    private options(width: number, height: number): uPlot.Options {
        const style = getComputedStyle(this.host);
        const color = (name: string) => style.getPropertyValue(name).trim();
        const { fontSize, isTime } = this.model;
        const axis = {
            stroke: color("--muted"),
            font: `${fontSize}px ${style.fontFamily}`,
            labelFont: `${fontSize}px ${style.fontFamily}`,
            grid: { stroke: color("--line"), width: 1 },
            ticks: { show: false },
            labelSize: fontSize + 6,
            labelGap: 0,
        };
        return {
            width,
            height,
            padding: [8, 16, 0, 0],
            legend: { show: false },
            pxAlign: 0,
            cursor: {
                points: { show: false },
                drag: { x: true, y: true, uni: 24, setScale: false, dist: MIN_DRAG },
                ...(this.syncKey === ""
                    ? {}
                    : { sync: { key: this.syncKey, scales: ["x", null] as [string, null] } }),
            },
            scales: {
                x: { time: isTime, distr: this.model.isLogX ? 3 : 1, range: () => this.ranges.x },
                y: { distr: this.model.isLogY ? 3 : 1, range: () => this.ranges.y },
            },
            axes: [
                {
                    ...axis,
                    size: fontSize + 14,
                    gap: 4,
                    space: 62,
                    ...(this.model.increments ? { incrs: this.model.increments } : {}),
                    ...(this.model.xTitle === "" ? {} : { label: this.model.xTitle }),
                    ...(isTime
                        ? {}
                        : {
                              values: (_: uPlot, splits: number[]) =>
                                  splits.map((v) =>
                                      v === null
                                          ? ""
                                          : this.model.tickX(v, this.ranges.x[1] - this.ranges.x[0]),
                                  ),
                          }),
                },
                {
                    ...axis,
                    gap: 5,
                    space: 28,
                    ...(this.model.yTitle === "" ? {} : { label: this.model.yTitle }),
                    values: (_: uPlot, splits: number[]) =>
                        splits.map((v) => (v === null ? "" : this.model.formatY(v))),
                    size: (_: uPlot, values: string[] | null) =>
                        Math.max(
                            30,
                            Math.max(0, ...(values ?? []).map((v) => v.length)) * fontSize * 0.6 + 12,
                        ),
                },
            ],
            series: [{}, { paths: () => null, points: { show: false } }],
            hooks: {
                draw: [(u) => this.draw(u)],
                setCursor: [(u) => this.moved(u)],
                setSelect: [(u) => this.selected(u)],
            },
        };
    }

    private draw(u: uPlot): void {
        const { lines, paint } = this.model;
        const { x, y } = u.scales;
        const { width, height } = u.ctx.canvas;
        const view = [
            x!.min,
            x!.max,
            y!.min,
            y!.max,
            width,
            height,
            u.bbox.left,
            u.bbox.width,
            u.bbox.height,
        ].join();
        if (view !== this.layerOf || this.model !== this.layerModel) {
            this.layer.width = width;
            this.layer.height = height;
            paintLines(this.layer.getContext("2d")!, u, lines, paint, false);
            this.layerOf = view;
            this.layerModel = this.model;
        }
        const what = this.highlighted;
        const lit =
            what === null ? [] : lines.filter((l) => l.id === what || (l.run !== "" && l.run === what));
        u.ctx.save();
        u.ctx.globalAlpha = what === null ? 1 : DIMMED;
        u.ctx.drawImage(this.layer, 0, 0);
        u.ctx.restore();
        if (lit.length > 0) paintLines(u.ctx, u, lit, paint, true);
    }

    private listen(u: uPlot): void {
        listenForGestures(u.root, u.over, {
            ranges: () => ({ ...this.ranges, isLogX: this.model.isLogX, isLogY: this.model.isLogY }),
            show: (ranges) => {
                this.moving = ranges;
                this.isMoving = true;
                cancelAnimationFrame(this.moveFrame);
                this.moveFrame = requestAnimationFrame(() => this.plot?.setData(this.data(), true));
            },
            done: (x, y) => {
                this.isMoving = false;
                this.events.onZoom(x, y);
            },
        });
        u.over.addEventListener("dblclick", () => this.events.onZoom(null, null));
        u.over.addEventListener("mouseleave", () => this.events.onCursor(null));
        let down: [number, number] = [0, 0];
        u.over.addEventListener("mousedown", (e) => (down = [e.clientX, e.clientY]));
        u.over.addEventListener("click", (e) => {
            if (Math.hypot(e.clientX - down[0], e.clientY - down[1]) > 3) return;
            const line = this.closest(u);
            if (line !== null) this.events.onPick(line);
        });
    }

    private moved(u: uPlot): void {
        const { left, top } = u.cursor;
        /* A cursor that another chart moves has no height here. */
        if (left === undefined || left < 0 || top === undefined || top < 0) return;
        if (u.cursor.event === undefined || u.cursor.event === null) return;
        this.events.onCursor(this.cursorAt(u, left, top, u.posToVal(left, "x"), this.closest(u)));
    }

    private cursorAt(u: uPlot, left: number, top: number, x: number, closest: Line | null): ChartCursor {
        return { left: left + u.bbox.left / devicePixelRatio, top: top + u.bbox.top / devicePixelRatio, x, closest };
    }

    private closest(u: uPlot): Line | null {
        const { left, top } = u.cursor;
        if (left === undefined || top === undefined || left < 0) return null;
        const at = u.posToVal(left, "x");
        let best: Line | null = null;
        let bestGap = REACH;
        for (const line of this.model.lines) {
            const i = nearest(line.x, at);
            if (i < 0) continue;
            const gap = Math.abs(u.valToPos(line.shown[i]!, "y") - top);
            if (gap < bestGap) {
                best = line;
                bestGap = gap;
            }
        }
        return best;
    }

    private selected(u: uPlot): void {
        const { left, top, width, height } = u.select;
        if (width < MIN_DRAG && height < MIN_DRAG) return;
        const isWhole = (size: number, whole: number) => size >= whole - 1;
        const plotWidth = u.over.clientWidth;
        const plotHeight = u.over.clientHeight;
        const x: Range | null = isWhole(width, plotWidth)
            ? null
            : [u.posToVal(left, "x"), u.posToVal(left + width, "x")];
        const y: Range | null = isWhole(height, plotHeight)
            ? null
            : [u.posToVal(top + height, "y"), u.posToVal(top, "y")];
        u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        if (x !== null || y !== null) this.events.onZoom(x, y);
    }
}
