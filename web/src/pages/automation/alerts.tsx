/* alerts.tsx - where run.alert() is heard: the project's webhook, and the person's own mail. */

import { Check, Field, Select } from "../../components/controls";
import { sayError } from "../../components/toast";
import { t } from "../../i18n";
import { setOwnAlerts, setProjectAlerts, type AutomationsPage } from "../../queries/automations";
import { viewer } from "../../session";
import { SEVERITIES } from "./form";

export function AlertSettings({ entity, project, page, reload }: { entity: string; project: string; page: AutomationsPage; reload: () => void }) {
    const severities = SEVERITIES.map((s) => ({ value: s as string, label: t(`severity.${s}`) }));
    const forProject = (webhook: string, least: string) => void setProjectAlerts(entity, project, webhook === "" ? null : webhook, least).then(reload, sayError);
    const forMe = (wantsMail: boolean, least: string) => void setOwnAlerts(entity, project, wantsMail, least).then(reload, sayError);
    if (!viewer.value) return null;
    return (
        <section class="card stack">
            <h2>{t("alert.title")}</h2>
            <p class="muted">{t("alert.hint")}</p>
            <div class="settings-grid">
                {!page.isReadOnly && (
                    <>
                        <Field label={t("alert.webhook")}>
                            <Select value={page.alertWebhook} options={[{ value: "", label: t("alert.no_webhook") }, ...page.webhooks.map((w) => ({ value: w.id, label: w.name }))]} onChange={(id) => forProject(id, page.alertSeverity)} />
                        </Field>
                        <Field label={t("alert.least")}>
                            <Select value={page.alertSeverity} options={severities} onChange={(least) => forProject(page.alertWebhook, least)} />
                        </Field>
                    </>
                )}
                <Check label={t("alert.mail")} value={page.wantsMail} onChange={(on) => forMe(on, page.mailSeverity)} />
                <Field label={t("alert.mail_least")}>
                    <Select value={page.mailSeverity} options={severities} onChange={(least) => forMe(page.wantsMail, least)} />
                </Field>
            </div>
        </section>
    );
}
