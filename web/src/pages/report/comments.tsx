/* comments.tsx - what is said about a report, beside it: threads about single blocks and about the whole. */

import { useEffect, useRef, useState } from "preact/hooks";
import { IconButton } from "../../components/icon";
import { Markdown } from "../../components/markdown";
import { askSure } from "../../components/question";
import { sayError } from "../../components/toast";
import { language, t } from "../../i18n";
import { formatAgo, formatTime } from "../../lib/format";
import { markMentions } from "../../lib/mentions";
import { blockOfQuote, quoteOf } from "../../lib/quotes";
import type { Block } from "../../lib/report_blocks";
import { beginThread, deleteComment, editComment, fetchThreads, reply, resolveThread, type Comment, type Thread } from "../../queries/discussions";
import { viewer } from "../../session";
import { CommentBox } from "./comment_box";

const EVERY_MS = 30000;

/* The threads of a report, kept current while the page is looked at. */
export function useThreads(id: string): { threads: Thread[]; put: (was: string | null, now: Thread | null) => void } {
    const [threads, setThreads] = useState<Thread[]>([]);
    useEffect(() => {
        const ask = () => void (!document.hidden && fetchThreads(id).then(setThreads, () => undefined /* the next try may do */));
        ask();
        const timer = window.setInterval(ask, EVERY_MS);
        document.addEventListener("visibilitychange", ask);
        return () => {
            window.clearInterval(timer);
            document.removeEventListener("visibilitychange", ask);
        };
    }, [id]);
    const put = (was: string | null, now: Thread | null) =>
        setThreads((list) => (was === null ? [...list, ...(now === null ? [] : [now])] : list.flatMap((x) => (x.id !== was ? [x] : now === null ? [] : [now]))));
    return { threads, put };
}

interface Props {
    id: string;
    blocks: Block[];
    threads: Thread[];
    canWrite: boolean;
    /* What a new thread is to be about: a block, or -1 for the whole; null: no new one is being written. */
    about: number | null;
    onAbout: (index: number | null) => void;
    onPut: (was: string | null, now: Thread | null) => void;
    onClose: () => void;
}

export function Comments({ id, blocks, threads, canWrite, about, onAbout, onPut, onClose }: Props) {
    const [showsResolved, setShowsResolved] = useState(false);
    const open = threads.filter((x) => !x.isResolved);
    const resolved = threads.filter((x) => x.isResolved);
    const begin = async (body: string) => {
        const block = about === null || about < 0 ? undefined : blocks[about];
        onPut(null, await beginThread(id, block === undefined ? "" : quoteOf(block), body));
        onAbout(null);
    };
    return (
        <aside class="comments" aria-label={t("comment.title")}>
            <header class="row">
                <h2 class="grow">{t("comment.title")}</h2>
                <IconButton icon="close" label={t("action.close")} onClick={onClose} />
            </header>
            {canWrite && about !== null && (
                <div class="thread is-new">
                    <Quote quote={about < 0 || blocks[about] === undefined ? "" : quoteOf(blocks[about])} blocks={blocks} />
                    <CommentBox label={t("comment.add")} isOpen onSend={begin} onCancel={() => onAbout(null)} />
                </div>
            )}
            {open.map((thread) => (
                <ThreadView key={thread.id} thread={thread} blocks={blocks} canWrite={canWrite} onPut={onPut} />
            ))}
            {open.length === 0 && about === null && <p class="empty">{t("comment.none")}</p>}
            {canWrite && about === null && (
                <button type="button" class="button" onClick={() => onAbout(-1)}>
                    {t("comment.about_whole")}
                </button>
            )}
            {resolved.length > 0 && (
                <button type="button" class="link-button" aria-expanded={showsResolved} onClick={() => setShowsResolved(!showsResolved)}>
                    {t("comment.resolved", { count: resolved.length })}
                </button>
            )}
            {showsResolved && resolved.map((thread) => <ThreadView key={thread.id} thread={thread} blocks={blocks} canWrite={canWrite} onPut={onPut} />)}
        </aside>
    );
}

