/* frame_message.ts - what the page and the frame without an origin say to each other. */

export type FrameRequest =
    | { kind: "vega"; spec: Record<string, unknown>; rows: Record<string, unknown>[]; isDark: boolean }
    | { kind: "plotly" | "bokeh"; figure: Record<string, unknown>; isDark: boolean }
    | { kind: "picture"; format: "svg" | "png" };

export type FrameAnswer =
    | { type: "ready" }
    | { type: "drawn" }
    | { type: "failed"; message: string }
    | { type: "picture"; format: "svg" | "png"; data: string };

/* The frame runs what anybody wrote: nothing it says is taken on trust. */
export function readAnswer(data: unknown): FrameAnswer | null {
    if (typeof data !== "object" || data === null) return null;
    const { type, message, format, data: picture } = data as Record<string, unknown>;
    if (type === "ready" || type === "drawn") return { type };
    if (type === "failed" && typeof message === "string") return { type, message: message.slice(0, 500) };
    if (type === "picture" && (format === "svg" || format === "png") && typeof picture === "string")
        return { type, format, data: picture };
    return null;
}

const PNG = "data:image/png;base64,";

/* null for what is not the picture it says it is. */
export function pictureBlob(format: "svg" | "png", data: string): Blob | null {
    if (format === "svg") return data.startsWith("<svg") ? new Blob([data], { type: "image/svg+xml" }) : null;
    if (!data.startsWith(PNG)) return null;
    try {
        const bytes = Uint8Array.from(atob(data.slice(PNG.length)), (c) => c.charCodeAt(0));
        return new Blob([bytes], { type: "image/png" });
    } catch {
        return null;
    }
}
