/* share_report.tsx - links that show a report to whoever has them: made, copied, ended. */

import { useEffect, useState } from "preact/hooks";
import { copyText } from "../../components/copy_text";
import { IconButton } from "../../components/icon";
import { Popover } from "../../components/popover";
import { sayError } from "../../components/toast";
import { language, t } from "../../i18n";
import { formatTime } from "../../lib/format";
import { createReportLink, fetchReportLinks, reportAddress, revokeReportLink, type ReportLink } from "../../queries/shares";

type Place = { entityName: string; projectName: string };

export function ShareReport({ id, projects, title }: { id: string; projects: readonly Place[]; title: string }) {
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
            {() => <Links id={id} projects={projects} title={title} />}
        </Popover>
    );
}

function Links({ id, projects, title }: { id: string; projects: readonly Place[]; title: string }) {
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
                    <Embed address={reportAddress(l.token)} title={title} />
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

/* For a page of somebody else's: the report without anything around it. */
function Embed({ address, title }: { address: string; title: string }) {
    const quoted = title.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
    const code = `<iframe src="${address}?jupyter=true" title="${quoted}" style="border:none;width:100%;height:720px"></iframe>`;
    return (
        <details class="embed-code">
            <summary class="small">{t("report.embed")}</summary>
            <div class="row">
                <input class="input mono" readOnly value={code} aria-label={t("share.embed")} onFocus={(e) => e.currentTarget.select()} />
                {window.isSecureContext && <IconButton icon="copy" label={t("action.copy")} onClick={() => void copyText(code).catch(sayError)} />}
            </div>
            <p class="muted small">{t("report.embed_hint")}</p>
        </details>
    );
}
