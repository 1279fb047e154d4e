/* use_lines.ts - fetches what a line panel shows and turns it into lines, keeping the old ones until the new are there. */

import { useLayoutEffect, useMemo, useState } from "preact/hooks";
import { loadExact, loadSeries, type Want } from "../../chart_data";
import { automaticX, axisOf, type Axis } from "../../lib/axis";
import { PALETTES, assignColors } from "../../lib/color";
import { expressionKeys, parseExpression, type Expression } from "../../lib/expression";
import { compileRegex } from "../../lib/filters";
import type { Series } from "../../lib/buckets";
import type { LineSettings, Panel } from "../../lib/layout";
import {
    along,
    bucketAround,
    combine,
    groupShape,
    shapeOf,
    smoothed,
    stack,
    widthOf,
    type ExactPoint,
    type Line,
    type LinePoint,
    type Range,
    type Shape,
} from "../../lib/lines";
import type { Run } from "../../lib/types";
import { groupRuns, type RunGroup } from "../../lib/runs";
import { fillTemplate, splitTemplate } from "../../lib/template";
import type { Workspace } from "../workspace/model";

export interface LinesState {
    lines: Line[];
    axis: Axis;
    keys: string[];
    isLoading: boolean;
    failure: string;
    exactLines: () => Promise<Line[]> /* with all digits that were logged */;
    exactAt: (points: readonly LinePoint[]) => Promise<ReadonlyMap<string, ExactPoint>>;
}

interface Loaded {
    shapes: Map<string, Map<string, Shape>> /* run name, then key */;
    question: string;
    runs: Run[];
}

/* Of what is downloaded: every row of a series as it was logged when there are no more than these, buckets of that many else. */
const MAX_EXACT_ROWS = 65536;
const MAX_EXACT_ALL = 1_000_000;

const DASHES = [[], [7, 3], [2, 3], [9, 3, 2, 3], [4, 2], [12, 4], [1, 4], [6, 2, 1, 2, 1, 2]];

export function panelKeys(ws: Workspace, panel: Panel): string[] {
    const pattern = panel.keyRegex ? compileRegex(panel.keyRegex) : null;
    const stream = panel.stream ?? "history";
    const matching =
        pattern === null
            ? []
            : ws.metrics.value
                  .filter((m) => m.stream === stream && m.kind === "line" && pattern.test(m.key))
                  .map((m) => m.key);
    return [...new Set([...(panel.keys ?? []), ...matching])];
}

function parseAll(ws: Workspace, panel: Panel): { text: string; tree: Expression }[] {
    const known = new Set(ws.metrics.value.map((m) => m.key));
    return (panel.expressions ?? []).flatMap((text) => {
        try {
            return [{ text, tree: parseExpression(text, (n) => known.has(n)) }];
        } catch {
            return []; /* the editor says what is wrong with it */
        }
    });
}

/* null when there is none, or it is wrong. */
function parseX(ws: Workspace, panel: Panel): Expression | null {
    const known = new Set(ws.metrics.value.map((m) => m.key));
    try {
        return panel.xExpression ? parseExpression(panel.xExpression, (n) => known.has(n)) : null;
    } catch {
        return null;
    }
}

/* The panel's own groups, or those of the list. */
function groupsOf(ws: Workspace, panel: Panel): { groups: RunGroup[]; colors: ReadonlyMap<string, string> } | null {
    if (panel.group === undefined || panel.group.length === 0)
        return ws.isGrouped.value ? { groups: ws.groups.value, colors: ws.colors.value } : null;
    const groups = groupRuns(ws.visibleRuns.value, panel.group);
    return { groups, colors: assignColors(groups.map((g) => g.key), ws.runsView.value.palette, {}) };
}

/* What a panel has to ask for. */
interface Plan {
    want: Want;
    wanted: string[] /* the keys */;
    runs: Run[];
    axis: Axis;
    keys: string[] /* those that are lines of their own, and those that expressions need besides */;
    expressions: { text: string; tree: Expression }[];
    xTree: Expression | null;
    grouping: ReturnType<typeof groupsOf>;
}

function planOf(
    ws: Workspace,
    panel: Panel,
    settings: Required<LineSettings>,
    window: Range | null,
    buckets: number,
    inView: Range | null,
): Plan {
    const runs = ws.visibleRuns.value;
    const keys = panelKeys(ws, panel);
    const expressions = parseAll(ws, panel);
    const xTree = parseX(ws, panel);
    const xKeys = xTree === null ? [] : expressionKeys(xTree).filter((k) => k !== "x");
    const wanted = [...new Set([...keys, ...expressions.flatMap((e) => expressionKeys(e.tree)), ...xKeys])];
    const grouping = groupsOf(ws, panel);
    const stream = panel.stream ?? "history";
    const base = axisOf(
        settings.x === "auto" && stream === "history" ? automaticX(runs, wanted) : settings.x,
        stream,
    );
    const axis: Axis = xTree === null ? base : { ...base, kind: "number" };
    const isMoved = axis.isShifted || xTree !== null;
    const shownRuns = grouping !== null
        ? runs
        : runs
              .filter((r) => stream === "events" || wanted.some((k) => k in r.keys))
              .slice(0, settings.maxRuns);
    const want: Want = {
        entity: ws.entity,
        project: ws.project,
        stream,
        x: axis.wire,
        buckets,
        min: isMoved ? null : (window?.[0] ?? settings.xMin),
        max: isMoved ? null : (window?.[1] ?? settings.xMax),
        point: settings.point,
        log: settings.isLogY,
        low: inView?.[0] ?? null,
        high: inView?.[1] ?? null,
    };
    return { want, wanted, runs: shownRuns, axis, keys, expressions, xTree, grouping };
}

