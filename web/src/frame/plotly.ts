/* plotly.ts - figures as Plotly's libraries log them. The build is the strict one, without code made from text. */

import address from "plotly.js-strict-dist-min/plotly-strict.min.js?url";
import { loadLibrary } from "./load";

interface Plotly {
    react(host: HTMLElement, data: unknown, layout: unknown, config: unknown): Promise<unknown>;
    toImage(host: HTMLElement, options: Record<string, unknown>): Promise<string>;
}

const load = loadLibrary<Plotly>(address, "Plotly");

export async function drawPlotly(host: HTMLElement, figure: Record<string, unknown>, isDark: boolean): Promise<void> {
    const plotly = await load();
    const text = isDark ? "#d6d9de" : "#333a45";
    const layout = {
        font: { color: text },
        margin: { l: 50, r: 20, t: 40, b: 40 },
        ...(figure["layout"] as object),
        paper_bgcolor: "transparent",
        plot_bgcolor: "transparent",
        autosize: true,
        width: undefined,
        height: undefined,
    };
    await plotly.react(host, figure["data"] ?? [], layout, { responsive: true, displaylogo: false });
}

/* A data address; SVG as text. */
export async function plotlyPicture(format: "svg" | "png", host: HTMLElement): Promise<string> {
    const plotly = await load();
    const url = await plotly.toImage(host, { format, width: host.clientWidth, height: host.clientHeight, scale: format === "png" ? 2 : 1 });
    return format === "svg" ? decodeURIComponent(url.slice(url.indexOf(",") + 1)) : url;
}
