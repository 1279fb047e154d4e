/* media.ts - what the client logs for pictures, sounds and the like, seen as a list of files to show. */

export interface MediaItem {
    kind: "image" | "video" | "audio" | "html" | "scene" | "molecule" | "plotly" | "other";
    type: string;
    path: string;
    caption: string;
    boxes: Box[];
    masks: { name: string; path: string }[];
}

export interface Box {
    label: string;
    score: number | null;
    /* shares of the picture's width and height */
    left: number;
    top: number;
    width: number;
    height: number;
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
];
const FORMATS: Record<string, string> = { images: "image", videos: "video", audio: "audio", html: "html" };

function kindOf(type: string): MediaItem["kind"] {
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
            kind: kindOf(FORMATS[group] ?? group),
            type,
            path: String(path),
            caption: String(captions[i] ?? ""),
            boxes: boxesOf(boxes[i]),
            masks: masksOf(masks[i]),
        }));
    }
    /* Older clients number the files instead of naming them. */
    if (type === "images" && typeof value["count"] === "number") return [];
    if (typeof value["path"] !== "string") return [];
    return [
        {
            kind: kindOf(type),
            type,
            path: value["path"],
            caption: String(value["caption"] ?? captions[0] ?? ""),
            boxes: boxesOf(value["boxes"]),
            masks: masksOf(value["masks"]),
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

/* Boxes inside of the value; those in files of their own have a path and are read from there. */
function boxesOf(v: unknown): Box[] {
    if (typeof v !== "object" || v === null) return [];
    return Object.values(v as Json).flatMap((set) => parseBoxes(set));
}

export function boxFiles(value: Json): string[] {
    const sets = [value["boxes"], ...listOf(value["all_boxes"])];
    return sets
        .flatMap((s) => (typeof s === "object" && s !== null ? Object.values(s as Json) : []))
        .flatMap((set) =>
            typeof (set as Json)?.["path"] === "string" ? [(set as { path: string }).path] : [],
        );
}

export function parseBoxes(set: unknown, size?: { width: number; height: number }): Box[] {
    const { box_data: data, class_labels: labels } = (set ?? {}) as {
        box_data?: unknown;
        class_labels?: Record<string, string>;
    };
    return listOf(data).flatMap((raw) => {
        const box = raw as {
            position?: Record<string, unknown>;
            class_id?: number;
            box_caption?: string;
            scores?: Record<string, number>;
            domain?: string;
        };
        const p = box.position ?? {};
        const scale = box.domain === "pixel" ? (size ?? null) : { width: 1, height: 1 };
        const middle = Array.isArray(p["middle"]) ? (p["middle"] as number[]) : null;
        if (scale === null) return [];
        const width = Number(middle ? p["width"] : Number(p["maxX"]) - Number(p["minX"])) / scale.width;
        const height = Number(middle ? p["height"] : Number(p["maxY"]) - Number(p["minY"])) / scale.height;
        const left = middle ? middle[0]! / scale.width - width / 2 : Number(p["minX"]) / scale.width;
        const top = middle ? middle[1]! / scale.height - height / 2 : Number(p["minY"]) / scale.height;
        if (![left, top, width, height].every(Number.isFinite)) return [];
        const score = Object.values(box.scores ?? {})[0];
        return [
            {
                label: box.box_caption ?? labels?.[String(box.class_id)] ?? String(box.class_id ?? ""),
                score: score ?? null,
                left,
                top,
                width,
                height,
            },
        ];
    });
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
