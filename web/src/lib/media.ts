/* media.ts - what the client logs for pictures, sounds and the like, seen as a list of files to show. */

export interface MediaItem {
    kind: "image" | "video" | "audio" | "html" | "scene" | "molecule" | "plotly" | "bokeh" | "other";
    type: string;
    path: string;
    caption: string;
    boxes: BoxSet[];
    masks: { name: string; path: string }[];
    size: { width: number; height: number } | null;
}

/* Boxes of one name: in a file of their own, as the client logs them, or inside of the value. */
export interface BoxSet {
    name: string;
    path: string | null;
    data: unknown;
}

type Json = Record<string, unknown>;

const KINDS: [RegExp, MediaItem["kind"]][] = [
    [/^image/, "image"],
    [/^video/, "video"],
    [/^audio/, "audio"],
    [/^html/, "html"],
    [/^object3D/, "scene"],
    [/^molecule/, "molecule"],
    [/^plotly/, "plotly"],
    [/^bokeh/, "bokeh"],
];
const FORMATS: Record<string, string> = { images: "image", videos: "video", audio: "audio", html: "html" };

/* A film that is a GIF is a picture that moves. */
function kindOf(type: string, path: string): MediaItem["kind"] {
    if (/^video/.test(type) && /\.gif$/i.test(path)) return "image";
    return KINDS.find(([pattern]) => pattern.test(type))?.[1] ?? "other";
}

/* One logged value: a file, or several under "images/separated", "videos", "audio", "html". */
export function mediaItems(value: Json): MediaItem[] {
    const type = String(value["_type"] ?? "");
    const group = type.split("/")[0]!;
    const captions = Array.isArray(value["captions"]) ? value["captions"] : [];
    if (Array.isArray(value["filenames"])) {
        const boxes = listOf(value["all_boxes"]);
        const masks = listOf(value["all_masks"]);
        return value["filenames"].map((path, i) => ({
            kind: kindOf(FORMATS[group] ?? group, String(path)),
            type,
            path: String(path),
            caption: String(captions[i] ?? ""),
            boxes: boxSetsOf(boxes[i]),
            masks: masksOf(masks[i]),
            size: sizeOf(value),
        }));
    }
    /* Older clients number the files instead of naming them. */
    if (type === "images" && typeof value["count"] === "number") return [];
    if (typeof value["path"] !== "string") return [];
    return [
        {
            kind: kindOf(type, value["path"]),
            type,
            path: value["path"],
            caption: String(value["caption"] ?? captions[0] ?? ""),
            boxes: boxSetsOf(value["boxes"]),
            masks: masksOf(value["masks"]),
            size: sizeOf(value),
        },
    ];
}

function listOf(v: unknown): unknown[] {
    return Array.isArray(v) ? v : [];
}

function masksOf(v: unknown): { name: string; path: string }[] {
    if (typeof v !== "object" || v === null) return [];
    return Object.entries(v as Json).flatMap(([name, m]) =>
        typeof (m as Json)?.["path"] === "string" ? [{ name, path: (m as { path: string }).path }] : [],
    );
}

function boxSetsOf(v: unknown): BoxSet[] {
    if (typeof v !== "object" || v === null) return [];
    return Object.entries(v as Json).map(([name, set]) => {
        const path = (set as Json | null)?.["path"];
        return { name, path: typeof path === "string" ? path : null, data: set };
    });
}

function sizeOf({ width, height }: Json): MediaItem["size"] {
    return typeof width === "number" && typeof height === "number" ? { width, height } : null;
}

/* Every file that belongs to an item. */
export function pathsOf(item: MediaItem): string[] {
    return [item.path, ...item.masks.map((m) => m.path), ...item.boxes.flatMap((b) => b.path ?? [])];
}

/* The step to show: the one asked for, or the latest before it. */
export function atStep<T extends { step: number }>(values: readonly T[], step: number): T | null {
    let found: T | null = null;
    for (const v of values) if (v.step <= step && (found === null || v.step >= found.step)) found = v;
    return found;
}

/* A histogram as the client logs it: explicit edges, or evenly packed ones. */
export function histogramOf(value: Json): { edges: number[]; counts: number[] } | null {
    const counts = listOf(value["values"]).map(Number);
    const packed = value["packedBins"] as { min?: number; size?: number; count?: number } | undefined;
    const edges =
        packed && typeof packed === "object"
            ? Array.from(
                  { length: Number(packed.count) + 1 },
                  (_, i) => Number(packed.min) + i * Number(packed.size),
              )
            : listOf(value["bins"]).map(Number);
    return counts.length > 0 && edges.length === counts.length + 1 ? { edges, counts } : null;
}
