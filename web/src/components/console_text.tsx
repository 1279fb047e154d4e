/* console_text.tsx - what a program printed, with its colours. */

import { parseAnsi } from "../lib/ansi";

export function ConsoleText({ line }: { line: string }) {
    return (
        <>
            {parseAnsi(line).map((s, i) => (
                <span key={i} class={s.classes} style={{ color: s.color, background: s.background }}>
                    {s.text}
                </span>
            ))}
        </>
    );
}
