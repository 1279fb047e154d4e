/* shared.tsx - what a link shows: the charts of some runs, to be looked at and not changed. */

import { useEffect, useMemo, useState } from "preact/hooks";
import { ApiError } from "../api";
import { language, t } from "../i18n";
import { formatTime } from "../lib/format";
import { fetchShared, type SharedRuns } from "../queries_shares";
import { isBare } from "../router";
import type { PageProps } from "../routes";
import { Workspace } from "./workspace/model";
import { WorkspaceView } from "./workspace/workspace_view";

export default function Shared({ params }: PageProps) {
    const [shared, setShared] = useState<SharedRuns | null>(null);
    const [failure, setFailure] = useState("");
    useEffect(() => {
        fetchShared().then(setShared, (e: unknown) => setFailure(e instanceof ApiError && e.status === 404 ? t("share.gone") : String(e)));
    }, [params["token"]]);
    const ws = useMemo(() => {
        if (shared === null) return null;
        const made = new Workspace("", shared.project, [], `/shared/${params["token"]}`);
        made.isKept = false;
        return made;
    }, [shared]);
    useEffect(() => ws?.start(), [ws]);
    if (failure !== "")
        return (
            <main class="page">
                <p class="notice is-bad">{failure}</p>
            </main>
        );
    if (shared === null || ws === null) return <main aria-busy="true" />;
    return (
        <div class="run-page">
            <header class="run-head">
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
            </header>
            <WorkspaceView ws={ws} hasSidebar />
        </div>
    );
}
