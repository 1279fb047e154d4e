/* main.ts - draws charts whose descriptions may come from anybody, in a document of no origin: it can reach neither the
 * page around it, nor its cookies, nor the network. It hears its parent only, and tells it failures and pictures. */

import type { FrameAnswer, FrameRequest } from "../lib/frame_message";
import { bokehPicture, drawBokeh } from "./bokeh";
import { drawPlotly, plotlyPicture } from "./plotly";
import { drawVega, resizeVega, vegaPicture } from "./vega";

let drawn: "vega" | "plotly" | "bokeh" | null = null;

function answer(message: FrameAnswer): void {
    window.parent.postMessage(message, "*");
}

async function take(request: FrameRequest): Promise<void> {
    const host = document.getElementById("chart")!;
    if (request.kind === "picture") {
        const data = await picture(request.format, host);
        answer({ type: "picture", format: request.format, data });
        return;
    }
    drawn = request.kind;
    showTheme(request.isDark);
    if (request.kind === "vega") await drawVega(host, request.spec, request.rows, request.isDark);
    else if (request.kind === "bokeh") await drawBokeh(host, request.figure);
    else await drawPlotly(host, request.figure, request.isDark);
    answer({ type: "drawn" });
}

function picture(format: "svg" | "png", host: HTMLElement): Promise<string> {
    if (drawn === "vega") return vegaPicture(format);
    return drawn === "bokeh" ? bokehPicture(format) : plotlyPicture(format, host);
}

/* The panel's own paper: a browser paints a frame white whose look is not the page's. */
function showTheme(isDark: boolean): void {
    document.documentElement.style.colorScheme = isDark ? "dark" : "light";
    document.documentElement.style.background = isDark ? "#191c20" : "#ffffff";
}

window.addEventListener("message", (event) => {
    if (event.source !== window.parent) return;
    take(event.data as FrameRequest).catch((e: unknown) =>
        answer({ type: "failed", message: e instanceof Error ? e.message : String(e) }),
    );
});
window.addEventListener("resize", () => drawn === "vega" && resizeVega());
answer({ type: "ready" });
