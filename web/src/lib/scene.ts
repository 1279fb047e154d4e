/* scene.ts - things in space: points, triangles, lines and balls, as flat arrays, and where one looks at them from. */

export interface Scene {
    /* x y z of each; colours as 0xRRGGBB */
    points: Float32Array;
    pointColors: Uint32Array;
    /* three corners each */
    triangles: Float32Array;
    triangleColors: Uint32Array;
    /* two ends each */
    lines: Float32Array;
    lineColors: Uint32Array;
    /* x y z radius of each */
    balls: Float32Array;
    ballColors: Uint32Array;
    labels: { at: [number, number, number]; text: string }[];
}

export class SceneBuilder {
    private readonly numbers = { points: [] as number[], triangles: [] as number[], lines: [] as number[], balls: [] as number[] };
    private readonly colors = { points: [] as number[], triangles: [] as number[], lines: [] as number[], balls: [] as number[] };
    readonly labels: Scene["labels"] = [];

    point(x: number, y: number, z: number, color: number): void {
        if (!Number.isFinite(x + y + z)) return;
        this.numbers.points.push(x, y, z);
        this.colors.points.push(color);
    }

    triangle(corners: readonly number[], color: number): void {
        if (corners.length !== 9 || !corners.every(Number.isFinite)) return;
        this.numbers.triangles.push(...corners);
        this.colors.triangles.push(color);
    }

    line(from: readonly number[], to: readonly number[], color: number): void {
        if (![...from.slice(0, 3), ...to.slice(0, 3)].every(Number.isFinite)) return;
        this.numbers.lines.push(from[0]!, from[1]!, from[2]!, to[0]!, to[1]!, to[2]!);
        this.colors.lines.push(color);
    }

    ball(at: readonly number[], radius: number, color: number): void {
        if (!at.every(Number.isFinite)) return;
        this.numbers.balls.push(at[0]!, at[1]!, at[2]!, radius);
        this.colors.balls.push(color);
    }

    build(): Scene {
        return {
            points: Float32Array.from(this.numbers.points),
            pointColors: Uint32Array.from(this.colors.points),
            triangles: Float32Array.from(this.numbers.triangles),
            triangleColors: Uint32Array.from(this.colors.triangles),
            lines: Float32Array.from(this.numbers.lines),
            lineColors: Uint32Array.from(this.colors.lines),
            balls: Float32Array.from(this.numbers.balls),
            ballColors: Uint32Array.from(this.colors.balls),
            labels: this.labels,
        };
    }
}

export function isEmpty(s: Scene): boolean {
    return s.points.length + s.triangles.length + s.lines.length + s.balls.length === 0;
}

/* The middle, and how far the farthest corner of the box around everything lies from it. */
export function boundsOf(s: Scene): { center: [number, number, number]; radius: number } {
    const lo = [Infinity, Infinity, Infinity];
    const hi = [-Infinity, -Infinity, -Infinity];
    const see = (list: Float32Array, stride: number, each: number) => {
        for (let i = 0; i < list.length; i += stride)
            for (let k = 0; k < each; k++) {
                const v = list[i + k]!;
                const axis = k % 3;
                if (v < lo[axis]!) lo[axis] = v;
                if (v > hi[axis]!) hi[axis] = v;
            }
    };
    see(s.points, 3, 3);
    see(s.triangles, 3, 3);
    see(s.lines, 3, 3);
    see(s.balls, 4, 3);
    if (lo[0] === Infinity) return { center: [0, 0, 0], radius: 1 };
    const center = lo.map((l, i) => (l + hi[i]!) / 2) as [number, number, number];
    const radius = Math.hypot(...lo.map((l, i) => (hi[i]! - l) / 2)) || 1;
    return { center, radius };
}

/* Turned by two angles around what is looked at. */
export interface Camera {
    yaw: number;
    pitch: number;
    zoom: number;
    panX: number;
    panY: number;
}

export const START_CAMERA: Camera = { yaw: 0.6, pitch: 0.5, zoom: 1, panX: 0, panY: 0 };

/* Rows of the rotation: right, up, towards the eye. */
export function rotationOf(c: Camera): number[] {
    const [sy, cy, sp, cp] = [Math.sin(c.yaw), Math.cos(c.yaw), Math.sin(c.pitch), Math.cos(c.pitch)];
    return [cy, sy, 0, -sy * sp, cy * sp, cp, sy * cp, -cy * cp, sp];
}
