/* data_grid.tsx - a table of any size: only the rows and columns in view are drawn. */

import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";

export interface GridColumn {
    id: string;
    label: string;
    width: number;
    isNumber?: boolean;
    sorted?: "up" | "down" | null;
}

interface Props<R> {
    rows: readonly R[];
    columns: readonly GridColumn[];
    keyOf: (row: R) => string;
    cell: (row: R, column: GridColumn) => ComponentChildren;
    onSort?: (column: GridColumn) => void;
    menu?: (column: GridColumn) => ComponentChildren;
    head?: (column: GridColumn) => ComponentChildren /* instead of the label, where there is any */;
    canMove?: (column: GridColumn) => boolean /* heads that are dragged to another place */;
    onMove?: (column: GridColumn, before: GridColumn) => void;
    onEnd?: () => void;
    label: string;
    frozen?: number /* columns that stay when scrolling sideways */;
    rowHeight?: number;
}

const COLUMN = "text/x-column";
const HEAD = 30;
const OVERSCAN = 6;

export function DataGrid<R>(props: Props<R>) {
    const { rows, columns, rowHeight = 30, frozen = 0 } = props;
    const ref = useRef<HTMLDivElement>(null);
    const [over, setOver] = useState("");
    const movable = (c: GridColumn) => props.onMove !== undefined && (props.canMove?.(c) ?? true);
    const drop = (e: DragEvent, before: GridColumn) => {
        setOver("");
        const moved = columns.find((c) => c.id === e.dataTransfer?.getData(COLUMN));
        if (moved === undefined || moved === before) return;
        e.preventDefault();
        props.onMove?.(moved, before);
    };
    const [view, setView] = useState({ top: 0, left: 0, width: 1200, height: 700 });
    const read = () => {
        const { scrollTop: top, scrollLeft: left, clientWidth: width, clientHeight: height } = ref.current!;
        setView((old) =>
            old.top === top && old.left === left && old.width === width && old.height === height
                ? old
                : { top, left, width, height },
        );
    };
    useLayoutEffect(() => {
        const watch = new ResizeObserver(read);
        watch.observe(ref.current!);
        return () => watch.disconnect();
    }, []);
    const lefts: number[] = [];
    let total = 0;
    for (const c of columns) {
        lefts.push(total);
        total += c.width;
    }
    const first = Math.max(0, Math.floor(view.top / rowHeight) - OVERSCAN);
    const last = Math.min(rows.length, Math.ceil((view.top + view.height) / rowHeight) + OVERSCAN);
    useLayoutEffect(() => {
        if (last >= rows.length) props.onEnd?.();
    }, [last, rows.length]);
    const shown = columns
        .map((c, i) => ({ c, left: lefts[i]!, i }))
        .filter(
            ({ c, left, i }) =>
                i < frozen || (left + c.width >= view.left - 200 && left <= view.left + view.width + 200),
        );
    const place = ({ c, left, i }: (typeof shown)[number]) =>
        i < frozen
            ? { width: c.width, transform: `translateX(${left + view.left}px)`, zIndex: 2 }
            : { width: c.width, transform: `translateX(${left}px)` };
    return (
        <div
            ref={ref}
            class="grid"
            onScroll={read}
            tabIndex={0}
            role="grid"
            aria-label={props.label}
            aria-rowcount={rows.length}
            aria-colcount={columns.length}
        >
            <div class="grid-head" role="row" style={{ width: total, height: HEAD }}>
                {shown.map((s) => (
                    <div
                        key={s.c.id}
                        class={`grid-cell ${s.i < frozen ? "is-frozen" : ""} ${over === s.c.id && over !== "" ? "is-before" : ""}`}
                        role="columnheader"
                        style={place(s)}
                        draggable={movable(s.c)}
                        onDragStart={(e) => e.dataTransfer!.setData(COLUMN, s.c.id)}
                        onDragOver={(e) => {
                            if (!movable(s.c) || !e.dataTransfer?.types.includes(COLUMN)) return;
                            e.preventDefault();
                            setOver(s.c.id);
                        }}
                        onDragLeave={() => setOver("")}
                        onDrop={(e) => movable(s.c) && drop(e, s.c)}
                        aria-sort={
                            s.c.sorted === "up"
                                ? "ascending"
                                : s.c.sorted === "down"
                                  ? "descending"
                                  : undefined
                        }
                    >
                        {props.head?.(s.c)}
                        {props.onSort && s.c.label !== "" ? (
                            <button
                                type="button"
                                class="plain-button clip"
                                title={s.c.label}
                                onClick={() => props.onSort!(s.c)}
                            >
                                {s.c.label}
                                {s.c.sorted === "up" ? " ↑" : s.c.sorted === "down" ? " ↓" : ""}
                            </button>
                        ) : (
                            <span class="clip">{s.c.label}</span>
                        )}
                        {props.menu?.(s.c)}
                    </div>
                ))}
            </div>
            <div
                role="rowgroup"
                style={{ width: total, height: rows.length * rowHeight, position: "relative" }}
            >
                {rows.slice(first, last).map((row, i) => (
                    <div
                        key={props.keyOf(row)}
                        class="grid-row"
                        role="row"
                        aria-rowindex={first + i + 1}
                        style={{ top: (first + i) * rowHeight, width: total, height: rowHeight }}
                    >
                        {shown.map((s) => (
                            <div
                                key={s.c.id}
                                role="gridcell"
                                class={`grid-cell ${s.c.isNumber ? "num" : ""} ${s.i < frozen ? "is-frozen" : ""}`}
                                style={place(s)}
                            >
                                {props.cell(row, s.c)}
                            </div>
                        ))}
                    </div>
                ))}
            </div>
        </div>
    );
}