/* As many as there are pixels, in steps, so that a window that is resized does not ask at every pixel. */
export function bucketsOf(width: number): number {
    return Math.max(200, Math.min(1000, Math.ceil((width * devicePixelRatio) / 100) * 100));
}

/* Asks for what a panel of this width will show: once it is drawn, the answer is on its way. */
export function askAhead(ws: Workspace, panel: Panel, settings: Required<LineSettings>, width: number): void {
    const { want, wanted, runs } = planOf(ws, panel, settings, null, bucketsOf(width), null);
    /* What fails is asked once more by the panel, which says so. */
    for (const run of runs) for (const key of wanted) loadSeries(want, run, key).catch(() => undefined);
}

export function useLines(
    ws: Workspace,
    panel: Panel,
    settings: Required<LineSettings>,
    window: Range | null,
    buckets: number,
    isActive: boolean,
    inView: Range | null = null /* of y, when all of it would be too coarse */,
): LinesState {
    const [loaded, setLoaded] = useState<Loaded | null>(null);
    const [failure, setFailure] = useState("");
    const plan = planOf(ws, panel, settings, window, buckets, inView);
    const { want, wanted, runs: shownRuns, axis, keys, expressions, xTree, grouping } = plan;
    const { stream } = want;
    const question = JSON.stringify([want, wanted]);
    const versions = shownRuns
        .map((r) => `${r.name}:${stream === "history" ? r.lineCount : r.heartbeatAt}`)
        .join();

    const shiftOf = (run: Run | undefined) => (axis.isShifted && run !== undefined ? run.createdAt / 1000 : 0);
    const shapesOf = (answers: readonly { run: Run; key: string; series: Series | null }[]) => {
        const shapes = new Map<string, Map<string, Shape>>();
        for (const { run, key, series } of answers) {
            if (series === null || series.x.length === 0) continue;
            const shape = shapeOf(series, settings.point, shiftOf(run));
            shapes.set(run.name, (shapes.get(run.name) ?? new Map<string, Shape>()).set(key, shape));
        }
        return shapes;
    };

    useLayoutEffect(() => {
        if (!isActive) return;
        let isOver = false;
        const jobs = shownRuns.flatMap((run) =>
            wanted.map(async (key) => ({ run, key, series: await loadSeries(want, run, key) })),
        );
        Promise.all(jobs).then(
            (answers) => {
                if (isOver) return;
                setLoaded({ shapes: shapesOf(answers), question, runs: shownRuns });
                setFailure("");
            },
            (e: Error) => !isOver && setFailure(e.message),
        );
        return () => void (isOver = true);
    }, [question, versions, isActive, settings.point]);

    const groupText = [...(panel.group ?? []), ...ws.runsView.value.group].join();
    const linesOf = (loaded: Loaded | null): Line[] => {
        if (loaded === null) return [];
        const items = [...keys.map((text) => ({ text, tree: null as Expression | null })), ...expressions];
        const isOnlyRun = loaded.runs.length === 1 && items.length > 1;
        const found = items.map((item) => {
            const shapes = new Map<string, Shape>();
            for (const [name, byKey] of loaded.shapes) {
                const plain = item.tree === null ? byKey.get(item.text) : combine(item.tree, byKey);
                const shape = plain && xTree !== null ? along(plain, xTree, byKey) : plain;
                if (shape) shapes.set(name, shape);
            }
            return shapes;
        });
        const range = widthOf(found.flatMap((shapes) => [...shapes.values()]));
        const out = items.flatMap((item, i) => {
            const made =
                grouping === null
                    ? runLines(ws, loaded, found[i]!, range, item.text, items.length > 1, panel, settings)
                    : groupLines(grouping, found[i]!, range, item.text, items.length > 1, panel, settings);
            return made.map(
                (l): Line =>
                    isOnlyRun || (settings.colorBy === "metric" && items.length > 1)
                        ? {
                              ...l,
                              color: PALETTES[ws.runsView.value.palette][
                                  i % PALETTES[ws.runsView.value.palette].length
                              ]!,
                              label: isOnlyRun ? item.text : l.label,
                          }
                        : { ...l, dash: DASHES[i % DASHES.length]! },
            );
        });
        const chosen = panel.lineColors;
        const colored = chosen === undefined ? out : out.map((l) => (chosen[l.id] === undefined ? l : { ...l, color: chosen[l.id]! }));
        return settings.chartType === "stacked" || settings.chartType === "percent"
            ? stack(colored, settings.chartType === "percent")
            : colored;
    };
    const lines = useMemo(() => linesOf(loaded), [
        loaded,
        JSON.stringify(settings),
        JSON.stringify(panel),
        ws.colors.value,
        groupText,
        ws.runsView.value.palette,
        keys.join(),
    ]);

    const exactLines = async () => {
        if (loaded === null) return [];
        const series = Math.max(1, loaded.runs.length * wanted.length);
        const rows = Math.max(want.buckets, Math.min(MAX_EXACT_ROWS, Math.floor(MAX_EXACT_ALL / series)));
        const found = await loadExact({ ...want, buckets: rows }, loaded.runs.map((r) => r.name), wanted);
        const answers = loaded.runs.flatMap((run) => wanted.map((key) => ({ run, key, series: found.get(`${run.name}\n${key}`) ?? null })));
        return linesOf({ ...loaded, shapes: shapesOf(answers) });
    };
    const exactAt = async (points: readonly LinePoint[]) => {
        const byName = new Map(loaded?.runs.map((r) => [r.name, r]));
        return loadPoints(want, points, (line) => shiftOf(byName.get(line.run)));
    };
    return {
        lines,
        axis,
        keys: wanted,
        isLoading: isActive && loaded?.question !== question && failure === "",
        failure,
        exactLines,
        exactAt,
    };
}

