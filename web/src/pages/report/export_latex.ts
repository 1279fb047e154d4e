/* export_latex.ts - a report as a ZIP: its LaTeX, and its panels and pictures beside it. Everything is made in this browser. */

import { decodeImage, drawImage } from "../../components/draw_image";
import { language } from "../../i18n";
import { formatTime } from "../../lib/format";
import { reportToLatex, type Picture } from "../../lib/latex";
import { isEmbedded, type Block } from "../../lib/report_blocks";
import { makeZip, type ZipEntry } from "../../lib/zip";
import { panelExports, pngBlob, saveBlob, svgBlob } from "../panels/exports";
import { readGrid } from "./grid_block";

const COLUMNS = 24;
const WAIT_MS = 10000;
const STEP_MS = 200;

interface Given {
    title: string;
    description: string;
    author: string;
    blocks: Block[];
    entity: string;
    project: string;
}

export async function saveLatex(given: Given): Promise<void> {
    const files: ZipEntry[] = [];
    const pictures = new Map<number, Picture[]>();
    for (const [i, block] of given.blocks.entries()) {
        if (block.type === "panel-grid") pictures.set(i, await takePanels(i, block, given, files));
        else if (block.type === "image") pictures.set(i, await takeImage(i, String(block["url"] ?? ""), files));
    }
    const tex = reportToLatex({ ...given, date: formatTime(Date.now(), language), pictures, origin: window.location.origin });
    const all = [{ name: "report.tex", bytes: new TextEncoder().encode(tex) }, ...files];
    const name = given.title.replace(/[^\p{L}\p{N}._-]+/gu, "_").slice(0, 80) || "report";
    saveBlob(new Blob([makeZip(all)], { type: "application/zip" }), `${name}.zip`);
}

const bytesOf = async (blob: Blob) => new Uint8Array(await blob.arrayBuffer());

/* TeX reads names best that are plain. */
const plain = (title: string) => title.replace(/[^A-Za-z0-9]+/g, "-").replace(/^-|-$/g, "").toLowerCase().slice(0, 40) || "panel";

async function takePanels(index: number, block: Block, { entity, project }: Given, files: ZipEntry[]): Promise<Picture[]> {
    const out: Picture[] = [];
    for (const { panel, w } of readGrid(block, entity, project).panels) {
        const frame = document.querySelector(`#block-${index} [data-panel="${CSS.escape(panel.id)}"]`);
        const given = frame === null ? null : await waitFor(() => panelExports.get(frame)?.() ?? null, (e) => e.kind !== "lines" || e.lines.length > 0);
        if (given === null) continue;
        const png = await pngBlob(given).catch(() => null);
        if (png === null) continue;
        const file = `figures/${index + 1}-${files.length + 1}-${plain(given.title)}`;
        files.push({ name: `${file}.png`, bytes: await bytesOf(png) });
        const svg = await svgBlob(given).catch(() => null);
        if (svg !== null) files.push({ name: `${file}.svg`, bytes: await bytesOf(svg) });
        out.push({ file: `${file}.png`, title: given.title, share: w >= COLUMNS ? 1 : 0.75 });
    }
    return out;
}

/* What has not been drawn yet gets a moment; then it is taken as it is. */
async function waitFor<T>(what: () => T | null, isReady: (value: T) => boolean): Promise<T | null> {
    for (const end = Date.now() + WAIT_MS; ; ) {
        const found = what();
        if ((found !== null && isReady(found)) || Date.now() > end) return found;
        await new Promise((done) => window.setTimeout(done, STEP_MS));
    }
}

/* TeX takes PNG and JPEG; the others are drawn anew. */
async function takeImage(index: number, url: string, files: ZipEntry[]): Promise<Picture[]> {
    if (!isEmbedded(url)) return [];
    const isJpeg = url.startsWith("data:image/jpeg");
    const blob = isJpeg || url.startsWith("data:image/png") ? decode(url) : await redraw(url);
    if (blob === null) return [];
    const file = `figures/${index + 1}-picture.${isJpeg ? "jpg" : "png"}`;
    files.push({ name: file, bytes: await bytesOf(blob) });
    return [{ file, title: "", share: 0.8 }];
}

function decode(url: string): Blob {
    const text = atob(url.slice(url.indexOf(",") + 1));
    return new Blob([Uint8Array.from(text, (c) => c.charCodeAt(0))]);
}

async function redraw(url: string): Promise<Blob | null> {
    const canvas = drawImage(await decodeImage(url));
    return new Promise((done) => canvas.toBlob(done, "image/png"));
}
