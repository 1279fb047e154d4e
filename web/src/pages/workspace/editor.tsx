/* editor.tsx - the drawer in which a panel, a section or the whole workspace is set up. */

import { useEffect, useState } from "preact/hooks";
import { Field, Segmented, Select, TextInput } from "../../components/controls";
import { IconButton } from "../../components/icon";
import { t } from "../../i18n";
import { ExpressionError, parseExpression } from "../../lib/expression";
import { compileRegex } from "../../lib/filters";
import * as L from "../../lib/layout";
import { RUN_COLUMNS, columnsOf } from "../../lib/runs";
import { MetricPicker } from "./metric_picker";
import { LineSettingsForm, type SettingsFormProps } from "./line_settings";
import { MediaSettingsForm, type MediaFormProps } from "./media_settings";
import { OtherPanelForm } from "./other_panel_form";
import { AppearanceForm } from "./appearance_form";
import { WORKSPACE_SETTINGS, useWorkspace } from "./model";
import { WorkspaceForm } from "./workspace_form";

type LinePage = "data" | "grouping" | "chart";
type Page = LinePage | "legend" | "expressions";
/* Of what holds for more than one panel. */
type Part = "layout" | "lines" | "media" | "runs";

export default function Editor() {
    const ws = useWorkspace();
    const target = ws.editedPanel.value;
    useEffect(() => {
        const key = (e: KeyboardEvent) =>
            e.key === "Escape" && ws.editedPanel.value !== null && (ws.editedPanel.value = null);
        window.addEventListener("keydown", key);
        return () => window.removeEventListener("keydown", key);
    }, []);
    if (target === null) return null;
    const layout = ws.layout.value;
    const found = L.findPanel(layout, target);
    const sectionName = target.startsWith("section:") ? target.slice(8) : null;
    const section = layout.sections.find((s) => s.name === sectionName) ?? null;
    if (found === null && section === null && target !== WORKSPACE_SETTINGS) return null;
    const title = found ? L.panelTitle(found.panel) : section ? section.name : t("workspace.settings");
    const at: Level = { layout, section: found?.section ?? section, panel: found?.panel ?? null, edit: ws.edit.bind(ws) };
    return (
        <div class="drawer" role="dialog" aria-label={title}>
            <header>
                <h2 class="grow clip">{title}</h2>
                <IconButton
                    icon="close"
                    label={t("action.close")}
                    onClick={() => (ws.editedPanel.value = null)}
                />
            </header>
            <div class="body">
                {found === null && <PartsForm at={at} />}
                {found?.panel.kind === "line" && <LinePages at={at} panel={found.panel} />}
                {found?.panel.kind === "media" && <MediaSettingsForm {...mediaProps(at)} />}
                {found !== null && found.panel.kind !== "line" && <OtherPanelForm panel={found.panel} />}
            </div>
        </div>
    );
}

/* Of the workspace or a section. */
function PartsForm({ at }: { at: Level }) {
    const parts: Part[] = at.section === null ? ["layout", "lines", "media", "runs"] : ["lines", "media"];
    const [chosen, setChosen] = useState<Part>(parts[0]!);
    const part = parts.includes(chosen) ? chosen : parts[0]!;
    return (
        <>
            <Segmented<Part>
                label={t("editor.parts")}
                value={part}
                onChange={setChosen}
                options={parts.map((p) => ({ value: p, label: t(`editor.${p}`) }))}
            />
            {part === "layout" && <WorkspaceForm />}
            {part === "lines" && <LinePages at={at} panel={null} />}
            {part === "media" && <MediaSettingsForm {...mediaProps(at)} />}
            {part === "runs" && <AppearanceForm />}
        </>
    );
}

function LinePages({ at, panel }: { at: Level; panel: L.Panel | null }) {
    const [page, setPage] = useState<Page>("data");
    const pages: Page[] = ["data", "grouping", "chart"];
    if (panel !== null) pages.push("legend", "expressions");
    const shown = pages.includes(page) ? page : "data";
    return (
        <>
            <Segmented<Page>
                label={t("panel.edit")}
                value={shown}
                onChange={setPage}
                options={pages.map((p) => ({ value: p, label: t(`editor.${p}`) }))}
            />
            {panel && shown === "data" && <KeysForm panel={panel} />}
            {shown !== "legend" && shown !== "expressions" && <LineSettingsForm {...lineProps(at)} page={shown} />}
            {panel && shown === "grouping" && <PanelGroupForm panel={panel} />}
            {panel && shown === "chart" && <TitlesForm panel={panel} />}
            {panel && shown === "legend" && <LegendForm panel={panel} />}
            {panel && shown === "expressions" && <ExpressionsForm panel={panel} />}
        </>
    );
}

/* What is set up: a panel, else a section, else the whole workspace. */
interface Level {
    layout: L.Layout;
    section: L.Section | null;
    panel: L.Panel | null;
    edit: (change: (l: L.Layout) => L.Layout) => void;
}

const BLANK: L.Panel = { id: "", kind: "line" };

function changeLevel({ section, panel, edit }: Level, change: Pick<L.Panel, "settings" | "media">): void {
    edit((l) =>
        panel ? L.updatePanel(l, panel.id, change) : section ? L.updateSection(l, section.name, change) : { ...l, ...change },
    );
}

