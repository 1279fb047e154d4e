/* question.tsx - asks for one line of text over the page, or for a yes: Enter takes it, Escape leaves it. */

import { signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { t } from "../i18n";

interface Asked {
    question: string;
    text: string | null /* null: nothing is to be written, only agreed to */;
    answer: (text: string | null) => void;
}

const asked = signal<Asked | null>(null);

/* What was typed, without spaces around it; null when nothing was, or when it was left. */
export async function askText(question: string, text = ""): Promise<string | null> {
    return (await ask(question, text))?.trim() || null;
}

export async function askSure(question: string): Promise<boolean> {
    return (await ask(question, null)) !== null;
}

function ask(question: string, text: string | null): Promise<string | null> {
    asked.peek()?.answer(null);
    return new Promise((resolve) => {
        asked.value = {
            question,
            text,
            answer: (given) => {
                asked.value = null;
                resolve(given);
            },
        };
    });
}

export function Question() {
    const now = asked.value;
    return now === null ? null : <QuestionDialog key={now.question} {...now} />;
}

/* The browser's own modal dialog: it keeps the focus within, and gives it back to where it was. */
function QuestionDialog({ question, text, answer }: Asked) {
    const dialog = useRef<HTMLDialogElement>(null);
    const input = useRef<HTMLInputElement>(null);
    useEffect(() => {
        const shown = dialog.current!;
        shown.showModal();
        input.current?.select();
        return () => shown.close();
    }, []);
    return (
        <dialog
            ref={dialog}
            class="dialog question"
            aria-label={question}
            onCancel={(e) => {
                e.preventDefault();
                answer(null);
            }}
            onKeyDown={(e) => e.stopPropagation() /* what is typed here is no command to the page */}
        >
            <form
                class="stack"
                onSubmit={(e) => {
                    e.preventDefault();
                    answer(input.current?.value ?? "");
                }}
            >
                {text === null ? (
                    <p>{question}</p>
                ) : (
                    <label class="field">
                        <span>{question}</span>
                        <input ref={input} class="input" defaultValue={text} spellcheck={false} />
                    </label>
                )}
                <div class="row">
                    <span class="grow" />
                    <button type="button" class="button" onClick={() => answer(null)}>
                        {t("action.cancel")}
                    </button>
                    <button type="submit" class="button primary" autofocus={text === null}>
                        {t("action.ok")}
                    </button>
                </div>
            </form>
        </dialog>
    );
}
