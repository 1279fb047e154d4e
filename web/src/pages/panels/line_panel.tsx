/* line_panel.tsx - metrics over steps or time. */

import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import LineChart from "../../components/line_chart";
import { Legend } from "../../components/legend";
import type { ChartModel } from "../../components/chart_view";
import { language, t } from "../../i18n";
import { DURATION_STEPS, durationTick, formatTick, formatterOf } from "../../lib/axis";
import { panelTitle, resolveSettings, updatePanel, type LineSettings, type Panel, type Section } from "../../lib/layout";
import { isTooCoarse, xRange, yRange, type Line, type Range } from "../../lib/lines";
import { pathOf } from "../../lib/match";
import { navigate } from "../../router";
import { sharedToken } from "../../shared";
import { isDark } from "../../theme";
import { useWorkspace } from "../workspace/model";
import { bucketsOf, useLines } from "./use_lines";
import type { PanelExport } from "./exports";
import { MissingNote } from "./missing_note";


const LEGEND_HEIGHT = 20;
const FONT_SIZES = { small: 10, normal: 11, large: 14 };

export interface PanelProps {
    panel: Panel;
    section: Section | null;
    height: number;
    isFull: boolean;
    onExport: (make: () => PanelExport) => void;
}

export function LinePanel({ panel, section, height, isFull, onExport }: PanelProps) {
    const ws = useWorkspace();
    const settings = resolveSettings(ws.layout.value, section, panel);
    const [zoom, setZoom] = useState<{ x: Range | null; y: Range | null }>({ x: null, y: null });
    const shared = settings.syncZoom ? ws.xZoom.value : null;
    const host = useRef<HTMLDivElement>(null);
    const canvas = useRef<HTMLCanvasElement | null>(null);
    const [width, setWidth] = useState(0);
    useLayoutEffect(() => setWidth(host.current!.clientWidth), []);
    const buckets = isFull ? 4000 : bucketsOf(width);
    const guess = shared !== null && shared.x === settings.x ? shared.range : zoom.x;
    /* A part of y that somebody chose may be so thin that what came for all of it shows its steps: it is asked for anew. */
    const chosenY = zoom.y ?? (settings.yMin !== null && settings.yMax !== null ? ([settings.yMin, settings.yMax] as Range) : null);
    const [coarse, setCoarse] = useState("");
    const { lines, axis, isLoading, failure, keys, exactLines, exactAt } = useLines(
        ws,
        panel,
        settings,
        guess,
        buckets,
        width > 0,
        chosenY !== null && coarse === chosenY.join() ? chosenY : null,
    );
    useEffect(() => {
        if (chosenY !== null && !settings.isLogY && isTooCoarse(lines, chosenY, height * devicePixelRatio)) setCoarse(chosenY.join());
    }, [lines, chosenY?.join(), height]);

    const model = useMemo<ChartModel | null>(() => {
        const all = xRange(lines, settings.isLogX);
        if (all === null) return null;
        const x: Range = guess ?? [settings.xMin ?? all[0], settings.xMax ?? all[1]];
        const fit = yRange(lines, settings, x) ?? yRange(lines, settings, null) ?? [0, 1];
        const y: Range = zoom.y ?? [settings.yMin ?? fit[0], settings.yMax ?? fit[1]];
        if (x[0] >= x[1] || y[0] >= y[1]) return null;
        return chartModel(panel, settings, lines, x, y, axis.kind, formatterOf(axis, language));
    }, [
        lines,
        guess?.[0],
        guess?.[1],
        zoom.y,
        JSON.stringify(settings),
        isDark.value,
        panel.xTitle,
        panel.yTitle,
    ]);

    onExport(() => ({
        kind: "lines",
        title: panelTitle(panel),
        lines,
        exactLines,
        model,
        xName: panel.xExpression || (axis.isShifted ? "relative_seconds" : axis.wire),
        canvas: canvas.current,
    }));
    const onZoom = (x: Range | null, y: Range | null) => {
        setZoom((old) =>
            x === null && y === null ? { x: null, y: null } : { x: x ?? old.x, y: y ?? old.y },
        );
        if (settings.syncZoom && (x !== null || (x === null && y === null)))
            ws.xZoom.value = x === null ? null : { x: settings.x, range: x };
    };
    const onPick = (line: Line) => {
        if (sharedToken.value === null && ws.store.runs.value.some((r) => r.name === line.run))
            navigate(pathOf(ws.entity, ws.project, "runs", line.run));
    };
    const setColor = (line: Line, color: string | null) => {
        const { [line.id]: _, ...others } = panel.lineColors ?? {};
        ws.edit((l) => updatePanel(l, panel.id, { lineColors: color === null ? others : { ...others, [line.id]: color } }));
    };
    const isSide = settings.legend === "left" || settings.legend === "right";
    const legend = settings.legend !== "none" && (
        <Legend
            lines={lines}
            isAll={isFull || isSide}
            isSide={isSide}
            palette={ws.runsView.value.palette}
            onHover={(l) => (ws.hovered.value = l)}
            onPick={onPick}
            onColor={setColor}
        />
    );
    const plotHeight = height - (settings.legend === "none" || isSide ? 0 : LEGEND_HEIGHT);
    return (
        <div ref={host} class={`panel-body ${isSide ? "has-side-legend" : ""}`} style={{ height }} aria-busy={isLoading}>
            {(settings.legend === "top" || settings.legend === "left") && legend}
            {failure !== "" ? (
                <p class="panel-note is-bad">{failure}</p>
            ) : model ? (
                <LineChart
                    model={model}
                    hovered={ws.hovered}
                    height={plotHeight}
                    syncKey={panel.xExpression ? panel.id : `${ws.scope}|${settings.x}`}
                    label={panelTitle(panel)}
                    onZoom={onZoom}
                    onHover={(run) => (ws.hovered.value = run)}
                    onPick={onPick}
                    exactAt={exactAt}
                    onCanvas={(c: HTMLCanvasElement | null) => (canvas.current = c)}
                />
            ) : (
                !isLoading &&
                width > 0 && <EmptyLines lines={lines} keys={keys} x={axis.wire} />
            )}
            {(settings.legend === "bottom" || settings.legend === "right") && legend}
        </div>
    );
}

