/* paint_lines.ts - draws lines into a chart's canvas: shades, raw lines, lines, marks, in that order. */

import type uPlot from "uplot";
import { withAlpha } from "../lib/color";
import { NONFINITE_MINUS, NONFINITE_PLUS } from "../lib/buckets";
import { firstAtLeast, type Line } from "../lib/lines";

export interface PaintOptions {
    lineWidth: number;
    showOriginal: boolean;
    shade: "none" | "minmax";
    isFilled: boolean /* area and stacked charts */;
    markExtremes: boolean;
    isDark: boolean;
}

/* Beyond this many lines a shade behind each is fog, not information, and thin lines are drawn many times faster. */
const MANY_LINES = 40;
const EMPHASIS = 0.75;

/* Draws the lines of a chart into any canvas of the chart's size; `isLit` ones a little wider. */
export function paintLines(
    ctx: CanvasRenderingContext2D,
    u: uPlot,
    lines: readonly Line[],
    o: PaintOptions,
    isLit: boolean,
): void {
    const { left, top, width, height } = u.bbox;
    const isMany = lines.length > MANY_LINES;
    const lineWidth = (isMany ? Math.min(1, o.lineWidth) : o.lineWidth) + (isLit ? EMPHASIS : 0);
    const painter: Painter = { ctx, u, px: scaleOf(u, "x"), py: scaleOf(u, "y") };
    ctx.save();
    ctx.beginPath();
    ctx.rect(left, top - 2, width, height + 4);
    ctx.clip();
    ctx.lineJoin = isMany ? "bevel" : "round";
    for (const line of lines) {
        const hasShade = line.lo !== null && (line.count > 1 || (o.shade !== "none" && !isMany));
        if (o.isFilled || hasShade) paintShade(painter, line, o.isFilled, Math.min(0.3, 2 / lines.length));
        if (o.showOriginal && line.shown !== line.y) {
            ctx.strokeStyle = withAlpha(line.color, o.isDark ? 0.34 : 0.28);
            trace(painter, line.x, line.y, lineWidth * 0.75, []);
        }
        ctx.strokeStyle = line.color;
        trace(painter, line.x, line.shown, lineWidth, line.dash);
        if (line.lo !== null && !o.isFilled && (isMany ? !hasShade : hasShade && line.count === 1)) paintSpikes(painter, line, !isMany, lineWidth);
        if (line.marks.length > 0) paintMarks(painter, line);
        if (o.markExtremes) paintExtremes(painter, line);
    }
    ctx.restore();
}

interface Painter {
    ctx: CanvasRenderingContext2D;
    u: uPlot;
    px: Scale;
    py: Scale;
}

/* Pixels by arithmetic: asking the chart for each point costs more than drawing it. */
interface Scale {
    isLog: boolean;
    from: number;
    factor: number;
    base: number;
}

function scaleOf(u: uPlot, name: "x" | "y"): Scale {
    const { min, max, distr } = u.scales[name]!;
    const { left, top, width, height } = u.bbox;
    const isLog = distr === 3;
    const from = isLog ? Math.log10(min!) : min!;
    const span = (isLog ? Math.log10(max!) : max!) - from;
    const factor = name === "x" ? width / span : -height / span;
    return { isLog, from, factor, base: name === "x" ? left : top + height };
}

const pixel = (s: Scale, v: number) => ((s.isLog ? Math.log10(v) : v) - s.from) * s.factor + s.base;

/* Browsers draw many short paths much faster than one long jagged one. */
const CHUNK = 100;

function trace(p: Painter, x: Float64Array, y: Float64Array, width: number, dash: number[]): void {
    const { ctx, px, py } = p;
    const ratio = window.devicePixelRatio || 1;
    const [from, to] = visible(p.u, x);
    ctx.lineWidth = width * ratio;
    ctx.setLineDash(dash.map((d) => d * ratio));
    ctx.beginPath();
    let isDown = false;
    let inChunk = 0;
    for (let i = from; i < to; i++) {
        const X = pixel(px, x[i]!);
        const Y = pixel(py, y[i]!);
        if (!Number.isFinite(X) || !Number.isFinite(Y)) {
            isDown = false;
            continue;
        }
        if (isDown) ctx.lineTo(X, Y);
        else ctx.moveTo(X, Y);
        /* A value between two gaps has no line; it gets a dot. */
        const isAlone: boolean = !isDown && !Number.isFinite(y[i + 1] ?? NaN);
        if (isAlone) ctx.rect(X - ratio, Y - ratio, 2 * ratio, 2 * ratio);
        isDown = !isAlone;
        if (++inChunk < CHUNK || dash.length > 0) continue;
        inChunk = 0;
        ctx.stroke();
        ctx.beginPath();
        ctx.moveTo(X, Y);
    }
    ctx.stroke();
    ctx.setLineDash([]);
}

/* What is in view, and one point beyond each edge so that lines leave the chart. */
function visible(u: uPlot, x: Float64Array): [number, number] {
    const { min, max } = u.scales["x"]!;
    return [Math.max(0, firstAtLeast(x, min!) - 1), Math.min(x.length, firstAtLeast(x, max!) + 2)];
}

