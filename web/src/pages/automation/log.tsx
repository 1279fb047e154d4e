/* log.tsx - what a project's automations and alerts have sent, the newest first. */

import { Ago } from "../../components/ago";
import { t } from "../../i18n";
import type { Delivery } from "../../queries/automations";

const STATES = { SENT: "delivery.sent", QUEUED: "delivery.queued", FAILED: "delivery.failed" } as const;
const LOOKS = { SENT: "finished", QUEUED: "pending", FAILED: "failed" } as const;

export function DeliveryLog({ list }: { list: readonly Delivery[] }) {
    return (
        <section class="card stack">
            <h2>{t("delivery.title")}</h2>
            {list.length === 0 && <p class="muted">{t("delivery.none")}</p>}
            {list.length > 0 && (
                <table class="list">
                    <thead>
                        <tr>
                            <th>{t("delivery.what")}</th>
                            <th>{t("automation.to")}</th>
                            <th>{t("column.state")}</th>
                            <th class="num">{t("delivery.attempts")}</th>
                            <th>{t("column.created")}</th>
                        </tr>
                    </thead>
                    <tbody>
                        {list.map((d) => (
                            <tr key={d.id}>
                                <td>
                                    {d.subject} <span class="faint">{t(d.kind === "alert" ? "delivery.alert" : "delivery.automation")}</span>
                                </td>
                                <td class="mono">{d.target}</td>
                                <td>
                                    <span class={`state state-${LOOKS[d.state]}`}>
                                        {t(STATES[d.state])}
                                        {d.statusCode ? ` ${d.statusCode}` : ""}
                                    </span>
                                    {d.error && <div class="muted small">{d.error}</div>}
                                </td>
                                <td class="num">{d.attempts}</td>
                                <td>
                                    <Ago at={d.createdAt} />
                                </td>
                            </tr>
                        ))}
                    </tbody>
                </table>
            )}
        </section>
    );
}
