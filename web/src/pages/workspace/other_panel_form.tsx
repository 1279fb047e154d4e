/* other_panel_form.tsx - the forms of panels that are not lines. */

import { Check, Field, Select, TextInput } from "../../components/controls";
import { IconButton } from "../../components/icon";
import { t, type MessageName } from "../../i18n";
import { columnFlags, columnLabel, toggleFlag, updatePanel, type Panel } from "../../lib/layout";
import { RUN_COLUMNS, columnsOf } from "../../lib/runs";
import { MetricPicker } from "./metric_picker";
import { useWorkspace } from "./model";

export function OtherPanelForm({ panel }: { panel: Panel }) {
    const ws = useWorkspace();
    const edit = (change: Partial<Panel>) => ws.edit((l) => updatePanel(l, panel.id, change));
    const columns = columnsOf(ws.store.runs.value);
    const metrics = columns.filter((c) => c.startsWith("summary_metrics."));
    const all = [...RUN_COLUMNS, ...columns];
    const place = (i: number, label: MessageName, from: string[], isOptional = false) => (
        <Field label={t(label)}>
            <Select
                value={panel.columns?.[i] ?? ""}
                options={[
                    { value: "", label: isOptional ? "–" : "…" },
                    ...from.map((c) => ({ value: c, label: c })),
                ]}
                onChange={(c) => {
                    const next = [...(panel.columns ?? [])];
                    while (next.length <= i) next.push("");
                    next[i] = c;
                    edit({ columns: next });
                }}
            />
        </Field>
    );
    return (
        <>
            {panel.kind !== "text" && (
                <Field label={t("setting.title")}>
                    <TextInput value={panel.title ?? ""} onChange={(title) => edit({ title })} />
                </Field>
            )}
            {panel.kind === "bar" && (
                <>
                    {place(0, "setting.target", metrics)}
                    <BarForm panel={panel} edit={edit} />
                </>
            )}
            {panel.kind === "importance" && place(0, "setting.target", metrics)}
            {panel.kind === "scatter" && (
                <>
                    {place(0, "setting.x", all)}
                    {place(1, "setting.y", all)}
                    {place(2, "setting.color", all, true)}
                    <ScatterForm panel={panel} edit={edit} />
                </>
            )}
            {panel.kind === "parallel" && <ColumnsForm panel={panel} columns={all} edit={edit} />}
            {panel.kind === "text" && (
                <Field label={t("setting.text")}>
                    <TextInput isArea value={panel.text ?? ""} onChange={(text) => edit({ text })} />
                </Field>
            )}
            {panel.kind === "table" && (
                <Field label={t("setting.join_on")}>
                    <TextInput
                        value={panel.table?.joinOn ?? ""}
                        placeholder="id"
                        onChange={(joinOn) => edit({ table: { ...panel.table, joinOn } })}
                    />
                    <span class="small muted">{t("setting.join_hint")}</span>
                </Field>
            )}
            {panel.kind === "histogram" && (
                <Field label={t("setting.shape")}>
                    <Select<"map" | "ridges" | "step">
                        value={panel.histogram?.shape ?? "map"}
                        onChange={(shape) => edit({ histogram: { shape } })}
                        options={[
                            { value: "map", label: t("histogram.map") },
                            { value: "ridges", label: t("histogram.ridges") },
                            { value: "step", label: t("histogram.step") },
                        ]}
                    />
                </Field>
            )}
            {(panel.kind === "media" ||
                panel.kind === "histogram" ||
                panel.kind === "table" ||
                panel.kind === "custom") && (
                <MetricPicker
                    kind={panel.kind}
                    chosen={panel.keys ?? []}
                    onChange={(keys) => edit({ keys })}
                />
            )}
        </>
    );
}

type Form = { panel: Panel; edit: (change: Partial<Panel>) => void };

function BarForm({ panel, edit }: Form) {
    const bar = panel.bar ?? {};
    return (
        <>
            <Field label={t("setting.shape")}>
                <Select<"bar" | "box" | "violin">
                    value={bar.shape ?? "bar"}
                    onChange={(shape) => edit({ bar: { ...bar, shape } })}
                    options={[
                        { value: "bar", label: t("bar.bars") },
                        { value: "box", label: t("bar.box") },
                        { value: "violin", label: t("bar.violin") },
                    ]}
                />
                <span class="small muted">{t("setting.grouping_hint")}</span>
            </Field>
            <Check label={t("bar.vertical")} value={bar.isVertical ?? false} onChange={(isVertical) => edit({ bar: { ...bar, isVertical } })} />
            <Field label={t("bar.max")}>
                <Select
                    value={String(bar.max ?? 40)}
                    onChange={(n) => edit({ bar: { ...bar, max: Number(n) } })}
                    options={["10", "20", "40", "100", "300"].map((n) => ({ value: n, label: n }))}
                />
            </Field>
        </>
    );
}

function ScatterForm({ panel, edit }: Form) {
    const scatter = panel.scatter ?? {};
    const log = (name: "isLogX" | "isLogY", label: MessageName) => (
        <Check label={t(label)} value={scatter[name] ?? false} onChange={(on) => edit({ scatter: { ...scatter, [name]: on } })} />
    );
    return (
        <>
            {log("isLogX", "setting.log_x")}
            {log("isLogY", "setting.log_y")}
            <Field label={t("setting.frontier")}>
                <Select<"none" | "min" | "max" | "mean">
                    value={scatter.frontier ?? "none"}
                    onChange={(frontier) => edit({ scatter: { ...scatter, frontier } })}
                    options={[
                        { value: "none", label: t("band.none") },
                        { value: "min", label: t("frontier.min") },
                        { value: "max", label: t("frontier.max") },
                        { value: "mean", label: t("frontier.mean") },
                    ]}
                />
            </Field>
        </>
    );
}

function ColumnsForm({ panel, columns, edit }: Form & { columns: string[] }) {
    const chosen = panel.columns ?? [];
    return (
        <div class="field">
            <span>{t("panel.columns")}</span>
            {chosen.map((c, i) => (
                <div key={c} class="row">
                    <span class="grow">{columnLabel(c)}</span>
                    {(["log", "inv"] as const).map((flag) => (
                        <button
                            key={flag}
                            type="button"
                            class="chip"
                            aria-pressed={c.includes("!" + flag)}
                            onClick={() => edit({ columns: chosen.map((o) => (o === c ? toggleFlag(c, flag) : o)) })}
                        >
                            {t(flag === "log" ? "parallel.log" : "parallel.inverted")}
                        </button>
                    ))}
                    <IconButton
                        icon="close"
                        label={t("action.remove")}
                        onClick={() => edit({ columns: chosen.filter((_, k) => k !== i) })}
                    />
                </div>
            ))}
            <Select
                value=""
                label={t("setting.column_add")}
                onChange={(c) => c !== "" && edit({ columns: [...chosen, c] })}
                options={[
                    { value: "", label: t("setting.column_add") },
                    ...columns.filter((c) => !chosen.some((o) => columnFlags(o).id === c)).map((c) => ({ value: c, label: c })),
                ]}
            />
        </div>
    );
}
