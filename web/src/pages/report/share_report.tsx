/* share_report.tsx - links that show a report to whoever has them: made, copied, ended. */

import { useEffect, useState } from "preact/hooks";
import { copyText } from "../../components/copy_text";
import { IconButton } from "../../components/icon";
import { Popover } from "../../components/popover";
import { sayError } from "../../components/toast";
import { language, t } from "../../i18n";
import { formatTime } from "../../lib/format";
import { createReportLink, fetchReportLinks, reportAddress, revokeReportLink, type ReportLink } from "../../queries_shares";

type Place = { entityName: string; projectName: string };

export function ShareReport({ id, projects }: { id: string; projects: readonly Place[] }) {
    return (
        <Popover
            label={t("share.make")}
            isPadded
            button={(open) => (
                <button type="button" class="button" aria-haspopup="dialog" onClick={open}>
                    {t("share.make")}
                </button>
            )}
        >
            {() => <Links id={id} projects={projects} />}
        </Popover>
    );
}

function Links({ id, projects }: { id: string; projects: readonly Place[] }) {
    const [links, setLinks] = useState<ReportLink[] | null>(null);
    const load = () => fetchReportLinks(id).then(setLinks, sayError);
    useEffect(() => void load(), [id]);
    return (
        <div class="stack share-report">
            <p class="muted small">{t("share.report_hint", { projects: projects.map((p) => `${p.entityName}/${p.projectName}`).join(", ") })}</p>
            {links?.map((l) => (
                <div key={l.token} class="stack">
                    <div class="row">
                        <input class="input mono" readOnly value={reportAddress(l.token)} aria-label={t("share.link")} onFocus={(e) => e.currentTarget.select()} />
                        {window.isSecureContext && <IconButton icon="copy" label={t("action.copy")} onClick={() => void copyText(reportAddress(l.token))} />}
                        <button type="button" class="button danger" onClick={() => void revokeReportLink(l.token).then(load, sayError)}>
                            {t("keys.revoke")}
                        </button>
                    </div>
                    <span class="faint small">
                        {t("share.until", { time: formatTime(Date.parse(l.expiresAt), language) })} · {l.projects.map((p) => `${p.entityName}/${p.name}`).join(", ")}
                    </span>
                </div>
            ))}
            <div>
                <button type="button" class="button primary" disabled={links === null} onClick={() => void createReportLink(id, projects).then(load, sayError)}>
                    {t("share.new")}
                </button>
            </div>
        </div>
    );
}
