/* report.tsx - one report, to be read or edited. Changes are saved as a draft; publishing shows them to everybody. */

import { useEffect, useMemo, useState } from "preact/hooks";
import { NotFound } from "../../app";
import { Select } from "../../components/controls";
import { Icon, IconButton } from "../../components/icon";
import { sayError } from "../../components/toast";
import { language, t } from "../../i18n";
import { formatTime } from "../../lib/format";
import { pathOf } from "../../lib/match";
import { blocksOf, idOfSlug, projectsOf, reportSlug, type Block } from "../../lib/report_blocks";
import { parseTime } from "../../lib/runs";
import { deleteView, fetchView, saveView } from "../../queries/views";
import { address, navigate, setQuery } from "../../router";
import type { PageProps } from "../../routes";
import { mayChange, viewer } from "../../session";
import { BlockList } from "./block_list";
import { Comments, countTalk, useThreads } from "./comments";
import { DRAFT, REPORT } from "./new_report";
import { Clash, LeftBehind } from "./notices";
import { ReportMenu } from "./report_menu";
import { ShareReport } from "./share_report";
import { StarButton } from "./star";
import { useReport, type Loaded, type OpenReport } from "./use_report";

/* As the official package names them. */
const WIDTHS = ["readable", "fixed", "fluid"] as const;

export default function ReportPage({ params }: PageProps) {
    const { entity, project, slug } = params as { entity: string; project: string; slug: string };
    const [report, setReport] = useState<Loaded | null | undefined>(undefined);
    const id = idOfSlug(slug);
    useEffect(() => {
        fetchView(id).then(setReport, (e: unknown) => {
            sayError(e);
            setReport(null);
        });
    }, [id]);
    if (report === undefined) return <main aria-busy="true" />;
    if (report === null || (report.type !== REPORT && report.type !== DRAFT)) return <NotFound />;
    const isEditing = address.value.query.get("edit") === "1" && mayChange.value;
    return <Report key={report.id} entity={entity} project={project} report={report} isEditing={isEditing} />;
}

