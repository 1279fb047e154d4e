/* scene_read.ts - point clouds and meshes as runs log them: the client's JSON, obj, stl, gltf and glb. */

import { SceneBuilder, type Scene } from "./scene";

const POINT = 0x4a7fc1;
const MESH = 0x9aa5b4;
const MAX_ITEMS = 2_000_000;
const CATEGORIES = [
    0x4078c0, 0xe08214, 0x2a9d5c, 0xc0504d, 0x8064a2, 0x7f6b5d, 0xd16ba5, 0x6b7785, 0xa8a02c, 0x2ba8b8, 0xb15928, 0x6a3d9a, 0x33a02c,
    0xff7f00,
];

export class SceneError extends Error {}

/* By the file's ending; `text` decodes when a format is text. */
export function readScene(path: string, bytes: Uint8Array): Scene {
    const ending = path.slice(path.lastIndexOf(".") + 1).toLowerCase();
    const text = () => new TextDecoder().decode(bytes);
    switch (ending) {
        case "json":
            return readPoints(JSON.parse(text()));
        case "obj":
            return readObj(text());
        case "stl":
            return readStl(bytes);
        case "glb":
            return readGlb(bytes);
        case "gltf":
            return readGltf(JSON.parse(text()) as Gltf, null);
        default:
            throw new SceneError(`there is no reader for .${ending} files`);
    }
}

/* ---- the client's JSON ---- */

const rgb = (r: number, g: number, b: number) => ((r & 255) << 16) | ((g & 255) << 8) | (b & 255);

function colorOf(row: readonly number[]): number {
    if (row.length >= 6) return rgb(row[3]!, row[4]!, row[5]!);
    return row.length === 4 ? CATEGORIES[Math.abs(Math.round(row[3]!) - 1) % CATEGORIES.length]! : POINT;
}

const EDGES = [
    [0, 1], [1, 3], [3, 2], [2, 0], [4, 5], [5, 7], [7, 6], [6, 4], [0, 4], [1, 5], [2, 6], [3, 7],
];

function isRow(v: unknown): v is number[] {
    return Array.isArray(v) && v.length >= 3;
}

function readPoints(raw: unknown): Scene {
    const builder = new SceneBuilder();
    const scene = (Array.isArray(raw) ? { points: raw } : raw) as {
        points?: unknown[];
        boxes?: { corners?: unknown[]; label?: string; color?: number[] }[];
        vectors?: { start?: number[]; end?: number[]; color?: number[] }[];
    } | null;
    for (const row of (scene?.points ?? []).slice(0, MAX_ITEMS))
        if (isRow(row)) builder.point(row[0]!, row[1]!, row[2]!, colorOf(row));
    for (const box of scene?.boxes ?? []) addBox(builder, box);
    for (const v of scene?.vectors ?? [])
        if (isRow(v.start) && isRow(v.end)) builder.line(v.start, v.end, isRow(v.color) ? rgb(v.color[0]!, v.color[1]!, v.color[2]!) : 0xe08214);
    return builder.build();
}

/* Corners come in any order; in that of the client's own examples, the edges are these. */
function addBox(builder: SceneBuilder, box: { corners?: unknown[]; label?: string; color?: number[] }): void {
    const corners = (box.corners ?? []).filter(isRow);
    if (corners.length !== 8) return;
    const color = isRow(box.color) ? rgb(box.color[0]!, box.color[1]!, box.color[2]!) : 0x2a9d5c;
    for (const [from, to] of EDGES) builder.line(corners[from!]!, corners[to!]!, color);
    if (typeof box.label === "string") builder.labels.push({ at: corners[0]!.slice(0, 3) as [number, number, number], text: box.label });
}

/* ---- obj ---- */

function readObj(text: string): Scene {
    const builder = new SceneBuilder();
    const corners: number[][] = [];
    let faces = 0;
    for (const line of text.split("\n")) {
        const [word, ...rest] = line.trim().split(/\s+/);
        if (word === "v") corners.push(rest.slice(0, 3).map(Number));
        if (word !== "f" || faces > MAX_ITEMS) continue;
        const at = rest.map((r) => {
            const n = parseInt(r, 10);
            return corners[n < 0 ? corners.length + n : n - 1];
        });
        for (let i = 2; i < at.length; i++) {
            const [a, b, c] = [at[0], at[i - 1], at[i]];
            if (a && b && c) builder.triangle([...a, ...b, ...c], MESH);
            faces++;
        }
    }
    if (faces === 0) for (const c of corners) builder.point(c[0]!, c[1]!, c[2]!, POINT);
    return builder.build();
}

