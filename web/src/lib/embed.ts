/* embed.ts - one panel in the address of a shared link: which panel it is stands behind the #, where no server sees it. */

import type { Panel, PanelKind } from "./layout";

/* Those that show what was logged. Words of whoever made the address do not belong on this server's pages. */
const KINDS: ReadonlySet<string> = new Set<PanelKind>(["line", "bar", "scatter", "parallel", "importance", "comparer", "histogram", "media", "table", "custom"]);
const MARK = "#panel=";
const MAX_LENGTH = 20_000;

export function canEmbed(panel: Panel): boolean {
    return KINDS.has(panel.kind);
}

export function embedAddress(link: string, panel: Panel): string {
    return `${link}?jupyter=true${MARK}${encodeURIComponent(JSON.stringify(panel))}`;
}

export function frameOf(address: string): string {
    return `<iframe src="${address.replace(/&/g, "&amp;").replace(/"/g, "&quot;")}" style="border:0;width:100%;height:420px"></iframe>`;
}

/* null when there is none, or none that may be shown. */
export function panelOfHash(hash: string): Panel | null {
    if (!hash.startsWith(MARK) || hash.length > MAX_LENGTH) return null;
    try {
        const panel = JSON.parse(decodeURIComponent(hash.slice(MARK.length))) as Panel;
        return typeof panel.id === "string" && canEmbed(panel) ? panel : null;
    } catch {
        return null;
    }
}
