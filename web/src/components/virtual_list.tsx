/* virtual_list.tsx - a scrolling list that draws only the rows in view; all rows are equally high. */

import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

const OVERSCAN = 8;
/* Browsers draw no box that is much higher: a longer list scrolls faster. */
const HEIGHT_MAX = 15_000_000;

export interface VirtualListProps<T> {
    items: { readonly length: number; slice(from: number, to: number): readonly T[] };
    rowHeight: number;
    render: (item: T, index: number) => ComponentChildren;
    onEnd?: (() => void) | undefined;
    class?: string;
    role?: "list" | "log" | "rowgroup" | "table";
    label?: string;
    header?: ComponentChildren;
    width?: number /* wider than the box: it scrolls sideways too */;
    isFollowing?: boolean /* stay at the end as rows arrive */;
    scrollTo?: number | null;
    onScroll?: (isAtEnd: boolean) => void;
}

export function VirtualList<T>(props: VirtualListProps<T>) {
    const { items, rowHeight, render, onEnd } = props;
    const ref = useRef<HTMLDivElement>(null);
    const [view, setView] = useState({ top: 0, height: 600 });
    const fullHeight = items.length * rowHeight;
    const height = Math.min(fullHeight, HEIGHT_MAX);
    const stretch = fullHeight > height ? (fullHeight - view.height) / (height - view.height) : 1;
    const read = () => {
        const el = ref.current!;
        setView((old) =>
            old.top === el.scrollTop && old.height === el.clientHeight
                ? old
                : { top: el.scrollTop, height: el.clientHeight },
        );
    };
    const scrolled = () => {
        const el = ref.current!;
        read();
        props.onScroll?.(el.scrollTop + el.clientHeight >= el.scrollHeight - rowHeight);
    };
    useLayoutEffect(() => {
        const watch = new ResizeObserver(read);
        watch.observe(ref.current!);
        return () => watch.disconnect();
    }, []);
    useLayoutEffect(() => {
        if (props.isFollowing) ref.current!.scrollTop = ref.current!.scrollHeight;
    }, [items.length, props.isFollowing]);
    useLayoutEffect(() => {
        if (props.scrollTo != null)
            ref.current!.scrollTop = Math.max(0, (props.scrollTo * rowHeight - ref.current!.clientHeight / 2) / stretch);
    }, [props.scrollTo]);
    const inView = Math.ceil(view.height / rowHeight);
    const top = Math.max(0, Math.min(Math.floor((view.top * stretch) / rowHeight), items.length - 1));
    const first = Math.max(0, top - OVERSCAN);
    const last = Math.min(items.length, top + inView + 1 + OVERSCAN);
    /* Where the first row is drawn, so that the row at the top is at the top. */
    const offset = stretch === 1 ? first * rowHeight : Math.min(view.top, height - inView * rowHeight) - (top - first) * rowHeight;
    useEffect(() => {
        if (last >= items.length) onEnd?.();
    }, [last, items.length]);
    const width = props.width === undefined ? "100%" : `${props.width}px`;
    return (
        <div
            ref={ref}
            class={`virtual ${props.class ?? ""}`}
            onScroll={scrolled}
            tabIndex={0}
            role={props.role ?? "list"}
            aria-label={props.label}
        >
            {props.header}
            <div style={{ height, width, position: "relative" }}>
                <div style={{ transform: `translateY(${offset}px)` }}>
                    {items.slice(first, last).map((item, i) => render(item, first + i))}
                </div>
            </div>
        </div>
    );
}
