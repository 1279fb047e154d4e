/* svg.ts - a chart of lines as a drawing of its own, for papers: white ground, title, axes, legend. */

import type { Line, Range } from "./lines";

export interface SvgChart {
    lines: readonly Line[];
    x: Range;
    y: Range;
    isLogX: boolean;
    isLogY: boolean;
    formatX: (v: number, span: number) => string;
    formatY: (v: number) => string;
    xTitle: string;
    yTitle: string;
    paint: { lineWidth: number; showOriginal: boolean; shade: "none" | "minmax"; isFilled: boolean };
}

const WIDTH = 900;
const PLOT = { left: 64, top: 34, width: 816, height: 340 };
const LEGEND_ROW = 16;

export function escapeXml(text: string): string {
    return text
        .replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`)
        .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, "");
}

/* Round places for ticks: 1, 2 or 5 times a power of ten, or the powers themselves on a log axis. */
export function ticks([lo, hi]: Range, isLog: boolean, wanted = 7): number[] {
    if (!(hi > lo)) return [];
    if (isLog) {
        const out: number[] = [];
        /* A few powers of ten leave room for what lies between them. */
        const marks = Math.log10(hi / lo) < wanted / 3 ? [1, 2, 5] : [1];
        for (let e = Math.floor(Math.log10(lo)); e <= Math.floor(Math.log10(hi)); e++)
            for (const m of marks) if (m * 10 ** e >= lo && m * 10 ** e <= hi) out.push(Number((m * 10 ** e).toPrecision(12)));
        return out.length >= (marks.length === 1 ? 2 : 3) ? out : ticks([lo, hi], false, 5).filter((v) => v > 0);
    }
    const raw = (hi - lo) / wanted;
    const power = 10 ** Math.floor(Math.log10(raw));
    const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= raw * (1 - 1e-9))!;
    const out: number[] = [];
    for (let i = Math.ceil(lo / step); i * step <= hi + step * 1e-9; i++)
        out.push(i === 0 ? 0 : Number((i * step).toPrecision(12)));
    return out;
}

export function chartToSvg(chart: SvgChart, title: string): string {
    const project = (range: Range, isLog: boolean, from: number, to: number) => {
        const f = isLog ? Math.log10 : (v: number) => v;
        return (v: number) => from + ((f(v) - f(range[0])) / (f(range[1]) - f(range[0]))) * (to - from);
    };
    const px = project(chart.x, chart.isLogX, PLOT.left, PLOT.left + PLOT.width);
    const py = project(chart.y, chart.isLogY, PLOT.top + PLOT.height, PLOT.top);
    const bottom = PLOT.top + PLOT.height;
    const columns = Math.max(1, Math.min(4, chart.lines.length));
    const height = bottom + 46 + Math.ceil(chart.lines.length / columns) * LEGEND_ROW;
    const out = [
        `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" font-family="Helvetica, Arial, sans-serif" font-size="12" fill="#222">`,
        `<rect width="${WIDTH}" height="${height}" fill="#fff"/><text x="${PLOT.left}" y="20" font-size="14" font-weight="bold">${escapeXml(title)}</text>`,
        `<clipPath id="plot"><rect x="${PLOT.left}" y="${PLOT.top}" width="${PLOT.width}" height="${PLOT.height}"/></clipPath>`,
    ];
    for (const v of ticks(chart.y, chart.isLogY)) {
        const y = py(v).toFixed(1);
        out.push(
            `<path d="M${PLOT.left} ${y}h${PLOT.width}" stroke="#e2e2e2"/><text x="${PLOT.left - 6}" y="${y}" text-anchor="end" dominant-baseline="middle">${escapeXml(chart.formatY(v))}</text>`,
        );
    }
    for (const v of ticks(chart.x, chart.isLogX)) {
        const x = px(v).toFixed(1);
        out.push(
            `<path d="M${x} ${PLOT.top}v${PLOT.height}" stroke="#eee"/><text x="${x}" y="${bottom + 16}" text-anchor="middle">${escapeXml(chart.formatX(v, chart.x[1] - chart.x[0]))}</text>`,
        );
    }
    if (chart.xTitle !== "")
        out.push(
            `<text x="${PLOT.left + PLOT.width / 2}" y="${bottom + 34}" text-anchor="middle">${escapeXml(chart.xTitle)}</text>`,
        );
    if (chart.yTitle !== "")
        out.push(
            `<text transform="translate(14 ${PLOT.top + PLOT.height / 2}) rotate(-90)" text-anchor="middle">${escapeXml(chart.yTitle)}</text>`,
        );
    out.push(`<g clip-path="url(#plot)" fill="none" stroke-linejoin="round">`);
    for (const line of chart.lines) out.push(...drawLine(line, chart, px, py));
    out.push("</g>");
    chart.lines.forEach((line, i) => {
        const x = PLOT.left + (i % columns) * (PLOT.width / columns);
        const y = bottom + 46 + Math.floor(i / columns) * LEGEND_ROW;
        out.push(
            `<path d="M${x} ${y - 4}h16" stroke="${line.color}" stroke-width="2"${dash(line)}/><text x="${x + 21}" y="${y}" font-size="11">${escapeXml(line.label.slice(0, 40))}</text>`,
        );
    });
    return out.join("\n") + "\n</svg>\n";
}

function dash(line: Line): string {
    return line.dash.length === 0 ? "" : ` stroke-dasharray="${line.dash.join(" ")}"`;
}

function drawLine(
    line: Line,
    chart: SvgChart,
    px: (v: number) => number,
    py: (v: number) => number,
): string[] {
    const out: string[] = [];
    const { paint } = chart;
    const isShaded =
        line.lo !== null && line.hi !== null && (paint.isFilled || line.count > 1 || paint.shade !== "none");
    if (isShaded) {
        const at = [...line.x.keys()].filter(
            (i) => Number.isFinite(py(line.lo![i]!)) && Number.isFinite(py(line.hi![i]!)),
        );
        const up = at.map((i) => `${px(line.x[i]!).toFixed(1)} ${py(line.hi![i]!).toFixed(1)}`);
        const down = at.reverse().map((i) => `${px(line.x[i]!).toFixed(1)} ${py(line.lo![i]!).toFixed(1)}`);
        if (up.length > 1)
            out.push(
                `<path d="M${up.join("L")}L${down.join("L")}Z" fill="${line.color}" fill-opacity="0.16"/>`,
            );
    }
    if (paint.showOriginal && line.shown !== line.y)
        out.push(
            `<path d="${pathData(line.x, line.y, px, py)}" stroke="${line.color}" stroke-opacity="0.3"/>`,
        );
    out.push(
        `<path d="${pathData(line.x, line.shown, px, py)}" stroke="${line.color}" stroke-width="${paint.lineWidth}"${dash(line)}/>`,
    );
    return out;
}

function pathData(
    x: ArrayLike<number>,
    y: ArrayLike<number>,
    px: (v: number) => number,
    py: (v: number) => number,
): string {
    let out = "";
    let isDown = false;
    for (let i = 0; i < x.length; i++) {
        const X = px(x[i]!);
        const Y = py(y[i]!);
        if (!Number.isFinite(X) || !Number.isFinite(Y)) {
            isDown = false;
            continue;
        }
        out += `${isDown ? "L" : "M"}${X.toFixed(1)} ${Y.toFixed(1)}`;
        isDown = true;
    }
    return out;
}
