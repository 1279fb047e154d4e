/* add_panel.tsx - a new panel: of any kind, or many at once by a regex. */

import { useState } from "preact/hooks";
import { Field, Select, TextInput } from "../../components/controls";
import { IconButton } from "../../components/icon";
import { t } from "../../i18n";
import { compileRegex } from "../../lib/filters";
import { newId } from "../../lib/ids";
import * as L from "../../lib/layout";
import { PANELS } from "../panels/table";
import { SECTION_CHARTS, isInternalKey } from "../../lib/sections";
import { useWorkspace, type Workspace } from "./model";
import { sectionLabel } from "./section_view";

export default function AddPanel({ into = "", onClose }: { into?: string /* a section */; onClose: () => void }) {
    const ws = useWorkspace();
    const sections = ws.layout.value.sections.map((s) => s.name);
    const [section, setSection] = useState(into || (sections[0] ?? SECTION_CHARTS));
    const add = (kind: L.PanelKind) => {
        const panel: L.Panel = { id: newId(kind), kind };
        ws.edit((l) => L.addPanel(l, section, panel));
        ws.editedPanel.value = panel.id;
        onClose();
    };
    return (
        <div class="drawer" role="dialog" aria-label={t("panel.add")}>
            <header>
                <h2 class="grow">{t("panel.add")}</h2>
                <IconButton icon="close" label={t("action.close")} onClick={onClose} />
            </header>
            <div class="body">
                <Field label={t("panel.section")}>
                    <Select
                        value={section}
                        options={sections.map((s) => ({ value: s, label: sectionLabel(s) }))}
                        onChange={setSection}
                    />
                </Field>
                <div class="panel-kinds">
                    {Object.entries(PANELS)
                        .filter(([, p]) => p.canAdd)
                        .map(([kind, p]) => (
                            <button
                                key={kind}
                                type="button"
                                class="button"
                                onClick={() => add(kind as L.PanelKind)}
                            >
                                {t(p.name)}
                            </button>
                        ))}
                </div>
                <QuickBuilder section={section} onDone={onClose} />
                <MissingMetrics ws={ws} section={section} />
                <HiddenPanels ws={ws} />
            </div>
        </div>
    );
}

/* "^(train|val)/(.*)$": one panel for all that match, or one for each value of the first group. */
function QuickBuilder({ section, onDone }: { section: string; onDone: () => void }) {
    const ws = useWorkspace();
    const [pattern, setPattern] = useState("");
    const regex = pattern === "" ? null : compileRegex(pattern);
    const matches =
        regex === null
            ? []
            : ws.metrics.value
                  .filter((m) => m.kind === "line" && m.stream === "history" && regex.test(m.key))
                  .map((m) => m.key);
    const groups = new Map<string, string[]>();
    for (const key of matches) {
        const by = regex!.exec(key)?.[1] ?? "";
        groups.set(by, [...(groups.get(by) ?? []), key]);
    }
    const make = () => {
        ws.edit((l) =>
            [...groups].reverse().reduce(
                (acc, [by, keys]) =>
                    L.addPanel(acc, section, {
                        id: newId("line"),
                        kind: "line",
                        keys,
                        ...(keys.length > 1 ? { title: by || pattern } : {}),
                    }),
                l,
            ),
        );
        onDone();
    };
    return (
        <div class="field">
            <span>{t("panel.quick")}</span>
            <TextInput
                value={pattern}
                delay={100}
                isInvalid={pattern !== "" && regex === null}
                placeholder="^(.*)/loss$"
                label={t("panel.quick")}
                onChange={setPattern}
            />
            <span class="small muted">{t("panel.quick_hint")}</span>
            {matches.length > 0 && (
                <>
                    <div class="column-list small">
                        {[...groups].map(([by, keys]) => (
                            <div key={by}>
                                <b>{by}</b> {keys.join(", ")}
                            </div>
                        ))}
                    </div>
                    <button type="button" class="button primary" onClick={make}>
                        {t("panel.quick_make", { panels: groups.size, metrics: matches.length })}
                    </button>
                </>
            )}
        </div>
    );
}

/* Metrics that no panel shows and none did, for those are listed below: each to be added alone, or all at once into the sections they belong to. */
function MissingMetrics({ ws, section }: { ws: Workspace; section: string }) {
    const { sections, hidden, prefix } = ws.layout.value;
    const shown = new Set([...sections.flatMap((s) => s.panels), ...hidden].flatMap((p) => [p.id, ...(p.keys ?? []).map((k) => `${p.stream ?? "history"}\n${k}`)]));
    const missing = ws.metrics.value.filter((m) => !isInternalKey(m.key) && !shown.has(L.panelId(m)) && !shown.has(`${m.stream}\n${m.key}`));
    if (missing.length === 0) return null;
    const put = (layout: L.Layout, m: L.Metric, into: string) => L.addPanel(layout, into, L.panelOf(m));
    return (
        <div class="field">
            <span>{t("panel.undisplayed")}</span>
            <div class="column-list">
                {missing.slice(0, MAX_LISTED).map((m) => (
                    <button key={L.panelId(m)} type="button" class="menu-item" onClick={() => ws.edit((l) => put(l, m, section))}>
                        + {m.key}
                    </button>
                ))}
            </div>
            <button type="button" class="button" onClick={() => ws.edit((l) => missing.reduceRight((acc, m) => put(acc, m, L.sectionFor(m, prefix)), l))}>
                {t("panel.add_all", { count: missing.length })}
            </button>
        </div>
    );
}

const MAX_LISTED = 300;

function HiddenPanels({ ws }: { ws: Workspace }) {
    const hidden = ws.layout.value.hidden;
    if (hidden.length === 0) return null;
    return (
        <div class="field">
            <span>{t("panel.hidden")}</span>
            <div class="column-list">
                {hidden.map((p) => (
                    <button
                        key={p.id}
                        type="button"
                        class="menu-item"
                        onClick={() => ws.edit((l) => L.restorePanel(l, p.id))}
                    >
                        + {L.panelTitle(p)}
                    </button>
                ))}
            </div>
        </div>
    );
}