function lineProps(at: Level): Omit<SettingsFormProps, "page"> {
    const own = (at.panel ?? at.section ?? at.layout).settings ?? {};
    return {
        own,
        resolved: L.resolveSettings(at.layout, at.section, at.panel ?? BLANK),
        onChange: (c) => changeLevel(at, { settings: { ...own, ...c } }),
    };
}

function mediaProps(at: Level): MediaFormProps {
    const own = (at.panel ?? at.section ?? at.layout).media ?? {};
    return {
        own,
        resolved: L.resolveMedia(at.layout, at.section, at.panel ?? BLANK),
        onChange: (c) => changeLevel(at, { media: { ...own, ...c } }),
    };
}

function usePanelEdit(panel: L.Panel) {
    const ws = useWorkspace();
    return (change: Partial<L.Panel>) => ws.edit((l) => L.updatePanel(l, panel.id, change));
}

function KeysForm({ panel }: { panel: L.Panel }) {
    const edit = usePanelEdit(panel);
    return (
        <>
            <MetricPicker
                stream={panel.stream ?? "history"}
                chosen={panel.keys ?? []}
                onChange={(keys) => edit({ keys })}
            />
            <Field label={t("setting.regex")}>
                <TextInput
                    value={panel.keyRegex ?? ""}
                    isInvalid={compileRegex(panel.keyRegex ?? "") === null}
                    placeholder="^val/.*loss$"
                    onChange={(keyRegex) => edit({ keyRegex })}
                />
            </Field>
        </>
    );
}

function TitlesForm({ panel }: { panel: L.Panel }) {
    const edit = usePanelEdit(panel);
    return (
        <>
            <Field label={t("setting.title")}>
                <TextInput value={panel.title ?? ""} onChange={(title) => edit({ title })} />
            </Field>
            <Field label={t("setting.x_title")}>
                <TextInput value={panel.xTitle ?? ""} onChange={(xTitle) => edit({ xTitle })} />
            </Field>
            <Field label={t("setting.y_title")}>
                <TextInput value={panel.yTitle ?? ""} onChange={(yTitle) => edit({ yTitle })} />
            </Field>
        </>
    );
}

function LegendForm({ panel }: { panel: L.Panel }) {
    const edit = usePanelEdit(panel);
    return (
        <Field label={t("setting.legend_template")}>
            <TextInput
                value={panel.legendTemplate ?? ""}
                placeholder="${run:displayName} - ${config:lr}"
                onChange={(legendTemplate) => edit({ legendTemplate })}
            />
            <span class="small muted">
                {"${run:displayName} ${run:state} ${config:…} ${summary:…} ${metric}"}
            </span>
            <span class="small muted">
                {t("setting.hover_hint")} {"[[ ${x} ${y} ${original} ${mean} ${stddev} ${min} ${max} ${percent} ]]"}
            </span>
        </Field>
    );
}

function ExpressionsForm({ panel }: { panel: L.Panel }) {
    const ws = useWorkspace();
    const edit = usePanelEdit(panel);
    const text = (panel.expressions ?? []).join("\n");
    const known = new Set(ws.metrics.value.map((m) => m.key));
    const problems = (panel.expressions ?? []).flatMap((e) => {
        try {
            parseExpression(e, (n) => known.has(n));
            return [];
        } catch (error) {
            return error instanceof ExpressionError ? [`${e}: ${error.message}`] : [];
        }
    });
    return (
        <>
        <Field label={t("setting.x_expression")}>
            <TextInput
                value={panel.xExpression ?? ""}
                placeholder="x * 256"
                isInvalid={!isGood(panel.xExpression ?? "", known)}
                onChange={(xExpression) => edit({ xExpression })}
            />
            <span class="small muted">{t("setting.x_expression_hint")}</span>
        </Field>
        <Field label={t("setting.expressions")}>
            <TextInput
                isArea
                value={text}
                placeholder={"train/loss / val/loss\nlog(${my metric})"}
                onChange={(v) =>
                    edit({
                        expressions: v
                            .split("\n")
                            .map((s) => s.trim())
                            .filter((s) => s !== ""),
                    })
                }
            />
            <span class="small muted">{t("setting.expressions_hint")}</span>
            {problems.map((p) => (
                <span key={p} class="notice is-bad small">
                    {p}
                </span>
            ))}
        </Field>
        </>
    );
}

function isGood(expression: string, known: ReadonlySet<string>): boolean {
    if (expression === "") return true;
    try {
        parseExpression(expression, (n) => known.has(n));
        return true;
    } catch {
        return false;
    }
}

/* By what this panel groups; nothing chosen means as the list does. */
function PanelGroupForm({ panel }: { panel: L.Panel }) {
    const ws = useWorkspace();
    const edit = usePanelEdit(panel);
    const group = panel.group ?? [];
    const columns = [...RUN_COLUMNS, ...columnsOf(ws.store.runs.value)].filter((c) => !group.includes(c));
    return (
        <div class="field">
            <span>{t("setting.panel_group")}</span>
            {group.map((c) => (
                <div key={c} class="row">
                    <span class="grow">{L.columnLabel(c)}</span>
                    <IconButton icon="close" label={t("action.remove")} onClick={() => edit({ group: group.filter((g) => g !== c) })} />
                </div>
            ))}
            <Select
                value=""
                label={t("runs.group_add")}
                onChange={(c) => c !== "" && edit({ group: [...group, c] })}
                options={[{ value: "", label: t("runs.group_add") }, ...columns.map((c) => ({ value: c, label: c }))]}
            />
        </div>
    );
}
