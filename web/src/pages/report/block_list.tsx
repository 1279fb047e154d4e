/* block_list.tsx - the blocks of a report under each other; when it is edited, with what moves, removes and adds them. */

import { useRef, useState } from "preact/hooks";
import { shrinkPicture } from "../../components/shrink_picture";
import { say } from "../../components/toast";
import { t } from "../../i18n";
import { NEW_BLOCKS, type Block } from "../../lib/report_blocks";
import { insertAt, moveBlock, onBackspace, onEnter, textOf, turnInto, withText, type Caret, type Edit } from "../../lib/report_edit";
import type { BlockKind } from "./block_kinds";
import { AddMenu, BlockMenu, TalkMark } from "./block_menu";
import { BlockView } from "./block_view";
import { CardEditor } from "./link_card";
import { ImageEditor } from "./image_block";
import { PanelGrid } from "./panel_grid";
import { TextBlock } from "./text_block";

interface Props {
    entity: string;
    project: string;
    blocks: Block[];
    isEditing: boolean;
    /* mark: changes of the same mark, one after the other, are undone together. */
    onChange: (blocks: Block[], mark?: string) => void;
    /* What is said about each block: how many open threads; undefined where nobody speaks. */
    talk?: (index: number) => number;
    onTalk?: (index: number) => void;
}

/* Nothing is to be done in these: one goes on writing behind them. */
const PASSED = new Set(["horizontal-rule", "table-of-contents"]);

/* A block keeps its place on the page, and the keyboard, while it is changed and moved: it goes by the first object that it was. */
const keys = new WeakMap<Block, string>();
let made = 0;

function keyOf(block: Block): string {
    const known = keys.get(block) ?? `b${made++}`;
    keys.set(block, known);
    return known;
}

function same(was: Block, now: Block): Block {
    if (was !== now) keys.set(now, keyOf(was));
    return now;
}

