/* vega.ts - Vega and Vega-Lite, with expressions interpreted instead of compiled, and a loader that loads nothing. */

import { View, parse, type Loader, type Spec } from "vega";
import { expressionInterpreter } from "vega-interpreter";
import { compile, type TopLevelSpec } from "vega-lite";

let view: View | null = null;
let isFitted = false;

const refuse = () => Promise.reject(new Error("charts may not load anything"));
const loader = { options: {}, load: refuse, sanitize: refuse, http: refuse, file: refuse } as unknown as Loader;

/* The rows of the run's table are the data set that specs call "wandb" (or "table"). */
export async function drawVega(
    host: HTMLElement,
    spec: Record<string, unknown>,
    rows: readonly Record<string, unknown>[],
    isDark: boolean,
): Promise<void> {
    view?.finalize();
    const isLite = String(spec["$schema"] ?? "").includes("vega-lite") || !("marks" in spec);
    const sized: Record<string, unknown> = { ...spec, background: "transparent" };
    isFitted = !("width" in spec) && !("hconcat" in spec || "vconcat" in spec || "facet" in spec);
    if (isFitted) {
        sized["width"] = host.clientWidth;
        sized["height"] = host.clientHeight;
        sized["autosize"] = { type: "fit", contains: "padding" };
    }
    if (isLite) sized["datasets"] = { ...(spec["datasets"] as object), wandb: rows, table: rows };
    const full = isLite ? compile(sized as unknown as TopLevelSpec).spec : withData(sized, rows);
    view = new View(parse(full as Spec, config(isDark), { ast: true }), {
        expr: expressionInterpreter,
        loader,
        renderer: "canvas",
        container: host,
        hover: true,
    } as ConstructorParameters<typeof View>[1]);
    await view.runAsync();
}

function withData(spec: Record<string, unknown>, rows: readonly Record<string, unknown>[]): Record<string, unknown> {
    const data = Array.isArray(spec["data"]) ? (spec["data"] as Record<string, unknown>[]) : [];
    return {
        ...spec,
        data: data.map((d) => (d["name"] === "wandb" || d["name"] === "table" ? { ...d, values: rows } : d)),
    };
}

export function resizeVega(): void {
    const host = document.getElementById("chart")!;
    if (view === null || !isFitted) return;
    void view.width(host.clientWidth).height(host.clientHeight).runAsync();
}

export async function vegaPicture(format: "svg" | "png"): Promise<string> {
    if (view === null) throw new Error("nothing was drawn");
    return format === "svg" ? view.toSVG() : view.toImageURL("png", 2);
}

function config(isDark: boolean): Record<string, unknown> {
    const text = isDark ? "#d6d9de" : "#333a45";
    const grid = isDark ? "#3a3f47" : "#e3e6ea";
    return {
        axis: { labelColor: text, titleColor: text, gridColor: grid, domainColor: grid, tickColor: grid },
        legend: { labelColor: text, titleColor: text },
        title: { color: text, fontWeight: 500 },
        view: { stroke: "transparent" },
        style: { cell: { stroke: "transparent" } },
        range: {
            category: ["#4078c0", "#e08214", "#2a9d5c", "#c0504d", "#8064a2", "#7f6b5d", "#d16ba5", "#6b7785", "#a8a02c", "#2ba8b8"],
        },
    };
}
