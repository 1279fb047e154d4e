/* image_block.tsx - a picture in a report: chosen, pasted or dropped, and kept inside of the report. One that lies elsewhere is a
 * link: a report fetches nothing from outside. */

import { useRef, useState } from "preact/hooks";
import { TextInput } from "../../components/controls";
import { shrinkPicture } from "../../components/shrink_picture";
import { t } from "../../i18n";
import { inlineToMarkdown, isEmbedded, markdownToInline, type Block } from "../../lib/report_blocks";

const isWeb = (url: string) => /^https?:\/\//i.test(url);

export function ImageView({ block }: { block: Block }) {
    const url = String(block["url"] ?? "");
    const caption = inlineToMarkdown(block["children"]);
    if (isEmbedded(url))
        return (
            <figure class="report-image">
                <img src={url} alt={caption} />
                {caption !== "" && <figcaption class="muted small">{caption}</figcaption>}
            </figure>
        );
    if (!isWeb(url)) return <p class="muted">{caption || url.slice(0, 200)}</p>;
    return (
        <p>
            <a href={url} rel="noopener noreferrer nofollow" target="_blank">
                {caption || url}
            </a>
        </p>
    );
}

export function ImageEditor({ block, onChange }: { block: Block; onChange: (b: Block) => void }) {
    const input = useRef<HTMLInputElement>(null);
    const [failure, setFailure] = useState("");
    const [isOver, setOver] = useState(false);
    const url = String(block["url"] ?? "");
    const take = async (file: File | null | undefined) => {
        if (!file) return;
        const picture = await shrinkPicture(file);
        setFailure(picture === null ? t("image.refused") : "");
        if (picture !== null) onChange({ ...block, url: picture });
    };
    const drop = (e: DragEvent) => {
        e.preventDefault();
        setOver(false);
        void take(e.dataTransfer?.files[0]);
    };
    return (
        <div
            class={`stack image-editor ${isOver ? "is-target" : ""}`}
            onDragOver={(e) => {
                e.preventDefault();
                setOver(true);
            }}
            onDragLeave={() => setOver(false)}
            onDrop={drop}
            onPaste={(e) => void take(e.clipboardData?.files[0])}
        >
            {isEmbedded(url) && <ImageView block={block} />}
            <div class="row">
                <button type="button" class="button" onClick={() => input.current!.click()}>
                    {t("image.choose")}
                </button>
                <span class="muted small">{t("image.hint")}</span>
                <input ref={input} class="sr-only" type="file" accept="image/*" tabIndex={-1} aria-label={t("image.choose")} onChange={(e) => void take(e.currentTarget.files?.[0])} />
            </div>
            {failure !== "" && <p class="notice is-bad">{failure}</p>}
            <div class="row">
                <TextInput value={inlineToMarkdown(block["children"])} label={t("image.caption")} placeholder={t("image.caption")} onChange={(caption) => onChange({ ...block, children: markdownToInline(caption), hasCaption: caption !== "" })} />
                {!isEmbedded(url) && <TextInput value={url} label={t("image.link")} placeholder="https://" onChange={(link) => onChange({ ...block, url: link.trim() })} />}
            </div>
        </div>
    );
}
