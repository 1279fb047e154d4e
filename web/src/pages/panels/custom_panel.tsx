/* custom_panel.tsx - a chart that a run described by the name of a specification and a table. */

import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { SandboxChart, type TakePicture } from "../../components/sandbox_chart";
import { StepSlider } from "../../components/step_slider";
import { t } from "../../i18n";
import { chartRows, fillSpec, presetSpec, type CustomChart } from "../../lib/custom_specs";
import { panelTitle } from "../../lib/layout";
import { atStep } from "../../lib/media";
import { isDark } from "../../theme";
import { fetchCustomChart } from "../../queries/charts";
import { useWorkspace } from "../workspace/model";
import type { PanelProps } from "./line_panel";
import { loadTable } from "./load_table";
import { stepsOf, useValues } from "./use_values";

const MAX_STEPS = 2000;
const MAX_ROWS = 50000;
const SLIDER = 32;

type Row = Record<string, unknown>;

export function CustomPanel({ panel, height, onExport }: PanelProps) {
    const ws = useWorkspace();
    const key = panel.keys?.[0] ?? "";
    const chart = ws.visibleRuns.value.find((r) => r.charts[key])?.charts[key] ?? null;
    const { all, failure } = useValues(chart === null ? [] : [chart.tableKey], MAX_STEPS);
    const [step, setStep] = useState<number | null>(null);
    const [rows, setRows] = useState<Row[] | null>(null);
    const [problem, setProblem] = useState("");
    const [foreign, setForeign] = useState<Row | null>(null);
    const take = useRef<TakePicture | null>(null);
    const wanted = (all ?? []).flatMap((a) => {
        const at = atStep(a.values, step ?? Infinity);
        return at === null || typeof at.value["path"] !== "string" ? [] : [{ run: a.run, path: at.value["path"], value: at.value }];
    });
    useEffect(() => {
        let isOver = false;
        const read = async () => {
            const tables = await Promise.all(
                wanted.map(async ({ run, value }) => ({ run, table: (await loadTable(ws.entity, ws.project, run.name, value)).table })),
            );
            const found = tables.flatMap(({ run, table }) => chartRows(run.displayName, table.columns, table.rows));
            if (!isOver) setRows(found.slice(0, MAX_ROWS));
        };
        if (wanted.length > 0) read().catch((e: Error) => !isOver && setProblem(e.message));
        return () => void (isOver = true);
    }, [wanted.map((w) => `${w.run.name}/${w.path}`).join("\n")]);
    const preset = useMemo(() => (chart === null ? null : presetSpec(chart, wanted.length)), [JSON.stringify(chart), wanted.length]);
    useEffect(() => {
        if (chart === null || preset !== null) return;
        fetchCustomChart(chart.spec).then(
            (spec) => (spec === null ? setProblem(t("custom.unknown", { name: chart.spec })) : setForeign(spec)),
            (e: Error) => setProblem(e.message),
        );
    }, [chart?.spec, preset === null]);
    const spec = preset ?? (foreign === null || chart === null ? null : (fillSpec(foreign, chart) as Row));
    const columns = [...new Set((rows ?? []).slice(0, 1000).flatMap((r) => Object.keys(r)))];
    onExport(() => ({
        kind: "picture",
        title: panelTitle(panel),
        take: (format) => take.current?.(format) ?? Promise.resolve(null),
        header: columns,
        rows: (rows ?? []).map((r) => columns.map((c) => r[c])),
    }));
    const steps = stepsOf(all ?? []);
    const chartHeight = height - (steps.length > 1 ? SLIDER : 0);
    return (
        <div class="panel-body" style={{ height }}>
            {failure + problem !== "" ? (
                <p class="panel-note is-bad">{failure + problem}</p>
            ) : chart === null || (all !== null && wanted.length === 0) ? (
                <p class="panel-note">{emptyReason(key, chart)}</p>
            ) : (
                rows !== null &&
                spec !== null && (
                    <SandboxChart
                        request={{ kind: "vega", spec, rows, isDark: isDark.value }}
                        title={panelTitle(panel)}
                        height={chartHeight}
                        onPictures={(f) => (take.current = f)}
                    />
                )
            )}
            <StepSlider steps={steps} at={step} onChange={setStep} />
        </div>
    );
}

function emptyReason(key: string, chart: CustomChart | null): string {
    return t("panel.no_values", { keys: chart === null ? key : chart.tableKey });
}
