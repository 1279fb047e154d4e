/* router.ts - the address bar as a signal, and links that change it without loading the page anew. */

import { computed, signal } from "@preact/signals";
import { matchPath, type Params } from "./lib/match";
import { sharedToken } from "./shared";
import { ROUTES, type Route } from "./routes";

const here = () => ({ path: window.location.pathname, query: new URLSearchParams(window.location.search) });

export const address = signal(here());

/* Pages without a frame of ours around them: what run.to_html() and display() show. */
export const isBare = computed(() => address.value.query.get("jupyter") === "true");

export interface Match {
    route: Route;
    params: Params;
}

export function matchRoute(path: string): Match | null {
    for (const route of ROUTES) {
        const params = matchPath(route.path, path);
        if (params !== null) return { route, params };
    }
    return null;
}

export const current = computed<Match | null>(() => matchRoute(address.value.path));

export function navigate(to: string, how: "push" | "replace" = "push"): void {
    if (how === "push") window.history.pushState(null, "", to);
    else window.history.replaceState(null, "", to);
    const isOtherPage = window.location.pathname !== address.value.path;
    address.value = here();
    sharedToken.value = matchPath("/shared/:token", address.value.path)?.["token"] ?? null;
    if (isOtherPage) window.scrollTo(0, 0);
}

/* Changes query parameters of the page that is open; null removes one. */
export function setQuery(changes: Record<string, string | null>, how: "push" | "replace" = "replace"): void {
    const query = new URLSearchParams(address.value.query);
    for (const [name, value] of Object.entries(changes)) {
        if (value === null) query.delete(name);
        else query.set(name, value);
    }
    const text = query.toString();
    navigate(address.value.path + (text === "" ? "" : "?" + text), how);
}

/* Plain clicks on links to our own pages; downloads, new tabs and files go their usual way. */
export function startRouter(): void {
    window.addEventListener("popstate", () => navigate(window.location.pathname + window.location.search, "replace"));
    document.addEventListener("click", (event) => {
        if (
            event.defaultPrevented ||
            event.button !== 0 ||
            event.metaKey ||
            event.ctrlKey ||
            event.shiftKey ||
            event.altKey
        )
            return;
        const link = (event.target as Element | null)?.closest?.("a");
        if (!link || link.target || link.hasAttribute("download") || link.origin !== window.location.origin)
            return;
        if (link.rel === "external" || matchRoute(link.pathname) === null || link.hash !== "") return;
        event.preventDefault();
        navigate(link.pathname + link.search);
    });
}
