/* section_view.tsx - a section: its header, and its panels in a grid. */

import { useState } from "preact/hooks";
import { IconButton } from "../../components/icon";
import { MenuList, Popover } from "../../components/popover";
import { t } from "../../i18n";
import * as L from "../../lib/layout";
import { SECTION_CHARTS, SECTION_MEDIA, SECTION_SYSTEM, type TreeRow } from "../../lib/sections";
import { useWorkspace } from "./model";
import { PanelSlot } from "./panel_frame";


export function sectionLabel(name: string): string {
    return name === SECTION_CHARTS
        ? t("section.charts")
        : name === SECTION_SYSTEM
          ? t("section.system")
          : name === SECTION_MEDIA
            ? t("section.media")
            : name;
}

export function SectionView({
    row,
    section,
    panels,
    width,
}: {
    row: TreeRow;
    section: L.Section | null;
    panels: L.Panel[];
    width: number;
}) {
    const ws = useWorkspace();
    const [isOver, setOver] = useState(false);
    const isOpen = section === null ? !ws.collapsedParents.value.has(row.path) : section.isOpen;
    const toggle = () => {
        if (section !== null) {
            ws.edit((l) => L.updateSection(l, section.name, { isOpen: !isOpen }));
            return;
        }
        const next = new Set(ws.collapsedParents.value);
        if (!next.delete(row.path)) next.add(row.path);
        ws.collapsedParents.value = next;
    };
    const drop = (e: DragEvent) => {
        setOver(false);
        const id = e.dataTransfer?.getData("text/x-panel");
        if (!id || section === null) return;
        e.preventDefault();
        ws.edit((l) => L.movePanel(l, id, section.name, null));
    };
    const columns = L.columnsOf(section, width);
    const height = section?.height ?? L.PANEL_HEIGHT;
    return (
        <section class="section" style={{ marginLeft: row.depth * L.SECTION_INDENT }} aria-label={row.path}>
            <header
                class={`section-head ${isOver ? "is-target" : ""}`}
                onDragLeave={() => setOver(false)}
                onDrop={drop}
                onDragOver={(e) => {
                    if (section && e.dataTransfer?.types.includes("text/x-panel")) {
                        e.preventDefault();
                        setOver(true);
                    }
                }}
            >
                <button
                    type="button"
                    class={`section-toggle ${isOpen ? "is-open" : ""}`}
                    aria-expanded={isOpen}
                    onClick={toggle}
                >
                    <svg viewBox="0 0 16 16" aria-hidden="true">
                        <path d="M5 6l3 3.5L11 6" fill="none" stroke="currentColor" stroke-width="1.6" />
                    </svg>
                    <h2>{sectionLabel(row.label)}</h2>
                    {section !== null && <span class="count">{panels.length}</span>}
                </button>
                {section !== null && <SectionMenu section={section} columns={columns} />}
            </header>
            {section !== null && isOpen && panels.length > 0 && (
                <div class="panel-grid" style={{ gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))` }}>
                    {panels.map((p) => (
                        <PanelSlot key={p.id} panel={p} section={section} height={height} />
                    ))}
                </div>
            )}
            {section !== null && isOpen && panels.length === 0 && (
                <p class="panel-note">{t("section.empty")}</p>
            )}
        </section>
    );
}

function SectionMenu({ section, columns }: { section: L.Section; columns: number }) {
    const ws = useWorkspace();
    const { name } = section;
    const ask = (question: string, old: string, then: (text: string) => void) => () => {
        const text = window.prompt(question, old)?.trim();
        if (text) then(text);
    };
    return (
        <span class="section-tools">
            <Popover
                isMenu
                label={t("action.more")}
                button={(open) => (
                    <IconButton icon="dots" label={`${t("action.more")}: ${name}`} onClick={open} />
                )}
            >
                {(close) => (
                    <MenuList
                        close={close}
                        items={[
                            {
                                label: t("section.settings"),
                                onClick: () => (ws.editedPanel.value = `section:${name}`),
                            },
                            {
                                label: t("section.rename"),
                                onClick: ask(t("section.rename"), name, (to) =>
                                    ws.edit((l) => L.renameSection(l, name, to)),
                                ),
                            },
                            {
                                label: t("section.add_above"),
                                onClick: ask(t("section.name"), "", (to) =>
                                    ws.edit((l) => L.addSection(l, to, name, false)),
                                ),
                            },
                            {
                                label: t("section.add_below"),
                                onClick: ask(t("section.name"), "", (to) =>
                                    ws.edit((l) => L.addSection(l, to, name, true)),
                                ),
                            },
                            {
                                label: t("section.pin"),
                                isChecked: section.isPinned === true,
                                onClick: () => ws.edit((l) => L.pinSection(l, name, !section.isPinned)),
                            },
                            {
                                label: t("section.sort"),
                                onClick: () => ws.edit((l) => L.sortSection(l, name)),
                            },
                            {
                                label: t("section.up"),
                                onClick: () => ws.edit((l) => L.moveSection(l, name, -1)),
                            },
                            {
                                label: t("section.down"),
                                onClick: () => ws.edit((l) => L.moveSection(l, name, 1)),
                            },
                            "line",
                            ...[1, 2, 3, 4, 6].map((n) => ({
                                label: t("section.columns", { count: n }),
                                isChecked: n === columns,
                                onClick: () => ws.edit((l) => L.updateSection(l, name, { columns: n })),
                            })),
                            {
                                label: t("section.custom"),
                                isChecked: section.isCustom === true,
                                onClick: () =>
                                    ws.edit((l) => L.updateSection(l, name, { isCustom: !section.isCustom })),
                            },
                            "line",
                            {
                                label: t("section.remove"),
                                isDanger: true,
                                onClick: () => ws.edit((l) => L.removeSection(l, name)),
                            },
                        ]}
                    />
                )}
            </Popover>
        </span>
    );
}