/* A click leads to the block, if it is still there. */
function Quote({ quote, blocks }: { quote: string; blocks: Block[] }) {
    if (quote === "") return <p class="muted small">{t("comment.whole")}</p>;
    const index = blockOfQuote(quote, blocks);
    const show = () => {
        const block = document.getElementById(`block-${index}`);
        block?.scrollIntoView({ block: "center" });
        block?.classList.add("is-pointed");
        window.setTimeout(() => block?.classList.remove("is-pointed"), 1600);
    };
    return (
        <button type="button" class="quote clip" disabled={index < 0} aria-label={t("comment.about", { words: quote })} onClick={show}>
            {quote}
        </button>
    );
}

function ThreadView({ thread, blocks, canWrite, onPut }: { thread: Thread; blocks: Block[]; canWrite: boolean; onPut: Props["onPut"] }) {
    const put = (now: Promise<Thread | null>) => now.then((n) => onPut(thread.id, n));
    return (
        <section class={`thread ${thread.isResolved ? "is-resolved" : ""}`}>
            <Quote quote={thread.quote} blocks={blocks} />
            {thread.comments.map((comment) => (
                <CommentView key={comment.id} comment={comment} onPut={put} />
            ))}
            {canWrite && (
                <div class="row thread-tools">
                    {!thread.isResolved && <CommentBox label={t("comment.reply")} onSend={(body) => put(reply(thread.id, body))} />}
                    <button type="button" class="link-button" onClick={() => void put(resolveThread(thread.id, !thread.isResolved)).catch(sayError)}>
                        {t(thread.isResolved ? "comment.reopen" : "comment.resolve")}
                    </button>
                </div>
            )}
        </section>
    );
}

function CommentView({ comment, onPut }: { comment: Comment; onPut: (now: Promise<Thread | null>) => Promise<void> }) {
    const [isEdited, setEdited] = useState(false);
    const box = useRef<HTMLElement>(null);
    const who = viewer.value;
    const isOwn = who !== null && who !== undefined && who.username === comment.username;
    const remove = async () => {
        if (await askSure(t("comment.confirm_delete"))) await onPut(deleteComment(comment.id));
    };
    if (isEdited)
        return (
            <CommentBox
                label={t("action.edit")}
                isOpen
                start={comment.body}
                onSend={async (body) => {
                    await onPut(editComment(comment.id, body));
                    setEdited(false);
                }}
                onCancel={() => setEdited(false)}
            />
        );
    return (
        <article ref={box} class="comment">
            <header class="row">
                <b class="clip">{(comment.importedAuthor ?? comment.username) || t("comment.removed_user")}</b>
                <span class="faint small grow" title={formatTime(comment.createdAt, language)}>
                    {comment.importedAuthor !== null && comment.username !== null && `${t("comment.imported", { name: comment.username })} · `}
                    {formatAgo(comment.createdAt, Date.now(), language)}
                    {comment.isEdited && ` · ${t("comment.edited")}`}
                </span>
                {isOwn && <IconButton icon="edit" label={t("action.edit")} onClick={() => setEdited(true)} />}
                {(isOwn || who?.admin) && (
                    <IconButton icon="trash" label={t("action.delete")} onClick={() => void remove().catch(sayError)} />
                )}
            </header>
            <Markdown text={markMentions(comment.body)} />
        </article>
    );
}

/* How many open threads there are about each block. */
export function countTalk(threads: readonly Thread[], blocks: readonly Block[]): Map<number, number> {
    const out = new Map<number, number>();
    for (const thread of threads) {
        const index = thread.isResolved ? -1 : blockOfQuote(thread.quote, blocks);
        if (index >= 0) out.set(index, (out.get(index) ?? 0) + 1);
    }
    return out;
}
