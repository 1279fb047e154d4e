/* notebook.ts - Jupyter notebooks (nbformat 3 and 4) as cells that can be drawn. What a cell put out may be anything: each
 * output is given as the richest kind that is shown here, and nothing of it is trusted. */

export type NotebookOutput =
    | { kind: "text" | "error" | "html" | "markdown" | "json"; text: string }
    | { kind: "image"; url: string }
    | { kind: "unknown"; types: string };

export interface NotebookCell {
    kind: "code" | "markdown" | "raw";
    text: string;
    count: number | null;
    outputs: NotebookOutput[];
}

export interface Notebook {
    language: string;
    cells: NotebookCell[];
    isCut: boolean;
}

type Json = Record<string, unknown>;

const MAX_CELLS = 2000;
const MAX_OUTPUTS = 200;

const isObject = (v: unknown): v is Json => typeof v === "object" && v !== null && !Array.isArray(v);
const objects = (v: unknown): Json[] => (Array.isArray(v) ? v.filter(isObject) : []);

/* Texts may be lists of lines. */
const joined = (v: unknown): string => (Array.isArray(v) ? v.map(String).join("") : typeof v === "string" ? v : "");

/* Throws when it is no notebook. */
export function parseNotebook(text: string): Notebook {
    const raw: unknown = JSON.parse(text);
    if (!isObject(raw)) throw new Error("this is not a notebook");
    const sheets = objects(raw["worksheets"]);
    const cells = Array.isArray(raw["cells"]) ? objects(raw["cells"]) : sheets.flatMap((s) => objects(s["cells"]));
    if (!Array.isArray(raw["cells"]) && sheets.length === 0) throw new Error("this is not a notebook");
    const metadata = isObject(raw["metadata"]) ? raw["metadata"] : {};
    const info = isObject(metadata["language_info"]) ? metadata["language_info"] : {};
    return { language: String(info["name"] ?? "python"), cells: cells.slice(0, MAX_CELLS).map(cellOf), isCut: cells.length > MAX_CELLS };
}

function cellOf(raw: Json): NotebookCell {
    const type = raw["cell_type"];
    if (type === "heading") return { kind: "markdown", text: `${"#".repeat(Math.min(6, Math.max(1, Number(raw["level"]) || 1)))} ${joined(raw["source"])}`, count: null, outputs: [] };
    const kind = type === "markdown" || type === "raw" ? type : "code";
    const count = Number(raw["execution_count"] ?? raw["prompt_number"] ?? NaN);
    return {
        kind,
        text: joined(raw["source"] ?? raw["input"]),
        count: Number.isFinite(count) ? count : null,
        outputs: kind === "code" ? mergeStreams(objects(raw["outputs"]).slice(0, MAX_OUTPUTS).map(outputOf)) : [],
    };
}

/* Richest first. A picture of a figure says more than the HTML around its script, which does not run here. */
const IMAGES = ["image/png", "image/jpeg", "image/gif", "image/webp"];
const OLD_NAMES: Record<string, string> = { png: "image/png", jpeg: "image/jpeg", svg: "image/svg+xml", html: "text/html", text: "text/plain", latex: "text/latex", json: "application/json" };

function outputOf(raw: Json): NotebookOutput {
    const type = raw["output_type"];
    if (type === "stream") return { kind: raw["name"] === "stderr" || raw["stream"] === "stderr" ? "error" : "text", text: joined(raw["text"]) };
    if (type === "error" || type === "pyerr") {
        const trace = Array.isArray(raw["traceback"]) ? raw["traceback"].map(String).join("\n") : "";
        return { kind: "error", text: trace || `${joined(raw["ename"])}: ${joined(raw["evalue"])}` };
    }
    const data: Json = {};
    const given = isObject(raw["data"]) ? raw["data"] : raw;
    for (const [name, value] of Object.entries(given)) data[OLD_NAMES[name] ?? name] = value;
    for (const image of IMAGES) {
        const bytes = joined(data[image]).replace(/\s+/g, "");
        if (bytes !== "" && /^[A-Za-z0-9+/]+=*$/.test(bytes)) return { kind: "image", url: `data:${image};base64,${bytes}` };
    }
    /* Shown as a picture, an SVG runs and fetches nothing. */
    const svg = joined(data["image/svg+xml"]);
    if (svg !== "") return { kind: "image", url: `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}` };
    if (data["text/html"] !== undefined) return { kind: "html", text: joined(data["text/html"]) };
    if (data["text/markdown"] !== undefined) return { kind: "markdown", text: joined(data["text/markdown"]) };
    if (data["text/latex"] !== undefined) return { kind: "markdown", text: joined(data["text/latex"]) };
    if (data["text/plain"] !== undefined) return { kind: "text", text: joined(data["text/plain"]) };
    if (data["application/json"] !== undefined) return { kind: "json", text: JSON.stringify(data["application/json"], null, 2) };
    return { kind: "unknown", types: Object.keys(data).filter((k) => k.includes("/")).join(", ") };
}

/* A program that prints a line at a time makes an output of each. */
function mergeStreams(outputs: NotebookOutput[]): NotebookOutput[] {
    const out: NotebookOutput[] = [];
    for (const o of outputs) {
        const last = out[out.length - 1];
        if (last && (o.kind === "text" || o.kind === "error") && last.kind === o.kind && last.text.endsWith("\n")) out[out.length - 1] = { kind: o.kind, text: last.text + o.text };
        else out.push(o);
    }
    return out;
}
