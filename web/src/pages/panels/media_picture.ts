/* media_picture.ts - the media of a panel as one picture: what is drawn on the page, side by side under the names of the runs. */

import { framePictures } from "../../components/sandbox_chart";
import { escapeXml } from "../../lib/svg";

const CELL = 300;
const GAP = 14;
const TEXT = 20;
const MAX_COLUMNS = 4;

interface Cell {
    caption: string;
    picture: HTMLCanvasElement | null;
}

interface Row {
    name: string;
    cells: Cell[];
}

export async function takeMedia(host: HTMLElement, title: string, format: "png" | "svg"): Promise<Blob | null> {
    const rows: Row[] = [];
    for (const section of host.querySelectorAll(".run-media"))
        rows.push({
            name: section.querySelector("h4")?.textContent?.trim() ?? "",
            cells: await Promise.all([...section.querySelectorAll<HTMLElement>("figure.media")].map(cellOf)),
        });
    const svg = compose(rows, title);
    if (format === "svg") return new Blob([svg], { type: "image/svg+xml" });
    const image = new Image();
    image.src = URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" }));
    await image.decode();
    const canvas = canvasOf(image.naturalWidth * 2, image.naturalHeight * 2);
    canvas.getContext("2d")!.drawImage(image, 0, 0, canvas.width, canvas.height);
    URL.revokeObjectURL(image.src);
    return new Promise((done) => canvas.toBlob(done, "image/png"));
}

function canvasOf(width: number, height: number): HTMLCanvasElement {
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.round(width));
    canvas.height = Math.max(1, Math.round(height));
    return canvas;
}

async function cellOf(figure: HTMLElement): Promise<Cell> {
    return { caption: figure.querySelector("figcaption")?.textContent ?? "", picture: await pictureOf(figure) };
}

/* Sounds and pages have no picture: their captions stand for them. */
async function pictureOf(figure: HTMLElement): Promise<HTMLCanvasElement | null> {
    const frame = figure.querySelector("iframe");
    if (frame !== null) {
        const blob = await framePictures.get(frame)?.("png");
        return blob ? fromSource(await createImageBitmap(blob)) : null;
    }
    const picture = figure.querySelector<HTMLElement>(".picture");
    if (picture !== null) return fromPicture(picture);
    const video = figure.querySelector("video");
    if (video !== null && video.videoWidth > 0) return fromSource(video, video.videoWidth, video.videoHeight);
    const canvas = figure.querySelector("canvas");
    return canvas === null ? null : fromSource(canvas);
}

function fromSource(source: HTMLVideoElement | HTMLCanvasElement | ImageBitmap, width = source.width, height = source.height): HTMLCanvasElement {
    const canvas = canvasOf(width, height);
    canvas.getContext("2d")!.drawImage(source, 0, 0, canvas.width, canvas.height);
    return canvas;
}

/* The picture, the masks over it, and its boxes. */
function fromPicture(picture: HTMLElement): HTMLCanvasElement | null {
    const image = picture.querySelector("img");
    if (image === null || image.naturalWidth === 0) return null;
    const canvas = canvasOf(image.naturalWidth, image.naturalHeight);
    const context = canvas.getContext("2d")!;
    context.drawImage(image, 0, 0);
    for (const mask of picture.querySelectorAll("canvas")) {
        context.globalAlpha = Number(mask.style.opacity || 1);
        context.drawImage(mask, 0, 0, canvas.width, canvas.height);
    }
    context.globalAlpha = 1;
    context.lineWidth = Math.max(1, canvas.width / 150);
    const size = Math.max(8, Math.round(canvas.width / 18));
    context.font = `${size}px Helvetica, Arial, sans-serif`;
    const labels = [...picture.querySelectorAll(".box-label")];
    for (const [i, rect] of [...picture.querySelectorAll("rect")].entries()) {
        const part = (name: string) => Number(rect.getAttribute(name));
        context.strokeStyle = rect.getAttribute("stroke") ?? "#000000";
        context.strokeRect(part("x") * canvas.width, part("y") * canvas.height, part("width") * canvas.width, part("height") * canvas.height);
        context.fillStyle = context.strokeStyle;
        context.fillText(labels[i]?.textContent ?? "", part("x") * canvas.width + 2, Math.max(size, part("y") * canvas.height - 3));
    }
    return canvas;
}

function compose(rows: readonly Row[], title: string): string {
    const columns = Math.max(1, Math.min(MAX_COLUMNS, Math.max(0, ...rows.map((r) => r.cells.length))));
    const width = columns * (CELL + GAP) + GAP;
    const out: string[] = [];
    let y = 2 * TEXT;
    for (const row of rows) {
        out.push(`<text x="${GAP}" y="${y + 14}" font-weight="bold">${escapeXml(row.name)}</text>`);
        y += TEXT + 4;
        for (let i = 0; i < row.cells.length; i += columns) {
            const line = row.cells.slice(i, i + columns);
            const tall = Math.max(...line.map((c) => heightOf(c)));
            line.forEach((cell, k) => out.push(drawCell(cell, GAP + k * (CELL + GAP), y, tall)));
            y += tall + TEXT + GAP;
        }
    }
    return [
        `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${y}" viewBox="0 0 ${width} ${y}" font-family="Helvetica, Arial, sans-serif" font-size="12" fill="#222">`,
        `<rect width="${width}" height="${y}" fill="#fff"/><text x="${GAP}" y="22" font-size="14" font-weight="bold">${escapeXml(title)}</text>`,
        ...out,
        "</svg>\n",
    ].join("\n");
}

function heightOf({ picture }: Cell): number {
    return picture === null ? TEXT : Math.round((CELL * picture.height) / picture.width);
}

function drawCell(cell: Cell, x: number, y: number, tall: number): string {
    const caption = `<text x="${x}" y="${y + tall + 14}" fill="#666">${escapeXml(cell.caption.slice(0, 44))}</text>`;
    if (cell.picture === null) return caption;
    return `<image x="${x}" y="${y}" width="${CELL}" height="${heightOf(cell)}" href="${cell.picture.toDataURL("image/png")}"/>${caption}`;
}
