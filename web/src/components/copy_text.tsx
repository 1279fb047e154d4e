/* copy_text.tsx - a line of text to take along. */

import { t } from "../i18n";
import { Icon } from "./icon";
import { say, sayError } from "./toast";

export async function copyText(text: string): Promise<void> {
    if (window.isSecureContext) await navigator.clipboard.writeText(text);
    else copyBySelection(text);
    say(t("action.copied"));
}

/* Without TLS browsers keep the clipboard to themselves, but for what is selected while somebody clicks. */
function copyBySelection(text: string): void {
    const field = document.createElement("textarea");
    field.value = text;
    field.style.position = "fixed";
    document.body.append(field);
    field.select();
    const isCopied = document.execCommand("copy");
    field.remove();
    if (!isCopied) throw new Error(t("action.not_copied"));
}

export function CopyButton({ text, label }: { text: string; label?: string }) {
    const name = label === undefined ? t("action.copy") : `${t("action.copy")}: ${label}`;
    return (
        <button type="button" class="icon-button copy-button" title={t("action.copy")} aria-label={name} onClick={() => void copyText(text).catch(sayError)}>
            <Icon name="copy" />
        </button>
    );
}

/* Code to take along. */
export function Snippet({ text }: { text: string }) {
    return (
        <div class="snippet-box">
            <pre class="snippet">{text}</pre>
            <CopyButton text={text} />
        </div>
    );
}

export function CopyText({ text, label }: { text: string; label: string }) {
    return (
        <div class="row">
            <input
                class="input mono"
                readOnly
                value={text}
                aria-label={label}
                onFocus={(e) => e.currentTarget.select()}
            />
            <button type="button" class="button" onClick={() => void copyText(text).catch(sayError)}>
                <Icon name="copy" />
                {t("action.copy")}
            </button>
        </div>
    );
}
