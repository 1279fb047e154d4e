/* missing_note.tsx - why a panel is empty: which keys are missing, and whether runs that are not shown have them. */

import { t } from "../../i18n";
import { columnLabel } from "../../lib/layout";
import { columnValue } from "../../lib/runs";
import type { Run } from "../../lib/types";
import { useWorkspace } from "../workspace/model";

/* Of metrics what was logged over the run, of columns what its config and summary say. */
export function MissingNote({ keys = [], columns = [] }: { keys?: readonly string[]; columns?: readonly string[] }) {
    const ws = useWorkspace();
    if (keys.length + columns.length === 0) return <p class="panel-note">{t("panel.no_keys")}</p>;
    const visible = new Set(ws.visibleRuns.value);
    if (visible.size === 0) return <p class="panel-note">{t(ws.store.runs.value.length === 0 ? "workspace.no_runs" : "panel.no_runs")}</p>;
    const has = (run: Run) => keys.some((k) => k in run.keys || run.systemKeys.includes(k)) || columns.some((c) => columnValue(run, c) !== undefined);
    const hidden = ws.store.runs.value.filter((r) => !visible.has(r) && has(r));
    const names = [...keys, ...columns.map(columnLabel)].join(", ");
    return (
        <p class="panel-note">
            {t("panel.no_values", { keys: names })}
            {hidden.length > 0 && (
                <>
                    <br />
                    {t("panel.hidden_have", { count: hidden.length })}{" "}
                    <button type="button" class="link-button" onClick={() => ws.showRuns(hidden.slice(0, MAX_SHOWN))}>
                        {t("panel.show_them")}
                    </button>
                </>
            )}
        </p>
    );
}

const MAX_SHOWN = 20;
