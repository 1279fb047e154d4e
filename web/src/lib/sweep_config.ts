/* sweep_config.ts - what the page wants to know of a sweep's YAML: its metric and its parameters. Only the shape that
 * configurations have is read; what cannot be read is left out. */

export interface SweepConfig {
    metric: string | null;
    goal: "minimize" | "maximize";
    parameters: string[] /* nested ones with dots */;
}

interface Line {
    indent: number;
    key: string;
    value: string;
}

const KEY = /^(\s*)(?:"([^"]+)"|'([^']+)'|([^\s:#"'][^:]*?))\s*:(?:\s+(.*))?$/;

function linesOf(yaml: string): Line[] {
    return yaml.split("\n").flatMap((text) => {
        const m = KEY.exec(text.replace(/\s+#.*$/, ""));
        return m === null ? [] : [{ indent: m[1]!.length, key: (m[2] ?? m[3] ?? m[4])!, value: (m[5] ?? "").trim() }];
    });
}

/* The lines below a key, those indented deeper. */
function below(lines: readonly Line[], at: number): Line[] {
    const end = lines.findIndex((l, i) => i > at && l.indent <= lines[at]!.indent);
    return lines.slice(at + 1, end < 0 ? undefined : end);
}

const unquote = (v: string) => v.replace(/^(["'])(.*)\1$/, "$2");

function parametersOf(lines: readonly Line[], prefix: string, depth = 0): string[] {
    const least = Math.min(...lines.map((l) => l.indent));
    if (depth > 8) return [];
    return lines.flatMap((line, i) => {
        if (line.indent !== least) return [];
        const inner = below(lines, i);
        const nested = inner.findIndex((l) => l.key === "parameters" && l.value === "");
        return nested < 0 ? [prefix + line.key] : parametersOf(below(inner, nested), `${prefix}${line.key}.`, depth + 1);
    });
}

export function readSweepConfig(yaml: string): SweepConfig {
    const json = fromJson(yaml);
    if (json !== null) return json;
    const lines = linesOf(yaml);
    const top = (key: string) => lines.findIndex((l) => l.indent === 0 && l.key === key);
    const metric = top("metric") < 0 ? [] : below(lines, top("metric"));
    const value = (key: string) => unquote(metric.find((l) => l.key === key)?.value ?? "");
    const parameters = top("parameters");
    return {
        metric: value("name") || null,
        goal: value("goal") === "maximize" ? "maximize" : "minimize",
        parameters: parameters < 0 ? [] : parametersOf(below(lines, parameters), ""),
    };
}

function fromJson(text: string): SweepConfig | null {
    try {
        const c = JSON.parse(text) as { metric?: { name?: string; goal?: string }; parameters?: Record<string, unknown> };
        return {
            metric: c.metric?.name ?? null,
            goal: c.metric?.goal === "maximize" ? "maximize" : "minimize",
            parameters: Object.keys(c.parameters ?? {}),
        };
    } catch {
        return null;
    }
}
