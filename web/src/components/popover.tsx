/* popover.tsx - something small that opens under a button: menus, pickers, little forms. */

import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

interface Props {
    button: (open: (e: MouseEvent) => void, isOpen: boolean) => ComponentChildren;
    children: (close: () => void) => ComponentChildren;
    label: string;
    isPadded?: boolean;
    isMenu?: boolean;
}

const EDGE = 8;

export function Popover({ button, children, label, isPadded, isMenu }: Props) {
    const [anchor, setAnchor] = useState<HTMLElement | null>(null);
    const close = () => {
        setAnchor(null);
        anchor?.focus();
    };
    return (
        <>
            {button((e) => setAnchor(anchor ? null : (e.currentTarget as HTMLElement)), anchor !== null)}
            {anchor && (
                <Panel anchor={anchor} close={close} label={label} isPadded={isPadded} isMenu={isMenu}>
                    {children(close)}
                </Panel>
            )}
        </>
    );
}

function Panel(props: {
    anchor: HTMLElement;
    close: () => void;
    label: string;
    isPadded?: boolean;
    isMenu?: boolean;
    children: ComponentChildren;
}) {
    const ref = useRef<HTMLDivElement>(null);
    const { anchor, close } = props;
    useLayoutEffect(() => {
        const panel = ref.current!;
        const place = () => {
            const a = anchor.getBoundingClientRect();
            const p = panel.getBoundingClientRect();
            panel.style.left = `${Math.max(EDGE, Math.min(a.left, window.innerWidth - p.width - EDGE))}px`;
            const below = a.bottom + 4;
            const isAbove = below + p.height > window.innerHeight - EDGE && a.top > window.innerHeight / 2;
            panel.style.top = `${isAbove ? Math.max(EDGE, a.top - p.height - 4) : Math.min(below, Math.max(EDGE, window.innerHeight - p.height - EDGE))}px`;
        };
        place();
        const watch = new ResizeObserver(place);
        watch.observe(panel);
        panel
            .querySelector<HTMLElement>("[autofocus], input, button, a, select")
            ?.focus({ preventScroll: true });
        return () => watch.disconnect();
    }, [anchor]);
    useEffect(() => {
        const outside = (e: PointerEvent) => {
            const target = e.target as Node;
            if (
                !ref.current?.contains(target) &&
                !anchor.contains(target) &&
                !(target as Element).closest?.(".popover")
            )
                close();
        };
        document.addEventListener("pointerdown", outside, true);
        return () => document.removeEventListener("pointerdown", outside, true);
    });
    const onKeyDown = (e: KeyboardEvent) => {
        if (e.key === "Escape") {
            e.stopPropagation();
            close();
        }
        if (props.isMenu && (e.key === "ArrowDown" || e.key === "ArrowUp")) {
            e.preventDefault();
            const items = [...ref.current!.querySelectorAll<HTMLElement>(".menu-item")];
            const at = items.indexOf(document.activeElement as HTMLElement);
            items[(at + (e.key === "ArrowDown" ? 1 : items.length - 1)) % items.length]?.focus();
        }
    };
    return (
        <div
            ref={ref}
            class={`popover ${props.isPadded ? "is-padded" : ""}`}
            role={props.isMenu ? "menu" : "dialog"}
            aria-label={props.label}
            onKeyDown={onKeyDown}
        >
            {props.children}
        </div>
    );
}

export interface MenuEntry {
    label: string;
    onClick: () => void;
    isDanger?: boolean;
    isChecked?: boolean;
    isOff?: boolean;
}

export type MenuItems = (MenuEntry | "line" | null | false)[];

export function MenuList({ items, close }: { items: MenuItems; close: () => void }) {
    return (
        <>
            {items.map((item, i) => {
                if (!item) return null;
                if (item === "line") return <div key={i} class="menu-line" role="separator" />;
                const onClick = () => {
                    close();
                    item.onClick();
                };
                return (
                    <button
                        key={i}
                        type="button"
                        class={`menu-item ${item.isDanger ? "danger" : ""}`}
                        disabled={item.isOff}
                        onClick={onClick}
                        role={item.isChecked === undefined ? "menuitem" : "menuitemcheckbox"}
                        aria-checked={item.isChecked}
                    >
                        {item.label}
                    </button>
                );
            })}
        </>
    );
}
