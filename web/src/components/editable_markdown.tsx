/* editable_markdown.tsx - words in Markdown under a title, shown as they are read, and changed as they are written. */

import { useState } from "preact/hooks";
import { t } from "../i18n";
import { Markdown } from "./markdown";

interface Props {
    title: string;
    text: string;
    empty: string;
    isOff: boolean;
    onChange: (text: string) => void;
}

export function EditableMarkdown({ title, text, empty, isOff, onChange }: Props) {
    const [draft, setDraft] = useState<string | null>(null);
    const save = () => {
        onChange(draft!);
        setDraft(null);
    };
    if (draft !== null)
        return (
            <div class="stack">
                <textarea class="input" rows={8} value={draft} aria-label={title} onInput={(e) => setDraft(e.currentTarget.value)} />
                <div class="row">
                    <button type="button" class="button primary" onClick={save}>
                        {t("action.save")}
                    </button>
                    <button type="button" class="button" onClick={() => setDraft(null)}>
                        {t("action.cancel")}
                    </button>
                </div>
            </div>
        );
    return (
        <div>
            <div class="row">
                <h2 class="grow">{title}</h2>
                {!isOff && (
                    <button type="button" class="link-button" aria-label={`${t("action.edit")}: ${title}`} onClick={() => setDraft(text)}>
                        {t("action.edit")}
                    </button>
                )}
            </div>
            {text === "" ? <p class="faint">{empty}</p> : <Markdown text={text} />}
        </div>
    );
}
