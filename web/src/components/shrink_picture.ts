/* shrink_picture.ts - a picture from a file or the clipboard as a data address small enough to live inside of a report. What
 * comes out was drawn anew: nothing but pixels is left of it. */

import { decodeImage, drawImage } from "./draw_image";

const MAX_SIDE = 1800;
const MAX_CHARS = 1_500_000;
const QUALITIES = [0.92, 0.8, 0.6];
/* Moving pictures would stand still if they were drawn anew. */
const MAX_GIF_BYTES = 1 << 20;

/* null: it is no picture, or none that gets small enough. */
export async function shrinkPicture(file: Blob): Promise<string | null> {
    if (file.type === "image/gif" && file.size <= MAX_GIF_BYTES) return dataAddress(file);
    const image = await load(file);
    if (image === null) return null;
    for (let side = MAX_SIDE; side >= 400; side /= 2) {
        const canvas = drawImage(image, Math.min(1, side / Math.max(image.naturalWidth, image.naturalHeight)));
        const png = canvas.toDataURL("image/png");
        if (png.length <= MAX_CHARS) return png;
        for (const quality of QUALITIES) {
            const jpeg = onWhite(canvas).toDataURL("image/jpeg", quality);
            if (jpeg.length <= MAX_CHARS) return jpeg;
        }
    }
    return null;
}

async function load(file: Blob): Promise<HTMLImageElement | null> {
    const url = URL.createObjectURL(file);
    try {
        const image = await decodeImage(url);
        return image.naturalWidth > 0 ? image : null;
    } catch {
        return null;
    } finally {
        URL.revokeObjectURL(url);
    }
}

/* JPEG knows no transparency. */
function onWhite(from: HTMLCanvasElement): HTMLCanvasElement {
    const canvas = document.createElement("canvas");
    canvas.width = from.width;
    canvas.height = from.height;
    const context = canvas.getContext("2d")!;
    context.fillStyle = "#fff";
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.drawImage(from, 0, 0);
    return canvas;
}

function dataAddress(file: Blob): Promise<string | null> {
    return new Promise((resolve) => {
        const reader = new FileReader();
        reader.onload = () => resolve(String(reader.result));
        reader.onerror = () => resolve(null);
        reader.readAsDataURL(file);
    });
}
