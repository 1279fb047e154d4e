/* controls.tsx - form parts that look alike everywhere. */

import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Icon } from "./icon";

export function Field({
    label,
    children,
    isWide,
    isOwn,
    onReset,
    resetLabel,
}: {
    label: string;
    children: ComponentChildren;
    isWide?: boolean;
    isOwn?: boolean;
    onReset?: () => void;
    resetLabel?: string;
}) {
    const field = (
        <label class={`field ${isWide ? "wide" : ""} ${isOwn ? "own" : ""}`}>
            <span>{label}</span>
            {children}
        </label>
    );
    if (onReset === undefined) return field;
    /* Beside the label: a label names the first control within it, which is to be the field's. */
    return (
        <div class={`with-reset ${isWide ? "wide" : ""}`}>
            {field}
            {isOwn && (
                <button type="button" class="link-button reset" aria-label={`${label}: ${resetLabel}`} onClick={onReset}>
                    {resetLabel}
                </button>
            )}
        </div>
    );
}

export function Select<T extends string>({
    value,
    options,
    onChange,
    label,
}: {
    value: T;
    options: readonly { value: T; label: string }[];
    onChange: (v: T) => void;
    label?: string;
}) {
    return (
        <select
            class="select"
            value={value}
            aria-label={label}
            onChange={(e) => onChange(e.currentTarget.value as T)}
        >
            {options.map((o) => (
                <option key={o.value} value={o.value}>
                    {o.label}
                </option>
            ))}
        </select>
    );
}

export function Check({
    label,
    value,
    onChange,
    isOff,
}: {
    label: string;
    value: boolean;
    onChange: (v: boolean) => void;
    isOff?: boolean;
}) {
    return (
        <label class="check">
            <input type="checkbox" checked={value} disabled={isOff} onChange={(e) => onChange(e.currentTarget.checked)} />
            <span>{label}</span>
        </label>
    );
}

/* Empty means null: "let the chart choose". */
export function NumberInput({
    value,
    onChange,
    placeholder,
    label,
}: {
    value: number | null;
    onChange: (v: number | null) => void;
    placeholder?: string;
    label?: string;
}) {
    const [text, setText] = useState(value === null ? "" : String(value));
    useEffect(
        () => setText((old) => (parse(old) === value ? old : value === null ? "" : String(value))),
        [value],
    );
    const parsed = parse(text);
    return (
        <input
            class="input"
            inputMode="decimal"
            value={text}
            placeholder={placeholder}
            aria-label={label}
            aria-invalid={parsed === undefined}
            onInput={(e) => {
                setText(e.currentTarget.value);
                const next = parse(e.currentTarget.value);
                if (next !== undefined) onChange(next);
            }}
        />
    );
}

function parse(text: string): number | null | undefined {
    if (text.trim() === "") return null;
    const n = Number(text);
    return Number.isFinite(n) ? n : undefined;
}

/* Tells about the change when typing pauses, so that each letter does not become a request or a step of undo. */
export function TextInput({
    value,
    onChange,
    placeholder,
    label,
    isInvalid,
    delay = 300,
    isArea,
    list,
}: {
    value: string;
    onChange: (v: string) => void;
    placeholder?: string;
    label?: string;
    isInvalid?: boolean;
    delay?: number;
    isArea?: boolean;
    list?: string;
}) {
    const [text, setText] = useState(value);
    const timer = useRef(0);
    const latest = useRef(value);
    /* Two fields of one row may wait at once: the later must not undo what the earlier said. */
    const tell = useRef(onChange);
    tell.current = onChange;
    useEffect(() => {
        if (value !== latest.current) setText(value);
        latest.current = value;
    }, [value]);
    const onInput = (e: { currentTarget: { value: string } }) => {
        const next = e.currentTarget.value;
        setText(next);
        window.clearTimeout(timer.current);
        timer.current = window.setTimeout(() => say(next), delay);
    };
    const say = (next: string) => {
        timer.current = 0;
        latest.current = next;
        tell.current(next);
    };
    /* Who goes on to a button at once, or presses Enter, means what was typed before. */
    const sayNow = () => {
        if (timer.current === 0) return;
        window.clearTimeout(timer.current);
        say(text);
    };
    if (isArea)
        return (
            <textarea
                class="input"
                rows={8}
                value={text}
                placeholder={placeholder}
                aria-label={label}
                onInput={onInput}
                onBlur={sayNow}
            />
        );
    return (
        <input
            class="input"
            value={text}
            placeholder={placeholder}
            aria-label={label}
            aria-invalid={isInvalid}
            onInput={onInput}
            onKeyDown={(e) => e.key === "Enter" && sayNow()}
            onBlur={sayNow}
            list={list}
            spellcheck={false}
        />
    );
}

export function SearchBox({
    value,
    onChange,
    label,
    isRegex,
    onRegex,
    regexLabel,
    isInvalid,
}: {
    value: string;
    onChange: (v: string) => void;
    label: string;
    isRegex?: boolean;
    onRegex?: (v: boolean) => void;
    regexLabel?: string;
    isInvalid?: boolean;
}) {
    return (
        <div class="searchbox">
            <Icon name="search" />
            <TextInput
                value={value}
                onChange={onChange}
                placeholder={label}
                label={label}
                isInvalid={isInvalid}
                delay={200}
            />
            {onRegex && (
                <button
                    type="button"
                    class="icon-button"
                    aria-pressed={isRegex}
                    title={regexLabel}
                    aria-label={regexLabel}
                    onClick={() => onRegex(!isRegex)}
                >
                    .*
                </button>
            )}
        </div>
    );
}

export function Segmented<T extends string>({
    value,
    options,
    onChange,
    label,
}: {
    value: T;
    options: readonly { value: T; label: string }[];
    onChange: (v: T) => void;
    label: string;
}) {
    return (
        <div class="segmented" role="group" aria-label={label}>
            {options.map((o) => (
                <button
                    key={o.value}
                    type="button"
                    aria-pressed={o.value === value}
                    onClick={() => onChange(o.value)}
                >
                    {o.label}
                </button>
            ))}
        </div>
    );
}
