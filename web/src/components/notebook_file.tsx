/* notebook_file.tsx - a Jupyter notebook: its cells, and what they put out. Nothing of it runs: pages stand in a frame without
 * scripts, whose policy is this page's own. */

import { useMemo } from "preact/hooks";
import { t } from "../i18n";
import { parseNotebook, type NotebookCell, type NotebookOutput } from "../lib/notebook";
import { ConsoleText } from "./console_text";
import type { TextViewerProps } from "./file_view";
import { Markdown } from "./markdown";

export default function NotebookFile({ name, text }: TextViewerProps) {
    const notebook = useMemo(() => {
        try {
            return parseNotebook(text);
        } catch {
            return null;
        }
    }, [text]);
    if (notebook === null) return <pre class="snippet">{text}</pre>;
    return (
        <div class="notebook" role="list" aria-label={name}>
            {notebook.cells.map((cell, i) => (
                <Cell key={i} cell={cell} />
            ))}
            {notebook.isCut && <p class="notice">{t("files.cells_cut", { count: notebook.cells.length })}</p>}
        </div>
    );
}

function Cell({ cell }: { cell: NotebookCell }) {
    if (cell.kind === "markdown")
        return (
            <div class="notebook-cell" role="listitem">
                <span />
                <Markdown text={cell.text} />
            </div>
        );
    return (
        <div class="notebook-cell" role="listitem">
            <span class="notebook-count" aria-hidden="true">
                {cell.kind === "code" ? `[${cell.count ?? " "}]` : ""}
            </span>
            <div class="stack">
                <pre class="snippet">{cell.text}</pre>
                {cell.outputs.map((o, i) => (
                    <Output key={i} output={o} />
                ))}
            </div>
        </div>
    );
}

function Output({ output }: { output: NotebookOutput }) {
    const label = t("notebook.output");
    switch (output.kind) {
        case "image":
            return <img class="file-image" src={output.url} alt={label} />;
        case "html":
            return <iframe class="notebook-page" srcdoc={output.text} sandbox="" referrerpolicy="no-referrer" title={label} />;
        case "markdown":
            return <Markdown text={output.text} />;
        case "unknown":
            return <p class="muted small">{t("media.unknown", { type: output.types || "?" })}</p>;
        default:
            return (
                <pre class={`notebook-text ${output.kind === "error" ? "is-error" : ""}`}>
                    <ConsoleText line={output.text} />
                </pre>
            );
    }
}