/* Lines whose buckets lie alike are asked together: runs of the same length all do. */
async function loadPoints(
    want: Want,
    points: readonly LinePoint[],
    shiftOf: (line: Line) => number,
): Promise<ReadonlyMap<string, ExactPoint>> {
    const out = new Map<string, ExactPoint>();
    const cells = new Map<string, { cell: Range; lines: Line[] }>();
    for (const { line, at } of points) {
        if (line.grid === undefined) continue;
        const cell = bucketAround(line.grid, line.x[at]! + shiftOf(line));
        const group = cells.get(cell.join()) ?? { cell, lines: [] };
        group.lines.push(line);
        cells.set(cell.join(), group);
    }
    const ask = async ({ cell: [min, max], lines }: { cell: Range; lines: Line[] }) => {
        const names = (of: "run" | "key") => [...new Set(lines.map((l) => l[of]))];
        const found = await loadExact({ ...want, min, max, buckets: 1 }, names("run"), names("key"));
        for (const line of lines) {
            const series = found.get(`${line.run}\n${line.key}`);
            if (series === undefined) continue;
            const { y, lo, hi } = shapeOf(series, want.point);
            out.set(line.id, { value: y[0]!, lo: (lo ?? y)[0]!, hi: (hi ?? y)[0]! });
        }
    };
    await Promise.all([...cells.values()].map(ask));
    return out;
}

function runLines(
    ws: Workspace,
    loaded: Loaded,
    shapes: Map<string, Shape>,
    range: number,
    key: string,
    isMany: boolean,
    panel: Panel,
    settings: Required<LineSettings>,
): Line[] {
    return loaded.runs.flatMap((run) => {
        const shape = shapes.get(run.name);
        if (shape === undefined) return [];
        const { legend, hover } = splitTemplate(panel.legendTemplate ?? "");
        const plain = isMany ? `${run.displayName} ${key}` : run.displayName;
        const label = legend === "" ? plain : fillTemplate(legend, run, key);
        return [
            {
                ...shape,
                id: `${run.name}\n${key}`,
                label,
                color: ws.colors.value.get(run.name) ?? "#888888",
                dash: [],
                run: run.name,
                key,
                shown: smoothed(shape, settings, range),
                count: 1,
                hover: hover && fillTemplate(hover, run, key),
            },
        ];
    });
}

function groupLines(
    { groups, colors }: { groups: RunGroup[]; colors: ReadonlyMap<string, string> },
    shapes: Map<string, Shape>,
    range: number,
    key: string,
    isMany: boolean,
    panel: Panel,
    settings: Required<LineSettings>,
): Line[] {
    const { legend, hover } = splitTemplate(panel.legendTemplate ?? "");
    return groups.slice(0, settings.maxRuns).flatMap((group) => {
        const members = group.runs.flatMap((r) => shapes.get(r.name) ?? []);
        if (members.length === 0) return [];
        const shape = groupShape(members, settings);
        const name = group.path.map((p) => p || "–").join(" · ");
        const plain = isMany ? `${name} ${key}` : name;
        /* What is grouped by is the same in all of its runs. */
        const first = group.runs[0]!;
        return [
            {
                ...shape,
                id: `${group.key}\n${key}`,
                label: legend === "" ? plain : fillTemplate(legend, first, key),
                hover: hover && fillTemplate(hover, first, key),
                color: colors.get(group.key) ?? "#888888",
                dash: [],
                run: group.key,
                key,
                shown: smoothed(shape, settings, range),
                count: members.length,
                isStdBand: settings.band === "std",
            },
        ];
    });
}
