/* picture.tsx - a logged picture with the masks and boxes that lie over it, each class in a colour of its own. */

import { createContext } from "preact";
import { useContext, useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { fetchText, samePath } from "../api";
import { classKey, labelsOf, parseBoxes, type Box, type ClassLabels } from "../lib/boxes";
import { PALETTES } from "../lib/color";
import { formatNumber } from "../lib/format";
import type { MediaItem } from "../lib/media";
import { parseObject } from "../lib/runs";
import { decodeImage, drawImage } from "./draw_image";

/* How layers are shown in a panel: all pictures of it alike. */
export interface Overlay {
    hidden: ReadonlySet<string> /* class keys */;
    opacity: number;
    minScore: number;
}

export const PLAIN_OVERLAY: Overlay = { hidden: new Set(), opacity: 0.5, minScore: 0 };
export const OverlayContext = createContext<Overlay>(PLAIN_OVERLAY);

const MAX_BOX_BYTES = 4 << 20;

export function classColor(id: string): string {
    const n = Number(id);
    const colors = PALETTES.default;
    return colors[Number.isInteger(n) && n >= 0 ? n % colors.length : 0]!;
}

interface Props {
    url: string;
    item: MediaItem;
    links: ReadonlyMap<string, string>;
    labels: ClassLabels | null;
    mediaKey: string;
    alt: string;
}

export function Picture({ url, item, links, labels, mediaKey, alt }: Props) {
    const overlay = useContext(OverlayContext);
    const boxes = useBoxes(item, links, labels, mediaKey).filter((b) => !overlay.hidden.has(classKey(b.set, b.classId)) && (b.score ?? 1) >= overlay.minScore);
    return (
        <span class="picture">
            <img src={url} alt={alt} loading="lazy" />
            {item.masks.map((m) => links.has(m.path) && <Mask key={m.name} name={m.name} url={samePath(links.get(m.path)!)} overlay={overlay} />)}
            {boxes.length > 0 && (
                <svg viewBox="0 0 1 1" preserveAspectRatio="none" aria-hidden="true">
                    {boxes.map((b, i) => (
                        <rect key={i} x={b.left} y={b.top} width={b.width} height={b.height} vector-effect="non-scaling-stroke" stroke={classColor(b.classId)} />
                    ))}
                </svg>
            )}
            {boxes.map((b, i) => (
                <span key={i} class="box-label clip" style={{ left: `${b.left * 100}%`, top: `${b.top * 100}%`, maxWidth: `${Math.max(b.width, 0.3) * 100}%`, background: classColor(b.classId) }}>
                    {b.caption}
                    {b.score !== null && b.caption === b.label ? ` ${formatNumber(b.score, 2)}` : ""}
                </span>
            ))}
        </span>
    );
}

/* Boxes lie in small files of their own. */
function useBoxes(item: MediaItem, links: ReadonlyMap<string, string>, labels: ClassLabels | null, key: string): Box[] {
    const [boxes, setBoxes] = useState<Box[]>([]);
    const wanted = item.boxes.map((b) => (b.path === null ? "" : (links.get(b.path) ?? "")));
    useEffect(() => {
        let isOver = false;
        const read = async (set: (typeof item.boxes)[number], link: string) => {
            const raw = set.path === null ? set.data : link === "" ? null : parseObject((await fetchText(link, MAX_BOX_BYTES)).text);
            return parseBoxes(set.name, raw, labels === null ? {} : labelsOf(labels, "box", key, set.name), item.size);
        };
        Promise.all(item.boxes.map((set, i) => read(set, wanted[i]!))).then(
            (all) => !isOver && setBoxes(all.flat()),
            () => undefined /* a picture without its boxes is still a picture */,
        );
        return () => void (isOver = true);
    }, [item.path, wanted.join("\n")]);
    return boxes;
}

/* A mask holds the number of a class in each pixel; the numbers become colours. */
function Mask({ name, url, overlay }: { name: string; url: string; overlay: Overlay }) {
    const canvas = useRef<HTMLCanvasElement>(null);
    const [source, setSource] = useState<ImageData | null>(null);
    useEffect(() => {
        let isOver = false;
        readPixels(url).then(
            (data) => !isOver && setSource(data),
            () => undefined,
        );
        return () => void (isOver = true);
    }, [url]);
    const hidden = [...overlay.hidden].join();
    useLayoutEffect(() => {
        if (source !== null && canvas.current !== null) paintMask(canvas.current, source, name, overlay.hidden);
    }, [source, hidden]);
    return <canvas ref={canvas} class="mask" style={{ opacity: overlay.opacity }} aria-label={name} role="img" />;
}

async function readPixels(url: string): Promise<ImageData> {
    const canvas = drawImage(await decodeImage(url));
    return canvas.getContext("2d")!.getImageData(0, 0, canvas.width, canvas.height);
}

/* Class 0 is the ground that the others lie on: it stays clear. */
function paintMask(canvas: HTMLCanvasElement, source: ImageData, name: string, hidden: ReadonlySet<string>): void {
    canvas.width = source.width;
    canvas.height = source.height;
    const out = new ImageData(source.width, source.height);
    const colors = Array.from({ length: 256 }, (_, id): number[] | null => {
        if (id === 0 || hidden.has(classKey(name, String(id)))) return null;
        const hex = classColor(String(id));
        return [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));
    });
    for (let i = 0; i < source.data.length; i += 4) {
        const color = colors[source.data[i]!];
        if (!color) continue;
        out.data.set(color, i);
        out.data[i + 3] = 255;
    }
    canvas.getContext("2d")!.putImageData(out, 0, 0);
}
