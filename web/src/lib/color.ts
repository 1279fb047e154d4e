/* color.ts - colours of runs: palettes, distances as the eye sees them, and a choice that keeps neighbours apart. */

export type PaletteName = "default" | "deuteranomaly" | "universal";

/* Middle lightness throughout, so that each line is readable on white paper and on black. */
export const PALETTES: Record<PaletteName, readonly string[]> = {
    default: [
        "#3d7be0",
        "#e0663a",
        "#2f9e6e",
        "#c9417f",
        "#8a63d2",
        "#b58a14",
        "#1f9fb5",
        "#d0455b",
        "#6f8f2a",
        "#a05ab8",
        "#d58a3f",
        "#4f6fb8",
        "#46a24a",
        "#b0605a",
        "#5e86a8",
        "#9a7a3c",
        "#d466b0",
        "#2b8f8f",
        "#7a78e0",
        "#8c6a5a",
    ],
    deuteranomaly: [
        "#2f6fd0",
        "#e08a1e",
        "#7a4fc4",
        "#16a0b8",
        "#c8408a",
        "#8f7a10",
        "#5a93e8",
        "#a8501e",
        "#3f4fa8",
        "#c9a030",
        "#9a6ad8",
        "#0f7a90",
    ],
    universal: ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#d55e00", "#56b4e9", "#8a8a00", "#7f7f7f"],
};

type Lab = [number, number, number];

/* OKLab: equal distances look about equally different. */
export function toLab(hex: string): Lab {
    const [r, g, b] = [1, 3, 5].map((i) => linear(parseInt(hex.slice(i, i + 2), 16) / 255)) as Lab;
    const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
    const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
    const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
    return [
        0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
        1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
        0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
    ];
}

function linear(channel: number): number {
    return channel <= 0.04045 ? channel / 12.92 : Math.pow((channel + 0.055) / 1.055, 2.4);
}

export function distance(a: Lab, b: Lab): number {
    return Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}

/* FNV-1a: the same name has the same colour on every screen. */
export function hashText(text: string): number {
    let h = 0x811c9dc5;
    for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
    return h >>> 0;
}

/* The colour a run has by its name alone. */
export function colorOf(name: string, palette: PaletteName): string {
    const colors = PALETTES[palette];
    return colors[hashText(name) % colors.length]!;
}

/* Chosen colours are never touched. What had a colour before keeps it, unless it shares it now while others are free: lines
 * do not change when one of them is hidden. The rest get their own colour where nobody nearby has it, and otherwise what is
 * farthest from those in use. */
export function assignColors(
    names: readonly string[],
    palette: PaletteName,
    chosen: Readonly<Record<string, string>>,
    before: ReadonlyMap<string, string> = new Map(),
): Map<string, string> {
    const colors = PALETTES[palette];
    const labs = colors.map(toLab);
    const out = new Map<string, string>();
    const uses = new Array<number>(colors.length).fill(0);
    const used: Lab[] = [];
    const give = (name: string, at: number) => {
        uses[at]!++;
        used.push(labs[at]!);
        if (used.length > colors.length) used.shift();
        out.set(name, colors[at]!);
    };
    for (const name of names) {
        const own = chosen[name];
        if (own === undefined) continue;
        out.set(name, own);
        used.push(toLab(own));
    }
    const share = Math.ceil((names.length - out.size) / colors.length);
    for (const name of names) {
        const at = out.has(name) ? -1 : colors.indexOf(before.get(name) ?? "");
        if (at >= 0 && uses[at]! < share) give(name, at);
    }
    for (const name of names) {
        if (out.has(name)) continue;
        const least = Math.min(...uses);
        const own = hashText(name) % colors.length;
        give(name, uses[own] !== least || isCrowded(labs[own]!, used) ? farthest(labs, used, uses, least) : own);
    }
    return out;
}

const CROWDED = 0.12;

function isCrowded(lab: Lab, used: readonly Lab[]): boolean {
    return used.some((other) => distance(lab, other) < CROWDED);
}

function farthest(
    labs: readonly Lab[],
    used: readonly Lab[],
    uses: readonly number[],
    least: number,
): number {
    let best = -1;
    let bestGap = -1;
    labs.forEach((lab, i) => {
        if (uses[i] !== least) return;
        const gap = used.length === 0 ? 0 : Math.min(...used.map((other) => distance(lab, other)));
        if (gap > bestGap) {
            best = i;
            bestGap = gap;
        }
    });
    return best;
}

const HEX = /^#[0-9a-f]{6}$/i;

export function isColor(text: string): boolean {
    return HEX.test(text);
}

export function withAlpha(hex: string, alpha: number): string {
    return (
        hex +
        Math.round(Math.max(0, Math.min(1, alpha)) * 255)
            .toString(16)
            .padStart(2, "0")
    );
}

/* A perceptual ramp for values 0..1 (colour axes, heat maps). */
const RAMP: readonly [number, number, number][] = [
    [70, 78, 178],
    [44, 118, 172],
    [44, 152, 138],
    [122, 194, 88],
    [240, 220, 60],
];

export function ramp(share: number): string {
    return along(RAMP, share);
}

/* For lines: of middle lightness like the palettes, and from blue to orange, which colour-blind people tell apart. */
const LINE_RAMP: readonly [number, number, number][] = [
    [88, 66, 200],
    [45, 118, 214],
    [38, 152, 160],
    [168, 142, 40],
    [222, 98, 30],
];

export function lineRamp(share: number): string {
    return along(LINE_RAMP, share);
}

function along(stops: readonly [number, number, number][], share: number): string {
    const at = Math.max(0, Math.min(1, share)) * (stops.length - 1);
    const i = Math.min(stops.length - 2, Math.floor(at));
    const f = at - i;
    const mix = stops[i]!.map((c, k) => Math.round(c + (stops[i + 1]![k]! - c) * f));
    return "#" + mix.map((c) => c.toString(16).padStart(2, "0")).join("");
}
