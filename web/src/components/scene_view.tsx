/* scene_view.tsx - a point cloud, a mesh or a molecule that can be turned, moved and brought nearer. */

import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { t } from "../i18n";
import { moleculeScene, readMolecule } from "../lib/molecule";
import { START_CAMERA, isEmpty, type Camera, type Scene } from "../lib/scene";
import { makeFrame, paintScene, projectionOf, type Frame } from "../lib/scene_paint";
import { readScene } from "../lib/scene_read";

const MAX_BYTES = 128 << 20;
const TURN = 0.01; /* radians for a pixel */

export async function loadScene(url: string, path: string, isMolecule: boolean): Promise<Scene> {
    const response = await fetch(url, { credentials: "same-origin" });
    if (!response.ok) throw new Error(`${response.status} ${response.statusText}`);
    const bytes = new Uint8Array(await response.arrayBuffer());
    if (bytes.length > MAX_BYTES) throw new Error(t("files.no_preview"));
    return isMolecule ? moleculeScene(readMolecule(path, new TextDecoder().decode(bytes))) : readScene(path, bytes);
}

export default function SceneView({ url, path, isMolecule, label }: { url: string; path: string; isMolecule: boolean; label: string }) {
    const [scene, setScene] = useState<Scene | null>(null);
    const [failure, setFailure] = useState("");
    const [camera, setCamera] = useState<Camera>(START_CAMERA);
    const canvas = useRef<HTMLCanvasElement>(null);
    useEffect(() => {
        let isOver = false;
        loadScene(url, path, isMolecule).then(
            (s) => !isOver && setScene(s),
            (e: Error) => !isOver && setFailure(e.message),
        );
        return () => void (isOver = true);
    }, [url, path, isMolecule]);
    const frame = useRef<Frame | null>(null);
    useLayoutEffect(() => {
        const element = canvas.current;
        if (scene === null || element === null) return;
        const request = requestAnimationFrame(() => draw(element, scene, camera, frame));
        return () => cancelAnimationFrame(request);
    }, [scene, camera]);
    if (failure !== "") return <p class="panel-note is-bad">{failure}</p>;
    if (scene !== null && isEmpty(scene)) return <p class="panel-note">{t("media.nothing")}</p>;
    return (
        <canvas
            ref={canvas}
            class="scene"
            tabIndex={0}
            role="img"
            aria-label={`${label}. ${t("scene.hint")}`}
            title={t("scene.hint")}
            onPointerDown={(e) => drag(e, camera, setCamera)}
            onDblClick={() => setCamera(START_CAMERA)}
            onKeyDown={(e) => {
                const next = keyed(e.key, camera);
                if (next !== null) {
                    e.preventDefault();
                    setCamera(next);
                }
            }}
            onWheel={(e) => {
                e.preventDefault();
                setCamera({ ...camera, zoom: Math.max(0.1, Math.min(50, camera.zoom * Math.exp(-e.deltaY / 500))) });
            }}
        />
    );
}

function draw(canvas: HTMLCanvasElement, scene: Scene, camera: Camera, kept: { current: Frame | null }): void {
    const [width, height] = [Math.max(1, canvas.clientWidth), Math.max(1, canvas.clientHeight)];
    if (canvas.width !== width || canvas.height !== height) {
        canvas.width = width;
        canvas.height = height;
        kept.current = null;
    }
    const frame = (kept.current ??= makeFrame(width, height));
    paintScene(frame, scene, camera);
    const context = canvas.getContext("2d")!;
    context.putImageData(new ImageData(new Uint8ClampedArray(frame.pixels.buffer as ArrayBuffer), width, height), 0, 0);
    const view = projectionOf(scene, camera, width, height);
    const out = new Float32Array(3);
    context.font = "11px system-ui, sans-serif";
    context.fillStyle = getComputedStyle(canvas).color;
    for (const { at, text } of scene.labels.slice(0, 200)) {
        view.project(...at, out);
        context.fillText(text.slice(0, 60), out[0]! + 3, out[1]! - 3);
    }
}

function drag(e: PointerEvent, from: Camera, set: (c: Camera) => void): void {
    const element = e.currentTarget as HTMLElement;
    const isPan = e.shiftKey || e.button !== 0;
    element.setPointerCapture(e.pointerId);
    const move = (m: PointerEvent) => {
        const [dx, dy] = [m.clientX - e.clientX, m.clientY - e.clientY];
        set(
            isPan
                ? { ...from, panX: from.panX + dx, panY: from.panY + dy }
                : { ...from, yaw: from.yaw - dx * TURN, pitch: Math.max(-1.57, Math.min(1.57, from.pitch + dy * TURN)) },
        );
    };
    element.addEventListener("pointermove", move);
    element.addEventListener("pointerup", () => element.removeEventListener("pointermove", move), { once: true });
}

function keyed(key: string, c: Camera): Camera | null {
    switch (key) {
        case "ArrowLeft": return { ...c, yaw: c.yaw - 0.1 };
        case "ArrowRight": return { ...c, yaw: c.yaw + 0.1 };
        case "ArrowUp": return { ...c, pitch: Math.max(-1.57, c.pitch - 0.1) };
        case "ArrowDown": return { ...c, pitch: Math.min(1.57, c.pitch + 0.1) };
        case "+": return { ...c, zoom: Math.min(50, c.zoom * 1.2) };
        case "-": return { ...c, zoom: Math.max(0.1, c.zoom / 1.2) };
        default: return null;
    }
}
