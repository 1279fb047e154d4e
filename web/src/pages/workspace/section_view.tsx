/* section_view.tsx - a section: its header, and its panels in a grid. Headers are dragged to another place, and take panels. */

import { useState } from "preact/hooks";
import { Icon, IconButton } from "../../components/icon";
import { t } from "../../i18n";
import * as L from "../../lib/layout";
import { moveSectionBefore, pageOf, type PanelPage } from "../../lib/section_order";
import { SECTION_CHARTS, SECTION_MEDIA, SECTION_SYSTEM, type TreeRow } from "../../lib/sections";
import { useWorkspace } from "./model";
import { PanelSlot } from "./panel_frame";
import { SectionTools } from "./section_tools";

const PANEL = "text/x-panel";
const SECTION = "text/x-section";

export function sectionLabel(name: string): string {
    return name === SECTION_CHARTS
        ? t("section.charts")
        : name === SECTION_SYSTEM
          ? t("section.system")
          : name === SECTION_MEDIA
            ? t("section.media")
            : name;
}

interface Props {
    row: TreeRow;
    section: L.Section | null;
    panels: L.Panel[];
    width: number;
}

export function SectionView({ row, section, panels, width }: Props) {
    const ws = useWorkspace();
    const [page, setPage] = useState(0);
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
    const columns = L.columnsOf(section, width);
    const height = section?.height ?? L.PANEL_HEIGHT;
    const shown = pageOf(panels, section?.rows, columns, page);
    const label = sectionLabel(row.label);
    return (
        <section class="section" style={{ marginLeft: row.depth * L.SECTION_INDENT }} aria-label={row.path}>
            <SectionHead row={row} section={section}>
                <button type="button" class={`section-toggle ${isOpen ? "is-open" : ""}`} aria-expanded={isOpen} onClick={toggle}>
                    <svg viewBox="0 0 16 16" aria-hidden="true">
                        <path d="M5 6l3 3.5L11 6" fill="none" stroke="currentColor" stroke-width="1.6" />
                    </svg>
                    <h2>{label}</h2>
                    {section !== null && <span class="count">{panels.length}</span>}
                </button>
                {isOpen && shown.count > 1 && <Pager page={shown} total={panels.length} onChange={setPage} />}
                {section !== null && <SectionTools section={section} columns={columns} />}
            </SectionHead>
            {section !== null && isOpen && panels.length > 0 && (
                <div class="panel-grid" style={{ gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))` }}>
                    {shown.panels.map((p) => (
                        <PanelSlot key={p.id} panel={p} section={section} height={height} />
                    ))}
                </div>
            )}
            {section !== null && isOpen && panels.length === 0 && <p class="panel-note">{t("section.empty")}</p>}
        </section>
    );
}

/* What is dropped on it: a panel goes into this section, another section before it. */
function SectionHead({ row, section, children }: Pick<Props, "row" | "section"> & { children: preact.ComponentChildren }) {
    const ws = useWorkspace();
    const [over, setOver] = useState<"" | "panel" | "section">("");
    const kindOf = (e: DragEvent) => {
        const types = e.dataTransfer?.types ?? [];
        return types.includes(SECTION) ? "section" : section !== null && types.includes(PANEL) ? "panel" : "";
    };
    const drop = (e: DragEvent) => {
        const kind = kindOf(e);
        setOver("");
        if (kind === "") return;
        e.preventDefault();
        const what = e.dataTransfer!.getData(kind === "section" ? SECTION : PANEL);
        ws.edit((l) => (kind === "section" ? moveSectionBefore(l, what, row.path) : L.movePanel(l, what, row.path, null)));
    };
    return (
        <header
            class={`section-head ${over === "panel" ? "is-target" : ""} ${over === "section" ? "is-below" : ""}`}
            draggable
            onDragStart={(e) => {
                e.dataTransfer!.setData(SECTION, row.path);
                e.dataTransfer!.effectAllowed = "move";
            }}
            onDragLeave={() => setOver("")}
            onDrop={drop}
            onDragOver={(e) => {
                const kind = kindOf(e);
                if (kind === "") return;
                e.preventDefault();
                setOver(kind);
            }}
        >
            <span class="section-grip" title={t("section.move")}>
                <Icon name="grip" />
            </span>
            {children}
        </header>
    );
}

/* Below all sections: what is dropped there comes last. */
export function SectionsEnd() {
    const ws = useWorkspace();
    const [isOver, setOver] = useState(false);
    return (
        <div
            class={`sections-end ${isOver ? "is-below" : ""}`}
            onDragLeave={() => setOver(false)}
            onDragOver={(e) => {
                if (!e.dataTransfer?.types.includes(SECTION)) return;
                e.preventDefault();
                setOver(true);
            }}
            onDrop={(e) => {
                setOver(false);
                const path = e.dataTransfer?.getData(SECTION);
                if (!path) return;
                e.preventDefault();
                ws.edit((l) => moveSectionBefore(l, path, null));
            }}
        />
    );
}

function Pager({ page, total, onChange }: { page: PanelPage; total: number; onChange: (page: number) => void }) {
    return (
        <span class="section-pager row">
            <IconButton icon="back" label={t("section.previous")} disabled={page.at === 0} onClick={() => onChange(page.at - 1)} />
            <span class="small muted">{t("section.page", { from: page.from, to: page.to, count: total })}</span>
            <IconButton icon="back" class="is-mirrored" label={t("section.next")} disabled={page.at === page.count - 1} onClick={() => onChange(page.at + 1)} />
        </span>
    );
}
