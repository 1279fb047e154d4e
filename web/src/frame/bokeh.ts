/* bokeh.ts - documents as Bokeh's Python library logs them. Callbacks that are code in a text do not run: the policy forbids it. */

import address from "@bokeh/bokehjs/build/js/bokeh.min.js?url";
import { loadLibrary } from "./load";

interface BokehView {
    export?: (format: "png" | "svg", hidpi: boolean) => { to_blob(): Promise<Blob> };
}

interface Bokeh {
    embed: { embed_item(item: { doc: unknown; root_id: string; target_id: null }, target: HTMLElement): Promise<BokehView[]> };
}

interface Root {
    id?: unknown;
    attributes?: Record<string, unknown>;
}

const load = loadLibrary<Bokeh>(address, "Bokeh");
let views: BokehView[] = [];

export async function drawBokeh(host: HTMLElement, figure: Record<string, unknown>): Promise<void> {
    const bokeh = await load();
    const roots = Array.isArray(figure["roots"]) ? (figure["roots"] as Root[]) : [];
    if (roots.length === 0) throw new Error("this document has no figure, or was written before Bokeh 3");
    host.replaceChildren();
    views = [];
    for (const root of roots) {
        if (roots.length === 1 && root.attributes) root.attributes["sizing_mode"] = "stretch_both";
        const place = document.createElement("div");
        place.style.height = roots.length === 1 ? "100%" : "auto";
        host.append(place);
        views.push(...Object.values(await bokeh.embed.embed_item({ doc: figure, root_id: String(root.id), target_id: null }, place)));
    }
}

/* The first figure; a data address, or SVG as text. */
export async function bokehPicture(format: "svg" | "png"): Promise<string> {
    const layer = views[0]?.export?.(format, format === "png");
    if (layer === undefined) throw new Error("nothing was drawn");
    const blob = await layer.to_blob();
    if (format === "svg") return blob.text();
    return new Promise((resolve, reject) => {
        const reader = new FileReader();
        reader.onload = () => resolve(String(reader.result));
        reader.onerror = () => reject(new Error("the picture could not be read"));
        reader.readAsDataURL(blob);
    });
}
