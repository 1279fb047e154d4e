/* copy_text.tsx - a line of text to take along. */

import { t } from "../i18n";
import { Icon } from "./icon";
import { say } from "./toast";

export async function copyText(text: string): Promise<void> {
    await navigator.clipboard.writeText(text);
    say(t("action.copied"));
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
            {/* Without TLS browsers keep the clipboard to themselves; the field is then selected by hand. */}
            {window.isSecureContext && (
                <button type="button" class="button" onClick={() => void copyText(text)}>
                    <Icon name="copy" />
                    {t("action.copy")}
                </button>
            )}
        </div>
    );
}
