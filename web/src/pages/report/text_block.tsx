/* text_block.tsx - words in a report: shown as they will be read, and a field once they are clicked. Keys make, join and move blocks. */

import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { Select } from "../../components/controls";
import { t } from "../../i18n";
import { LANGUAGES } from "../../lib/highlight";
import { blockToMarkdown, type Block } from "../../lib/report_blocks";
import { cardOfPaste, shortcutOf, slashAt, textOf, withText, type Caret } from "../../lib/report_edit";
import type { BlockKind } from "./block_kinds";
import { BlockView } from "./block_view";
import { SlashMenu } from "./slash_menu";

export interface TextActions {
    onChange: (block: Block) => void;
    /* Whether anything came of it; otherwise the field does what fields do. */
    onEnter: (at: number) => boolean;
    onBackspace: () => boolean;
    onLeave: (by: -1 | 1) => void;
    /* A kind that was chosen behind a stroke; rest: the words without it, at: where it stood. */
    onPick: (kind: BlockKind, rest: string, at: number) => void;
    onReplace: (block: Block) => void;
    onPicture: (file: File) => void;
    onMove: (by: -1 | 1) => void;
}

interface Props extends TextActions {
    block: Block;
    blocks: Block[];
    /* Where to write, when it is this block's turn. */
    caret: Caret | null;
    isFirst: boolean;
    onOpen: () => void;
    onClose: () => void;
}

export function TextBlock(props: Props) {
    const { block, blocks, caret, onOpen } = props;
    const [isOpen, setOpen] = useState(false);
    const [draft, setDraft] = useState<string | null>(null);
    /* While it is written it stays as it is written: "*a*" does not become "_a_" under one's hands. */
    const known = textOf(block) ?? "";
    const text = isOpen && draft !== null && block.type !== "list" && textOf(withText(block, draft)) === known ? draft : known;
    if (caret !== null || isOpen || text === "") return <Field {...props} text={text} onDraft={setDraft} onFocus={() => setOpen(true)} onBlur={() => setOpen(false)} />;
    return (
        <div
            class="block-open"
            role="button"
            tabIndex={0}
            onClick={(e) => !(e.target as Element).closest("a") && onOpen()}
            onKeyDown={(e) => {
                if (e.key !== "Enter" || e.target !== e.currentTarget) return;
                e.preventDefault();
                onOpen();
            }}
        >
            <BlockView block={block} blocks={blocks} />
        </div>
    );
}

/* Where the whole field is code, a tab is a tab's worth of spaces. */
const INDENT = "    ";

