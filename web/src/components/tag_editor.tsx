/* tag_editor.tsx - tags or aliases as chips, added by typing, taken away by their cross. Protected ones have a lock. */

import { useState } from "preact/hooks";
import { t } from "../i18n";
import { Icon, IconButton } from "./icon";
import { say } from "./toast";

export function TagEditor({
    tags,
    onChange,
    isOff,
    label = t("run.add_tag"),
    guard,
}: {
    tags: readonly string[];
    onChange: (tags: string[]) => void;
    isOff: boolean;
    label?: string;
    guard?: { aliases: readonly string[]; isOpen: boolean } | undefined;
}) {
    const isGuarded = (tag: string) => guard !== undefined && guard.aliases.includes(tag);
    const mayChange = (tag: string) => !isOff && (!isGuarded(tag) || guard!.isOpen);
    const [text, setText] = useState("");
    const add = (e: Event) => {
        e.preventDefault();
        const tag = text.trim();
        setText("");
        if (tag === "" || tags.includes(tag)) return;
        if (mayChange(tag)) onChange([...tags, tag]);
        else say(t("artifact.alias_protected", { name: tag }));
    };
    if (isOff && tags.length === 0) return null;
    return (
        <div class="chips">
            {tags.map((tag) => (
                <span key={tag} class={`chip ${isGuarded(tag) ? "is-guarded" : ""}`} title={isGuarded(tag) ? t("artifact.protected_hint") : undefined}>
                    {isGuarded(tag) && <Lock />}
                    <span class="clip">{tag}</span>
                    {mayChange(tag) && (
                        <IconButton
                            icon="close"
                            label={`${t("action.remove")}: ${tag}`}
                            onClick={() => onChange(tags.filter((x) => x !== tag))}
                        />
                    )}
                </span>
            ))}
            {!isOff && (
                <form onSubmit={add}>
                    <input
                        class="input short tag-input"
                        value={text}
                        placeholder={label}
                        aria-label={label}
                        onInput={(e) => setText(e.currentTarget.value)}
                    />
                </form>
            )}
        </div>
    );
}

export function Lock({ label = t("artifact.protected") }: { label?: string }) {
    return (
        <span class="lock" role="img" aria-label={label}>
            <Icon name="lock" />
        </span>
    );
}
