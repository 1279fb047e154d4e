/* boxes.ts - boxes and classes that lie over pictures, as the client logs them. */

type Json = Record<string, unknown>;

export interface Box {
    set: string;
    classId: string;
    label: string;
    caption: string;
    score: number | null;
    /* shares of the picture's width and height */
    left: number;
    top: number;
    width: number;
    height: number;
}

/* Names of classes by kind, then by key and name of the layer, then by number. */
export interface ClassLabels {
    mask: Record<string, Record<string, string>>;
    box: Record<string, Record<string, string>>;
}

const DELIMITER = "_wandb_delimeter_"; /* the client's own spelling */

const isObject = (v: unknown): v is Json => typeof v === "object" && v !== null && !Array.isArray(v);

/* What the client keeps in the config's internal part. */
export function readClassLabels(internal: unknown): ClassLabels {
    const read = (name: string) => {
        const all = isObject(internal) && isObject(internal[name]) ? internal[name] : {};
        return Object.fromEntries(
            Object.entries(all).flatMap(([key, entry]) => {
                const labels = isObject(entry) && isObject(entry["value"]) ? entry["value"] : null;
                return labels === null ? [] : [[key, Object.fromEntries(Object.entries(labels).map(([id, l]) => [id, String(l)]))]];
            }),
        );
    };
    return { mask: read("mask/class_labels"), box: read("bounding_box/class_labels") };
}

export function labelsOf(labels: ClassLabels, kind: keyof ClassLabels, key: string, layer: string): Record<string, string> {
    return labels[kind][key + DELIMITER + layer] ?? {};
}

/* Every class of every layer of a key, each once: what can be switched off. */
export function classesOf(labels: ClassLabels, key: string): { layer: string; id: string; label: string }[] {
    const found = new Map<string, { layer: string; id: string; label: string }>();
    for (const kind of ["mask", "box"] as const)
        for (const [name, byId] of Object.entries(labels[kind]))
            if (name.startsWith(key + DELIMITER))
                for (const [id, label] of Object.entries(byId)) {
                    const layer = name.slice(key.length + DELIMITER.length);
                    found.set(classKey(layer, id), { layer, id, label });
                }
    return [...found.values()];
}

export function classKey(layer: string, id: string): string {
    return `${layer}\n${id}`;
}

export function parseBoxes(set: string, raw: unknown, labels: Record<string, string> = {}, size: { width: number; height: number } | null = null): Box[] {
    const { box_data: data, class_labels: own } = (isObject(raw) ? raw : {}) as { box_data?: unknown; class_labels?: Record<string, string> };
    const names = { ...labels, ...own };
    return (Array.isArray(data) ? data : []).filter(isObject).flatMap((box) => {
        const place = placeOf(box, size);
        if (place === null) return [];
        const classId = String(box["class_id"] ?? "");
        const scores = isObject(box["scores"]) ? Object.values(box["scores"]).filter((v) => typeof v === "number") : [];
        const label = names[classId] ?? classId;
        return [{ set, classId, label, caption: String(box["box_caption"] ?? label), score: (scores[0] as number | undefined) ?? null, ...place }];
    });
}

/* From corners or from the middle, in shares or in pixels. */
function placeOf(box: Json, size: { width: number; height: number } | null): Pick<Box, "left" | "top" | "width" | "height"> | null {
    const p = isObject(box["position"]) ? box["position"] : {};
    const scale = box["domain"] === "pixel" ? size : { width: 1, height: 1 };
    if (scale === null) return null;
    const middle = Array.isArray(p["middle"]) ? (p["middle"] as number[]) : null;
    const width = Number(middle ? p["width"] : Number(p["maxX"]) - Number(p["minX"])) / scale.width;
    const height = Number(middle ? p["height"] : Number(p["maxY"]) - Number(p["minY"])) / scale.height;
    const left = middle ? middle[0]! / scale.width - width / 2 : Number(p["minX"]) / scale.width;
    const top = middle ? middle[1]! / scale.height - height / 2 : Number(p["minY"]) / scale.height;
    return [left, top, width, height].every(Number.isFinite) ? { left, top, width, height } : null;
}
