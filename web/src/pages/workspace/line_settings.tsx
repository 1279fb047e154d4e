/* line_settings.tsx - the form for how lines look; the same for a panel, a section and the whole workspace.
 * What is set here and not inherited is marked, and can be given back. */

import type { ComponentChildren } from "preact";
import { Field, NumberInput, Select } from "../../components/controls";
import { t, type MessageName } from "../../i18n";
import type { LineSettings } from "../../lib/layout";
import type { SmoothingKind } from "../../lib/smoothing";
import { useWorkspace } from "./model";
import { weightRange, xChoices } from "./line_choices";

type Choice<K extends keyof LineSettings> = { value: NonNullable<LineSettings[K]> & string; label: string };

export interface SettingsFormProps {
    own: LineSettings /* what this level says */;
    resolved: Required<LineSettings> /* what holds */;
    onChange: (change: LineSettings) => void;
    page: "data" | "grouping" | "chart";
}

export function LineSettingsForm(props: SettingsFormProps) {
    return (
        <div class="settings-grid">
            {props.page === "data" ? (
                <DataPage {...props} />
            ) : props.page === "grouping" ? (
                <GroupingPage {...props} />
            ) : (
                <ChartPage {...props} />
            )}
        </div>
    );
}

function useRow(props: SettingsFormProps) {
    const set = <K extends keyof LineSettings>(name: K, value: LineSettings[K]) =>
        props.onChange({ [name]: value });
    const row = (
        name: keyof LineSettings,
        label: MessageName,
        control: ComponentChildren,
        isWide = false,
    ) => (
        <Field
            label={t(label)}
            isWide={isWide}
            isOwn={props.own[name] !== undefined}
            resetLabel={t("settings.inherit")}
            onReset={() => set(name, undefined)}
        >
            {control}
        </Field>
    );
    const choice = <K extends keyof LineSettings>(
        name: K,
        label: MessageName,
        options: Choice<K>[],
        isWide = false,
    ) =>
        row(
            name,
            label,
            <Select
                value={props.resolved[name] as string}
                options={options}
                onChange={(v) => set(name, v as LineSettings[K])}
            />,
            isWide,
        );
    const flag = (
        name: "isLogX" | "isLogY" | "showOriginal" | "ignoreOutliers" | "markExtremes" | "syncZoom",
        label: MessageName,
    ) =>
        row(
            name,
            label,
            <Select
                value={props.resolved[name] ? "on" : "off"}
                options={[
                    { value: "off", label: t("setting.off") },
                    { value: "on", label: t("setting.on") },
                ]}
                onChange={(v) => set(name, v === "on")}
            />,
        );
    const number = (name: "xMin" | "xMax" | "yMin" | "yMax", label: MessageName) =>
        row(
            name,
            label,
            <NumberInput
                value={props.resolved[name]}
                placeholder={t("setting.auto")}
                onChange={(v) => set(name, v ?? undefined)}
            />,
        );
    return { set, row, choice, flag, number };
}

/* Another kind, with the amount where its range has it: 0.9 points mean nothing. */
function changeKind(kind: SmoothingKind, before: SmoothingKind, weight: number): LineSettings {
    const [from, to] = [weightRange(before).max, weightRange(kind).max];
    const scaled = (weight / from) * to;
    return kind === "none" || from === to ? { smoothing: kind } : { smoothing: kind, weight: to > 1 ? Math.round(scaled) : Number(scaled.toFixed(3)) };
}

