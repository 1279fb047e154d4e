/* toast.tsx - one short sentence at the bottom of the page, said to screen readers too; perhaps with a way back. */

import { signal } from "@preact/signals";

interface Said {
    text: string;
    action: { label: string; call: () => void } | null;
}

const NOTHING: Said = { text: "", action: null };
const said = signal<Said>(NOTHING);
let timer = 0;

export function say(text: string, action: Said["action"] = null, ms = 4000): void {
    said.value = { text, action };
    window.clearTimeout(timer);
    timer = window.setTimeout(() => (said.value = NOTHING), ms);
}

/* For promises nobody waits for: a failure is said, not lost. */
export function sayError(e: unknown): void {
    say(e instanceof Error ? e.message : String(e));
}

export function Toast() {
    const { text, action } = said.value;
    return (
        <div role="status" aria-live="polite">
            {text !== "" && (
                <div class="toast">
                    {text}
                    {action && (
                        <button
                            type="button"
                            class="link-button"
                            onClick={() => {
                                said.value = NOTHING;
                                action.call();
                            }}
                        >
                            {action.label}
                        </button>
                    )}
                </div>
            )}
        </div>
    );
}
