/* lineage_moves.ts - a sheet in a scrolling box: dragged by its ground, enlarged by the wheel around the pointer. */

import type { RefObject } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";

const SMALLEST = 0.3;
const LARGEST = 2.5;

/* What lies under the pointer stays there. */
export function useWheelZoom(host: RefObject<HTMLDivElement>, zoom: number, onZoom: (zoom: number) => void): void {
    const anchor = useRef<{ x: number; y: number; left: number; top: number; zoom: number } | null>(null);
    useLayoutEffect(() => {
        const el = host.current!;
        const wheel = (e: WheelEvent) => {
            if (e.shiftKey) return; /* sideways */
            e.preventDefault();
            const box = el.getBoundingClientRect();
            anchor.current = { x: e.clientX - box.left, y: e.clientY - box.top, left: el.scrollLeft, top: el.scrollTop, zoom };
            onZoom(Math.max(SMALLEST, Math.min(LARGEST, zoom * Math.exp(-e.deltaY / 400))));
        };
        el.addEventListener("wheel", wheel, { passive: false });
        return () => el.removeEventListener("wheel", wheel);
    }, [zoom]);
    useLayoutEffect(() => {
        const at = anchor.current;
        anchor.current = null;
        if (at === null) return;
        host.current!.scrollLeft = ((at.left + at.x) / at.zoom) * zoom - at.x;
        host.current!.scrollTop = ((at.top + at.y) / at.zoom) * zoom - at.y;
    }, [zoom]);
}

export function useDrag(host: RefObject<HTMLDivElement>): (e: PointerEvent) => void {
    return (e) => {
        if (e.button !== 0 || (e.target as Element).closest(".lineage-node") !== null) return;
        const el = host.current!;
        const [left, top] = [el.scrollLeft + e.clientX, el.scrollTop + e.clientY];
        const move = (m: PointerEvent) => {
            el.scrollLeft = left - m.clientX;
            el.scrollTop = top - m.clientY;
        };
        const end = () => {
            el.classList.remove("is-dragged");
            el.removeEventListener("pointermove", move);
        };
        el.setPointerCapture(e.pointerId);
        el.classList.add("is-dragged");
        el.addEventListener("pointermove", move);
        el.addEventListener("pointerup", end, { once: true });
        el.addEventListener("pointercancel", end, { once: true });
    };
}
