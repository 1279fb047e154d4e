/* add_to_report.tsx - panels of a workspace are put into a report: into one of the project's, or a new one. */

import { useEffect, useMemo, useState } from "preact/hooks";
import { SearchBox } from "../../components/controls";
import { IconButton } from "../../components/icon";
import { say, sayError } from "../../components/toast";
import { language, t } from "../../i18n";
import { formatAgo } from "../../lib/format";
import type { Panel } from "../../lib/layout";
import { pathOf } from "../../lib/match";
import { blocksOf, reportSlug, type Block } from "../../lib/report_blocks";
import { parseTime } from "../../lib/runs";
import { fetchView, fetchViews, saveView, type SavedView } from "../../queries/views";
import { navigate } from "../../router";
import { isConflict } from "../../views";
import type { Workspace } from "../workspace/model";
import { gridOf } from "./grid_block";
import { DRAFT, REPORT, makeReport } from "./new_report";

const TRIES = 3;

interface Props {
    ws: Workspace;
    panels: readonly Panel[];
    /* Stands over the panels, when it is a section that is added. */
    heading?: string;
    onClose: () => void;
}

export function AddToReport({ ws, panels, heading, onClose }: Props) {
    const [reports, setReports] = useState<SavedView[] | null>(null);
    const [search, setSearch] = useState("");
    const [isBusy, setBusy] = useState(false);
    useEffect(() => {
        Promise.all([fetchViews(ws.entity, ws.project, DRAFT), fetchViews(ws.entity, ws.project, REPORT)]).then(
            (lists) => setReports(lists.flat().sort((a, b) => parseTime(b.updatedAt) - parseTime(a.updatedAt))),
            sayError,
        );
    }, []);
    useEffect(() => {
        const key = (e: KeyboardEvent) => e.key === "Escape" && onClose();
        window.addEventListener("keydown", key);
        return () => window.removeEventListener("keydown", key);
    }, []);
    const blocks = useMemo((): Block[] => {
        const { search: words, isRegex, filter, group, order, hidden, colors } = ws.runsView.peek();
        const grid = gridOf(ws.entity, ws.project, panels, { search: words, isRegex, filter, group, order, hidden, ...(Object.keys(colors).length > 0 ? { colors } : {}) });
        return heading === undefined ? [grid] : [{ type: "heading", level: 2, children: [{ text: heading }] }, grid];
    }, []);
    const act = (what: () => Promise<void>) => {
        setBusy(true);
        what().then(onClose, (e: unknown) => {
            sayError(e);
            setBusy(false);
        });
    };
    const into = (report: SavedView) => async () => {
        await append(report.id, blocks);
        const to = pathOf(ws.entity, ws.project, "reports", reportSlug(report.displayName, report.id));
        say(t("report.added", { name: report.displayName }), { label: t("action.open"), call: () => navigate(to) }, 8000);
    };
    const shown = (reports ?? []).filter((r) => r.displayName.toLowerCase().includes(search.toLowerCase()));
    return (
        <div class="drawer" role="dialog" aria-label={t("panel.to_report")}>
            <header>
                <h2 class="grow">{t("panel.to_report")}</h2>
                <IconButton icon="close" label={t("action.close")} onClick={onClose} />
            </header>
            <div class="body stack">
                <p class="muted small">{t("report.add_hint")}</p>
                <button type="button" class="button primary" disabled={isBusy} onClick={() => act(() => makeReport(ws.entity, ws.project, blocks))}>
                    {t("report.new_named")}
                </button>
                {reports !== null && reports.length > 0 && <h3>{t("report.add_existing")}</h3>}
                {reports !== null && reports.length > 6 && <SearchBox value={search} onChange={setSearch} label={t("report.search")} />}
                {shown.map((r) => (
                    <button key={r.id} type="button" class="menu-item report-choice" disabled={isBusy} onClick={() => act(into(r))}>
                        <b class="clip grow">{r.displayName}</b>
                        {r.type === DRAFT && <span class="chip">{t("report.draft")}</span>}
                        <span class="faint small">{formatAgo(parseTime(r.updatedAt), Date.now(), language)}</span>
                    </button>
                ))}
            </div>
        </div>
    );
}

/* Behind what is there, whoever else writes meanwhile. */
async function append(id: string, blocks: readonly Block[]): Promise<void> {
    for (let left = TRIES; ; left--) {
        const report = await fetchView(id);
        if (report === null) throw new Error(t("card.gone"));
        const spec = { ...report.spec, blocks: [...blocksOf(report.spec), ...blocks] };
        try {
            await saveView({ id, spec: JSON.stringify(spec), expectedVersion: report.version });
            return;
        } catch (e) {
            if (!isConflict(e) || left === 0) throw e;
        }
    }
}
