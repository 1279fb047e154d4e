/* code_text.tsx - the text of a program or a patch, with numbered lines and colours. The numbers are drawn, not written: they are not
 * copied along. */

import { useMemo } from "preact/hooks";
import { codeLines } from "../lib/code_lines";

const MAX_LINES = 20_000 /* beyond that it is merely text: each line is an element */;

export function CodeText({ name, text }: { name: string; text: string }) {
    const lines = useMemo(() => codeLines(name, text.replace(/\n$/, "")), [name, text]);
    if (lines.length > MAX_LINES) return <pre class="snippet" tabIndex={0}>{text}</pre>;
    return (
        <pre class="snippet code code-text" tabIndex={0} aria-label={name}>
            {lines.map(({ kind, words }, i) => (
                <span key={i} class={`code-line ${kind === "" ? "" : `is-${kind}`}`}>
                    {words.map((w, k) => (w.kind === "plain" ? w.text : <span key={k} class={`code-${w.kind}`}>{w.text}</span>))}
                    {"\n"}
                </span>
            ))}
        </pre>
    );
}