function DataPage(props: SettingsFormProps) {
    const ws = useWorkspace();
    const { row, choice, flag, number, set } = useRow(props);
    const metrics = ws.metrics.value
        .filter((m) => m.kind === "line" && m.stream === "history")
        .map((m) => m.key);
    const { smoothing, weight } = props.resolved;
    const range = weightRange(smoothing);
    return (
        <>
            {row(
                "x",
                "setting.x",
                <Select value={props.resolved.x} options={xChoices(metrics)} onChange={(x) => set("x", x)} />,
                true,
            )}
            {number("xMin", "setting.x_min")}
            {number("xMax", "setting.x_max")}
            {number("yMin", "setting.y_min")}
            {number("yMax", "setting.y_max")}
            {flag("isLogX", "setting.log_x")}
            {flag("isLogY", "setting.log_y")}
            {row(
                "smoothing",
                "setting.smoothing",
                <Select<SmoothingKind>
                    value={smoothing}
                    onChange={(kind) => props.onChange(changeKind(kind, smoothing, weight))}
                    options={[
                        { value: "twema", label: t("smoothing.twema") },
                        { value: "ema", label: t("smoothing.ema") },
                        { value: "gaussian", label: t("smoothing.gaussian") },
                        { value: "average", label: t("smoothing.average") },
                        { value: "none", label: t("smoothing.none") },
                    ]}
                />,
                true,
            )}
            {smoothing !== "none" &&
                row(
                    "weight",
                    "setting.weight",
                    <span class="row">
                        <input
                            type="range"
                            {...range}
                            aria-label={t("setting.weight")}
                            value={weight}
                            onInput={(e) => set("weight", Number(e.currentTarget.value))}
                        />
                        <output>{weight}</output>
                    </span>,
                    true,
                )}
            {flag("showOriginal", "setting.original")}
            {flag("ignoreOutliers", "setting.outliers")}
            {choice("point", "setting.point", [
                { value: "last", label: t("point.last") },
                { value: "mean", label: t("point.mean") },
            ])}
            {choice("shade", "setting.shade", [
                { value: "minmax", label: t("band.minmax") },
                { value: "none", label: t("band.none") },
            ])}
            {row(
                "maxRuns",
                "setting.max_runs",
                <Select
                    value={String(props.resolved.maxRuns)}
                    options={["10", "30", "100", "300", "1000"].map((n) => ({ value: n, label: n }))}
                    onChange={(n) => set("maxRuns", Number(n))}
                />,
            )}
            {choice("chartType", "setting.type", [
                { value: "line", label: t("type.line") },
                { value: "area", label: t("type.area") },
                { value: "stacked", label: t("type.stacked") },
                { value: "percent", label: t("type.percent") },
            ])}
        </>
    );
}

function GroupingPage(props: SettingsFormProps) {
    const { choice } = useRow(props);
    return (
        <>
            <p class="wide muted small">{t("setting.grouping_hint")}</p>
            {choice("aggregate", "setting.aggregate", [
                { value: "mean", label: t("aggregate.mean") },
                { value: "median", label: t("aggregate.median") },
                { value: "min", label: t("aggregate.min") },
                { value: "max", label: t("aggregate.max") },
            ])}
            {choice("band", "setting.band", [
                { value: "minmax", label: t("band.minmax") },
                { value: "std", label: t("band.std") },
                { value: "stderr", label: t("band.stderr") },
                { value: "iqr", label: t("band.iqr") },
                { value: "ci95", label: t("band.ci95") },
                { value: "none", label: t("band.none") },
            ])}
        </>
    );
}

function ChartPage(props: SettingsFormProps) {
    const { choice, flag, row, set } = useRow(props);
    return (
        <>
            {choice("legend", "setting.legend", [
                { value: "top", label: t("legend.top") },
                { value: "bottom", label: t("legend.bottom") },
                { value: "left", label: t("legend.left") },
                { value: "right", label: t("legend.right") },
                { value: "none", label: t("legend.none") },
            ])}
            {choice("fontSize", "setting.font", [
                { value: "small", label: t("font.small") },
                { value: "normal", label: t("font.normal") },
                { value: "large", label: t("font.large") },
            ])}
            {row(
                "lineWidth",
                "setting.width",
                <Select
                    value={String(props.resolved.lineWidth)}
                    options={["1", "1.5", "2", "3"].map((n) => ({ value: n, label: n }))}
                    onChange={(n) => set("lineWidth", Number(n))}
                />,
            )}
            {choice("colorBy", "setting.color_by", [
                { value: "run", label: t("setting.color_run") },
                { value: "metric", label: t("setting.color_metric") },
            ])}
            {flag("markExtremes", "setting.extremes")}
            {flag("syncZoom", "setting.sync_zoom")}
        </>
    );
}
