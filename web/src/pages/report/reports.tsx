/* reports.tsx - the reports of a project. */

import { useEffect, useState } from "preact/hooks";
import { Icon } from "../../components/icon";
import { sayError } from "../../components/toast";
import { language, t } from "../../i18n";
import { formatAgo } from "../../lib/format";
import { pathOf } from "../../lib/match";
import { reportSlug } from "../../lib/report_blocks";
import { parseTime } from "../../lib/runs";
import { fetchStarred, setStar } from "../../queries/discussions";
import { fetchViews, type SavedView } from "../../queries/views";
import type { PageProps } from "../../routes";
import { mayChange, viewer } from "../../session";
import { DRAFT, REPORT, makeReport } from "./new_report";

export default function Reports({ params }: PageProps) {
    const { entity, project } = params as { entity: string; project: string };
    const [reports, setReports] = useState<SavedView[] | null>(null);
    const [stars, setStars] = useState<ReadonlySet<string> | null>(null);
    useEffect(() => {
        if (viewer.value) fetchStarred().then((list) => setStars(new Set(list.map((r) => r.id))), () => undefined /* without stars, then */);
    }, [viewer.value?.username]);
    const toggle = (id: string) => {
        const next = new Set(stars ?? []);
        const isSet = !next.delete(id);
        if (isSet) next.add(id);
        setStar(id, isSet).then(() => setStars(next), sayError);
    };
    useEffect(() => {
        Promise.all([fetchViews(entity, project, DRAFT), fetchViews(entity, project, REPORT)]).then(
            ([drafts, published]) => setReports([...drafts, ...published].sort((a, b) => parseTime(b.updatedAt) - parseTime(a.updatedAt))),
            sayError,
        );
    }, [entity, project]);
    return (
        <main class="page stack">
            <div class="row">
                <h1 class="grow">{t("title.reports")}</h1>
                {mayChange.value && (
                    <button type="button" class="button primary" onClick={() => void makeReport(entity, project).catch(sayError)}>
                        {t("report.new")}
                    </button>
                )}
            </div>
            {reports?.length === 0 && (
                <div class="empty">
                    <p>{t("report.none")}</p>
                    <p class="muted">{t("report.none_hint")}</p>
                </div>
            )}
            {reports !== null && reports.length > 0 && (
                <table class="list">
                    <thead>
                        <tr>
                            {stars !== null && <th aria-label={t("report.star")} />}
                            <th>{t("column.name")}</th>
                            <th>{t("column.owner")}</th>
                            <th>{t("column.created")}</th>
                            <th>{t("report.changed")}</th>
                        </tr>
                    </thead>
                    <tbody>
                        {reports.map((r) => (
                            <tr key={r.id}>
                                {stars !== null && (
                                    <td class="star-cell">
                                        <button
                                            type="button"
                                            class={`icon-button star ${stars.has(r.id) ? "is-on" : ""}`}
                                            aria-pressed={stars.has(r.id)}
                                            title={t(stars.has(r.id) ? "report.unstar" : "report.star")}
                                            aria-label={`${t(stars.has(r.id) ? "report.unstar" : "report.star")}: ${r.displayName}`}
                                            onClick={() => toggle(r.id)}
                                        >
                                            <Icon name="star" />
                                        </button>
                                    </td>
                                )}
                                <td>
                                    <a href={pathOf(entity, project, "reports", reportSlug(r.displayName, r.id))}>
                                        <b>{r.displayName}</b>
                                    </a>{" "}
                                    {r.type === DRAFT && <span class="chip">{t(r.parentId === null ? "report.draft" : "report.draft_of")}</span>}
                                    <div class="muted small">{r.description}</div>
                                </td>
                                <td>{r.user}</td>
                                <td>{formatAgo(parseTime(r.createdAt), Date.now(), language)}</td>
                                <td>{formatAgo(parseTime(r.updatedAt), Date.now(), language)}</td>
                            </tr>
                        ))}
                    </tbody>
                </table>
            )}
        </main>
    );
}
