/* webhooks.tsx - addresses that the automations and alerts of an entity may call. */

import { useState } from "preact/hooks";
import { CopyText } from "../../components/copy_text";
import { TextInput } from "../../components/controls";
import { askSure } from "../../components/question";
import { sayError } from "../../components/toast";
import { t } from "../../i18n";
import { createWebhook, deleteWebhook, type AutomationsPage, type Webhook } from "../../queries/automations";

export function Webhooks({ entity, page, reload }: { entity: string; page: AutomationsPage; reload: () => void }) {
    const [name, setName] = useState("");
    const [url, setUrl] = useState("");
    const add = (e: Event) => {
        e.preventDefault();
        createWebhook(entity, name.trim(), url.trim()).then(() => {
            setName("");
            setUrl("");
            reload();
        }, sayError);
    };
    const remove = async (w: Webhook) => {
        if (!(await askSure(t("webhook.confirm_delete", { name: w.name })))) return;
        await deleteWebhook(w.id);
        reload();
    };
    if (page.isReadOnly && page.webhooks.length === 0) return null;
    return (
        <section class="card stack">
            <h2>{t("webhook.title")}</h2>
            <p class="muted">{t("webhook.hint", { entity })}</p>
            {page.webhooks.length > 0 && (
                <table class="list">
                    <tbody>
                        {page.webhooks.map((w) => (
                            <tr key={w.id}>
                                <td>
                                    <b>{w.name}</b>
                                </td>
                                <td class="mono">{w.urlEndpoint}</td>
                                <td>
                                    {w.signingSecret !== null && (
                                        <details>
                                            <summary>{t("webhook.secret")}</summary>
                                            <CopyText text={w.signingSecret} label={`${t("webhook.secret")}: ${w.name}`} />
                                        </details>
                                    )}
                                </td>
                                <td class="num">
                                    {!page.isReadOnly && (
                                        <button type="button" class="button danger" aria-label={`${t("action.delete")}: ${w.name}`} onClick={() => void remove(w).catch(sayError)}>
                                            {t("action.delete")}
                                        </button>
                                    )}
                                </td>
                            </tr>
                        ))}
                    </tbody>
                </table>
            )}
            {!page.isReadOnly && (
                <form class="row" onSubmit={add}>
                    <TextInput delay={0} value={name} label={t("webhook.name")} placeholder={t("webhook.name")} onChange={setName} />
                    <TextInput delay={0} value={url} label={t("webhook.url")} placeholder="https://" onChange={setUrl} />
                    <button type="submit" class="button" disabled={name.trim() === "" || url.trim() === ""}>
                        {t("webhook.add")}
                    </button>
                </form>
            )}
        </section>
    );
}
