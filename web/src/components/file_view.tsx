/* file_view.tsx - a look into a file: text, Markdown, tables of comma-separated values, pictures. The rest is downloaded. */

import { useEffect, useState } from "preact/hooks";
import { fetchText, samePath } from "../api";
import { t } from "../i18n";
import { formatBytes } from "../lib/format";
import type { RunFile } from "../queries";
import { Icon } from "./icon";
import { Markdown } from "./markdown";

const MAX_TEXT = 1 << 20;
const IMAGES = /\.(png|jpe?g|gif|webp|bmp)$/i;
const TEXTS =
    /\.(txt|log|json|jsonl|ya?ml|csv|tsv|md|py|patch|diff|toml|ini|cfg|sh|c|h|cpp|rs|go|js|ts|html?|xml|svg|ipynb)$|(^|\/)[^.]+$/i;

export function FileView({ file }: { file: RunFile }) {
    const url = samePath(file.url);
    const name = file.name.slice(file.name.lastIndexOf("/") + 1);
    return (
        <div class="card stack">
            <div class="row">
                <h2 class="grow clip">{name}</h2>
                <span class="muted">{formatBytes(file.sizeBytes)}</span>
                <a class="button" href={url} download={name}>
                    <Icon name="download" />
                    {t("action.download")}
                </a>
            </div>
            {IMAGES.test(name) ? (
                <img class="file-image" src={url} alt={name} />
            ) : TEXTS.test(name) ? (
                <TextFile url={url} name={name} />
            ) : (
                <p class="muted">{t("files.no_preview")}</p>
            )}
        </div>
    );
}

function TextFile({ url, name }: { url: string; name: string }) {
    const [content, setContent] = useState<{ text: string; isCut: boolean } | null>(null);
    const [failure, setFailure] = useState("");
    useEffect(() => {
        fetchText(url, MAX_TEXT).then(setContent, (e: Error) => setFailure(e.message));
    }, [url]);
    if (failure !== "") return <p class="notice is-bad">{failure}</p>;
    if (content === null) return null;
    return (
        <>
            {content.isCut && <p class="notice">{t("files.cut", { size: formatBytes(MAX_TEXT) })}</p>}
            {/\.md$/i.test(name) ? (
                <Markdown text={content.text} />
            ) : (
                <pre class="snippet">{pretty(name, content)}</pre>
            )}
        </>
    );
}

function pretty(name: string, { text, isCut }: { text: string; isCut: boolean }): string {
    if (isCut || !/\.json$/i.test(name)) return text;
    try {
        return JSON.stringify(JSON.parse(text), null, 2);
    } catch {
        return text;
    }
}