function paintShade(p: Painter, line: Line, isFilled: boolean, edgeStrength: number): void {
    const { ctx, u, px, py } = p;
    const { top, height } = u.bbox;
    const floor = Math.min(pixel(py, 0), top + height);
    const upper = line.hi ?? line.shown;
    const lower = line.lo;
    const [from, to] = visible(u, line.x);
    ctx.fillStyle = withAlpha(line.color, isFilled ? 0.3 : 0.16);
    const bottom = (i: number) =>
        lower === null ? (Number.isFinite(floor) ? floor : top + height) : clampY(pixel(py, lower[i]!), top, height);
    ctx.beginPath();
    for (let i = from; i < to; ) {
        while (i < to && !Number.isFinite(upper[i]!)) i++;
        const start = i;
        while (i < to && Number.isFinite(upper[i]!)) i++;
        if (i - start < 2) continue;
        ctx.moveTo(pixel(px, line.x[start]!), bottom(start));
        for (let k = start; k < i; k++) ctx.lineTo(pixel(px, line.x[k]!), clampY(pixel(py, upper[k]!), top, height));
        for (let k = i - 1; k >= start; k--) ctx.lineTo(pixel(px, line.x[k]!), bottom(k));
    }
    ctx.fill();
    if (isFilled) return;
    /* The edges too, or a spike of one step would be a pale hair nobody sees. */
    ctx.strokeStyle = withAlpha(line.color, edgeStrength);
    for (const edge of [upper, lower]) if (edge !== null) trace(p, line.x, edge, 0.75, []);
}

/* How much higher than the others a bucket is that sticks out. */
const LONE_FACTOR = 5;
const SPIKE_SHARE = 0.25;

/* A bucket whose range is a good part of the chart's shows where there are too many lines for shades; where there is a shade, the
 * one that reaches far out of it: a single pixel's shade is too faint to be seen. */
function paintSpikes({ ctx, u, px, py }: Painter, line: Line, isLoneOnly: boolean, lineWidth: number): void {
    const { top, height } = u.bbox;
    const [from, to] = visible(u, line.x);
    const lowOf = (i: number) => clampY(pixel(py, line.lo![i]!), top, height);
    const highOf = (i: number) => clampY(pixel(py, line.hi![i]!), top, height);
    let sum = 0;
    if (isLoneOnly) for (let i = from; i < to; i++) sum += lowOf(i) - highOf(i);
    const least = Math.max(SPIKE_SHARE * height, (sum / Math.max(1, to - from)) * LONE_FACTOR);
    ctx.strokeStyle = withAlpha(line.color, isLoneOnly ? 0.8 : 0.4);
    if (isLoneOnly) ctx.lineWidth = lineWidth * (window.devicePixelRatio || 1);
    ctx.beginPath();
    for (let i = from; i < to; i++) {
        const low = lowOf(i);
        const high = highOf(i);
        if (low - high < least) continue;
        ctx.moveTo(pixel(px, line.x[i]!), low);
        ctx.lineTo(pixel(px, line.x[i]!), high);
    }
    ctx.stroke();
}

/* Zero on a log axis lies infinitely far down; the edge of the chart is far enough. */
function clampY(y: number, top: number, height: number): number {
    return Number.isNaN(y) ? top + height : Math.max(top - 4, Math.min(top + height + 4, y));
}

/* +∞ at the upper edge, −∞ at the lower one, NaN as a cross on the lower edge. */
function paintMarks({ ctx, u, px }: Painter, line: Line): void {
    const ratio = window.devicePixelRatio || 1;
    const { top, height } = u.bbox;
    const r = 3.5 * ratio;
    ctx.fillStyle = line.color;
    ctx.strokeStyle = line.color;
    ctx.lineWidth = 1.5 * ratio;
    for (const mark of line.marks) {
        const x = pixel(px, mark.x);
        if (mark.kind & NONFINITE_PLUS) triangle(ctx, x, top + r + 1, -r);
        if (mark.kind & NONFINITE_MINUS) triangle(ctx, x, top + height - r - 1, r);
        if (mark.kind & 1) {
            const y = top + height - r - 1;
            ctx.beginPath();
            ctx.moveTo(x - r, y - r);
            ctx.lineTo(x + r, y + r);
            ctx.moveTo(x + r, y - r);
            ctx.lineTo(x - r, y + r);
            ctx.stroke();
        }
    }
}

function triangle(ctx: CanvasRenderingContext2D, x: number, y: number, r: number): void {
    ctx.beginPath();
    ctx.moveTo(x - Math.abs(r), y - r);
    ctx.lineTo(x + Math.abs(r), y - r);
    ctx.lineTo(x, y + r);
    ctx.fill();
}

function paintExtremes({ ctx, u, px, py }: Painter, line: Line): void {
    let lo = -1;
    let hi = -1;
    const [from, to] = visible(u, line.x);
    for (let i = from; i < to; i++) {
        const v = line.shown[i]!;
        if (!Number.isFinite(v)) continue;
        if (lo < 0 || v < line.shown[lo]!) lo = i;
        if (hi < 0 || v > line.shown[hi]!) hi = i;
    }
    ctx.fillStyle = line.color;
    for (const i of new Set([lo, hi])) {
        if (i < 0) continue;
        ctx.beginPath();
        ctx.arc(pixel(px, line.x[i]!), pixel(py, line.shown[i]!), 3.5 * (window.devicePixelRatio || 1), 0, Math.PI * 2);
        ctx.fill();
    }
}
