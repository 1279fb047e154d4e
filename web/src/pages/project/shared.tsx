/* shared.tsx - what a link shows: the charts of some runs, or a report, to be looked at and not changed. */

import { useEffect, useMemo, useState } from "preact/hooks";
import { ApiError } from "../../api";
import { FailedPage } from "../../components/failed_page";
import { language, t } from "../../i18n";
import { formatTime } from "../../lib/format";
import { fetchShared, type Shared as SharedPage } from "../../queries/shares";
import { blocksOf } from "../../lib/report_blocks";
import { isBare } from "../../router";
import { sharesReport } from "../../shared";
import type { PageProps } from "../../routes";
import { BlockList } from "../report/block_list";
import { panelOfHash } from "../../lib/embed";
import { EmbeddedPanel } from "../workspace/embed_panel";
import { Workspace } from "../workspace/model";
import { WorkspaceView } from "../workspace/workspace_view";

export default function Shared({ params }: PageProps) {
    const [shared, setShared] = useState<SharedPage | null>(null);
    const [failure, setFailure] = useState("");
    useEffect(() => {
        const take = (s: SharedPage) => {
            sharesReport.value = s.report !== null;
            setShared(s);
        };
        fetchShared().then(take, (e: unknown) => setFailure(e instanceof ApiError && e.status === 404 ? t("share.gone") : String(e)));
    }, [params["token"]]);
    const ws = useMemo(() => {
        if (shared === null || shared.report !== null) return null;
        const made = new Workspace("", shared.project, [], `/shared/${params["token"]}`);
        made.isKept = false;
        return made;
    }, [shared]);
    useEffect(() => ws?.start(), [ws]);
    if (failure !== "") return <FailedPage why={failure} />;
    if (shared?.report) return <SharedReport shared={shared} report={shared.report} />;
    if (shared === null || ws === null) return <main aria-busy="true" />;
    const framed = isBare.value ? panelOfHash(window.location.hash) : null;
    if (framed !== null) return <EmbeddedPanel ws={ws} panel={framed} />;
    return (
        <div class="run-page">
            <section class="run-head" aria-label={shared.project}>
                <div class="row run-title">
                    <h1>{isBare.value && shared.runs.length === 1 ? shared.runs[0]!.displayName : shared.project}</h1>
                    {isBare.value && shared.runs.length === 1 ? (
                        <span class={`state state-${shared.runs[0]!.state}`}>{t(`state.${shared.runs[0]!.state}`)}</span>
                    ) : (
                        <>
                            <span class="chip">{t("share.read_only")}</span>
                            <span class="muted">{t("share.until", { time: formatTime(Date.parse(shared.expiresAt), language) })}</span>
                        </>
                    )}
                </div>
            </section>
            <WorkspaceView ws={ws} hasSidebar />
        </div>
    );
}

function SharedReport({ shared, report }: { shared: SharedPage; report: NonNullable<SharedPage["report"]> }) {
    const place = shared.projects[0];
    const blocks = useMemo(() => blocksOf(report.spec), [report]);
    return (
        <main class={`page report is-${String(report.spec["width"] ?? "readable")}`}>
            <header class="stack">
                <div class="row">
                    <h1 class="grow">{report.displayName}</h1>
                    {!isBare.value && (
                        <>
                            <span class="chip">{t("share.read_only")}</span>
                            <span class="muted">{t("share.until", { time: formatTime(Date.parse(shared.expiresAt), language) })}</span>
                        </>
                    )}
                </div>
                <p class="muted">{report.description}</p>
            </header>
            <BlockList entity={place?.entityName ?? ""} project={place?.name ?? ""} blocks={blocks} isEditing={false} onChange={() => undefined} />
        </main>
    );
}
