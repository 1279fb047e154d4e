/* editable_text.tsx - text that turns into a field when it is clicked. */

import { useEffect, useRef, useState } from "preact/hooks";

export function EditableText({
    value,
    label,
    onChange,
    isOff,
    isOpen = false,
    onEnd,
    as: Tag = "span",
}: {
    value: string;
    label: string;
    onChange: (v: string) => void;
    isOff?: boolean;
    isOpen?: boolean /* a field from the beginning */;
    onEnd?: () => void;
    as?: "span" | "h1";
}) {
    const [draft, setDraft] = useState<string | null>(isOpen ? value : null);
    const input = useRef<HTMLInputElement>(null);
    useEffect(() => input.current?.select(), [draft !== null]);
    if (isOff) return <Tag class="clip">{value}</Tag>;
    if (draft === null)
        return (
            <Tag class="clip">
                <button
                    type="button"
                    class="editable"
                    title={label}
                    aria-label={`${label}: ${value}`}
                    onClick={() => setDraft(value)}
                >
                    {value}
                </button>
            </Tag>
        );
    const end = (isKept: boolean) => {
        const next = draft.trim();
        setDraft(null);
        onEnd?.();
        if (isKept && next !== "" && next !== value) onChange(next);
    };
    return (
        <input
            ref={input}
            class="input"
            value={draft}
            aria-label={label}
            onInput={(e) => setDraft(e.currentTarget.value)}
            onBlur={() => end(true)}
            onKeyDown={(e) => {
                if (e.key === "Enter") end(true);
                if (e.key === "Escape") end(false);
            }}
        />
    );
}
