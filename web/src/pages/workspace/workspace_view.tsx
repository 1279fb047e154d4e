/* workspace_view.tsx - sidebar and sections side by side, and what can be laid over them. */

import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { IconButton } from "../../components/icon";
import { t } from "../../i18n";
import { compileRegex } from "../../lib/filters";
import * as L from "../../lib/layout";
import { address, isBare } from "../../router";
import { isNarrow } from "../../narrow";
import { sharedToken } from "../../shared";
import { lazy } from "../../components/lazy";
import { AddPanel, Editor } from "./drawers";
import { FullScreen } from "./full_screen";
import { WorkspaceContext, useWorkspace, type Workspace } from "./model";
import { RUN_QUERY } from "./open_run";
import { SectionView, SectionsEnd } from "./section_view";
import { Sidebar } from "./sidebar";
import { WorkspaceHeader } from "./workspace_header";

const RunDrawer = lazy(() => import("./run_drawer"));

export function WorkspaceView({ ws, hasSidebar }: { ws: Workspace; hasSidebar: boolean }) {
    useEffect(() => {
        const key = (e: KeyboardEvent) => {
            const isTyping = (e.target as HTMLElement).closest?.("input, textarea, select");
            if (isTyping || !(e.ctrlKey || e.metaKey)) return;
            if (e.key.toLowerCase() === "z") {
                e.preventDefault();
                if (e.shiftKey) ws.redo();
                else ws.undo();
            }
            if (e.key === "." && hasSidebar) ws.showList(!isListShown(ws));
        };
        window.addEventListener("keydown", key);
        return () => window.removeEventListener("keydown", key);
    }, [ws]);
    const isSidebarOpen = hasSidebar && !isBare.value && isListShown(ws);
    return (
        <WorkspaceContext.Provider value={ws}>
            <main class="workspace">
                {isSidebarOpen && <Sidebar />}
                {hasSidebar && !isBare.value && (isNarrow.value || !isSidebarOpen) && (
                    <div class="sidebar-strip">
                        <IconButton
                            icon="chart"
                            label={t("runs.expand")}
                            onClick={() => ws.showList(true)}
                        />
                    </div>
                )}
                <div class="workspace-main">
                    {!isBare.value && <WorkspaceHeader />}
                    <Sections />
                </div>
                {address.value.query.get(RUN_QUERY) !== null && sharedToken.value === null && <RunDrawer />}
                {ws.addingTo.value !== null && <AddPanel key={ws.addingTo.value} into={ws.addingTo.value} onClose={() => (ws.addingTo.value = null)} />}
                <FullScreen hasRuns={hasSidebar && !isBare.value} />
                <Editor />
            </main>
        </WorkspaceContext.Provider>
    );
}

function isListShown(ws: Workspace): boolean {
    return isNarrow.value ? ws.isListed.value : !ws.runsView.value.isCollapsed;
}

function Sections() {
    const ws = useWorkspace();
    const ref = useRef<HTMLDivElement>(null);
    const [width, setWidth] = useState(0);
    useLayoutEffect(() => {
        const measure = () => {
            const style = getComputedStyle(ref.current!);
            const width = ref.current!.clientWidth;
            const padding = parseFloat(style.paddingLeft) + parseFloat(style.paddingRight);
            ws.room = { width, inner: width - padding, height: window.innerHeight };
            setWidth(width);
        };
        const watch = new ResizeObserver(measure);
        watch.observe(ref.current!);
        measure();
        return () => watch.disconnect();
    }, []);
    const layout = ws.layout.value;
    const search = ws.panelSearch.value;
    const pattern = search === "" ? null : compileRegex(search);
    const found = new Map<string, L.Panel[]>();
    const isLogged = ws.loggedHere.value;
    for (const section of layout.sections) {
        const logged = section.panels.filter(isLogged);
        const panels = pattern === null ? logged : logged.filter((p) => pattern.test(L.panelTitle(p)));
        const isLeftOut = pattern === null ? section.panels.length > 0 : !layout.showsEmpty;
        if (panels.length > 0 || !isLeftOut) found.set(section.name, panels);
    }
    const sections = new Map(layout.sections.map((s) => [s.name, s]));
    const rows = ws.sectionRows([...found.keys()]);
    return (
        <div ref={ref} class="sections">
            {width > 0 &&
                rows.map((row) => (
                    <SectionView
                        key={row.path}
                        row={row}
                        section={sections.get(row.path) ?? null}
                        panels={found.get(row.path) ?? []}
                        width={width}
                    />
                ))}
            {rows.length > 1 && <SectionsEnd />}
            {search === "" && layout.hidden.length > 0 && !isBare.value && (
                <button type="button" class="link-button" onClick={() => (ws.addingTo.value = "")}>
                    {t("panel.hidden")} ({layout.hidden.length})
                </button>
            )}
            {rows.length === 0 && !ws.store.isLoading.value && <p class="empty">{emptyReason(ws, search)}</p>}
        </div>
    );
}

function emptyReason(ws: Workspace, search: string): string {
    if (search !== "") return t("workspace.no_match", { search });
    if (ws.store.runs.value.length === 0) return t("workspace.no_runs");
    return ws.visibleRuns.value.length === 0 ? t("panel.no_runs") : t("workspace.no_metrics");
}
