/* latex.ts - a report as a LaTeX document: words, formulas as they were written, tables, and pictures that lie beside it. */

import { parseMarkdown, type Block as MarkdownBlock, type Inline } from "./markdown";
import { blockToMarkdown, cardsOf, inlineToMarkdown, isEmbedded, type Block } from "./report_blocks";

export interface Picture {
    file: string /* "figures/1-loss.png" */;
    title: string;
    share: number /* of the width of the page: 0 to 1 */;
}

export interface LatexReport {
    title: string;
    description: string;
    author: string;
    date: string;
    blocks: readonly Block[];
    /* By the block's number: what its panels, or the picture itself, were drawn into. */
    pictures: ReadonlyMap<number, readonly Picture[]>;
    /* Addresses of this server's things are written in full. */
    origin: string;
}

const SPECIAL: Record<string, string> = {
    "\\": "\\textbackslash{}",
    "{": "\\{",
    "}": "\\}",
    $: "\\$",
    "&": "\\&",
    "#": "\\#",
    "%": "\\%",
    _: "\\_",
    "^": "\\textasciicircum{}",
    "~": "\\textasciitilde{}",
    "<": "\\textless{}",
    ">": "\\textgreater{}",
    "|": "\\textbar{}",
    '"': "\\textquotedbl{}",
};

/* pdfTeX knows these by other names, or not at all; XeTeX and LuaTeX would take them as they are. */
const SIGNS: Record<string, string> = {
    "→": "$\\rightarrow$",
    "←": "$\\leftarrow$",
    "↑": "$\\uparrow$",
    "↓": "$\\downarrow$",
    "≤": "$\\leq$",
    "≥": "$\\geq$",
    "≠": "$\\neq$",
    "≈": "$\\approx$",
    "×": "$\\times$",
    "±": "$\\pm$",
    "∞": "$\\infty$",
    "−": "$-$",
    "✓": "$\\checkmark$",
    "\u00a0": "~",
    "\u200b": "",
};