function Report({ entity, project, report, isEditing }: { entity: string; project: string; report: Loaded; isEditing: boolean }) {
    const open = useReport(report, isEditing);
    const { content, saved } = open;
    const { spec, title, description } = content;
    const { threads, put } = useThreads(report.id);
    const [isTalking, setTalking] = useState(address.peek().query.get("comments") === "1");
    const [about, setAbout] = useState<number | null>(null);
    const blocks = useMemo(() => blocksOf(spec), [spec]);
    const talk = useMemo(() => countTalk(threads, blocks), [threads, blocks]);
    const canWrite = mayChange.value;
    useEffect(() => {
        document.title = title;
    }, [title]);
    useEffect(() => {
        if (!isEditing) return;
        const key = (e: KeyboardEvent) => {
            if (!(e.ctrlKey || e.metaKey) || e.altKey) return;
            const what = e.key.toLowerCase();
            const isOwn = (e.target as Element).closest?.(".block-text, .blocks, body") !== null && !(e.target as Element).closest?.(".comments, .popover, .drawer, header input");
            if (what === "s") void open.save();
            else if (isOwn && what === "z") (e.shiftKey ? open.redo : open.undo)();
            else if (isOwn && what === "y") open.redo();
            else return;
            e.preventDefault();
        };
        window.addEventListener("keydown", key);
        return () => window.removeEventListener("keydown", key);
    });
    const setBlocks = (next: Block[], mark?: string) => open.change({ spec: { ...content.spec, blocks: next } }, mark);
    const speak = (index: number) => {
        setTalking(true);
        setAbout(talk.has(index) ? null : index);
    };
    const openCount = threads.filter((x) => !x.isResolved).length;
    return (
        <main class={`page report is-${String(spec["width"] ?? "readable")} ${isEditing ? "is-editing" : ""} ${isTalking ? "is-talking" : ""}`}>
            <header class="stack">
                <div class="row report-head">
                    {isEditing ? (
                        <input class="report-title" value={title} aria-label={t("setting.title")} placeholder={t("report.untitled")} onInput={(e) => open.change({ title: e.currentTarget.value }, "title")} />
                    ) : (
                        <h1 class="grow">{title}</h1>
                    )}
                    {saved.type === DRAFT && <span class="chip">{t("report.draft")}</span>}
                    <span class="row report-tools">
                        {isEditing && <EditTools open={open} entity={entity} project={project} />}
                        {canWrite && !isEditing && (
                            <button type="button" class="button" onClick={() => setQuery({ edit: "1" }, "push")}>
                                {t("action.edit")}
                            </button>
                        )}
                        {viewer.value && <StarButton id={report.id} />}
                        <button type="button" class={`button ${isTalking ? "is-on" : ""}`} aria-pressed={isTalking} aria-label={openCount > 0 ? t("comment.count", { count: openCount }) : t("comment.title")} title={t("comment.title")} onClick={() => setTalking(!isTalking)}>
                            <Icon name="comment" />
                            {openCount > 0 && openCount}
                        </button>
                        {canWrite && saved.type === REPORT && <ShareReport id={report.id} projects={projectsOf(spec, entity, project)} title={title} />}
                        <ReportMenu entity={entity} project={project} open={open} />
                    </span>
                </div>
                {isEditing ? (
                    <input class="report-about" value={description} aria-label={t("report.description")} placeholder={t("report.description")} onInput={(e) => open.change({ description: e.currentTarget.value }, "description")} />
                ) : (
                    description !== "" && <p class="muted">{description}</p>
                )}
                <p class="faint small">
                    {saved.user} · {formatTime(parseTime(saved.updatedAt), language)}
                </p>
                {isEditing && open.state === "clash" && <Clash open={open} entity={entity} project={project} who={open.theirs?.updatedBy ?? open.theirs?.user ?? ""} />}
                {isEditing && open.state !== "clash" && <LeftBehind open={open} />}
            </header>
            <div class="report-body">
                <BlockList
                    entity={entity}
                    project={project}
                    blocks={blocks}
                    isEditing={isEditing}
                    onChange={setBlocks}
                    talk={(i) => talk.get(i) ?? 0}
                    onTalk={canWrite || talk.size > 0 ? speak : undefined}
                />
                {isTalking && (
                    <Comments
                        id={report.id}
                        blocks={blocks}
                        threads={threads}
                        canWrite={canWrite}
                        about={about}
                        onAbout={setAbout}
                        onPut={put}
                        onClose={() => {
                            setTalking(false);
                            setAbout(null);
                        }}
                    />
                )}
            </div>
        </main>
    );
}

function EditTools({ open, entity, project }: { open: OpenReport; entity: string; project: string }) {
    const { saved, content, state } = open;
    const isDraft = saved.type === DRAFT;
    const publish = async () => {
        const input = { displayName: content.title.trim() || t("report.untitled"), description: content.description, spec: JSON.stringify(content.spec) };
        if (!isDraft) {
            if (await open.save()) setQuery({ edit: null });
            return;
        }
        /* A draft becomes the report; one of a report that is out already goes into that. */
        const made = saved.parentId === null ? await saveView({ id: saved.id, type: REPORT, expectedVersion: open.version(), ...input }) : await saveView({ id: saved.parentId, ...input });
        if (saved.parentId === null) open.became(made);
        else await deleteView(saved.id);
        open.forget();
        navigate(pathOf(entity, project, "reports", reportSlug(made.displayName, made.id)), "replace");
    };
    return (
        <>
            <span class="muted small report-state">{t(state === "saved" ? "report.saved" : "report.not_saved")}</span>
            <IconButton icon="undo" label={t("action.undo")} disabled={!open.canUndo} onClick={open.undo} />
            <IconButton icon="redo" label={t("action.redo")} disabled={!open.canRedo} onClick={open.redo} />
            <Select
                value={String(content.spec["width"] ?? "readable")}
                label={t("report.width")}
                options={WIDTHS.map((w) => ({ value: w, label: t(`report.width.${w}`) }))}
                onChange={(width) => open.change({ spec: { ...content.spec, width } })}
            />
            <button type="button" class="button primary" onClick={() => void publish().catch(sayError)}>
                {t(isDraft ? "report.publish" : "action.save")}
            </button>
            <button type="button" class="button" onClick={() => setQuery({ edit: null })}>
                {t("report.leave")}
            </button>
        </>
    );
}
