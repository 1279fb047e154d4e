/* markdown.tsx - draws parsed Markdown as elements; text stays text. */

import type { ComponentChildren } from "preact";
import { Code } from "./code";
import { Formula } from "./formula";
import { parseMarkdown, type Block, type Inline } from "../lib/markdown";

export function Markdown({ text }: { text: string }) {
    return <div class="markdown">{parseMarkdown(text).map(drawBlock)}</div>;
}

function drawBlock(b: Block, key: number): ComponentChildren {
    switch (b.kind) {
        case "heading": {
            const Tag = `h${Math.min(6, b.level + 1)}` as "h2";
            return <Tag key={key}>{b.children.map(drawInline)}</Tag>;
        }
        case "paragraph":
            return <p key={key}>{b.children.map(drawInline)}</p>;
        case "code":
            return <Code key={key} text={b.text} language={b.language} />;
        case "math":
            return <Formula key={key} text={b.text} isBlock />;
        case "quote":
            return <blockquote key={key}>{b.children.map(drawBlock)}</blockquote>;
        case "rule":
            return <hr key={key} />;
        case "list": {
            const items = b.items.map((item, i) => (
                <li key={i} class={item.isDone === null ? "" : "has-check"}>
                    {item.isDone !== null && <input type="checkbox" checked={item.isDone} disabled />}
                    {item.children.map(drawBlock)}
                </li>
            ));
            return b.isOrdered ? <ol key={key}>{items}</ol> : <ul key={key}>{items}</ul>;
        }
        case "table":
            return (
                <table key={key} class="list">
                    <thead>
                        <tr>
                            {b.header.map((c, i) => (
                                <th key={i}>{c.map(drawInline)}</th>
                            ))}
                        </tr>
                    </thead>
                    <tbody>
                        {b.rows.map((r, i) => (
                            <tr key={i}>
                                {r.map((c, k) => (
                                    <td key={k}>{c.map(drawInline)}</td>
                                ))}
                            </tr>
                        ))}
                    </tbody>
                </table>
            );
    }
}

function drawInline(i: Inline, key: number): ComponentChildren {
    switch (i.kind) {
        case "text":
            return i.text;
        case "code":
            return <code key={key}>{i.text}</code>;
        case "math":
            return <Formula key={key} text={i.text} isBlock={false} />;
        case "strong":
            return <strong key={key}>{i.children.map(drawInline)}</strong>;
        case "em":
            return <em key={key}>{i.children.map(drawInline)}</em>;
        case "del":
            return <del key={key}>{i.children.map(drawInline)}</del>;
        case "link":
            return (
                <a key={key} href={i.href} rel="noopener noreferrer nofollow" target="_blank">
                    {i.children.map(drawInline)}
                </a>
            );
    }
}
