/* report.tsx - one report, to be read or edited. Changes are saved as a draft; publishing shows them to everybody. */

import { useEffect, useRef, useState } from "preact/hooks";
import { NotFound } from "../app";
import { Select } from "../components/controls";
import { EditableText } from "../components/editable_text";
import { copyText } from "../components/copy_text";
import { IconButton } from "../components/icon";
import { MenuList, Popover } from "../components/popover";
import { sayError } from "../components/toast";
import { language, t } from "../i18n";
import { formatTime } from "../lib/format";
import { pathOf } from "../lib/match";
import { blocksOf, idOfSlug, projectsOf, reportSlug, type Block, type Json } from "../lib/report_blocks";
import { parseTime } from "../lib/runs";
import { deleteView, fetchView, saveView, type SavedView } from "../queries_views";
import { isConflict } from "../views";
import { address, navigate, setQuery } from "../router";
import type { PageProps } from "../routes";
import { viewer } from "../session";
import { isDark, setTheme, theme } from "../theme";
import { BlockList } from "./report/block_list";
import { DRAFT, REPORT, makeReport } from "./report/new_report";
import { ShareReport } from "./report/share_report";

type Loaded = SavedView & { spec: Json };

const SAVE_MS = 1200;
/* As the official package names them. */
const WIDTHS = ["readable", "fixed", "fluid"] as const;

export default function ReportPage({ params }: PageProps) {
    const { entity, project, slug } = params as { entity: string; project: string; slug: string };
    const [report, setReport] = useState<Loaded | null | undefined>(undefined);
    useEffect(() => {
        fetchView(idOfSlug(slug)).then(setReport, (e: unknown) => {
            sayError(e);
            setReport(null);
        });
    }, [slug]);
    if (report === undefined) return <main aria-busy="true" />;
    if (report === null || (report.type !== REPORT && report.type !== DRAFT)) return <NotFound />;
    const isEditing = address.value.query.get("edit") === "1" && viewer.value !== null;
    return <Report key={report.id} entity={entity} project={project} report={report} isEditing={isEditing} />;
}

const REDRAW_MS = 400;

/* Paper is white: charts are drawn for it first, and the menu that asked for it has gone by then. */
async function print(): Promise<void> {
    const was = theme.peek();
    if (isDark.peek()) setTheme("light");
    await new Promise((done) => window.setTimeout(done, REDRAW_MS));
    window.print();
    setTheme(was);
}

function Report({ entity, project, report, isEditing }: { entity: string; project: string; report: Loaded; isEditing: boolean }) {
    const [saved, setSaved] = useState(report);
    const [title, setTitle] = useState(report.displayName);
    const [description, setDescription] = useState(report.description);
    const [spec, setSpec] = useState(report.spec);
    const [state, setState] = useState<"saved" | "waiting" | "failed">("saved");
    const timer = useRef(0);
    const latest = useRef({ title, description, spec, version: report.version });
    latest.current = { ...latest.current, title, description, spec };
    const save = async () => {
        const l = latest.current;
        try {
            const next = await saveView({ id: saved.id, displayName: l.title, description: l.description, spec: JSON.stringify(l.spec), expectedVersion: l.version });
            latest.current.version = next.version;
            setSaved({ ...next, spec: l.spec });
            setState("saved");
        } catch (e) {
            setState("failed");
            if (!isConflict(e)) return sayError(e);
            if (window.confirm(t("report.conflict"))) {
                const now = await fetchView(saved.id);
                latest.current.version = now?.version ?? l.version;
                void save();
            }
        }
    };
    /* A published report changes when somebody says so; a draft as one types. */
    const change = (apply: () => void) => {
        apply();
        setState("waiting");
        window.clearTimeout(timer.current);
        if (saved.type === DRAFT) timer.current = window.setTimeout(() => void save(), SAVE_MS);
    };
    const publish = async () => {
        window.clearTimeout(timer.current);
        const l = latest.current;
        const input = { displayName: l.title, description: l.description, spec: JSON.stringify(l.spec) };
        if (saved.type === REPORT) await save();
        else {
            const made = await saveView({ entityName: entity, projectName: project, type: REPORT, name: saved.name + "p", ...input });
            await deleteView(saved.id);
            navigate(pathOf(entity, project, "reports", reportSlug(made.displayName, made.id)), "replace");
            return;
        }
        setQuery({ edit: null });
    };
    const remove = async () => {
        if (!window.confirm(t("report.confirm_delete", { name: title }))) return;
        await deleteView(saved.id);
        navigate(pathOf(entity, project, "reportlist"));
    };
    const setBlocks = (blocks: Block[]) => change(() => setSpec({ ...latest.current.spec, blocks }));
    return (
        <main class={`page report is-${String(spec["width"] ?? "readable")}`}>
            <header class="stack">
                <div class="row">
                    <EditableText value={title} label={t("setting.title")} isOff={!isEditing} onChange={(v) => change(() => setTitle(v))} as="h1" />
                    {saved.type === DRAFT && <span class="chip">{t("report.draft")}</span>}
                    <span class="grow" />
                    {isEditing && <span class="muted small">{t(state === "saved" ? "report.saved" : "view.unsaved")}</span>}
                    {viewer.value && !isEditing && (
                        <button type="button" class="button" onClick={() => setQuery({ edit: "1" }, "push")}>
                            {t("action.edit")}
                        </button>
                    )}
                    {isEditing && (
                        <>
                            <button type="button" class="button primary" onClick={() => void publish().catch(sayError)}>
                                {t(saved.type === DRAFT ? "report.publish" : "action.save")}
                            </button>
                            <button type="button" class="button danger" onClick={() => void remove().catch(sayError)}>
                                {t("action.delete")}
                            </button>
                        </>
                    )}
                    {isEditing && (
                        <Select
                            value={String(spec["width"] ?? "readable")}
                            label={t("report.width")}
                            options={WIDTHS.map((w) => ({ value: w, label: t(`report.width.${w}`) }))}
                            onChange={(width) => change(() => setSpec({ ...latest.current.spec, width }))}
                        />
                    )}
                    {viewer.value && saved.type === REPORT && <ShareReport id={saved.id} projects={projectsOf(spec, entity, project)} />}
                    <Popover isMenu label={t("action.more")} button={(open) => <IconButton icon="dots" label={t("action.more")} onClick={open} />}>
                        {(close) => (
                            <MenuList
                                close={close}
                                items={[
                                    { label: t("panel.copy_link"), onClick: () => void copyText(window.location.href.split("?")[0]!) },
                                    { label: t("report.print"), onClick: () => void print() },
                                    viewer.value
                                        ? {
                                              label: t("panel.duplicate"),
                                              onClick: () => void makeReport(entity, project, blocksOf(spec), t("report.copy_of", { name: title })).catch(sayError),
                                          }
                                        : null,
                                ]}
                            />
                        )}
                    </Popover>
                </div>
                {isEditing ? (
                    <input
                        class="input"
                        value={description}
                        aria-label={t("report.description")}
                        placeholder={t("report.description")}
                        onInput={(e) => {
                            const { value } = e.currentTarget;
                            change(() => setDescription(value));
                        }}
                    />
                ) : (
                    <p class="muted">{description}</p>
                )}
                <p class="faint small">
                    {saved.user} · {formatTime(parseTime(saved.updatedAt), language)}
                </p>
            </header>
            <BlockList entity={entity} project={project} blocks={blocksOf(spec)} isEditing={isEditing} onChange={setBlocks} />
        </main>
    );
}
