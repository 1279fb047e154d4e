/* block_list.tsx - the blocks of a report under each other; when it is edited, with what moves, removes and adds them. */

import { useState } from "preact/hooks";
import { IconButton } from "../../components/icon";
import { MenuList, Popover } from "../../components/popover";
import { t, type MessageName } from "../../i18n";
import { NEW_BLOCKS, blockToMarkdown, withMarkdown, type Block, type NewBlock } from "../../lib/report_blocks";
import { BlockView } from "./block_view";
import { ImageEditor } from "./image_block";
import { PanelGrid, emptyGrid } from "./panel_grid";

interface Props {
    entity: string;
    project: string;
    blocks: Block[];
    isEditing: boolean;
    onChange: (blocks: Block[]) => void;
}

export function BlockList(props: Props) {
    const { blocks, isEditing, onChange } = props;
    const put = (i: number, block: Block) => onChange(blocks.map((b, k) => (k === i ? block : b)));
    const insert = (i: number, block: Block) => onChange([...blocks.slice(0, i), block, ...blocks.slice(i)]);
    const move = (i: number, by: number) => {
        const next = [...blocks];
        next.splice(i + by, 0, next.splice(i, 1)[0]!);
        onChange(next);
    };
    return (
        <div class="blocks">
            {blocks.map((block, i) => (
                <section key={i} class={`block ${isEditing ? "is-edited" : ""}`}>
                    {isEditing && (
                        <span class="block-tools">
                            <AddMenu entity={props.entity} project={props.project} onAdd={(b) => (blockToMarkdown(block) === "" ? put(i, b) : insert(i + 1, b))} />
                            <IconButton icon="up" label={t("section.up")} disabled={i === 0} onClick={() => move(i, -1)} />
                            <IconButton icon="down" label={t("section.down")} disabled={i === blocks.length - 1} onClick={() => move(i, 1)} />
                            <IconButton icon="close" label={t("action.remove")} onClick={() => onChange(blocks.filter((_, k) => k !== i))} />
                        </span>
                    )}
                    {block.type === "panel-grid" ? (
                        <PanelGrid entity={props.entity} project={props.project} block={block} isEditing={isEditing} onChange={(b) => put(i, b)} />
                    ) : block.type === "image" && isEditing ? (
                        <ImageEditor block={block} onChange={(b) => put(i, b)} />
                    ) : (
                        <TextBlock block={block} blocks={blocks} isEditing={isEditing} onChange={(b) => put(i, b)} />
                    )}
                </section>
            ))}
            {isEditing && blocks.length === 0 && (
                <AddMenu entity={props.entity} project={props.project} onAdd={(b) => insert(0, b)} />
            )}
        </div>
    );
}

/* Shown as it will be read; a click turns it into its Markdown. */
function TextBlock({ block, blocks, isEditing, onChange }: { block: Block; blocks: Block[]; isEditing: boolean; onChange: (b: Block) => void }) {
    const [isOpen, setOpen] = useState(false);
    const text = blockToMarkdown(block);
    if (!isEditing || text === null) return <BlockView block={block} blocks={blocks} />;
    if (!isOpen && text !== "")
        return (
            <div
                class="block-open"
                role="button"
                tabIndex={0}
                onClick={(e) => !(e.target as Element).closest("a") && setOpen(true)}
                onKeyDown={(e) => e.key === "Enter" && setOpen(true)}
            >
                <BlockView block={block} blocks={blocks} />
            </div>
        );
    return (
        <textarea
            class="input block-text"
            value={text}
            rows={Math.max(2, text.split("\n").length)}
            placeholder={t("report.write")}
            aria-label={t("report.write")}
            ref={(e) => {
                if (isOpen) e?.focus();
            }}
            onInput={(e) => {
                const { value } = e.currentTarget;
                if (value !== "/" || text !== "") return onChange(withMarkdown(block, value));
                /* A stroke at the beginning asks for another kind of block. */
                e.currentTarget.value = "";
                e.currentTarget.closest(".block")!.querySelector<HTMLElement>(".block-tools button")!.click();
            }}
            onBlur={() => setOpen(false)}
            onFocus={() => setOpen(true)}
        />
    );
}

const KINDS: [NewBlock, MessageName][] = [
    ["paragraph", "block.paragraph"],
    ["heading", "block.heading"],
    ["markdown", "block.markdown"],
    ["list", "block.list"],
    ["ordered", "block.ordered"],
    ["checklist", "block.checklist"],
    ["quote", "block.quote"],
    ["callout", "block.callout"],
    ["code", "block.code"],
    ["formula", "block.formula"],
    ["image", "block.image"],
    ["contents", "block.contents"],
    ["rule", "block.rule"],
];

function AddMenu({ entity, project, onAdd }: { entity: string; project: string; onAdd: (b: Block) => void }) {
    return (
        <Popover isMenu label={t("block.add")} button={(open) => <IconButton icon="plus" label={t("block.add")} onClick={open} />}>
            {(close) => (
                <MenuList
                    close={close}
                    items={[
                        { label: t("block.panels"), onClick: () => onAdd(emptyGrid(entity, project)) },
                        "line",
                        ...KINDS.map(([kind, label]) => ({ label: t(label), onClick: () => onAdd(NEW_BLOCKS[kind]() as Block) })),
                    ]}
                />
            )}
        </Popover>
    );
}