/* ---- stl ---- */

const STL_HEAD = 84;
const STL_FACE = 50;

function readStl(bytes: Uint8Array): Scene {
    const builder = new SceneBuilder();
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const count = bytes.length >= STL_HEAD ? view.getUint32(80, true) : 0;
    if (bytes.length === STL_HEAD + count * STL_FACE) {
        for (let i = 0; i < Math.min(count, MAX_ITEMS); i++)
            builder.triangle(
                Array.from({ length: 9 }, (_, k) => view.getFloat32(STL_HEAD + i * STL_FACE + 12 + k * 4, true)),
                MESH,
            );
        return builder.build();
    }
    const corners: number[] = [];
    for (const m of new TextDecoder().decode(bytes).matchAll(/vertex\s+(\S+)\s+(\S+)\s+(\S+)/g)) {
        corners.push(Number(m[1]), Number(m[2]), Number(m[3]));
        if (corners.length === 9) builder.triangle(corners.splice(0, 9), MESH);
    }
    return builder.build();
}

/* ---- glTF ---- */

interface Gltf {
    scene?: number;
    scenes?: { nodes?: number[] }[];
    nodes?: { mesh?: number; children?: number[]; matrix?: number[]; translation?: number[]; rotation?: number[]; scale?: number[] }[];
    meshes?: { primitives?: { attributes?: Record<string, number>; indices?: number; material?: number; mode?: number }[] }[];
    materials?: { pbrMetallicRoughness?: { baseColorFactor?: number[] } }[];
    accessors?: { bufferView?: number; byteOffset?: number; componentType: number; count: number; type: string }[];
    bufferViews?: { buffer?: number; byteOffset?: number; byteLength: number; byteStride?: number }[];
    buffers?: { uri?: string }[];
}

function readGlb(bytes: Uint8Array): Scene {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (bytes.length < 20 || view.getUint32(0, true) !== 0x46546c67) throw new SceneError("this is no glb file");
    const jsonBytes = view.getUint32(12, true);
    if (20 + jsonBytes > bytes.length) throw new SceneError("the glb file ends too early");
    const json = JSON.parse(new TextDecoder().decode(bytes.subarray(20, 20 + jsonBytes))) as Gltf;
    const at = 20 + jsonBytes;
    const binary = at + 8 <= bytes.length ? bytes.subarray(at + 8, at + 8 + view.getUint32(at, true)) : null;
    return readGltf(json, binary);
}

const DEEPEST = 32;

function readGltf(json: Gltf, binary: Uint8Array | null): Scene {
    const builder = new SceneBuilder();
    const visit = (index: number, parent: number[], depth: number) => {
        const node = json.nodes?.[index];
        if (node === undefined || depth > DEEPEST) return;
        const matrix = multiply(parent, nodeMatrix(node));
        for (const p of json.meshes?.[node.mesh ?? -1]?.primitives ?? []) addPrimitive(builder, json, binary, p, matrix);
        for (const child of node.children ?? []) visit(child, matrix, depth + 1);
    };
    const roots = json.scenes?.[json.scene ?? 0]?.nodes ?? (json.nodes ?? []).map((_, i) => i);
    /* glTF's up is y, ours is z */
    for (const root of roots) visit(root, [1, 0, 0, 0, 0, 0, 1, 0, 0, -1, 0, 0, 0, 0, 0, 1], 0);
    return builder.build();
}

type Primitive = NonNullable<NonNullable<Gltf["meshes"]>[number]["primitives"]>[number];

