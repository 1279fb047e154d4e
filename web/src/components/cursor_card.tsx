/* cursor_card.tsx - the values of every line where the pointer is, the nearest line in bold. */

import { useEffect, useState } from "preact/hooks";
import type { ChartCursor, ChartModel } from "./chart_view";
import { rowsAt, type CursorRow } from "../lib/chart_cursor";
import type { ExactPoint, Line, LinePoint } from "../lib/lines";
import { formatNumber } from "../lib/format";
import { fillHover } from "../lib/template";
import { t } from "../i18n";

const MAX_ROWS = 14;
const CARD_WIDTH = 250;
const ROW_HEIGHT = 17;
const GAP = 16;
/* A pointer that rests this long is asked for: what was sent for drawing has no more digits than pixels show. */
const REST_MS = 50;

type ExactAt = (points: readonly LinePoint[]) => Promise<ReadonlyMap<string, ExactPoint>>;

export function CursorCard({
    cursor,
    model,
    box,
    exactAt,
}: {
    cursor: ChartCursor;
    model: ChartModel;
    box: DOMRect;
    exactAt: ExactAt;
}) {
    const rows = rowsAt(model.lines, cursor.x, model.x, model.isLogX);
    const { from, shown: rough } = around(rows, cursor.closest);
    const exact = useExact(rough, exactAt);
    if (rows.length === 0) return null;
    const shown = rough.map((r): CursorRow => ({ ...r, ...exact.get(r.line.id) }));
    /* Over everything, beside the pointer, inside the window. */
    const right = box.left + cursor.left + GAP;
    const height = (shown.length + 3) * ROW_HEIGHT;
    const style = {
        left:
            right + CARD_WIDTH < window.innerWidth
                ? right
                : Math.max(0, box.left + cursor.left - CARD_WIDTH - GAP),
        top: Math.max(4, Math.min(box.top + cursor.top - height / 2, window.innerHeight - height - 4)),
    };
    return (
        <div class="cursor-card" style={style} aria-hidden="true">
            <div class="cursor-x">{model.formatX(cursor.x, model.x[1] - model.x[0])}</div>
            {from > 0 && <div class="faint">{t("chart.more", { count: from })}</div>}
            {shown.map((r) => (
                <div key={r.line.id} class={`cursor-row ${r.line === cursor.closest ? "is-closest" : ""}`}>
                    <i class="dot" style={{ background: r.line.color }} />
                    <span class="clip">{r.line.hover ? sayAt(r, model, cursor.x) : r.line.label}</span>
                    {!r.line.hover && <b>{formatNumber(r.value, exact.has(r.line.id) ? 7 : 5)}</b>}
                    {r === shown.find((s) => s.line === cursor.closest) &&
                        r.lo !== null &&
                        r.hi !== null &&
                        r.lo !== r.hi && (
                            <small>
                                {formatNumber(r.lo)} … {formatNumber(r.hi)}
                            </small>
                        )}
                </div>
            ))}
            {from + shown.length < rows.length && (
                <div class="faint">{t("chart.more", { count: rows.length - from - shown.length })}</div>
            )}
        </div>
    );
}

/* Only of lines that are drawn as they were logged: the last digits of a mean or a smoothed value mean nothing. */
function useExact(rows: readonly CursorRow[], exactAt: ExactAt): ReadonlyMap<string, ExactPoint> {
    const points = rows.filter((r) => r.line.step > 0 && r.line.grid !== undefined && r.line.shown === r.line.y);
    const place = points.map((r) => `${r.line.id}:${r.at}`).join();
    const [known, setKnown] = useState<{ place: string; values: ReadonlyMap<string, ExactPoint> }>({ place: "", values: new Map() });
    useEffect(() => {
        if (place === "" || place === known.place) return;
        const timer = window.setTimeout(() => {
            exactAt(points).then((values) => setKnown({ place, values }), () => undefined /* the rough ones stay */);
        }, REST_MS);
        return () => window.clearTimeout(timer);
    }, [place]);
    return known.place === place ? known.values : new Map();
}

/* What the panel's template wants said of a point. */
function sayAt(r: CursorRow, model: ChartModel, x: number): string {
    const total = rowsAt(model.lines, x, model.x, model.isLogX).reduce((n, o) => n + Math.abs(o.value), 0);
    return fillHover(r.line.hover!, {
        x: model.formatX(r.line.x[r.at]!, model.x[1] - model.x[0]),
        y: r.value,
        original: r.line.y[r.at]!,
        mean: r.line.y[r.at]!,
        stddev: r.line.isStdBand && r.hi !== null && r.lo !== null ? (r.hi - r.lo) / 2 : NaN,
        min: r.lo ?? r.line.y[r.at]!,
        max: r.hi ?? r.line.y[r.at]!,
        percent: total === 0 ? NaN : (Math.abs(r.value) / total) * 100,
    });
}

function around(rows: CursorRow[], closest: Line | null): { from: number; shown: CursorRow[] } {
    const at = Math.max(
        0,
        rows.findIndex((r) => r.line === closest),
    );
    const from = Math.max(0, Math.min(at - Math.floor(MAX_ROWS / 2), rows.length - MAX_ROWS));
    return { from, shown: rows.slice(from, from + MAX_ROWS) };
}