export function escapeTex(text: string): string {
    return text
        .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/g, "")
        .replace(/[\\{}$&#%_^~<>|"→←↑↓≤≥≠≈×±∞−✓\u00a0\u200b]/g, (c) => SPECIAL[c] ?? SIGNS[c] ?? c);
}

function escapeUrl(url: string): string {
    return encodeURI(url.replace(/%(?![0-9a-f]{2})/gi, "%25"))
        .replace(/%25([0-9a-f]{2})/gi, "%$1")
        .replace(/[\\%#&_{}$^~]/g, (c) => (c === "\\" ? "" : "~^{}".includes(c) ? `%${c.charCodeAt(0).toString(16).toUpperCase()}` : `\\${c}`))
        .replace(/(?<!\\)%/g, "\\%");
}

/* What reads, writes or runs, makes other words do so, or ends the document. */
const UNSAFE_WORD =
    /input|include|lua|shell|filecontents|^(?:open(?:in|out)|close(?:in|out)|read(?:line)?|write|immediate|special|pdf.*|csname|endcsname|(?:char|cat|mathchar)(?:def|code)|[egx]?def|(?:future)?let|expandafter|scantokens|(?:re)?newcommand|providecommand|(?:re)?newenvironment|Declare.*|usepackage|RequirePackage|documentclass|output|shipout|jobname|every.*|AtBegin.*|AtEnd.*|makeat.*|loop|repeat|href|url|verb.*|.*@.*)$/i;
/* Mathematics only: others write files, or show what follows as it stands. */
const MATH_ENVIRONMENT = /^(?:[bBpvV]?(?:small)?matrix|align(?:ed|at|edat)?|gather(?:ed)?|multlined|multline|split|equation|eqnarray|flalign|[dr]?cases|array|subarray|CD)\*?$/;

function isBalanced(tex: string): boolean {
    let depth = 0;
    for (let i = 0; i < tex.length; i++) {
        const c = tex[i]!;
        if (c === "\\") {
            if (++i === tex.length) return false; /* it would take away what ends the formula */
        } else if (c === "{") depth++;
        else if (c === "}" && --depth < 0) return false;
        else if (c === "$" || c === "%") return false;
    }
    return depth === 0;
}

/* A formula that would take the rest of the document with it, or more than that, is shown as the text that it is. */
export function isSafeFormula(tex: string): boolean {
    if (tex.trim() === "" || tex.includes("^^") /* any letter, also a backslash */ || !isBalanced(tex)) return false;
    if ([...tex.matchAll(/\\([A-Za-z@]+)/g)].some((m) => UNSAFE_WORD.test(m[1]!))) return false;
    const named = [...tex.matchAll(/\\(begin|end)\s*(?:\{([^}]*)\})?/g)];
    const begins = named.filter((m) => m[1] === "begin");
    return 2 * begins.length === named.length && named.every((m) => MATH_ENVIRONMENT.test(m[2] ?? ""));
}

function inlineFormula(tex: string): string {
    return isSafeFormula(tex) ? `$${tex.replace(/\n\s*\n/g, "\n")}$` : `\\texttt{${escapeTex(tex)}}`;
}

const ENVIRONMENT = /^\\begin\{(align|gather|multline|equation|eqnarray|flalign|alignat)\*?\}/;

function blockFormula(tex: string): string {
    const text = tex.trim().replace(/\n\s*\n/g, "\n");
    if (!isSafeFormula(text)) return verbatim(text);
    return ENVIRONMENT.test(text) ? text : `\\[\n${text}\n\\]`;
}

function verbatim(text: string): string {
    const lines = text.replace(/\\end\{verbatim\}/g, "\\end {verbatim}").replace(/\t/g, "    ");
    return `\\begin{verbatim}\n${lines}\n\\end{verbatim}`;
}

class Writer {
    constructor(private readonly origin: string) {}

    inline(parts: readonly Inline[]): string {
        return parts.map((p) => this.part(p)).join("");
    }

    private part(p: Inline): string {
        switch (p.kind) {
            case "text":
                return escapeTex(p.text);
            case "code":
                return `\\texttt{${escapeTex(p.text)}}`;
            case "math":
                return inlineFormula(p.text);
            case "strong":
                return `\\textbf{${this.inline(p.children)}}`;
            case "em":
                return `\\emph{${this.inline(p.children)}}`;
            case "del":
                return `\\sout{${this.inline(p.children)}}`;
            case "link":
                return this.link(p.href, this.inline(p.children));
        }
    }

    link(href: string, label: string): string {
        const url = href.startsWith("/") ? this.origin + href : href;
        return /^(https?:|mailto:)/i.test(url) ? `\\href{${escapeUrl(url)}}{${label}}` : label;
    }

    markdown(text: string): string {
        return parseMarkdown(text).map((b) => this.block(b)).join("\n\n");
    }

    block(b: MarkdownBlock): string {
        switch (b.kind) {
            case "heading":
                return `\\${["section", "subsection", "subsubsection"][Math.min(3, b.level) - 1]}{${this.inline(b.children)}}`;
            case "paragraph":
                return this.inline(b.children);
            case "code":
                return verbatim(b.text);
            case "math":
                return blockFormula(b.text);
            case "quote":
                return this.within("quote", b.children);
            case "rule":
                return "\\par\\noindent\\hrulefill\\par";
            case "list":
                return this.list(b);
            case "table":
                return this.table(b);
        }
    }

    private within(environment: string, blocks: readonly MarkdownBlock[]): string {
        return `\\begin{${environment}}\n${blocks.map((b) => this.block(b)).join("\n\n")}\n\\end{${environment}}`;
    }

    private list(b: MarkdownBlock & { kind: "list" }): string {
        const name = b.isOrdered ? "enumerate" : "itemize";
        const items = b.items.map((item) => {
            const sign = item.isDone === null ? "" : `[$${item.isDone ? "\\boxtimes" : "\\square"}$]`;
            /* Brackets at the beginning would be taken for the sign. */
            return `\\item${sign}{} ${item.children.map((c) => this.block(c)).join("\n\n")}`;
        });
        return `\\begin{${name}}\n${items.join("\n")}\n\\end{${name}}`;
    }

    private table(b: MarkdownBlock & { kind: "table" }): string {
        const count = Math.max(1, b.header.length);
        const row = (cells: readonly Inline[][]) => [...Array(count).keys()].map((i) => this.inline(cells[i] ?? [])).join(" & ") + " \\\\";
        return [
            "\\begin{center}",
            `\\begin{tabular}{${"l".repeat(count)}}`,
            "\\toprule",
            row(b.header),
            "\\midrule",
            ...b.rows.map(row),
            "\\bottomrule",
            "\\end{tabular}",
            "\\end{center}",
        ].join("\n");
    }

    figures(pictures: readonly Picture[], caption = ""): string {
        return pictures
            .map((p) => {
                const title = caption || p.title;
                const words = title === "" ? "" : `\n\\caption{${caption === "" ? escapeTex(title) : this.inlineText(title)}}`;
                return `\\begin{figure}[H]\n\\centering\n\\includegraphics[width=${Math.max(0.3, Math.min(1, p.share)).toFixed(2)}\\linewidth]{${p.file}}${words}\n\\end{figure}`;
            })
            .join("\n\n");
    }

    inlineText(markdown: string): string {
        const first = parseMarkdown(markdown)[0];
        return first?.kind === "paragraph" ? this.inline(first.children) : escapeTex(markdown);
    }
}

const HEADS = ["\\section", "\\subsection", "\\subsubsection"];

function blockToLatex(block: Block, pictures: readonly Picture[], w: Writer): string {
    const text = blockToMarkdown(block) ?? "";
    switch (block.type) {
        case "heading":
            return `${HEADS[Math.min(3, Number(block["level"]) || 1) - 1]}{${w.inlineText(inlineToMarkdown(block["children"]))}}`;
        case "paragraph":
        case "default":
        case "markdown-block":
            return w.markdown(text);
        case "latex":
            return blockFormula(text);
        case "code-block":
            return verbatim(text);
        case "block-quote":
            return `\\begin{quote}\n${w.markdown(text)}\n\\end{quote}`;
        case "callout-block":
            return `\\begin{center}\n\\fbox{\\begin{minipage}{0.92\\linewidth}\n${w.markdown(text)}\n\\end{minipage}}\n\\end{center}`;
        case "list":
            return w.markdown(text.split("\n").map((line, i) => (block["ordered"] === true ? `${i + 1}. ${line}` : `- ${line}`)).join("\n"));
        case "horizontal-rule":
            return "\\par\\noindent\\hrulefill\\par";
        case "table-of-contents":
            return "\\tableofcontents";
        case "gallery":
            return cardsToLatex(block, w);
        case "image": {
            const url = String(block["url"] ?? "");
            const caption = inlineToMarkdown(block["children"]);
            return isEmbedded(url) ? w.figures(pictures, caption) : w.link(url, escapeTex(caption || url));
        }
        case "panel-grid":
            return w.figures(pictures);
        default:
            return "";
    }
}

function cardsToLatex(block: Block, w: Writer): string {
    const items = cardsOf(block)
        .filter((c) => c.url !== "")
        .map((c) => `\\item{} ${w.link(c.url, escapeTex(c.title || c.url))}${c.description === "" ? "" : `: ${escapeTex(c.description)}`}`);
    return items.length === 0 ? "" : `\\begin{itemize}\n${items.join("\n")}\n\\end{itemize}`;
}

/* Every engine takes it: pdfTeX with what it knows of other letters, XeTeX and LuaTeX with all. */
const PREAMBLE = String.raw`% pdflatex, run twice; xelatex or lualatex when there are letters that are not Latin.
\documentclass[11pt]{article}
\usepackage{iftex}
\ifPDFTeX
  \usepackage[utf8]{inputenc}
  \usepackage[T1]{fontenc}
\else
  \usepackage{fontspec}
  \ifXeTeX
    \IfFileExists{xeCJK.sty}{\usepackage{xeCJK}}{}
  \fi
\fi
\usepackage{textcomp}
\usepackage[a4paper,margin=25mm]{geometry}
\usepackage{amsmath,amssymb}
\usepackage{graphicx}
\usepackage{float}
\usepackage{booktabs}
\IfFileExists{ulem.sty}{\usepackage[normalem]{ulem}}{}
\providecommand{\sout}[1]{#1}
\usepackage[hidelinks]{hyperref}
\setlength{\parindent}{0pt}
\setlength{\parskip}{6pt}
`;

export function reportToLatex(report: LatexReport): string {
    const w = new Writer(report.origin);
    const body = report.blocks.map((b, i) => blockToLatex(b, report.pictures.get(i) ?? [], w)).filter((text) => text !== "");
    return [
        PREAMBLE + `\\title{${escapeTex(report.title)}}`,
        `\\author{${escapeTex(report.author)}}`,
        `\\date{${escapeTex(report.date)}}`,
        "\\begin{document}",
        "\\maketitle",
        ...(report.description === "" ? [] : [`\\begin{abstract}\n${escapeTex(report.description)}\n\\end{abstract}`]),
        ...body,
        "\\end{document}\n",
    ].join("\n\n");
}
