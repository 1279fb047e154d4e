/* slash_menu.tsx - what opens behind a stroke: the kinds of blocks, narrowed by what is typed on. The field keeps the keyboard. */

import type { RefObject } from "preact";
import { useId, useLayoutEffect, useRef, useState } from "preact/hooks";
import { t } from "../../i18n";
import { kindsFor, type BlockKind } from "./block_kinds";

interface Props {
    field: RefObject<HTMLTextAreaElement>;
    query: string;
    onPick: (kind: BlockKind) => void;
    onFormula: () => void;
    onClose: () => void;
}

interface Entry {
    label: string;
    pick: () => void;
}

export function SlashMenu({ field, query, onPick, onFormula, onClose }: Props) {
    const id = useId();
    const [at, setAt] = useState(0);
    const list = useRef<HTMLUListElement>(null);
    const entries: Entry[] = kindsFor(query).map((kind) => ({ label: t(kind.label), pick: () => onPick(kind) }));
    const inline = t("block.inline_formula");
    if (query === "" || inline.toLowerCase().includes(query.toLowerCase()) || ["inline", "latex", "math", "formula"].some((w) => w.startsWith(query.toLowerCase())))
        entries.push({ label: inline, pick: onFormula });
    const chosen = Math.min(at, entries.length - 1);
    useLayoutEffect(() => setAt(0), [query]);
    /* Before the next key is pressed, however quickly that is. */
    useLayoutEffect(() => {
        const element = field.current!;
        const key = (e: KeyboardEvent) => {
            if (e.isComposing) return;
            const by = e.key === "ArrowDown" ? 1 : e.key === "ArrowUp" ? -1 : 0;
            if (by !== 0 && entries.length > 0) setAt((chosen + by + entries.length) % entries.length);
            else if ((e.key === "Enter" || e.key === "Tab") && entries.length > 0) entries[chosen]!.pick();
            else if (e.key === "Escape" || e.key === "Enter") onClose();
            else return;
            e.preventDefault();
            e.stopPropagation();
        };
        element.addEventListener("keydown", key, true);
        element.setAttribute("aria-controls", id);
        element.setAttribute("aria-activedescendant", entries.length > 0 ? `${id}-${chosen}` : "");
        return () => {
            element.removeEventListener("keydown", key, true);
            element.removeAttribute("aria-controls");
            element.removeAttribute("aria-activedescendant");
        };
    });
    useLayoutEffect(() => list.current?.children[chosen]?.scrollIntoView({ block: "nearest" }), [chosen, query]);
    /* Above the field when there is no room below. */
    const box = field.current?.getBoundingClientRect();
    const isAbove = box !== undefined && box.bottom + 300 > window.innerHeight && box.top > 320;
    return (
        <ul ref={list} id={id} class={`slash-menu ${isAbove ? "is-above" : ""}`} role="listbox" aria-label={t("block.add")}>
            {entries.map((e, i) => (
                <li
                    key={e.label}
                    id={`${id}-${i}`}
                    class={`menu-item ${i === chosen ? "is-chosen" : ""}`}
                    role="option"
                    aria-selected={i === chosen}
                    onPointerEnter={() => setAt(i)}
                    onPointerDown={(down) => {
                        down.preventDefault(); /* the field stays the one that is written in */
                        e.pick();
                    }}
                >
                    {e.label}
                </li>
            ))}
            {entries.length === 0 && <li class="muted small menu-item">{t("slash.none")}</li>}
        </ul>
    );
}
