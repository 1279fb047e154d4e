/* panel_frame.tsx - what surrounds a panel: its title, its buttons, being dragged and being resized. */

import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { IconButton } from "../../components/icon";
import { MenuList, Popover } from "../../components/popover";
import { sayError } from "../../components/toast";
import { copyText } from "../../components/copy_text";
import { addToReport } from "../report/to_report";
import { t } from "../../i18n";
import { newId } from "../../lib/ids";
import * as L from "../../lib/layout";
import { shortName } from "../../lib/sections";
import { pathOf } from "../../lib/match";
import { navigate } from "../../router";
import { mayChange } from "../../session";
import { sharedToken } from "../../shared";
import { PANELS } from "../panels/table";
import { panelExports, saveCsv, savePng, saveSvg, type PanelExport } from "../panels/exports";
import { canEmbed } from "../../lib/embed";
import { useWorkspace, type Workspace } from "./model";

const HEADER = 26;

interface Props {
    panel: L.Panel;
    section: L.Section | null;
    height: number;
    isFull?: boolean;
}

export function PanelFrame({ panel, section, height, isFull = false }: Props) {
    const ws = useWorkspace();
    const make = useRef<(() => PanelExport) | null>(null);
    const type = PANELS[panel.kind];
    const Draw = type.draw;
    const title = L.panelTitle(panel) || t(type.name);
    const canDrag = section !== null && !isFull;
    const [isOver, setOver] = useState(false);
    const metric = metricOf(panel);
    const drop = (e: DragEvent) => {
        setOver(false);
        const id = e.dataTransfer?.getData("text/x-panel");
        if (!id || section === null) return;
        e.preventDefault();
        ws.edit((l) => L.movePanel(l, id, section.name, panel.id));
    };
    return (
        <article
            ref={(e) => void (e && panelExports.set(e, () => make.current?.() ?? null))}
            class={`panel ${isOver ? "is-target" : ""}`}
            aria-label={title}
            data-panel={panel.id}
            onDragOver={(e) => {
                if (canDrag && e.dataTransfer?.types.includes("text/x-panel")) {
                    e.preventDefault();
                    setOver(true);
                }
            }}
            onDragLeave={() => setOver(false)}
            onDrop={drop}
        >
            <header
                class="panel-head"
                draggable={canDrag}
                onDragStart={(e) => e.dataTransfer!.setData("text/x-panel", panel.id)}
            >
                <h3 class="clip grow" title={title}>
                    {section && !panel.title ? shortName(title, section.name) : title}
                </h3>
                <span class="panel-tools">
                    <IconButton
                        icon="full"
                        label={t(isFull ? "panel.leave_full" : "panel.full")}
                        onClick={() => (ws.fullPanel.value = isFull ? null : panel.id)}
                    />
                    <IconButton
                        icon="edit"
                        label={t("panel.edit")}
                        onClick={() => (ws.editedPanel.value = panel.id)}
                    />
                    {metric !== "" && mayWrite(ws) && (
                        <IconButton icon="bell" label={t("panel.automation")} onClick={() => navigate(automationPath(ws, metric))} />
                    )}
                    <PanelMenu panel={panel} section={section} make={() => make.current?.() ?? null} />
                </span>
            </header>
            <Draw
                panel={panel}
                section={section}
                height={height - HEADER}
                isFull={isFull}
                onExport={(f) => (make.current = f)}
            />
            {canDrag && <ResizeCorner panel={panel} section={section} height={height} />}
        </article>
    );
}

/* What an automation can watch: the first metric of a line chart. */
function metricOf(panel: L.Panel): string {
    return panel.kind === "line" && panel.stream !== "events" ? (panel.keys?.[0] ?? "") : "";
}

function mayWrite(ws: Workspace): boolean {
    return mayChange.value && sharedToken.value === null && ws.isKept;
}

const automationPath = (ws: Workspace, metric: string) => `${pathOf(ws.entity, ws.project, "automations")}?metric=${encodeURIComponent(metric)}`;

