/* exports.ts - what a panel can be taken away as: PNG, SVG, CSV. */

import type { ChartModel } from "../../components/chart_view";
import { linesToCsv, toCsv } from "../../lib/csv";
import type { Line } from "../../lib/lines";
import { chartToSvg } from "../../lib/svg";
import { tableToSvg } from "../../lib/table_svg";

export type PanelExport =
    | {
          kind: "lines";
          title: string;
          lines: Line[];
          exactLines?: () => Promise<Line[]> /* with all digits that were logged, not only those that are drawn */;
          model: ChartModel | null;
          xName: string;
          canvas: HTMLCanvasElement | null;
      }
    | {
          kind: "picture" /* drawn where the page cannot look: it is asked for */;
          title: string;
          take: (format: "png" | "svg") => Promise<Blob | null>;
          header: string[];
          rows: unknown[][];
      }
    | {
          kind: "drawing";
          title: string;
          svg: SVGSVGElement | null /* none: the rows are drawn as a table */;
          header: string[];
          rows: unknown[][];
          meters?: number[] /* of the table: columns shown as bars */;
      };

const PNG_SCALE = 2;

/* By the frame of each panel that is on the page: what it can be taken away as now. */
export const panelExports = new WeakMap<Element, () => PanelExport | null>();

function fileName(title: string, ending: string): string {
    return `${title.replace(/[^\p{L}\p{N}._-]+/gu, "_").slice(0, 80) || "panel"}.${ending}`;
}

export function saveBlob(blob: Blob, name: string): void {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = name;
    link.click();
    window.setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

export async function saveCsv(e: PanelExport): Promise<void> {
    const text = e.kind === "lines" ? linesToCsv((await e.exactLines?.()) ?? e.lines, e.xName) : toCsv(e.header, e.rows);
    saveBlob(new Blob([text], { type: "text/csv" }), fileName(e.title, "csv"));
}

export async function saveSvg(e: PanelExport): Promise<void> {
    const blob = await svgBlob(e);
    if (blob !== null) saveBlob(blob, fileName(e.title, "svg"));
}

export async function svgBlob(e: PanelExport): Promise<Blob | null> {
    if (e.kind === "picture") return e.take("svg");
    const text = svgOf(e);
    return text === null ? null : new Blob([text], { type: "image/svg+xml" });
}

function svgOf(e: Exclude<PanelExport, { kind: "picture" }>): string | null {
    if (e.kind === "lines") return e.model === null ? null : chartToSvg(e.model, e.title);
    return e.svg === null ? tableToSvg(e) : standaloneSvg(e.svg);
}

/* Classes mean nothing outside of the page: their colours go along as attributes, those for white paper. */
function standaloneSvg(svg: SVGSVGElement): string {
    const page = document.documentElement.dataset;
    const theme = page["theme"];
    page["theme"] = "light"; /* nothing is painted before it is put back */
    try {
        return withColors(svg);
    } finally {
        if (theme !== undefined) page["theme"] = theme;
    }
}

function withColors(svg: SVGSVGElement): string {
    const copy = svg.cloneNode(true) as SVGSVGElement;
    const from = [svg, ...svg.querySelectorAll("*")];
    [copy, ...copy.querySelectorAll("*")].forEach((element, i) => {
        const style = getComputedStyle(from[i]!);
        for (const name of [
            "fill",
            "stroke",
            "stroke-width",
            "font-size",
            "font-weight",
            "font-family",
            "text-anchor",
            "opacity",
            "stroke-dasharray",
        ])
            element.setAttribute(name, style.getPropertyValue(name));
    });
    copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
    copy.setAttribute("width", String(svg.clientWidth));
    copy.setAttribute("height", String(svg.clientHeight));
    return new XMLSerializer().serializeToString(copy);
}

/* The page's own canvas has no title and no legend; the picture is made from the same drawing as the SVG. */
export async function pngBlob(e: PanelExport): Promise<Blob | null> {
    if (e.kind === "picture") return e.take("png");
    const text = svgOf(e);
    if (text === null) return null;
    const size = /width="([\d.]+)" height="([\d.]+)"/.exec(text);
    const image = new Image();
    image.src = URL.createObjectURL(new Blob([text], { type: "image/svg+xml" }));
    await image.decode();
    const canvas = document.createElement("canvas");
    canvas.width = Number(size?.[1] ?? 900) * PNG_SCALE;
    canvas.height = Number(size?.[2] ?? 420) * PNG_SCALE;
    const context = canvas.getContext("2d")!;
    context.fillStyle = "#ffffff";
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.drawImage(image, 0, 0, canvas.width, canvas.height);
    URL.revokeObjectURL(image.src);
    return new Promise<Blob | null>((done) => canvas.toBlob(done, "image/png"));
}

export async function savePng(e: PanelExport): Promise<void> {
    const blob = await pngBlob(e);
    if (blob !== null) saveBlob(blob, fileName(e.title, "png"));
}
