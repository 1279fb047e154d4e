/* virtual_list.tsx - a scrolling list that draws only the rows in view; all rows are equally high. */

import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

const OVERSCAN = 8;

export interface VirtualListProps<T> {
    items: readonly T[];
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
            ref.current!.scrollTop = Math.max(0, props.scrollTo * rowHeight - ref.current!.clientHeight / 2);
    }, [props.scrollTo]);
    const first = Math.max(0, Math.floor(view.top / rowHeight) - OVERSCAN);
    const last = Math.min(items.length, Math.ceil((view.top + view.height) / rowHeight) + OVERSCAN);
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
            <div style={{ height: items.length * rowHeight, width, position: "relative" }}>
                <div style={{ transform: `translateY(${first * rowHeight}px)` }}>
                    {items.slice(first, last).map((item, i) => render(item, first + i))}
                </div>
            </div>
        </div>
    );
}
