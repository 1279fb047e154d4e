/* paint_lines.ts - draws lines into a chart's canvas: shades, raw lines, lines, marks, in that order. */

import type uPlot from "uplot";
import { withAlpha } from "../lib/color";
import { NONFINITE_MINUS, NONFINITE_PLUS } from "../lib/buckets";
import type { Line } from "../lib/lines";

export interface PaintOptions {
    highlighted: string | null /* id of a line, or name of a run: others step back */;
    lineWidth: number;
    showOriginal: boolean;
    shade: "none" | "minmax";
    isFilled: boolean /* area and stacked charts */;
    markExtremes: boolean;
    isDark: boolean;
}

/* Beyond this many lines a shade behind each is fog, not information. */
const MAX_SHADES = 40;

export function paintLines(u: uPlot, lines: readonly Line[], o: PaintOptions): void {
    const { ctx } = u;
    const { left, top, width, height } = u.bbox;
    ctx.save();
    ctx.beginPath();
    ctx.rect(left, top - 2, width, height + 4);
    ctx.clip();
    ctx.lineJoin = "round";
    const isLit = (l: Line) =>
        o.highlighted === null || l.id === o.highlighted || (l.run !== "" && l.run === o.highlighted);
    const inOrder =
        o.highlighted === null ? lines : [...lines.filter((l) => !isLit(l)), ...lines.filter(isLit)];
    for (const line of inOrder) {
        const strength = isLit(line) ? 1 : 0.14;
        const hasShade =
            line.count > 1
                ? line.lo !== null
                : o.shade !== "none" && line.lo !== null && inOrder.length <= MAX_SHADES;
        if (o.isFilled || hasShade)
            paintShade(u, line, strength, o.isFilled, Math.min(0.3, 2 / lines.length));
        if (o.showOriginal && line.shown !== line.y) {
            ctx.strokeStyle = withAlpha(line.color, (o.isDark ? 0.34 : 0.28) * strength);
            trace(u, line.x, line.y, o.lineWidth * 0.75, []);
        }
        ctx.strokeStyle = withAlpha(line.color, strength);
        trace(
            u,
            line.x,
            line.shown,
            o.highlighted !== null && isLit(line) ? o.lineWidth + 0.75 : o.lineWidth,
            line.dash,
        );
        if (line.marks.length > 0) paintMarks(u, line, strength);
        if (o.markExtremes) paintExtremes(u, line, strength);
    }
    ctx.restore();
}

/* Pixels by arithmetic: asking the chart for each point costs more than drawing it. */
function projector(u: uPlot, scale: "x" | "y"): (v: number) => number {
    const { min, max, distr } = u.scales[scale]!;
    const { left, top, width, height } = u.bbox;
    const isLog = distr === 3;
    const from = isLog ? Math.log10(min!) : min!;
    const span = (isLog ? Math.log10(max!) : max!) - from;
    const at = isLog ? (v: number) => (Math.log10(v) - from) / span : (v: number) => (v - from) / span;
    return scale === "x" ? (v) => left + at(v) * width : (v) => top + height - at(v) * height;
}

function trace(u: uPlot, x: Float64Array, y: Float64Array, width: number, dash: number[]): void {
    const { ctx } = u;
    const ratio = window.devicePixelRatio || 1;
    const px = projector(u, "x");
    const py = projector(u, "y");
    const [from, to] = visible(u, x);
    ctx.lineWidth = width * ratio;
    ctx.setLineDash(dash.map((d) => d * ratio));
    ctx.beginPath();
    let isDown = false;
    let isAlone = false;
    for (let i = from; i < to; i++) {
        const X = px(x[i]!);
        const Y = py(y[i]!);
        if (!Number.isFinite(X) || !Number.isFinite(Y)) {
            isDown = false;
            continue;
        }
        if (isDown) ctx.lineTo(X, Y);
        else ctx.moveTo(X, Y);
        /* A value between two gaps has no line; it gets a dot. */
        isAlone = !isDown && !Number.isFinite(y[i + 1] ?? NaN);
        if (isAlone) ctx.rect(X - ratio, Y - ratio, 2 * ratio, 2 * ratio);
        isDown = !isAlone;
    }
    ctx.stroke();
    ctx.setLineDash([]);
}

