/* workspace_header.tsx - the view, undo, search over panels, and the settings reached most often. */

import { SearchBox, Select } from "../../components/controls";
import { copyText } from "../../components/copy_text";
import { Icon, IconButton } from "../../components/icon";
import { MenuList, Popover } from "../../components/popover";
import { askSure, askText } from "../../components/question";
import { sayError } from "../../components/toast";
import { t } from "../../i18n";
import { compileRegex } from "../../lib/filters";
import * as L from "../../lib/layout";
import { mayChange, viewer } from "../../session";
import { sharedToken } from "../../shared";
import { PERSONAL, isConflict, isShared } from "../../views";
import { addToReport } from "../report/to_report";
import { weightRange, xChoices } from "./line_choices";
import { WORKSPACE_SETTINGS, useWorkspace } from "./model";

export function WorkspaceHeader() {
    const ws = useWorkspace();
    const { past, future } = ws.layoutSteps.value;
    const search = ws.panelSearch.value;
    const settings = L.resolveSettings(ws.layout.value, null, { id: "", kind: "line" });
    const set = (change: object) => ws.edit((l) => ({ ...l, settings: { ...l.settings, ...change } }));
    return (
        <div class="workspace-head">
            <ViewMenu />
            <div class="grow search-panels">
                <SearchBox
                    value={search}
                    label={t("workspace.search")}
                    isInvalid={compileRegex(search) === null}
                    onChange={(s) => (ws.panelSearch.value = s)}
                />
            </div>
            <label class="row quick" title={t("setting.x")}>
                <span class="muted small">{t("setting.x_short")}</span>
                <Select value={settings.x} options={xChoices([])} onChange={(x) => set({ x })} />
            </label>
            <label class="row quick" title={t("setting.smoothing")}>
                <span class="muted small quick-name">{t("setting.smoothing")}</span>
                <input
                    type="range"
                    {...weightRange(settings.smoothing)}
                    value={settings.weight}
                    disabled={settings.smoothing === "none"}
                    aria-label={t("setting.smoothing")}
                    onChange={(e) => set({ weight: Number(e.currentTarget.value) })}
                />
            </label>
            <IconButton
                icon="undo"
                label={t("action.undo")}
                disabled={past.length === 0}
                onClick={() => ws.undo()}
            />
            <IconButton
                icon="redo"
                label={t("action.redo")}
                disabled={future.length === 0}
                onClick={() => ws.redo()}
            />
            <IconButton
                icon="settings"
                label={t("workspace.settings")}
                onClick={() => (ws.editedPanel.value = WORKSPACE_SETTINGS)}
            />
            <button type="button" class="button" onClick={() => (ws.addingTo.value = "")}>
                <Icon name="plus" />
                {t("panel.add")}
            </button>
        </div>
    );
}

/* More than these would be no report. */
const MAX_REPORTED = 40;

function openPanels(layout: L.Layout): L.Panel[] {
    return layout.sections.flatMap((s) => (s.isOpen ? s.panels : [])).slice(0, MAX_REPORTED);
}

function ViewMenu() {
    const ws = useWorkspace();
    const id = ws.viewId.value;
    const isNamed = id !== PERSONAL;
    const canShare = isShared(ws.place);
    const open = ws.named.value.find((v) => v.id === id);
    const isMine = open !== undefined && open.user === viewer.value?.username;
    const mode = ws.layout.value.mode;
    const saveAs = async (isPrivate: boolean) => {
        const given = await askText(t("view.name"));
        if (given !== null) await ws.saveViewAs(given, isPrivate);
    };
    const save = () =>
        void ws.saveOpenView(false).catch(async (e: unknown) => {
            if (!isConflict(e)) return sayError(e);
            if (await askSure(t("view.conflict"))) ws.saveOpenView(true).catch(sayError);
        });
    const rename = async () => {
        const given = await askText(t("view.name"), ws.viewTitle.value);
        if (given !== null) await ws.renameOpenView(given);
    };
    const remove = async () => {
        if (await askSure(t("view.confirm_delete", { name: ws.viewTitle.value }))) await ws.removeOpenView();
    };
    return (
        <>
            <Popover
                isMenu
                label={t("view.title")}
                button={(show) => (
                    <button type="button" class="button" aria-haspopup="menu" onClick={show} title={t(mode === "auto" ? "view.automatic" : "view.manual")}>
                        <Icon name={mode === "auto" ? "auto" : "edit"} />
                        <span class="clip view-name">{isNamed ? ws.viewTitle.value : t("view.personal")}</span>
                        <Icon name="chevron" />
                    </button>
                )}
            >
                {(close) => (
                    <MenuList
                        close={close}
                        items={[
                            { label: t("view.personal"), isChecked: !isNamed, onClick: () => void ws.openView(PERSONAL).catch(sayError) },
                            ...ws.named.value.map((v) => ({
                                label: [v.displayName, v.user, ...(v.private ? [t("view.private")] : [])].join(" · "),
                                isChecked: v.id === id,
                                onClick: () => void ws.openView(v.id).catch(sayError),
                            })),
                            "line",
                            canShare && { label: t("view.save_as"), onClick: () => void saveAs(false).catch(sayError) },
                            canShare && { label: t("view.save_private"), onClick: () => void saveAs(true).catch(sayError) },
                            isMine && {
                                label: t("view.make_private"),
                                isChecked: open.private,
                                onClick: () => void ws.setOpenViewPrivate(!open.private).catch(sayError),
                            },
                            isNamed && { label: t("view.rename"), onClick: () => void rename().catch(sayError) },
                            isNamed && { label: t("view.delete"), isDanger: true, onClick: () => void remove().catch(sayError) },
                            "line",
                            { label: t("view.automatic"), isChecked: mode === "auto", onClick: () => ws.edit((l) => ({ ...l, mode: "auto" })) },
                            { label: t("view.manual"), isChecked: mode === "manual", onClick: () => ws.edit((l) => ({ ...l, mode: "manual" })) },
                            "line",
                            { label: t("panel.copy_link"), onClick: () => void copyText(window.location.href).catch(sayError) },
                            mayChange.value && sharedToken.value === null && ws.isKept && { label: t("workspace.to_report"), onClick: () => void addToReport(ws, openPanels(ws.layout.peek())).catch(sayError) },
                            { label: t("view.clear"), onClick: () => ws.edit((l) => L.clearPanels(l)) },
                            { label: t("view.reset"), onClick: () => ws.resetView() },
                        ]}
                    />
                )}
            </Popover>
            {ws.isDraft.value && (
                <span class="row view-draft">
                    <span class="muted small">{t("view.unsaved")}</span>
                    <button type="button" class="button primary" onClick={save}>
                        {t("action.save")}
                    </button>
                    <button type="button" class="button" onClick={() => void ws.openView(id).catch(sayError)}>
                        {t("view.discard")}
                    </button>
                </span>
            )}
        </>
    );
}
