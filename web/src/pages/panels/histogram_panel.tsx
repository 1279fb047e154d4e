/* histogram_panel.tsx - how a distribution moved: a map or ridges over the steps of one run, or one step of all runs. */

import { useRef, useState } from "preact/hooks";
import { Select } from "../../components/controls";
import { HistogramLines, type Outline } from "../../components/histogram_lines";
import { HistogramMap, type HistogramColumn } from "../../components/histogram_map";
import { StepSlider, stepByKey } from "../../components/step_slider";
import { t } from "../../i18n";
import { ramp } from "../../lib/color";
import { panelTitle } from "../../lib/layout";
import { atStep, histogramOf } from "../../lib/media";
import { useWorkspace } from "../workspace/model";
import type { PanelProps } from "./line_panel";
import { MissingNote } from "./missing_note";
import { useWidth } from "./use_size";
import { stepsOf, useValues, type RunValues } from "./use_values";

const MAX_STEPS = 200;
const MAX_RIDGES = 40;
const TOOLS = 34;

export function HistogramPanel({ panel, height, onExport }: PanelProps) {
    const ws = useWorkspace();
    const keys = panel.keys ?? [];
    const { ref, width } = useWidth();
    const { all, failure } = useValues(keys, MAX_STEPS);
    const [chosen, setChosen] = useState("");
    const [step, setStep] = useState<number | null>(null);
    const svg = useRef<SVGSVGElement>(null);
    const shape = panel.histogram?.shape ?? "map";
    const options = (all ?? []).map((a) => ({ value: idOf(a), label: keys.length > 1 ? `${a.run.displayName} ${a.key}` : a.run.displayName }));
    const shown = (all ?? []).find((a) => idOf(a) === chosen) ?? all?.[0];
    const columns = shape === "step" || shown === undefined ? [] : columnsOf(shown);
    const across = shape !== "step" ? [] : (all ?? []).flatMap((a) => outlineAt(a, step ?? Infinity, ws.colorOf(a.run)));
    const steps = shape === "step" ? stepsOf(all ?? []) : [];
    onExport(() => ({
        kind: "drawing",
        title: panelTitle(panel),
        svg: svg.current,
        header: [shape === "step" ? "run" : "step", "from", "to", "count"],
        rows: [
            ...columns.flatMap((c) => c.counts.map((n, i) => [c.step, c.edges[i], c.edges[i + 1], n])),
            ...across.flatMap((o) => o.counts.map((n, i) => [o.label, o.edges[i], o.edges[i + 1], n])),
        ],
    }));
    const hasChoice = shape !== "step" && options.length > 1;
    const size = { width, height: height - (hasChoice || steps.length > 1 ? TOOLS : 0), svgRef: svg, label: panelTitle(panel) };
    return (
        <div ref={ref} class="panel-body" style={{ height }} onKeyDown={(e) => stepByKey(e, steps, step, setStep)}>
            {hasChoice && (
                <div class="comparer-tools row" style={{ height: TOOLS }}>
                    <Select value={shown ? idOf(shown) : ""} options={options} onChange={setChosen} label={t("column.name")} />
                </div>
            )}
            {failure !== "" ? (
                <p class="panel-note is-bad">{failure}</p>
            ) : across.length > 0 && width > 0 ? (
                <HistogramLines outlines={across} isRidges={false} highlighted={ws.hovered.value} onHover={(id) => (ws.hovered.value = id)} {...size} />
            ) : columns.length > 0 && width > 0 ? (
                shape === "ridges" ? (
                    <HistogramLines outlines={ridgesOf(columns)} isRidges highlighted={null} {...size} />
                ) : (
                    <HistogramMap columns={columns} {...size} />
                )
            ) : (
                all !== null && <MissingNote keys={keys} />
            )}
            <StepSlider steps={steps} at={step} onChange={setStep} />
        </div>
    );
}

function idOf(a: RunValues): string {
    return `${a.run.name}\n${a.key}`;
}

function columnsOf(a: RunValues): HistogramColumn[] {
    return a.values.flatMap((v) => {
        const h = histogramOf(v.value);
        return h === null ? [] : [{ step: v.step, ...h }];
    });
}

function outlineAt(a: RunValues, step: number, color: string): Outline[] {
    const at = atStep(a.values, step);
    const h = at === null ? null : histogramOf(at.value);
    return h === null ? [] : [{ id: a.run.name, label: a.run.displayName, color, ...h }];
}

/* The latest in front; of many steps, evenly chosen ones. */
function ridgesOf(columns: readonly HistogramColumn[]): Outline[] {
    const every = Math.ceil(columns.length / MAX_RIDGES);
    const chosen = columns.filter((_, i) => (columns.length - 1 - i) % every === 0);
    return chosen.map((c, i) => ({ id: String(c.step), label: String(c.step), color: ramp(chosen.length < 2 ? 0 : i / (chosen.length - 1)), edges: c.edges, counts: c.counts }));
}