function addPrimitive(builder: SceneBuilder, json: Gltf, binary: Uint8Array | null, p: Primitive, matrix: number[]): void {
    const corners = readAccessor(json, binary, p.attributes?.["POSITION"], 3);
    if (corners === null) return;
    const color = json.materials?.[p.material ?? -1]?.pbrMetallicRoughness?.baseColorFactor;
    const packed = color ? rgb(...(color.slice(0, 3).map((c) => Math.round(c * 255)) as [number, number, number])) : MESH;
    const order = readAccessor(json, binary, p.indices, 1) ?? Float64Array.from({ length: corners.length / 3 }, (_, i) => i);
    const corner = (i: number) => transform(matrix, corners[i * 3]!, corners[i * 3 + 1]!, corners[i * 3 + 2]!);
    if (p.mode === 0) {
        for (const i of order) builder.point(...corner(i), packed);
        return;
    }
    for (let i = 0; i + 2 < Math.min(order.length, MAX_ITEMS * 3); i += 3)
        builder.triangle([...corner(order[i]!), ...corner(order[i + 1]!), ...corner(order[i + 2]!)], packed);
}

const SIZES: Record<number, number> = { 5120: 1, 5121: 1, 5122: 2, 5123: 2, 5125: 4, 5126: 4 };

function readAccessor(json: Gltf, binary: Uint8Array | null, index: number | undefined, width: number): Float64Array | null {
    const a = json.accessors?.[index ?? -1];
    const v = json.bufferViews?.[a?.bufferView ?? -1];
    if (a === undefined || v === undefined) return null;
    const data = bufferOf(json, binary, v.buffer ?? 0);
    const size = SIZES[a.componentType];
    if (data === null || size === undefined) return null;
    const stride = v.byteStride ?? size * width;
    const start = (v.byteOffset ?? 0) + (a.byteOffset ?? 0);
    if (a.count > MAX_ITEMS * 3 || start + (a.count - 1) * stride + size * width > data.length) throw new SceneError("the mesh points outside of its file");
    const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
    const out = new Float64Array(a.count * width);
    for (let i = 0; i < a.count; i++)
        for (let k = 0; k < width; k++) out[i * width + k] = readNumber(view, a.componentType, start + i * stride + k * size);
    return out;
}

function readNumber(view: DataView, type: number, at: number): number {
    switch (type) {
        case 5120: return view.getInt8(at);
        case 5121: return view.getUint8(at);
        case 5122: return view.getInt16(at, true);
        case 5123: return view.getUint16(at, true);
        case 5125: return view.getUint32(at, true);
        default: return view.getFloat32(at, true);
    }
}

const DATA = /^data:[^,]*;base64,/;

/* Inside of the file, or of its text; never from elsewhere. */
function bufferOf(json: Gltf, binary: Uint8Array | null, index: number): Uint8Array | null {
    const uri = json.buffers?.[index]?.uri;
    if (uri === undefined) return binary;
    if (!DATA.test(uri)) throw new SceneError("the mesh keeps its points in another file");
    return Uint8Array.from(atob(uri.replace(DATA, "")), (c) => c.charCodeAt(0));
}

type Node = NonNullable<Gltf["nodes"]>[number];

function nodeMatrix(node: Node): number[] {
    if (node.matrix?.length === 16) return node.matrix;
    const [x = 0, y = 0, z = 0, w = 1] = node.rotation ?? [];
    const [sx = 1, sy = 1, sz = 1] = node.scale ?? [];
    const [tx = 0, ty = 0, tz = 0] = node.translation ?? [];
    return [
        (1 - 2 * (y * y + z * z)) * sx, 2 * (x * y + z * w) * sx, 2 * (x * z - y * w) * sx, 0,
        2 * (x * y - z * w) * sy, (1 - 2 * (x * x + z * z)) * sy, 2 * (y * z + x * w) * sy, 0,
        2 * (x * z + y * w) * sz, 2 * (y * z - x * w) * sz, (1 - 2 * (x * x + y * y)) * sz, 0,
        tx, ty, tz, 1,
    ];
}

/* Columns first, as glTF writes them. */
function multiply(a: readonly number[], b: readonly number[]): number[] {
    return Array.from({ length: 16 }, (_, i) => {
        const [row, column] = [i % 4, i >> 2];
        return a[row]! * b[column * 4]! + a[row + 4]! * b[column * 4 + 1]! + a[row + 8]! * b[column * 4 + 2]! + a[row + 12]! * b[column * 4 + 3]!;
    });
}

function transform(m: readonly number[], x: number, y: number, z: number): [number, number, number] {
    return [
        m[0]! * x + m[4]! * y + m[8]! * z + m[12]!,
        m[1]! * x + m[5]! * y + m[9]! * z + m[13]!,
        m[2]! * x + m[6]! * y + m[10]! * z + m[14]!,
    ];
}
