/* appearance_form.tsx - what runs look like: palette, colours by a key's value, the baseline, and how many are drawn at first. The
 * same over the list of runs and in the drawer of the workspace's settings. */

import { Select } from "../../components/controls";
import { t } from "../../i18n";
import type { PaletteName } from "../../lib/color";
import { RUN_COLUMNS, columnsOf } from "../../lib/runs";
import { useWorkspace } from "./model";

const LIMITS = ["10", "20", "50", "100", "300", "1000"];
/* Columns with one value a run, or whose values are words without an order. */
const NO_KEYS = new Set(["displayName", "heartbeatAt", "name", "notes", "tags"]);

export function AppearanceForm() {
    const ws = useWorkspace();
    const v = ws.runsView.value;
    const runs = ws.orderedRuns.value;
    const columns = [...RUN_COLUMNS.filter((c) => !NO_KEYS.has(c)), ...columnsOf(runs)];
    const base = ws.baselineRun.value;
    const bases = base === null || runs.includes(base) ? runs : [base, ...runs];
    return (
        <div class="stack">
            <label class="field">
                <span>{t("runs.palette")}</span>
                <Select<PaletteName>
                    value={v.palette}
                    onChange={(palette) => ws.setRuns({ palette })}
                    options={[
                        { value: "default", label: t("palette.default") },
                        { value: "deuteranomaly", label: t("palette.deuteranomaly") },
                        { value: "universal", label: t("palette.universal") },
                    ]}
                />
            </label>
            <label class="field">
                <span>{t("runs.color_key")}</span>
                <Select
                    value={v.colorKey ?? ""}
                    onChange={(key) => ws.setRuns({ colorKey: key === "" ? null : key })}
                    options={[{ value: "", label: t("runs.color_own") }, ...withChosen(columns, v.colorKey).map((c) => ({ value: c, label: c }))]}
                />
            </label>
            <label class="field">
                <span>{t("runs.base_run")}</span>
                <Select
                    value={v.baseline ?? ""}
                    onChange={(name) => ws.setRuns({ baseline: name === "" ? null : name })}
                    options={[{ value: "", label: t("runs.no_baseline") }, ...bases.map((r) => ({ value: r.name, label: r.displayName }))]}
                />
            </label>
            <label class="field">
                <span>{t("runs.max_shown")}</span>
                <Select value={String(v.maxShown)} onChange={(n) => ws.setRuns({ maxShown: Number(n) })} options={LIMITS.map((n) => ({ value: n, label: n }))} />
            </label>
            <button type="button" class="button" onClick={() => ws.forgetColors()}>
                {t("runs.reset_colors")}
            </button>
        </div>
    );
}

/* No run here may have it now. */
function withChosen(columns: string[], chosen: string | null | undefined): string[] {
    return chosen && !columns.includes(chosen) ? [chosen, ...columns] : columns;
}
