/* chart_gestures.ts - moving what a chart shows with shift and drag (or the middle button), scaling it with control and the
 * wheel. While it goes on only what is there is painted; finer points are asked for when it has ended. */

import type { Range } from "../lib/lines";
import { moved, scaled } from "../lib/pan";

export interface ChartRanges {
    x: Range;
    y: Range;
}

export interface GestureTarget {
    ranges: () => ChartRanges & { isLogX: boolean; isLogY: boolean };
    show: (ranges: ChartRanges) => void;
    /* y is null when only x was changed. */
    done: (x: Range, y: Range | null) => void;
}

const WHEEL_REST_MS = 150;
const WHEEL_SPEED = 1 / 400;
/* Less than this sideways is a hand that shakes. */
const MIN_MOVE_Y = 8;

export function listenForGestures(root: HTMLElement, over: HTMLElement, target: GestureTarget): void {
    /* On the way down, before the chart takes it for the begin of a selection. */
    root.addEventListener("mousedown", (e) => (e.shiftKey && e.button === 0) || e.button === 1 ? drag(e, over, target) : undefined, true);
    let rest = 0;
    over.addEventListener(
        "wheel",
        (e) => {
            if (!e.ctrlKey && !e.metaKey) return;
            e.preventDefault();
            const { x, y, isLogX } = target.ranges();
            const box = over.getBoundingClientRect();
            const next = scaled(x, Math.exp(e.deltaY * WHEEL_SPEED), (e.clientX - box.left) / box.width, isLogX);
            target.show({ x: next, y });
            window.clearTimeout(rest);
            rest = window.setTimeout(() => target.done(target.ranges().x, null), WHEEL_REST_MS);
        },
        { passive: false },
    );
}

function drag(start: MouseEvent, over: HTMLElement, target: GestureTarget): void {
    if (!over.contains(start.target as Node)) return;
    start.preventDefault();
    start.stopImmediatePropagation();
    const { x, y, isLogX, isLogY } = target.ranges();
    const { width, height } = over.getBoundingClientRect();
    let hasMovedY = false;
    let now: ChartRanges = { x, y };
    const move = (e: MouseEvent) => {
        const [dx, dy] = [e.clientX - start.clientX, e.clientY - start.clientY];
        hasMovedY ||= Math.abs(dy) >= MIN_MOVE_Y;
        now = { x: moved(x, -dx / width, isLogX), y: hasMovedY ? moved(y, dy / height, isLogY) : y };
        target.show(now);
    };
    const end = () => {
        window.removeEventListener("mousemove", move);
        window.removeEventListener("mouseup", end);
        if (now.x !== x) target.done(now.x, hasMovedY ? now.y : null);
    };
    window.addEventListener("mousemove", move);
    window.addEventListener("mouseup", end);
}
