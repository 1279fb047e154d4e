/* toast.tsx - one short sentence at the bottom of the page, said to screen readers too. */

import { signal } from "@preact/signals";

const text = signal("");
let timer = 0;

export function say(sentence: string): void {
    text.value = sentence;
    window.clearTimeout(timer);
    timer = window.setTimeout(() => (text.value = ""), 4000);
}

/* For promises nobody waits for: a failure is said, not lost. */
export function sayError(e: unknown): void {
    say(e instanceof Error ? e.message : String(e));
}

export function Toast() {
    return (
        <div role="status" aria-live="polite">
            {text.value !== "" && <div class="toast">{text.value}</div>}
        </div>
    );
}
