/* comment_box.tsx - where a comment is written; behind an @ the people are offered. */

import { useEffect, useRef, useState } from "preact/hooks";
import { sayError } from "../../components/toast";
import { t } from "../../i18n";
import { mentionAt } from "../../lib/mentions";
import { findPeople } from "../../queries/discussions";

interface Props {
    label: string;
    start?: string;
    isOpen?: boolean;
    onSend: (body: string) => Promise<void>;
    onCancel?: () => void;
}

const PAUSE_MS = 150;
const MAX_OFFERED = 8;

export function CommentBox({ label, start = "", isOpen: opensAtOnce = false, onSend, onCancel }: Props) {
    const [isOpen, setOpen] = useState(opensAtOnce);
    const [text, setText] = useState(start);
    const [isSending, setSending] = useState(false);
    const field = useRef<HTMLTextAreaElement>(null);
    const mention = useMention(field, text, setText);
    useEffect(() => {
        if (isOpen) field.current?.focus();
    }, [isOpen]);
    const close = () => {
        setOpen(opensAtOnce);
        setText(start);
        onCancel?.();
    };
    const send = async () => {
        if (text.trim() === "" || isSending) return;
        setSending(true);
        try {
            await onSend(text.trim());
            setText("");
            setOpen(opensAtOnce);
        } catch (e) {
            sayError(e); /* the words stay */
        }
        setSending(false);
    };
    if (!isOpen)
        return (
            <button type="button" class="link-button" onClick={() => setOpen(true)}>
                {label}
            </button>
        );
    return (
        <div class="comment-box stack">
            <textarea
                ref={field}
                class="input"
                rows={3}
                value={text}
                aria-label={label}
                placeholder={t("comment.begin")}
                onInput={(e) => {
                    setText(e.currentTarget.value);
                    mention.look(e.currentTarget.value, e.currentTarget.selectionStart);
                }}
                onKeyDown={(e) => {
                    if (e.isComposing || mention.onKey(e)) return;
                    if (e.key === "Enter" && (e.ctrlKey || e.metaKey)) void send();
                    if (e.key === "Escape") {
                        e.stopPropagation();
                        close();
                    }
                }}
                onBlur={mention.close}
            />
            {mention.people.length > 0 && (
                <ul class="slash-menu" role="listbox" aria-label={t("comment.people")}>
                    {mention.people.map((name, i) => (
                        <li
                            key={name}
                            class={`menu-item ${i === mention.at ? "is-chosen" : ""}`}
                            role="option"
                            aria-selected={i === mention.at}
                            onPointerDown={(e) => {
                                e.preventDefault();
                                mention.pick(name);
                            }}
                        >
                            @{name}
                        </li>
                    ))}
                </ul>
            )}
            <div class="row">
                <button type="button" class="button primary" disabled={text.trim() === "" || isSending} onClick={() => void send()}>
                    {t("comment.send")}
                </button>
                <button type="button" class="button" onClick={close}>
                    {t("action.cancel")}
                </button>
            </div>
        </div>
    );
}

function useMention(field: { current: HTMLTextAreaElement | null }, text: string, onText: (text: string) => void) {
    const [people, setPeople] = useState<string[]>([]);
    const [at, setAt] = useState(0);
    const timer = useRef(0);
    const close = () => {
        window.clearTimeout(timer.current);
        setPeople([]);
    };
    const look = (value: string, place: number) => {
        const found = mentionAt(value, place);
        window.clearTimeout(timer.current);
        if (found === null) return setPeople([]);
        timer.current = window.setTimeout(() => {
            findPeople(found.query).then((names) => {
                setPeople(names.slice(0, MAX_OFFERED));
                setAt(0);
            }, close);
        }, PAUSE_MS);
    };
    const pick = (name: string) => {
        const place = field.current!.selectionStart;
        const found = mentionAt(text, place);
        close();
        if (found === null) return;
        onText(`${text.slice(0, found.from)}@${name} ${text.slice(place)}`);
        const behind = found.from + name.length + 2;
        window.requestAnimationFrame(() => field.current?.setSelectionRange(behind, behind));
    };
    const onKey = (e: KeyboardEvent): boolean => {
        if (people.length === 0) return false;
        const by = e.key === "ArrowDown" ? 1 : e.key === "ArrowUp" ? -1 : 0;
        if (by !== 0) setAt((at + by + people.length) % people.length);
        else if ((e.key === "Enter" && !e.ctrlKey && !e.metaKey) || e.key === "Tab") pick(people[at]!);
        else if (e.key === "Escape") close();
        else return false;
        e.preventDefault();
        e.stopPropagation();
        return true;
    };
    return { people, at, look, pick, onKey, close };
}
