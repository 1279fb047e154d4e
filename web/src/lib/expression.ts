/* expression.ts - arithmetic over metrics: `loss / 2`, `log(${val/loss}) - baseline`, `max(a, b)`.
 *
 * A metric is a word (letters, digits, _ . / inside), or anything in ${...} or quotes. A slash between
 * two words without spaces belongs to the name when such a metric exists, else it divides. */

export type Expression =
    | { kind: "number"; value: number }
    | { kind: "key"; name: string }
    | { kind: "call"; name: string; args: Expression[] };

export class ExpressionError extends Error {
    constructor(
        message: string,
        readonly at: number,
    ) {
        super(message);
    }
}

type Fn = (...args: number[]) => number;

const FUNCTIONS: Record<string, { args: [number, number]; run: Fn }> = {
    "+": { args: [2, 2], run: (a, b) => a! + b! },
    "-": { args: [2, 2], run: (a, b) => a! - b! },
    "*": { args: [2, 2], run: (a, b) => a! * b! },
    "/": { args: [2, 2], run: (a, b) => a! / b! },
    "%": { args: [2, 2], run: (a, b) => a! % b! },
    "^": { args: [2, 2], run: Math.pow },
    neg: { args: [1, 1], run: (a) => -a! },
    abs: { args: [1, 1], run: Math.abs },
    ceil: { args: [1, 1], run: Math.ceil },
    cos: { args: [1, 1], run: Math.cos },
    exp: { args: [1, 1], run: Math.exp },
    floor: { args: [1, 1], run: Math.floor },
    ln: { args: [1, 1], run: Math.log },
    log: { args: [1, 1], run: Math.log },
    log10: { args: [1, 1], run: Math.log10 },
    log2: { args: [1, 1], run: Math.log2 },
    max: { args: [1, 16], run: Math.max },
    min: { args: [1, 16], run: Math.min },
    pow: { args: [2, 2], run: Math.pow },
    round: { args: [1, 1], run: Math.round },
    sin: { args: [1, 1], run: Math.sin },
    sqrt: { args: [1, 1], run: Math.sqrt },
    tanh: { args: [1, 1], run: Math.tanh },
};

const TOKEN =
    /\s*(?:(\d+\.?\d*(?:e[+-]?\d+)?|\.\d+(?:e[+-]?\d+)?)|\$\{([^}]*)\}|"([^"]*)"|'([^']*)'|([\p{L}_][\p{L}\p{N}_.]*(?:\/[\p{L}\p{N}_.]+)*)|(\*\*|[-+*/%^(),]))/uy;

interface Token {
    kind: "number" | "key" | "word" | "mark";
    text: string;
    at: number;
}

function tokenize(text: string, isKnown: (name: string) => boolean): Token[] {
    const out: Token[] = [];
    let at = 0;
    while (at < text.trimEnd().length) {
        TOKEN.lastIndex = at;
        const m = TOKEN.exec(text);
        if (m === null) throw new ExpressionError(`unexpected "${text.slice(at).trim()[0]}"`, at);
        at = TOKEN.lastIndex;
        if (m[1] !== undefined) out.push({ kind: "number", text: m[1], at });
        else if (m[5] !== undefined) out.push(...splitWord(m[5], at, isKnown));
        else if (m[6] !== undefined) out.push({ kind: "mark", text: m[6] === "**" ? "^" : m[6], at });
        else out.push({ kind: "key", text: (m[2] ?? m[3] ?? m[4])!, at });
    }
    return out;
}

function splitWord(word: string, at: number, isKnown: (name: string) => boolean): Token[] {
    if (!word.includes("/") || isKnown(word)) return [{ kind: "word", text: word, at }];
    const parts = word.split("/");
    for (let n = parts.length - 1; n >= 1; n--) {
        const head = parts.slice(0, n).join("/");
        if (!isKnown(head)) continue;
        const rest = parts.slice(n).join("/");
        const tail = /^[\d.]+$/.test(rest)
            ? [{ kind: "number" as const, text: rest, at }]
            : splitWord(rest, at, isKnown);
        return [{ kind: "word", text: head, at }, { kind: "mark", text: "/", at }, ...tail];
    }
    return [{ kind: "word", text: word, at }];
}

const PRECEDENCE: Record<string, number> = { "+": 1, "-": 1, "*": 2, "/": 2, "%": 2, "^": 4 };
const MAX_DEPTH = 64;

/* Throws ExpressionError with a sentence for the person who typed it. */
export function parseExpression(text: string, isKnown: (name: string) => boolean = () => false): Expression {
    const tokens = tokenize(text, isKnown);
    let i = 0;
    let depth = 0;
    const peek = () => tokens[i];
    const fail = (what: string): never => {
        throw new ExpressionError(what, peek()?.at ?? text.length);
    };
    const expect = (mark: string) => {
        if (peek()?.text !== mark) fail(`expected "${mark}"`);
        i++;
    };
    const binary = (least: number): Expression => {
        if (++depth > MAX_DEPTH) fail("the expression is nested too deep");
        let left = unary();
        for (let t = peek(); t?.kind === "mark" && (PRECEDENCE[t.text] ?? 0) >= least; t = peek()) {
            i++;
            const level = PRECEDENCE[t.text]!;
            left = { kind: "call", name: t.text, args: [left, binary(t.text === "^" ? level : level + 1)] };
        }
        depth--;
        return left;
    };
    const unary = (): Expression => {
        const t = peek();
        if (t?.kind === "mark" && (t.text === "-" || t.text === "+")) {
            i++;
            const arg = binary(3);
            return t.text === "-" ? { kind: "call", name: "neg", args: [arg] } : arg;
        }
        return primary();
    };
    const primary = (): Expression => {
        const t = peek() ?? fail("the expression ends too early");
        i++;
        if (t.kind === "number") return { kind: "number", value: Number(t.text) };
        if (t.kind === "key") return { kind: "key", name: t.text };
        if (t.kind === "word") return peek()?.text === "(" ? call(t.text) : { kind: "key", name: t.text };
        if (t.text !== "(") {
            i--;
            fail(`unexpected "${t.text}"`);
        }
        const inner = binary(1);
        expect(")");
        return inner;
    };
    const call = (name: string): Expression => {
        const fn = FUNCTIONS[name];
        if (fn === undefined || name === "neg") return fail(`there is no function "${name}"`);
        expect("(");
        const args = [binary(1)];
        while (peek()?.text === ",") {
            i++;
            args.push(binary(1));
        }
        expect(")");
        if (args.length < fn.args[0] || args.length > fn.args[1])
            fail(`"${name}" takes ${fn.args[0]} argument${fn.args[0] === 1 ? "" : "s"}, got ${args.length}`);
        return { kind: "call", name, args };
    };
    const out = binary(1);
    if (i < tokens.length) fail(`unexpected "${peek()!.text}"`);
    return out;
}

/* The metrics an expression reads, each once. */
export function expressionKeys(e: Expression, into: string[] = []): string[] {
    if (e.kind === "key" && !into.includes(e.name)) into.push(e.name);
    if (e.kind === "call") e.args.forEach((a) => expressionKeys(a, into));
    return into;
}

export function evaluate(e: Expression, valueOf: (name: string) => number): number {
    switch (e.kind) {
        case "number":
            return e.value;
        case "key":
            return valueOf(e.name);
        case "call":
            return FUNCTIONS[e.name]!.run(...e.args.map((a) => evaluate(a, valueOf)));
    }
}