/* Values out of range, no x beside them, or no such values: which it is. */
function EmptyLines({ lines, keys, x }: { lines: readonly Line[]; keys: readonly string[]; x: string }) {
    const ws = useWorkspace();
    if (lines.length > 0) return <p class="panel-note">{t("panel.nothing_in_range")}</p>;
    const having = ws.visibleRuns.value.filter((r) => keys.some((k) => k in r.keys));
    const isXMissing = !x.startsWith("_") && having.length > 0 && !having.some((r) => x in r.keys);
    return isXMissing ? <p class="panel-note">{t("panel.no_x", { keys: keys.join(", "), x })}</p> : <MissingNote keys={keys} />;
}

function chartModel(
    panel: Panel,
    settings: Required<LineSettings>,
    lines: Line[],
    x: Range,
    y: Range,
    kind: "number" | "duration" | "time",
    formatX: ChartModel["formatX"],
): ChartModel {
    const isPercent = settings.chartType === "percent";
    return {
        lines,
        x,
        y,
        isLogX: settings.isLogX,
        isLogY: settings.isLogY,
        formatX,
        tickX: kind === "duration" ? durationTick : formatX,
        isTime: kind === "time",
        increments: kind === "duration" ? DURATION_STEPS : undefined,
        formatY: (v) => formatTick(v, y[1] - y[0]) + (isPercent ? "%" : ""),
        xTitle: panel.xTitle ?? "",
        yTitle: panel.yTitle ?? "",
        fontSize: FONT_SIZES[settings.fontSize],
        paint: {
            lineWidth: settings.lineWidth,
            showOriginal: settings.showOriginal,
            shade: settings.shade,
            isFilled: settings.chartType !== "line",
            markExtremes: settings.markExtremes,
            isDark: isDark.value,
        },
    };
}
