/* formula.tsx - a formula in TeX. The library comes when the first one is drawn, and makes MathML: no style, no script. */

import { useEffect, useRef } from "preact/hooks";

export function Formula({ text, isBlock }: { text: string; isBlock: boolean }) {
    const host = useRef<HTMLElement>(null);
    useEffect(() => {
        let isOver = false;
        void import("katex").then(({ default: katex }) => {
            if (isOver || host.current === null) return;
            katex.render(text, host.current, {
                output: "mathml",
                displayMode: isBlock,
                throwOnError: false,
                trust: false,
                strict: "ignore",
                maxSize: 20,
                maxExpand: 200,
            });
        });
        return () => void (isOver = true);
    }, [text, isBlock]);
    return (
        <code ref={host as never} class={`math ${isBlock ? "is-block" : ""}`}>
            {text}
        </code>
    );
}