function PanelMenu({
    panel,
    section,
    make,
}: {
    panel: L.Panel;
    section: L.Section | null;
    make: () => PanelExport | null;
}) {
    const ws = useWorkspace();
    const link = () => {
        const query = new URLSearchParams({
            panelDisplayName: L.panelTitle(panel),
            panelSectionName: section?.name ?? "",
        });
        return `${window.location.origin}${window.location.pathname}?${query.toString()}`;
    };
    const take = (save: (e: PanelExport) => void | Promise<void>) => () => {
        const e = make();
        if (e !== null) void Promise.resolve(save(e)).catch(sayError);
    };
    const metric = metricOf(panel);
    const canWrite = mayWrite(ws);
    const embed = async () => (await import("./embed_panel")).embedPanel(ws, panel, section);
    const at = section?.panels.indexOf(panel) ?? -1;
    const step = (before: L.Panel | undefined) => () => ws.edit((l) => L.movePanel(l, panel.id, section!.name, before?.id ?? null));
    return (
        <Popover
            isMenu
            label={t("action.more")}
            button={(open) => <IconButton icon="dots" label={`${t("action.more")}: ${L.panelTitle(panel) || t(PANELS[panel.kind].name)}`} onClick={open} />}
        >
            {(close) => (
                <MenuList
                    close={close}
                    items={[
                        { label: t("panel.save_png"), onClick: take(savePng) },
                        { label: t("panel.save_svg"), onClick: take(saveSvg) },
                        { label: t("panel.save_csv"), onClick: take(saveCsv) },
                        "line",
                        { label: t("panel.copy_link"), onClick: () => void copyText(link()).catch(sayError) },
                        canWrite && canEmbed(panel) && { label: t("panel.embed"), onClick: () => void embed().catch(sayError) },
                        canWrite && { label: t("panel.to_report"), onClick: () => void addToReport(ws, [panel]).catch(sayError) },
                        canWrite &&
                            metric !== "" && {
                                label: t("panel.automation"),
                                onClick: () => navigate(automationPath(ws, metric)),
                            },
                        section !== null && {
                            label: t("panel.duplicate"),
                            onClick: () =>
                                ws.edit((l) =>
                                    L.duplicatePanel(l, panel.id, newId(panel.kind)),
                                ),
                        },
                        at > 0 && { label: t("panel.earlier"), onClick: step(section!.panels[at - 1]) },
                        section !== null && at < section.panels.length - 1 && { label: t("panel.later"), onClick: step(section.panels[at + 2]) },
                        ...(section === null
                            ? []
                            : ws.layout.value.sections
                                  .filter((s) => s !== section)
                                  .slice(0, 12)
                                  .map((s) => ({
                                      label: t("panel.move_to", { section: s.name }),
                                      onClick: () => ws.edit((l) => L.movePanel(l, panel.id, s.name, null)),
                                  }))),
                        section !== null && "line",
                        section !== null && {
                            label: t("panel.remove"),
                            isDanger: true,
                            onClick: () => ws.edit((l) => L.removePanel(l, panel.id)),
                        },
                    ]}
                />
            )}
        </Popover>
    );
}

const MIN_HEIGHT = 130;
const MAX_HEIGHT = 1200;

/* In the standard layout one corner sizes all panels of the section; in a custom one only its own. */
function ResizeCorner({ panel, section, height }: { panel: L.Panel; section: L.Section; height: number }) {
    const ws = useWorkspace();
    const start = (e: PointerEvent) => {
        e.preventDefault();
        const corner = e.currentTarget as HTMLElement;
        const frame = corner.closest<HTMLElement>(".panel")!;
        const grid = frame.parentElement!.parentElement!;
        const { width } = frame.getBoundingClientRect();
        const from = { x: e.clientX, y: e.clientY };
        corner.setPointerCapture(e.pointerId);
        const size = (m: PointerEvent) => ({
            width: Math.max(180, width + m.clientX - from.x),
            height: Math.round(Math.max(MIN_HEIGHT, Math.min(MAX_HEIGHT, height + m.clientY - from.y))),
        });
        const move = (m: PointerEvent) => {
            const s = size(m);
            frame.style.width = `${s.width}px`;
            frame.style.height = `${s.height}px`;
            frame.style.zIndex = "5";
        };
        const end = (m: PointerEvent) => {
            corner.removeEventListener("pointermove", move);
            frame.style.width = frame.style.height = frame.style.zIndex = "";
            const s = size(m);
            const columns = Math.max(1, Math.round(grid.clientWidth / s.width));
            const all = getComputedStyle(grid).gridTemplateColumns.split(" ").length;
            ws.edit((l) =>
                section.isCustom
                    ? L.updatePanel(l, panel.id, {
                          height: s.height,
                          span: Math.max(1, Math.min(all, Math.round(s.width / (grid.clientWidth / all)))),
                      })
                    : L.updateSection(l, section.name, { height: s.height, columns }),
            );
        };
        corner.addEventListener("pointermove", move);
        corner.addEventListener("pointerup", end, { once: true });
    };
    return <div class="corner" onPointerDown={start} aria-hidden="true" />;
}

/* Far from view a panel is an empty box of the same size: hundreds of them cost nothing. */
export function PanelSlot({
    panel,
    section,
    height,
}: {
    panel: L.Panel;
    section: L.Section;
    height: number;
}) {
    const ref = useRef<HTMLDivElement>(null);
    const [isNear, setNear] = useState(false);
    useLayoutEffect(() => {
        /* The observer speaks a frame later; what is in view now is drawn now. */
        const box = ref.current!.getBoundingClientRect();
        if (box.top < window.innerHeight && box.bottom > 0) setNear(true);
        const watch = new IntersectionObserver(
            (entries) => setNear(entries[entries.length - 1]!.isIntersecting),
            { root: ref.current!.closest(".workspace-main"), rootMargin: "400px 0px" },
        );
        watch.observe(ref.current!);
        return () => watch.disconnect();
    }, []);
    const own = section.isCustom ? (panel.height ?? height) : height;
    return (
        <div
            ref={ref}
            class="slot"
            style={{
                height: own,
                gridColumn: section.isCustom && panel.span ? `span ${panel.span}` : undefined,
            }}
        >
            {isNear && <PanelFrame panel={panel} section={section} height={own} />}
        </div>
    );
}