function Field(props: Props & { text: string; onDraft: (text: string) => void; onFocus: () => void; onBlur: () => void }) {
    const { block, caret, text, onChange } = props;
    const ref = useRef<HTMLTextAreaElement>(null);
    const [slash, setSlash] = useState<{ from: number; query: string } | null>(null);
    useLayoutEffect(() => {
        const field = ref.current!;
        field.style.height = "0";
        field.style.height = `${field.scrollHeight + 2}px`;
    }, [text, block.type]);
    useLayoutEffect(() => {
        if (caret === null) return;
        ref.current!.focus();
        ref.current!.setSelectionRange(caret.at, caret.at);
    }, [caret]);
    const write = (value: string, at: number) => {
        const made = block.type === "paragraph" && at <= 6 ? shortcutOf(value) : null;
        if (made !== null && !value.startsWith("/")) return props.onReplace(made);
        setSlash(block.type === "paragraph" || block.type === "default" ? slashAt(value, at) : null);
        props.onDraft(value);
        onChange(withText(block, value));
    };
    const pick = (kind: BlockKind) => {
        const { from, query } = slash!;
        setSlash(null);
        props.onPick(kind, text.slice(0, from) + text.slice(from + 1 + query.length), from);
    };
    const insert = (words: string, from: number, to: number, selection: [number, number]) => {
        setSlash(null);
        const now = text.slice(0, from) + words + text.slice(to);
        /* The field has the words before the next key is pressed. */
        ref.current!.value = now;
        ref.current!.setSelectionRange(from + selection[0], from + selection[1]);
        props.onDraft(now);
        onChange(withText(block, now));
    };
    const onKeyDown = (e: KeyboardEvent & { currentTarget: HTMLTextAreaElement }) => {
        if (e.isComposing) return;
        const field = e.currentTarget;
        const [from, to] = [field.selectionStart, field.selectionEnd];
        const done = (isDone: boolean) => isDone && e.preventDefault();
        if (e.altKey && e.shiftKey && (e.key === "ArrowUp" || e.key === "ArrowDown")) {
            e.preventDefault();
            props.onMove(e.key === "ArrowUp" ? -1 : 1);
        } else if (slash !== null && ["ArrowUp", "ArrowDown", "Enter", "Tab", "Escape"].includes(e.key)) return; /* the menu's */
        else if (e.key === "Enter" && (e.ctrlKey || e.metaKey)) {
            e.preventDefault();
            props.onLeave(1);
        } else if (e.key === "Enter" && !e.shiftKey && from === to) done(props.onEnter(from));
        else if (e.key === "Backspace" && from === 0 && to === 0) done(props.onBackspace());
        else if (e.key === "Backspace" && from === to && block.type === "list" && /^(?:- (?:\[[ x]\] )?|1\. )$/.test(text.slice(0, from))) done(props.onBackspace());
        else if (e.key === "ArrowUp" && from === to && !text.slice(0, from).includes("\n") && !props.isFirst && isAtEdge(field, "top")) done((props.onLeave(-1), true));
        else if (e.key === "ArrowDown" && from === to && !text.slice(from).includes("\n") && isAtEdge(field, "bottom")) done((props.onLeave(1), true));
        else if (e.key === "Tab" && !e.shiftKey && block.type === "code-block") {
            e.preventDefault();
            insert(INDENT, from, to, [INDENT.length, INDENT.length]);
        } else if ((e.ctrlKey || e.metaKey) && !e.altKey && (e.key === "b" || e.key === "i" || e.key === "e")) {
            e.preventDefault();
            const sign = { b: "**", i: "_", e: "`" }[e.key];
            insert(sign + text.slice(from, to) + sign, from, to, [sign.length, sign.length + to - from]);
        } else if (e.key === "Escape") field.blur();
    };
    const onPaste = (e: ClipboardEvent & { currentTarget: HTMLTextAreaElement }) => {
        const picture = [...(e.clipboardData?.files ?? [])].find((f) => f.type.startsWith("image/"));
        const card = text === "" && block.type === "paragraph" ? cardOfPaste(e.clipboardData?.getData("text/plain") ?? "") : null;
        if (!picture && card === null) return;
        e.preventDefault();
        if (picture) props.onPicture(picture);
        else props.onReplace(card!);
    };
    return (
        <div
            class={`block-field is-${block.type} ${block.type === "heading" ? `is-level-${String(block["level"])}` : ""}`}
            onFocusOut={(e) => {
                if (e.currentTarget.contains(e.relatedTarget as Node | null)) return;
                setSlash(null);
                props.onBlur();
                props.onClose();
            }}
        >
            <textarea
                ref={ref}
                class="block-text"
                value={text}
                rows={1}
                spellcheck={block.type !== "code-block" && block.type !== "latex"}
                placeholder={placeholderOf(block)}
                aria-label={t("report.write")}
                aria-expanded={slash !== null}
                onInput={(e) => write(e.currentTarget.value, e.currentTarget.selectionStart)}
                onKeyDown={onKeyDown}
                onPaste={onPaste}
                onFocus={props.onFocus}
            />
            {block.type === "code-block" && <LanguageChoice block={block} onChange={onChange} />}
            {block.type === "latex" && text !== "" && <BlockView block={block} blocks={props.blocks} />}
            {slash !== null && (
                <SlashMenu
                    field={ref}
                    query={slash.query}
                    onPick={pick}
                    onFormula={() => insert("$x^2$", slash.from, slash.from + 1 + slash.query.length, [1, 4])}
                    onClose={() => setSlash(null)}
                />
            )}
        </div>
    );
}

function LanguageChoice({ block, onChange }: { block: Block; onChange: (block: Block) => void }) {
    const now = String(block["language"] ?? "");
    const all = (LANGUAGES as readonly string[]).includes(now) ? LANGUAGES : [now, ...LANGUAGES];
    const change = (language: string) => onChange(withText({ ...block, language }, blockToMarkdown(block) ?? ""));
    return <Select value={now} label={t("block.language")} options={all.map((l) => ({ value: l, label: l }))} onChange={change} />;
}

function placeholderOf(block: Block): string {
    if (block.type === "paragraph" || block.type === "default") return t("report.write");
    if (block.type === "heading") return t(block["level"] === 2 ? "block.heading2" : block["level"] === 3 ? "block.heading3" : "block.heading");
    const names = { "block-quote": "block.quote", "callout-block": "block.callout", "code-block": "block.code", latex: "block.formula", "markdown-block": "block.markdown" } as const;
    return block.type in names ? t(names[block.type as keyof typeof names]) : "";
}

/* Long words break into lines of their own: only from the first one leads up out of the field, and from the last one down. */
function isAtEdge(field: HTMLTextAreaElement, edge: "top" | "bottom"): boolean {
    const height = Number.parseFloat(getComputedStyle(field).lineHeight) || 20;
    if (field.scrollHeight < height * 2.4) return true;
    return edge === "top" ? field.selectionStart === 0 : field.selectionEnd === field.value.length;
}
