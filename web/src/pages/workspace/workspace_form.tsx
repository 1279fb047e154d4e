/* workspace_form.tsx - how a workspace is laid out: its sections, their order, and what happens to new metrics. */

import { Check, Field, Select } from "../../components/controls";
import { t } from "../../i18n";
import * as L from "../../lib/layout";
import { sortAll } from "../../lib/section_order";
import type { PrefixMode } from "../../lib/sections";
import { useWorkspace } from "./model";

export function WorkspaceForm() {
    const ws = useWorkspace();
    const { prefix, mode, isSorted = false, showsEmpty = false } = ws.layout.value;
    return (
        <div class="settings-grid">
            <Field label={t("workspace.sections_by")}>
                <Select<PrefixMode>
                    value={prefix}
                    onChange={(p) => ws.edit((l) => L.setPrefixMode(l, p))}
                    options={[
                        { value: "nested", label: t("prefix.nested") },
                        { value: "last", label: t("prefix.last") },
                        { value: "first", label: t("prefix.first") },
                    ]}
                />
            </Field>
            <Field label={t("workspace.new_metrics")}>
                <Select<"auto" | "manual">
                    value={mode}
                    onChange={(m) => ws.edit((l) => ({ ...l, mode: m }))}
                    options={[
                        { value: "auto", label: t("workspace.automatic") },
                        { value: "manual", label: t("workspace.manual") },
                    ]}
                />
            </Field>
            <div class="wide">
                <Check
                    label={t("workspace.sort_all")}
                    value={isSorted}
                    onChange={(on) => ws.edit((l) => (on ? { ...sortAll(l), isSorted: true } : { ...l, isSorted: false }))}
                />
            </div>
            <div class="wide">
                <Check label={t("workspace.hide_empty")} value={!showsEmpty} onChange={(on) => ws.edit((l) => ({ ...l, showsEmpty: !on }))} />
            </div>
        </div>
    );
}
