/* run_colors.ts - the colours that runs have among each other in a project's workspace, so that a run looks the same on its
 * own page. This browser remembers them; in another one they come from the person's own workspace on the server. */

import { signal } from "@preact/signals";
import { colorOf, isColor } from "./lib/color";
import { viewer } from "./session";
import { PERSONAL, fetchSaved, isSynced, type View } from "./views";

const PREFIX = "barograph.colors";
const MAX_KEPT = 2000;
/* Counts what came from the server, so that who reads colours reads them again. */
const heard = signal(0);

const keyOf = (entity: string, project: string) => [PREFIX, viewer.peek()?.username ?? "", entity, project].map(encodeURIComponent).join("/");

export function keptColors(entity: string, project: string): Record<string, string> {
    void heard.value;
    try {
        return onlyColors(JSON.parse(localStorage.getItem(keyOf(entity, project)) ?? "{}") as Record<string, unknown>);
    } catch {
        return {};
    }
}

function onlyColors(found: Record<string, unknown>): Record<string, string> {
    return Object.fromEntries(Object.entries(found).filter((e): e is [string, string] => typeof e[1] === "string" && isColor(e[1])));
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

/* What a view says about colours: what runs had in it, and above that what was chosen. */
export function colorsOfView(view: View): Map<string, string> {
    return new Map(Object.entries(onlyColors({ ...view.seen, ...view.runs.colors })));
}

const asked = new Map<string, Promise<View | null>>();

/* The person's workspace of the whole project, asked for once a page load: what was chosen in it elsewhere is for the pages that show
 * runs without it. */
export function learnColors(entity: string, project: string): Promise<View | null> {
    const place = { user: viewer.peek()?.username ?? "", entity, project, scope: "" };
    const key = keyOf(entity, project);
    const before = asked.get(key);
    if (before !== undefined) return before;
    const learned = (isSynced(place) ? fetchSaved(place, PERSONAL) : Promise.resolve(null)).then(
        (saved) => {
            if (saved === null) return null;
            keepColors(entity, project, colorsOfView(saved.view));
            heard.value++;
            return saved.view;
        },
        () => null,
    );
    asked.set(key, learned);
    return learned;
}

export function colorOfRun(entity: string, project: string, run: string): string {
    return keptColors(entity, project)[run] ?? colorOf(run, "default");
}
