/* reports.tsx - the reports of a project. */

import { useEffect, useState } from "preact/hooks";
import { sayError } from "../components/toast";
import { language, t } from "../i18n";
import { formatAgo } from "../lib/format";
import { pathOf } from "../lib/match";
import { reportSlug } from "../lib/report_blocks";
import { parseTime } from "../lib/runs";
import { fetchViews, type SavedView } from "../queries_views";
import type { PageProps } from "../routes";
import { viewer } from "../session";
import { DRAFT, REPORT, makeReport } from "./report/new_report";

export default function Reports({ params }: PageProps) {
    const { entity, project } = params as { entity: string; project: string };
    const [reports, setReports] = useState<SavedView[] | null>(null);
    useEffect(() => {
        Promise.all([fetchViews(entity, project, DRAFT), fetchViews(entity, project, REPORT)]).then(
            ([drafts, published]) => setReports([...drafts.filter((d) => d.parentId === null), ...published]),
            sayError,
        );
    }, [entity, project]);
    return (
        <main class="page stack">
            <div class="row">
                <h1 class="grow">{t("title.reports")}</h1>
                {viewer.value && (
                    <button type="button" class="button primary" onClick={() => void makeReport(entity, project).catch(sayError)}>
                        {t("report.new")}
                    </button>
                )}
            </div>
            {reports?.length === 0 && <p class="empty">{t("report.none")}</p>}
            {reports !== null && reports.length > 0 && (
                <table class="list">
                    <thead>
                        <tr>
                            <th>{t("column.name")}</th>
                            <th>{t("column.owner")}</th>
                            <th>{t("column.created")}</th>
                            <th>{t("report.changed")}</th>
                        </tr>
                    </thead>
                    <tbody>
                        {reports.map((r) => (
                            <tr key={r.id}>
                                <td>
                                    <a href={pathOf(entity, project, "reports", reportSlug(r.displayName, r.id))}>
                                        <b>{r.displayName}</b>
                                    </a>{" "}
                                    {r.type === DRAFT && <span class="chip">{t("report.draft")}</span>}
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
