/* block_view.tsx - one block of a report as it is read. Pictures and films from elsewhere are links: a report fetches
 * nothing from outside. */

import { Formula } from "../../components/formula";
import { Markdown } from "../../components/markdown";
import { t } from "../../i18n";
import { blockToMarkdown, inlineToMarkdown, type Block } from "../../lib/report_blocks";

const isWeb = (url: string) => /^https?:\/\//i.test(url);

export function BlockView({ block, blocks }: { block: Block; blocks: Block[] }) {
    const text = blockToMarkdown(block) ?? "";
    switch (block.type) {
        case "heading":
        case "paragraph":
        case "default":
        case "markdown-block":
            return <Markdown text={text} />;
        case "latex":
            return <Formula text={text} isBlock />;
        case "code-block":
            return <pre class="snippet">{text}</pre>;
        case "block-quote":
            return (
                <blockquote>
                    <Markdown text={text} />
                </blockquote>
            );
        case "callout-block":
            return (
                <div class="callout">
                    <Markdown text={text} />
                </div>
            );
        case "list":
            return <Markdown text={listMarkdown(block, text)} />;
        case "horizontal-rule":
            return <hr />;
        case "table-of-contents":
            return <Contents blocks={blocks} />;
        case "image":
        case "video":
            return <Outside url={String(block["url"] ?? "")} caption={inlineToMarkdown(block["children"])} />;
        default:
            return <p class="muted small">{t("block.unknown", { type: block.type })}</p>;
    }
}

function listMarkdown(block: Block, text: string): string {
    return text
        .split("\n")
        .map((line, i) => (block["ordered"] === true ? `${i + 1}. ${line}` : `- ${line}`))
        .join("\n");
}

function Outside({ url, caption }: { url: string; caption: string }) {
    if (!isWeb(url)) return <p class="muted">{caption || url}</p>;
    return (
        <p>
            <a href={url} rel="noopener noreferrer nofollow" target="_blank">
                {caption || url}
            </a>
        </p>
    );
}

function Contents({ blocks }: { blocks: Block[] }) {
    return (
        <nav class="contents" aria-label={t("block.contents")}>
            {blocks
                .filter((b) => b.type === "heading")
                .map((b, i) => (
                    <div key={i} style={{ paddingLeft: (Number(b["level"] ?? 1) - 1) * 14 }}>
                        {inlineToMarkdown(b["children"])}
                    </div>
                ))}
        </nav>
    );
}
