/* block_view.tsx - one block of a report as it is read. */

import { Code } from "../../components/code";
import { Formula } from "../../components/formula";
import { Markdown } from "../../components/markdown";
import { t } from "../../i18n";
import { blockToMarkdown, inlineToMarkdown, type Block } from "../../lib/report_blocks";
import { ImageView } from "./image_block";
import { CardsView } from "./link_card";

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
            return <Code text={text} language={String(block["language"] ?? "")} />;
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
        case "gallery":
            return <CardsView block={block} />;
        case "image":
        case "video":
            return <ImageView block={block} />;
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

function Contents({ blocks }: { blocks: Block[] }) {
    return (
        <nav class="contents" aria-label={t("block.contents")}>
            {blocks.map(
                (b, i) =>
                    b.type === "heading" && (
                        <a key={i} href={`#block-${i}`} style={{ paddingLeft: (Number(b["level"] ?? 1) - 1) * 14 }}>
                            <Markdown text={inlineToMarkdown(b["children"])} />
                        </a>
                    ),
            )}
        </nav>
    );
}
