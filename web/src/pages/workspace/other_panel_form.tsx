/* other_panel_form.tsx - the forms of panels that are not lines. */

import type { Panel } from "../../lib/layout";
import { updatePanel } from "../../lib/layout";
import { Field, TextInput } from "../../components/controls";
import { t } from "../../i18n";
import { useWorkspace } from "./model";

export function OtherPanelForm({ panel }: { panel: Panel }) {
    const ws = useWorkspace();
    const edit = (change: Partial<Panel>) => ws.edit((l) => updatePanel(l, panel.id, change));
    return <Field label={t("setting.title")}><TextInput value={panel.title ?? ""} onChange={(title) => edit({ title })} /></Field>;
}
