/* starred_reports.tsx - the reports that one keeps at hand, on the first page. */

import { useEffect, useState } from "preact/hooks";
import { Icon } from "../../components/icon";
import { language, t } from "../../i18n";
import { formatAgo } from "../../lib/format";
import { pathOf } from "../../lib/match";
import { reportSlug } from "../../lib/report_blocks";
import { fetchStarred, type StarredReport } from "../../queries/discussions";

const MAX_SHOWN = 12;

export function StarredReports() {
    const [reports, setReports] = useState<StarredReport[]>([]);
    const [isWhole, setWhole] = useState(false);
    useEffect(() => void fetchStarred().then(setReports, () => undefined /* the page is about more than these */), []);
    if (reports.length === 0) return null;
    return (
        <section class="stack" aria-label={t("home.starred")}>
            <h2>{t("home.starred")}</h2>
            <div class="link-cards">
                {reports.slice(0, isWhole ? reports.length : MAX_SHOWN).map((r) => (
                    <a key={r.id} class="link-card is-starred" href={pathOf(r.entityName, r.projectName, "reports", reportSlug(r.displayName, r.id))}>
                        <Icon name="star" />
                        <span class="link-card-body">
                            <b class="clip">{r.displayName}</b>
                            <span class="muted small clip">
                                {r.entityName}/{r.projectName} · {r.user} · {formatAgo(r.updatedAt, Date.now(), language)}
                            </span>
                        </span>
                    </a>
                ))}
            </div>
            {reports.length > MAX_SHOWN && !isWhole && (
                <button type="button" class="link-button" onClick={() => setWhole(true)}>
                    {t("chart.more", { count: reports.length - MAX_SHOWN })}
                </button>
            )}
        </section>
    );
}
