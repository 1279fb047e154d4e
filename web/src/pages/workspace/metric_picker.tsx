/* metric_picker.tsx - the metrics of a panel: chosen ones as chips, the others to be found by name. */

import { useState } from "preact/hooks";
import { TextInput } from "../../components/controls";
import { IconButton } from "../../components/icon";
import { t } from "../../i18n";
import type { PanelKind } from "../../lib/layout";
import { useWorkspace } from "./model";

const MAX_SHOWN = 200;

export function MetricPicker({
    chosen,
    onChange,
    stream = "history",
    kind = "line",
}: {
    chosen: readonly string[];
    onChange: (keys: string[]) => void;
    stream?: "history" | "events";
    kind?: PanelKind;
}) {
    const ws = useWorkspace();
    const [search, setSearch] = useState("");
    const all = ws.metrics.value
        .filter((m) => m.kind === kind && m.stream === stream && !chosen.includes(m.key))
        .map((m) => m.key);
    const shown = all.filter((k) => k.toLowerCase().includes(search.toLowerCase()));
    return (
        <div class="field">
            <span>{t("setting.metrics")}</span>
            <div class="chips">
                {chosen.map((k) => (
                    <span key={k} class="chip">
                        <span class="clip">{k}</span>
                        <IconButton
                            icon="close"
                            label={`${t("action.remove")}: ${k}`}
                            onClick={() => onChange(chosen.filter((c) => c !== k))}
                        />
                    </span>
                ))}
            </div>
            <TextInput
                value={search}
                delay={80}
                placeholder={t("setting.metrics_add")}
                label={t("setting.metrics_add")}
                onChange={setSearch}
            />
            <div class="column-list">
                {shown.slice(0, MAX_SHOWN).map((k) => (
                    <button key={k} type="button" class="menu-item" onClick={() => onChange([...chosen, k])}>
                        {k}
                    </button>
                ))}
            </div>
        </div>
    );
}
