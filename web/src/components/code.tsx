/* code.tsx - code with the words of its language in colours. */

import { useMemo } from "preact/hooks";
import { highlight } from "../lib/highlight";

export function Code({ text, language }: { text: string; language: string }) {
    const words = useMemo(() => highlight(text, language), [text, language]);
    return (
        <pre class="snippet code">
            {words.map((w, i) => (w.kind === "plain" ? w.text : <span key={i} class={`code-${w.kind}`}>{w.text}</span>))}
        </pre>
    );
}
