import { expect, test } from "vitest";
import { escapeTex, isSafeFormula, reportToLatex } from "./latex";
import { NEW_BLOCKS, cardOf, withMarkdown, type Block } from "./report_blocks";

const text = (t: string): Block => withMarkdown(NEW_BLOCKS.paragraph(), t);
const empty = { title: "T", description: "", author: "a", date: "d", origin: "https://here", pictures: new Map() };
const body = (...blocks: Block[]) => /\\maketitle\n\n([\s\S]*)\n\n\\end\{document\}/.exec(reportToLatex({ ...empty, blocks }))![1]!;

/* Groups and environments close in the order they were opened; verbatim text is none of it. */
function isBalanced(tex: string): boolean {
    const open: string[] = [];
    const rest = tex.replace(/\\begin\{verbatim\}[\s\S]*?\\end\{verbatim\}/g, "");
    for (const m of rest.matchAll(/\\begin\{([^}]*)\}|\\end\{([^}]*)\}|\\.|([{}])/gs)) {
        if (m[1] !== undefined) open.push(m[1]);
        else if (m[2] !== undefined && open.pop() !== m[2]) return false;
        else if (m[3] === "{") open.push("{");
        else if (m[3] === "}" && open.pop() !== "{") return false;
    }
    return open.length === 0;
}

test("what TeX would take for a command is text", () => {
    expect(escapeTex("50% & #1_a {b} $c \\d ^~")).toBe("50\\% \\& \\#1\\_a \\{b\\} \\$c \\textbackslash{}d \\textasciicircum{}\\textasciitilde{}");
    expect(body(text("see \\input{/etc/passwd}"))).toBe("see \\textbackslash{}input\\{/etc/passwd\\}");
});

test("formulas stay as they were written, unless they would take the rest along", () => {
    expect(body(text("with $x^2_i$"))).toBe("with $x^2_i$");
    expect(body({ ...NEW_BLOCKS.formula(), content: "a = b\n\n+ c" })).toBe("\\[\na = b\n+ c\n\\]");
    expect(body({ ...NEW_BLOCKS.formula(), content: "\\begin{align}a&=b\\end{align}" })).toBe("\\begin{align}a&=b\\end{align}");
    for (const bad of ["{", "a}b", "x $ y", "\\input{x}", "\\begin{a}", "% gone", ""]) expect(isSafeFormula(bad)).toBe(false);
    for (const bad of ["\\write18{ls}", "\\openin5=x", "\\read5 to\\x", "^^5cinput{x}", "\\input_x", "\\directlua{x}", "\\let\\a=\\b", "\\edef\\a{b}", "\\begin{filecontents*}{x}\\end{filecontents*}", "\\end{document}\\begin{document}", "x\\"])
        expect(isSafeFormula(bad), bad).toBe(false);
    for (const good of ["\\begin{pmatrix}a & b\\\\c & d\\end{pmatrix}", "\\mathopen{}\\operatorname{softmax}(x)", "\\left\\{x\\right\\}", "\\begin{align*}a\\\\b\\end{align*}", "\\looparrowright"]) expect(isSafeFormula(good), good).toBe(true);
    expect(body({ ...NEW_BLOCKS.formula(), content: "\\frac{a" })).toBe("\\begin{verbatim}\n\\frac{a\n\\end{verbatim}");
});

test("every kind of block is written, and closes what it opens", () => {
    const blocks: Block[] = [
        withMarkdown(NEW_BLOCKS.heading(), "# One & two"),
        text("**bold** _soft_ `co_de` [link](https://x.org/a_b%20c#d) ~~gone~~"),
        withMarkdown(NEW_BLOCKS.checklist(), "[x] done\n[ ] [open] yet"),
        withMarkdown(NEW_BLOCKS.ordered(), "first\nsecond"),
        withMarkdown(NEW_BLOCKS.quote(), "wise"),
        withMarkdown(NEW_BLOCKS.callout(), "look\nhere"),
        withMarkdown(NEW_BLOCKS.code(), "if x_1 < {2}:\n\\end{verbatim}"),
        withMarkdown(NEW_BLOCKS.markdown(), "| a | b |\n|---|---|\n| 1 | 2_3 |\n| only |"),
        cardOf("https://x.org/?a=1&b=2", "A & B"),
        NEW_BLOCKS.contents(),
        NEW_BLOCKS.rule(),
        { type: "image", url: "data:image/png;base64,iVBORw0KGgo=", children: [{ text: "a caption_1" }] },
        { type: "panel-grid" },
        { type: "spotify" },
    ];
    const pictures = new Map([[11, [{ file: "figures/12-picture.png", title: "", share: 0.8 }]], [12, [{ file: "figures/13-1-loss.png", title: "train/loss_1", share: 1 }]]]);
    const tex = reportToLatex({ ...empty, title: "50%", description: "in short_", blocks, pictures });
    for (const part of [
        "\\title{50\\%}",
        "\\begin{abstract}\nin short\\_\n\\end{abstract}",
        "\\section{One \\& two}",
        "\\textbf{bold} \\emph{soft} \\texttt{co\\_de} \\href{https://x.org/a\\_b\\%20c\\#d}{link} \\sout{gone}",
        "\\item[$\\boxtimes$]{} done\n\\item[$\\square$]{} [open] yet",
        "\\begin{enumerate}\n\\item{} first",
        "\\begin{quote}\nwise\n\\end{quote}",
        "\\begin{verbatim}\nif x_1 < {2}:\n\\end {verbatim}\n\\end{verbatim}",
        "\\begin{tabular}{ll}\n\\toprule\na & b \\\\\n\\midrule\n1 & 2\\_3 \\\\\nonly &  \\\\",
        "\\href{https://x.org/?a=1\\&b=2}{A \\& B}",
        "\\tableofcontents",
        "\\includegraphics[width=0.80\\linewidth]{figures/12-picture.png}\n\\caption{a caption\\_1}",
        "\\includegraphics[width=1.00\\linewidth]{figures/13-1-loss.png}\n\\caption{train/loss\\_1}",
    ])
        expect(tex).toContain(part);
    expect(isBalanced(tex)).toBe(true);
});

test("links that are no web addresses are words, those of this server are whole", () => {
    expect(body(text("[x](javascript:alert(1))"))).not.toContain("\\href");
    expect(body(text("[run](/a/p/runs/r)"))).toBe("\\href{https://here/a/p/runs/r}{run}");
});
