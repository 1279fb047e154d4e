/* card_link.ts - where a link card leads: to something that this server holds, or elsewhere. */

import { matchPath } from "./match";
import { idOfSlug } from "./report_blocks";

export type CardTarget =
    | { kind: "run" | "sweep"; entity: string; project: string; name: string }
    | { kind: "artifact"; entity: string; project: string; name: string }
    | { kind: "report"; id: string }
    | { kind: "project"; entity: string; project: string }
    | { kind: "page" /* of this server, of another kind */; path: string }
    | { kind: "outside"; host: string }
    | { kind: "none" };

/* Addresses without a host are this server's; what is no web address leads nowhere. */
export function cardTarget(address: string, origin: string): CardTarget {
    let url: URL;
    try {
        url = new URL(address.trim(), origin);
    } catch {
        return { kind: "none" };
    }
    if (address.trim() === "" || !/^https?:$/.test(url.protocol)) return { kind: "none" };
    if (url.origin !== new URL(origin).origin) return { kind: "outside", host: url.host };
    const find = (pattern: string) => matchPath(pattern, url.pathname);
    const run = find("/:entity/:project/runs/:run/:rest*");
    if (run !== null) return { kind: "run", entity: run["entity"]!, project: run["project"]!, name: run["run"]! };
    const sweep = find("/:entity/:project/sweeps/:sweep");
    if (sweep !== null) return { kind: "sweep", entity: sweep["entity"]!, project: sweep["project"]!, name: sweep["sweep"]! };
    const report = find("/:entity/:project/reports/:slug");
    if (report !== null) return { kind: "report", id: idOfSlug(report["slug"]!) };
    const a = find("/:entity/:project/artifacts/:type/:collection/:version/:rest*") ?? find("/:entity/:project/artifacts/:type/:collection");
    if (a !== null) return { kind: "artifact", entity: a["entity"]!, project: a["project"]!, name: `${a["collection"]!}:${a["version"] || "latest"}` };
    const project = find("/:entity/:project") ?? find("/:entity/:project/:tab");
    const reserved = ["settings", "orgs", "registry", "shared", "login", "authorize", "api", "files"];
    if (project !== null && !reserved.includes(project["entity"]!)) return { kind: "project", entity: project["entity"]!, project: project["project"]! };
    return { kind: "page", path: url.pathname };
}

/* Where a click leads. A report that a card names by its id may have any address beside it: only one of the web is followed. */
export function addressOfCard(url: string, path: string, origin: string): { address: string; isOutside: boolean } {
    const target = cardTarget(url, origin);
    return target.kind === "none" ? { address: path, isOutside: false } : { address: url, isOutside: target.kind === "outside" };
}
