/* tag_editor.tsx - tags as chips, added by typing, taken away by their cross. */

import { useState } from "preact/hooks";
import { t } from "../i18n";
import { IconButton } from "./icon";

export function TagEditor({
    tags,
    onChange,
    isOff,
    label = t("run.add_tag"),
}: {
    tags: readonly string[];
    onChange: (tags: string[]) => void;
    isOff: boolean;
    label?: string;
}) {
    const [text, setText] = useState("");
    const add = (e: Event) => {
        e.preventDefault();
        const tag = text.trim();
        setText("");
        if (tag !== "" && !tags.includes(tag)) onChange([...tags, tag]);
    };
    if (isOff && tags.length === 0) return null;
    return (
        <div class="chips">
            {tags.map((tag) => (
                <span key={tag} class="chip">
                    <span class="clip">{tag}</span>
                    {!isOff && (
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
