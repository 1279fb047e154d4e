/* block_menu.tsx - what stands beside a block while a report is written: what adds another, moves, turns and removes it, and how many
 * speak about it. */

import { Icon, IconButton } from "../../components/icon";
import { MenuList, Popover, type MenuItems } from "../../components/popover";
import { t } from "../../i18n";
import type { Block } from "../../lib/report_blocks";
import { textOf } from "../../lib/report_edit";
import { BLOCK_KINDS, type BlockKind } from "./block_kinds";

/* How many speak about a block; where nobody does, an offer to. */
export function TalkMark({ count, onClick }: { count: number; onClick: () => void }) {
    const label = count === 0 ? t("comment.on_block") : t("comment.count", { count });
    return (
        <button type="button" class={`talk-mark ${count > 0 ? "has-talk" : ""}`} title={label} aria-label={label} onClick={onClick}>
            <Icon name="comment" />
            {count > 0 && count}
        </button>
    );
}

export function AddMenu({ entity, project, onAdd }: { entity: string; project: string; onAdd: (b: Block) => void }) {
    return (
        <Popover isMenu label={t("block.add")} button={(open) => <IconButton icon="plus" label={t("block.add")} onClick={open} />}>
            {(close) => <MenuList close={close} items={BLOCK_KINDS.map((kind) => ({ label: t(kind.label), onClick: () => onAdd(kind.make(entity, project)) }))} />}
        </Popover>
    );
}

interface BlockMenuProps {
    block: Block;
    isFirst: boolean;
    isLast: boolean;
    onDrag: (isOn: boolean) => void;
    onMove: (by: -1 | 1) => void;
    onTurn: (kind: NonNullable<BlockKind["text"]>) => void;
    onDuplicate: () => void;
    onTalk?: () => void;
    onRemove: () => void;
}

export function BlockMenu(p: BlockMenuProps) {
    const kinds = textOf(p.block) === null ? [] : BLOCK_KINDS.filter((k) => k.text !== undefined);
    const items: MenuItems = [
        { label: t("section.up"), isOff: p.isFirst, onClick: () => p.onMove(-1) },
        { label: t("section.down"), isOff: p.isLast, onClick: () => p.onMove(1) },
        { label: t("block.duplicate"), onClick: p.onDuplicate },
        p.onTalk ? { label: t("comment.on_block"), onClick: p.onTalk } : null,
        { label: t("action.remove"), isDanger: true, onClick: p.onRemove },
        kinds.length > 0 && "line",
        ...kinds.map((k) => ({ label: t("block.turn_into", { kind: t(k.label) }), onClick: () => p.onTurn(k.text!) })),
    ];
    return (
        <Popover
            isMenu
            label={t("block.handle")}
            button={(open) => (
                <button
                    type="button"
                    class="icon-button block-grip"
                    title={t("block.handle")}
                    aria-label={t("block.handle")}
                    draggable
                    onClick={open}
                    onDragStart={(e) => {
                        e.dataTransfer!.setData("text/x-block", "block");
                        e.dataTransfer!.effectAllowed = "move";
                        const block = e.currentTarget.closest(".block")!;
                        e.dataTransfer!.setDragImage(block, 0, 0);
                        p.onDrag(true);
                    }}
                    onDragEnd={() => p.onDrag(false)}
                >
                    <Icon name="grip" />
                </button>
            )}
        >
            {(close) => <MenuList close={close} items={items} />}
        </Popover>
    );
}
