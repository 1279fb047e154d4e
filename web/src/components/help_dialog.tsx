/* help_dialog.tsx - what can be done by keys and gestures. */

import { useEffect, useRef } from "preact/hooks";
import { t, type MessageName } from "../i18n";
import { IconButton } from "./icon";

const KEYS: readonly [MessageName, readonly (readonly [string, MessageName])[]][] = [
    [
        "help.everywhere",
        [
            ["Ctrl K", "help.search"],
            ["Ctrl M", "help.theme"],
            ["Ctrl J", "help.table"],
            ["Esc", "help.close"],
            ["?", "help.title"],
        ],
    ],
    [
        "title.workspace",
        [
            ["Ctrl Z", "action.undo"],
            ["Ctrl Shift Z", "action.redo"],
            ["Ctrl .", "help.sidebar"],
            ["← →", "help.full"],
        ],
    ],
    [
        "panel.line",
        [
            ["← →", "help.walk"],
            ["↑ ↓", "help.line"],
            ["PgUp PgDn", "help.far"],
            ["Home End", "help.ends"],
            ["Enter", "help.open"],
            ["+ − 0", "help.zoom"],
            ["Shift", "help.hold"],
        ],
    ],
    ["help.pointer", [["", "help.drag"], ["Shift", "help.pan"], ["Ctrl", "help.wheel"], ["", "help.reset"]]],
    ["panel.media", [["Ctrl ← →", "help.step"]]],
];

export default function HelpDialog({ onClose }: { onClose: () => void }) {
    const ref = useRef<HTMLDivElement>(null);
    useEffect(() => {
        const opener = document.activeElement as HTMLElement | null;
        ref.current!.focus();
        return () => opener?.focus();
    }, []);
    return (
        <div class="scrim" onPointerDown={(e) => e.target === e.currentTarget && onClose()}>
            <div
                ref={ref}
                class="dialog stack help-dialog"
                role="dialog"
                aria-modal="true"
                aria-label={t("help.title")}
                tabIndex={-1}
                onKeyDown={(e) => {
                    if (e.key !== "Escape") return;
                    e.stopPropagation();
                    onClose();
                }}
            >
                <header class="row">
                    <h2 class="grow">{t("help.title")}</h2>
                    <IconButton icon="close" label={t("action.close")} onClick={onClose} />
                </header>
                <div class="help-groups">
                    {KEYS.map(([title, rows]) => (
                        <section key={title}>
                            <h3>{t(title)}</h3>
                            <dl>
                                {rows.map(([keys, meaning]) => (
                                    <div key={meaning}>
                                        <dt>{keys !== "" && <kbd>{keys}</kbd>}</dt>
                                        <dd>{t(meaning)}</dd>
                                    </div>
                                ))}
                            </dl>
                        </section>
                    ))}
                </div>
            </div>
        </div>
    );
}
