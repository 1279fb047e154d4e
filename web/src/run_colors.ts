/* run_colors.ts - the colours that runs have among each other in a project's workspace, remembered in this browser, so that a
 * run looks the same on its own page. */

import { colorOf, isColor } from "./lib/color";
import { viewer } from "./session";

const PREFIX = "barograph.colors";
const MAX_KEPT = 2000;

const keyOf = (entity: string, project: string) => [PREFIX, viewer.peek()?.username ?? "", entity, project].map(encodeURIComponent).join("/");

export function keptColors(entity: string, project: string): Record<string, string> {
    try {
        const kept = JSON.parse(localStorage.getItem(keyOf(entity, project)) ?? "{}") as Record<string, unknown>;
        return Object.fromEntries(Object.entries(kept).filter((e): e is [string, string] => typeof e[1] === "string" && isColor(e[1])));
    } catch {
        return {};
    }
}

/* Of those that were shown before, the latest are kept. */
export function keepColors(entity: string, project: string, colors: ReadonlyMap<string, string>): void {
    const older = Object.entries(keptColors(entity, project)).filter(([name]) => !colors.has(name));
    const all = [...older, ...colors].slice(-MAX_KEPT);
    try {
        localStorage.setItem(keyOf(entity, project), JSON.stringify(Object.fromEntries(all)));
    } catch {
        return; /* a full store loses the colours, not the page */
    }
}

export function colorOfRun(entity: string, project: string, run: string): string {
    return keptColors(entity, project)[run] ?? colorOf(run, "default");
}
