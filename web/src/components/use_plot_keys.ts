/* use_plot_keys.ts - steering through the cells of a drawing by keys, with the value said to screen readers. */

import { useState } from "preact/hooks";
import { t } from "../i18n";
import { steppedCell, type Cell } from "../lib/plot_keys";

interface Steering {
    rows: readonly number[] /* cells of each column */;
    label: string;
    say: (cell: Cell) => string;
    onEnter?: (cell: Cell) => void;
    onMove?: (cell: Cell | null) => void;
}

/* The cell that keys have led to, and what makes an element steerable. */
export function usePlotKeys({ rows, label, say, onEnter, onMove }: Steering) {
    const [cell, setCell] = useState<Cell | null>(null);
    const known = cell !== null && cell.row < (rows[cell.column] ?? 0) ? cell : null;
    const show = (next: Cell | null) => {
        setCell(next);
        onMove?.(next);
    };
    const onKeyDown = (e: KeyboardEvent) => {
        if (e.ctrlKey || e.metaKey || e.altKey) return;
        const next = steppedCell(rows, known, e.key);
        if (next !== null) show(next);
        else if (known !== null && e.key === "Enter" && onEnter !== undefined) onEnter(known);
        else if (known !== null && e.key === "Escape") show(null);
        else return;
        e.preventDefault();
        e.stopPropagation();
    };
    return {
        cell: known,
        steerable: {
            tabIndex: 0,
            role: "slider" as const,
            "aria-label": label,
            "aria-roledescription": t("chart.role"),
            "aria-valuemin": 0,
            "aria-valuemax": Math.max(0, rows.length - 1),
            "aria-valuenow": known?.column ?? 0,
            "aria-valuetext": known === null ? t("chart.cell_keys", { count: rows.length }) : say(known),
            onKeyDown,
            onBlur: () => known !== null && show(null),
        },
    };
}
