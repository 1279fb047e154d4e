/* workspace_header.tsx - the view, undo, search over panels, and the settings reached most often. */

import { SearchBox, Select } from "../../components/controls";
import { Icon, IconButton } from "../../components/icon";
import { MenuList, Popover } from "../../components/popover";
import { t } from "../../i18n";
import { compileRegex } from "../../lib/filters";
import { resolveSettings } from "../../lib/layout";
import { PERSONAL, listViews, removeView } from "../../views";
import { WORKSPACE_SETTINGS } from "./editor";
import { xChoices } from "./line_settings";
import { useWorkspace } from "./model";

export function WorkspaceHeader({ onAdd }: { onAdd: () => void }) {
    const ws = useWorkspace();
    const { past, future } = ws.layoutSteps.value;
    const search = ws.panelSearch.value;
    const settings = resolveSettings(ws.layout.value, null, { id: "", kind: "line" });
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
                <span class="muted small">{t("setting.smoothing")}</span>
                <input
                    type="range"
                    min="0"
                    max="0.99"
                    step="0.01"
                    value={Math.min(settings.weight, 0.99)}
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
            <button type="button" class="button" onClick={onAdd}>
                <Icon name="plus" />
                {t("panel.add")}
            </button>
        </div>
    );
}

function ViewMenu() {
    const ws = useWorkspace();
    const name = ws.viewName.value;
    const saveAs = () => {
        const given = window.prompt(t("view.name"))?.trim();
        if (given) ws.saveViewAs(given);
    };
    const remove = () => {
        if (!window.confirm(t("view.confirm_delete", { name }))) return;
        ws.openView(PERSONAL);
        removeView(ws.place, name);
    };
    return (
        <Popover
            isMenu
            label={t("view.title")}
            button={(open) => (
                <button type="button" class="button" aria-haspopup="menu" onClick={open}>
                    {name === PERSONAL ? t("view.personal") : name}
                    <Icon name="chevron" />
                </button>
            )}
        >
            {(close) => (
                <MenuList
                    close={close}
                    items={[
                        {
                            label: t("view.personal"),
                            isChecked: name === PERSONAL,
                            onClick: () => ws.openView(PERSONAL),
                        },
                        ...listViews(ws.place).map((v) => ({
                            label: v,
                            isChecked: v === name,
                            onClick: () => ws.openView(v),
                        })),
                        "line",
                        { label: t("view.save_as"), onClick: saveAs },
                        name !== PERSONAL && { label: t("view.delete"), isDanger: true, onClick: remove },
                        { label: t("view.reset"), onClick: () => ws.resetView() },
                    ]}
                />
            )}
        </Popover>
    );
}