/* What is in view, and one point beyond each edge so that lines leave the chart. */
function visible(u: uPlot, x: Float64Array): [number, number] {
    const { min, max } = u.scales["x"]!;
    return [Math.max(0, firstAtLeast(x, min!) - 1), Math.min(x.length, firstAtLeast(x, max!) + 2)];
}

function firstAtLeast(x: Float64Array, at: number): number {
    let lo = 0;
    let hi = x.length;
    while (lo < hi) {
        const mid = (lo + hi) >> 1;
        if (x[mid]! < at) lo = mid + 1;
        else hi = mid;
    }
    return lo;
}

function paintShade(u: uPlot, line: Line, strength: number, isFilled: boolean, edgeStrength: number): void {
    const { ctx } = u;
    const px = projector(u, "x");
    const py = projector(u, "y");
    const { top, height } = u.bbox;
    const floor = Math.min(py(0), top + height);
    const upper = line.hi ?? line.shown;
    const lower = line.lo;
    const [from, to] = visible(u, line.x);
    ctx.fillStyle = withAlpha(line.color, (isFilled ? 0.3 : 0.16) * strength);
    const bottom = (i: number) =>
        lower === null ? (Number.isFinite(floor) ? floor : top + height) : clampY(py(lower[i]!), top, height);
    ctx.beginPath();
    for (let i = from; i < to; ) {
        while (i < to && !Number.isFinite(upper[i]!)) i++;
        const start = i;
        while (i < to && Number.isFinite(upper[i]!)) i++;
        if (i - start < 2) continue;
        ctx.moveTo(px(line.x[start]!), bottom(start));
        for (let k = start; k < i; k++) ctx.lineTo(px(line.x[k]!), clampY(py(upper[k]!), top, height));
        for (let k = i - 1; k >= start; k--) ctx.lineTo(px(line.x[k]!), bottom(k));
    }
    ctx.fill();
    if (isFilled) return;
    /* The edges too, or a spike of one step would be a pale hair nobody sees. */
    ctx.strokeStyle = withAlpha(line.color, edgeStrength * strength);
    for (const edge of [upper, lower]) if (edge !== null) trace(u, line.x, edge, 0.75, []);
}

/* Zero on a log axis lies infinitely far down; the edge of the chart is far enough. */
function clampY(y: number, top: number, height: number): number {
    return Number.isNaN(y) ? top + height : Math.max(top - 4, Math.min(top + height + 4, y));
}

/* +∞ at the upper edge, −∞ at the lower one, NaN as a cross on the lower edge. */
function paintMarks(u: uPlot, line: Line, strength: number): void {
    const { ctx } = u;
    const ratio = window.devicePixelRatio || 1;
    const px = projector(u, "x");
    const { top, height } = u.bbox;
    const r = 3.5 * ratio;
    ctx.fillStyle = withAlpha(line.color, strength);
    ctx.strokeStyle = withAlpha(line.color, strength);
    ctx.lineWidth = 1.5 * ratio;
    for (const mark of line.marks) {
        const x = px(mark.x);
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

function paintExtremes(u: uPlot, line: Line, strength: number): void {
    let lo = -1;
    let hi = -1;
    const [from, to] = visible(u, line.x);
    for (let i = from; i < to; i++) {
        const v = line.shown[i]!;
        if (!Number.isFinite(v)) continue;
        if (lo < 0 || v < line.shown[lo]!) lo = i;
        if (hi < 0 || v > line.shown[hi]!) hi = i;
    }
    const { ctx } = u;
    const px = projector(u, "x");
    const py = projector(u, "y");
    ctx.fillStyle = withAlpha(line.color, strength);
    for (const i of new Set([lo, hi])) {
        if (i < 0) continue;
        ctx.beginPath();
        ctx.arc(px(line.x[i]!), py(line.shown[i]!), 3.5 * (window.devicePixelRatio || 1), 0, Math.PI * 2);
        ctx.fill();
    }
}
