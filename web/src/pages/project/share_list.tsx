/* share_list.tsx - the links of a project that show runs to whoever has them, and how to end them. */

import { useEffect, useState } from "preact/hooks";
import { sayError } from "../../components/toast";
import { language, t } from "../../i18n";
import { formatTime } from "../../lib/format";
import { fetchLinks, revokeLink, type ShareLink } from "../../queries/shares";

export function ShareList({ entity, project }: { entity: string; project: string }) {
    const [links, setLinks] = useState<ShareLink[]>([]);
    /* A reader may not see them: then there is no list. */
    const load = () => void fetchLinks(entity, project).then(setLinks, () => setLinks([]));
    useEffect(load, [entity, project]);
    if (links.length === 0) return null;
    return (
        <section class="card stack">
            <h2>{t("share.title")}</h2>
            <table class="list">
                <tbody>
                    {links.map((l) => (
                        <tr key={l.id}>
                            <td>{l.report === null ? t("table.count", { count: l.runCount }) : t("trash.report")}</td>
                            <td>{l.username}</td>
                            <td class="muted">{t("share.until", { time: formatTime(Date.parse(l.expiresAt), language) })}</td>
                            <td class="num">
                                <button type="button" class="button danger" onClick={() => void revokeLink(l.id).then(load, sayError)}>
                                    {t("keys.revoke")}
                                </button>
                            </td>
                        </tr>
                    ))}
                </tbody>
            </table>
        </section>
    );
}
