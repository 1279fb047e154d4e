/* media_settings.tsx - the form for how media lie; the same for a panel, a section and the whole workspace.
 * What is set here and not inherited is marked, and can be given back. */

import type { ComponentChildren } from "preact";
import { Field, Select } from "../../components/controls";
import { t, type MessageName } from "../../i18n";
import type { MediaSettings } from "../../lib/layout";

export interface MediaFormProps {
    own: MediaSettings /* what this level says */;
    resolved: Required<MediaSettings> /* what holds */;
    onChange: (change: MediaSettings) => void;
}

export function MediaSettingsForm({ own, resolved, onChange }: MediaFormProps) {
    const row = (name: keyof MediaSettings, label: MessageName, control: ComponentChildren) => (
        <Field
            label={t(label)}
            isOwn={own[name] !== undefined}
            resetLabel={t("settings.inherit")}
            onReset={() => onChange({ [name]: undefined })}
        >
            {control}
        </Field>
    );
    return (
        <div class="settings-grid">
            {row(
                "columns",
                "media.columns",
                <Select
                    value={String(resolved.columns)}
                    onChange={(n) => onChange({ columns: Number(n) })}
                    options={[{ value: "0", label: t("setting.auto") }, ...["1", "2", "3", "4", "6", "8"].map((n) => ({ value: n, label: n }))]}
                />,
            )}
            {row(
                "fit",
                "media.fit",
                <Select<"fit" | "fill" | "actual">
                    value={resolved.fit}
                    onChange={(fit) => onChange({ fit })}
                    options={[
                        { value: "fit", label: t("media.fit_whole") },
                        { value: "fill", label: t("media.fit_fill") },
                        { value: "actual", label: t("media.fit_actual") },
                    ]}
                />,
            )}
            {row(
                "isSynced",
                "media.synced",
                <Select
                    value={resolved.isSynced ? "on" : "off"}
                    onChange={(v) => onChange({ isSynced: v === "on" })}
                    options={[
                        { value: "off", label: t("setting.off") },
                        { value: "on", label: t("setting.on") },
                    ]}
                />,
            )}
        </div>
    );
}
