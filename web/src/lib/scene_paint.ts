/* scene_paint.ts - draws a scene into pixels, with a depth for each: no graphics card, and no code but this, is needed.
 * Nearer things are drawn over farther ones; faces are shaded by how they are turned, balls by their roundness. */

import { boundsOf, rotationOf, type Camera, type Scene } from "./scene";

const FILL = 0.86; /* of the shorter side */
const MIN_SHADE = 0.35;

export interface Frame {
    width: number;
    height: number;
    pixels: Uint32Array /* 0xAABBGGRR, as canvases have them on little-endian machines */;
    depth: Float32Array;
}

export function makeFrame(width: number, height: number): Frame {
    return { width, height, pixels: new Uint32Array(width * height), depth: new Float32Array(width * height) };
}

export interface Projection {
    /* to pixels; depth grows towards the eye */
    project: (x: number, y: number, z: number, out: Float32Array) => void;
    scale: number;
}

export function projectionOf(scene: Scene, camera: Camera, width: number, height: number): Projection {
    const { center, radius } = boundsOf(scene);
    const r = rotationOf(camera);
    const scale = ((Math.min(width, height) / 2) * FILL * camera.zoom) / radius;
    const [cx, cy] = [width / 2 + camera.panX, height / 2 + camera.panY];
    return {
        scale,
        project(x, y, z, out) {
            const [dx, dy, dz] = [x - center[0], y - center[1], z - center[2]];
            out[0] = cx + scale * (r[0]! * dx + r[1]! * dy + r[2]! * dz);
            out[1] = cy - scale * (r[3]! * dx + r[4]! * dy + r[5]! * dz);
            out[2] = scale * (r[6]! * dx + r[7]! * dy + r[8]! * dz);
        },
    };
}

function shade(color: number, by: number): number {
    const r = Math.min(255, ((color >> 16) & 255) * by);
    const g = Math.min(255, ((color >> 8) & 255) * by);
    const b = Math.min(255, (color & 255) * by);
    return (0xff000000 | (b << 16) | (g << 8) | r) >>> 0;
}

export function paintScene(frame: Frame, scene: Scene, camera: Camera): void {
    frame.pixels.fill(0);
    frame.depth.fill(-Infinity);
    const view = projectionOf(scene, camera, frame.width, frame.height);
    paintTriangles(frame, scene, view);
    paintBalls(frame, scene, view);
    paintLines(frame, scene, view);
    paintPoints(frame, scene, view);
}

function paintPoints(frame: Frame, scene: Scene, view: Projection): void {
    const out = new Float32Array(3);
    const count = scene.pointColors.length;
    const size = count > 50000 ? 1 : count > 2000 ? 2 : 4;
    for (let i = 0; i < count; i++) {
        view.project(scene.points[i * 3]!, scene.points[i * 3 + 1]!, scene.points[i * 3 + 2]!, out);
        square(frame, out[0]! | 0, out[1]! | 0, size, out[2]!, shade(scene.pointColors[i]!, 1));
    }
}

function square(frame: Frame, x: number, y: number, size: number, z: number, color: number): void {
    for (let py = Math.max(0, y); py < Math.min(frame.height, y + size); py++)
        for (let px = Math.max(0, x); px < Math.min(frame.width, x + size); px++) {
            const at = py * frame.width + px;
            if (z < frame.depth[at]!) continue;
            frame.depth[at] = z;
            frame.pixels[at] = color;
        }
}

function paintLines(frame: Frame, scene: Scene, view: Projection): void {
    const a = new Float32Array(3);
    const b = new Float32Array(3);
    for (let i = 0; i < scene.lineColors.length; i++) {
        const at = i * 6;
        view.project(scene.lines[at]!, scene.lines[at + 1]!, scene.lines[at + 2]!, a);
        view.project(scene.lines[at + 3]!, scene.lines[at + 4]!, scene.lines[at + 5]!, b);
        const steps = Math.min(4000, Math.ceil(Math.max(Math.abs(b[0]! - a[0]!), Math.abs(b[1]! - a[1]!), 1)));
        const color = shade(scene.lineColors[i]!, 1);
        for (let k = 0; k <= steps; k++) {
            const f = k / steps;
            const z = a[2]! + f * (b[2]! - a[2]!) + 0.5;
            square(frame, (a[0]! + f * (b[0]! - a[0]!)) | 0, (a[1]! + f * (b[1]! - a[1]!)) | 0, 2, z, color);
        }
    }
}