export function BlockList(props: Props) {
    const { entity, project, blocks, isEditing, onChange } = props;
    const [caret, setCaret] = useState<Caret | null>(null);
    const [target, setTarget] = useState<number | null>(null);
    const dragged = useRef<number | null>(null);
    const put = (i: number, block: Block) => onChange(blocks.map((b, k) => (k === i ? same(b, block) : b)), keyOf(blocks[i]!));
    const apply = (edit: Edit | null, was: number): boolean => {
        if (edit === null) return false;
        /* What was split or joined goes on being the block that it was. */
        const kept = edit.blocks[Math.min(was, edit.blocks.length - 1)];
        if (kept && !keys.has(kept) && edit.blocks.length >= blocks.length) same(blocks[was]!, kept);
        onChange(edit.blocks);
        setCaret(edit.caret);
        return true;
    };
    const focus = (i: number, at: "start" | "end") => {
        const block = blocks[i];
        const text = block === undefined ? null : textOf(block);
        if (text !== null) setCaret({ block: i, at: at === "start" ? 0 : text.length });
    };
    const insert = (i: number, block: Block) => {
        onChange(insertAt(blocks, i, block));
        setCaret(textOf(block) === null ? null : { block: i, at: (textOf(block) ?? "").length });
    };
    const replace = (i: number, block: Block) => {
        const text = textOf(block);
        /* Behind what is not written there is always a line to go on with. */
        const next = blocks.map((b, k) => (k === i ? block : b));
        if (text === null && i === blocks.length - 1) next.push(NEW_BLOCKS.paragraph());
        onChange(next);
        setCaret(text !== null ? { block: i, at: text.length } : PASSED.has(block.type) && textOf(next[i + 1]!) !== null ? { block: i + 1, at: 0 } : null);
    };
    const add = (i: number, block: Block) => (textOf(blocks[i]!) === "" && blocks[i]!.type === "paragraph" ? replace(i, block) : insert(i + 1, block));
    const remove = (i: number) => {
        onChange(blocks.length === 1 ? [NEW_BLOCKS.paragraph()] : blocks.filter((_, k) => k !== i));
        setCaret(null);
    };
    const move = (i: number, to: number) => {
        if (to < 0 || to > blocks.length) return;
        onChange(moveBlock(blocks, i, to));
        if (caret?.block === i) setCaret({ block: to > i ? to - 1 : to, at: caret.at });
    };
    const pick = (i: number) => (kind: BlockKind, rest: string, at: number) => {
        const block = kind.make(entity, project);
        if (rest.trim() === "") return replace(i, block);
        if (kind.text !== undefined && at === 0) return replace(i, turnInto(withText(NEW_BLOCKS.paragraph(), rest.trimStart()), kind.text));
        const now = withText(blocks[i]!, rest.trimEnd());
        onChange(insertAt(blocks.map((b, k) => (k === i ? same(b, now) : b)), i + 1, block));
        setCaret(textOf(block) === null ? null : { block: i + 1, at: (textOf(block) ?? "").length });
    };
    const takePicture = (i: number) => (file: File) =>
        void shrinkPicture(file).then((url) => (url === null ? say(t("image.refused")) : add(i, { ...NEW_BLOCKS.image(), url })));
    const drop = (e: DragEvent) => {
        const from = dragged.current;
        if (from === null || target === null) return;
        e.preventDefault();
        move(from, target);
        setTarget(null);
        dragged.current = null;
    };
    const hover = (i: number) => (e: DragEvent) => {
        if (dragged.current === null) return;
        e.preventDefault();
        const box = (e.currentTarget as HTMLElement).getBoundingClientRect();
        setTarget(e.clientY < box.top + box.height / 2 ? i : i + 1);
    };
    return (
        <div class={`blocks ${isEditing ? "is-edited" : ""}`} onDrop={drop}>
            {blocks.map((block, i) => (
                <section
                    key={keyOf(block)}
                    id={`block-${i}`}
                    class={`block ${isEditing ? "is-edited" : ""} ${target === i ? "is-above" : ""} ${target === i + 1 && i === blocks.length - 1 ? "is-below" : ""}`}
                    data-kind={block.type}
                    onDragOver={isEditing ? hover(i) : undefined}
                >
                    {isEditing && (
                        <span class="block-tools">
                            <AddMenu entity={entity} project={project} onAdd={(b) => add(i, b)} />
                            <BlockMenu
                                block={block}
                                isFirst={i === 0}
                                isLast={i === blocks.length - 1}
                                onDrag={(isOn) => {
                                    dragged.current = isOn ? i : null;
                                    if (!isOn) setTarget(null);
                                }}
                                onMove={(by) => move(i, by < 0 ? i - 1 : i + 2)}
                                onTurn={(kind) => replace(i, turnInto(block, kind))}
                                onDuplicate={() => onChange(insertAt(blocks, i + 1, structuredClone(block)))}
                                onTalk={props.onTalk && (() => props.onTalk!(i))}
                                onRemove={() => remove(i)}
                            />
                        </span>
                    )}
                    {props.onTalk && <TalkMark count={props.talk?.(i) ?? 0} onClick={() => props.onTalk!(i)} />}
                    {block.type === "panel-grid" ? (
                        <PanelGrid entity={entity} project={project} block={block} isEditing={isEditing} onChange={(b) => put(i, b)} />
                    ) : !isEditing ? (
                        <BlockView block={block} blocks={blocks} />
                    ) : block.type === "image" ? (
                        <ImageEditor block={block} onChange={(b) => put(i, b)} />
                    ) : block.type === "gallery" ? (
                        <CardEditor block={block} onChange={(b) => put(i, b)} onReplace={(b) => replace(i, b)} />
                    ) : textOf(block) === null ? (
                        <BlockView block={block} blocks={blocks} />
                    ) : (
                        <TextBlock
                            block={block}
                            blocks={blocks}
                            caret={caret?.block === i ? caret : null}
                            isFirst={i === 0}
                            onOpen={() => focus(i, "end")}
                            onClose={() => setCaret((c) => (c?.block === i ? null : c))}
                            onChange={(b) => {
                                setCaret(null);
                                put(i, b);
                            }}
                            onEnter={(at) => apply(onEnter(blocks, { block: i, at }), i)}
                            onBackspace={() => apply(onBackspace(blocks, i), i)}
                            onLeave={(by) => {
                                if (by === 1 && i === blocks.length - 1) return insert(i + 1, NEW_BLOCKS.paragraph());
                                focus(i + by, by === 1 ? "start" : "end");
                            }}
                            onPick={pick(i)}
                            onReplace={(b) => replace(i, b)}
                            onPicture={takePicture(i)}
                            onMove={(by) => move(i, by < 0 ? i - 1 : i + 2)}
                        />
                    )}
                </section>
            ))}
            {isEditing && (
                <button
                    type="button"
                    class="block-more"
                    onClick={() => (textOf(blocks[blocks.length - 1] ?? NEW_BLOCKS.rule()) === "" ? focus(blocks.length - 1, "start") : insert(blocks.length, NEW_BLOCKS.paragraph()))}
                >
                    {t("report.write")}
                </button>
            )}
            {!isEditing && blocks.every((b) => textOf(b) === "") && <p class="empty">{t("report.empty")}</p>}
        </div>
    );
}
