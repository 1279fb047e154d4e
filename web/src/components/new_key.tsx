/* new_key.tsx - makes an API key and shows it, once. */

import { useState } from "preact/hooks";
import { t } from "../i18n";
import { generateKey } from "../queries/runs";
import { CopyText } from "./copy_text";
import { sayError } from "./toast";

export function NewKey({ onMade }: { onMade?: () => void }) {
    const [key, setKey] = useState("");
    const [description, setDescription] = useState("");
    const make = async (e: Event) => {
        e.preventDefault();
        try {
            setKey(await generateKey(description));
            onMade?.();
        } catch (error) {
            sayError(error);
        }
    };
    if (key !== "")
        return (
            <div class="stack">
                <CopyText text={key} label={t("keys.copy")} />
                <p class="notice">{t("keys.once")}</p>
            </div>
        );
    return (
        <form class="row" onSubmit={make}>
            <input
                class="input"
                value={description}
                placeholder={t("keys.description")}
                aria-label={t("keys.description")}
                onInput={(e) => setDescription(e.currentTarget.value)}
            />
            <button class="button primary">{t("keys.make")}</button>
        </form>
    );
}