function paintBalls(frame: Frame, scene: Scene, view: Projection): void {
    const out = new Float32Array(3);
    for (let i = 0; i < scene.ballColors.length; i++) {
        const at = i * 4;
        view.project(scene.balls[at]!, scene.balls[at + 1]!, scene.balls[at + 2]!, out);
        const radius = Math.max(1.5, scene.balls[at + 3]! * view.scale);
        ball(frame, out[0]!, out[1]!, out[2]!, radius, scene.ballColors[i]!);
    }
}

function ball(frame: Frame, cx: number, cy: number, cz: number, radius: number, color: number): void {
    const r2 = radius * radius;
    for (let y = Math.max(0, Math.ceil(cy - radius)); y <= Math.min(frame.height - 1, cy + radius); y++)
        for (let x = Math.max(0, Math.ceil(cx - radius)); x <= Math.min(frame.width - 1, cx + radius); x++) {
            const d2 = (x - cx) ** 2 + (y - cy) ** 2;
            if (d2 > r2) continue;
            const up = Math.sqrt(r2 - d2);
            const at = y * frame.width + x;
            if (cz + up < frame.depth[at]!) continue;
            frame.depth[at] = cz + up;
            const light = (up * 0.8 - (x - cx) * 0.3 - (y - cy) * 0.45) / radius;
            frame.pixels[at] = shade(color, Math.max(MIN_SHADE, Math.min(1, light)));
        }
}

function paintTriangles(frame: Frame, scene: Scene, view: Projection): void {
    const [a, b, c] = [new Float32Array(3), new Float32Array(3), new Float32Array(3)];
    const t = scene.triangles;
    for (let i = 0; i < scene.triangleColors.length; i++) {
        const at = i * 9;
        view.project(t[at]!, t[at + 1]!, t[at + 2]!, a);
        view.project(t[at + 3]!, t[at + 4]!, t[at + 5]!, b);
        view.project(t[at + 6]!, t[at + 7]!, t[at + 8]!, c);
        triangle(frame, a, b, c, scene.triangleColors[i]!);
    }
}

function triangle(frame: Frame, a: Float32Array, b: Float32Array, c: Float32Array, color: number): void {
    const [ux, uy, uz] = [b[0]! - a[0]!, b[1]! - a[1]!, b[2]! - a[2]!];
    const [vx, vy, vz] = [c[0]! - a[0]!, c[1]! - a[1]!, c[2]! - a[2]!];
    const area = ux * vy - uy * vx;
    if (area === 0 || !Number.isFinite(area)) return;
    const [nx, ny, nz] = [uy * vz - uz * vy, uz * vx - ux * vz, area];
    const sign = nz < 0 ? -1 : 1; /* faces are seen from both sides */
    const light = (sign * (nz * 0.8 - nx * 0.3 - ny * 0.45)) / Math.hypot(nx, ny, nz);
    const pixel = shade(color, MIN_SHADE + (1 - MIN_SHADE) * Math.max(0, Math.min(1, light)));
    const [x0, x1] = [Math.max(0, Math.ceil(Math.min(a[0]!, b[0]!, c[0]!))), Math.min(frame.width - 1, Math.max(a[0]!, b[0]!, c[0]!))];
    const [y0, y1] = [Math.max(0, Math.ceil(Math.min(a[1]!, b[1]!, c[1]!))), Math.min(frame.height - 1, Math.max(a[1]!, b[1]!, c[1]!))];
    for (let y = y0; y <= y1; y++)
        for (let x = x0; x <= x1; x++) {
            const [px, py] = [x - a[0]!, y - a[1]!];
            const s = (px * vy - py * vx) / area;
            const r = (ux * py - uy * px) / area;
            if (s < 0 || r < 0 || s + r > 1) continue;
            const z = a[2]! + s * uz + r * vz;
            const at = y * frame.width + x;
            if (z < frame.depth[at]!) continue;
            frame.depth[at] = z;
            frame.pixels[at] = pixel;
        }
}
