/* session.ts - who is looking at the page. */

import { computed, signal } from "@preact/signals";
import * as api from "./api";
import { fetchReadsOnly, fetchViewer, type Viewer } from "./queries/runs";
import { address, navigate } from "./router";

/* undefined until the server was asked. */
export const viewer = signal<Viewer | null | undefined>(undefined);

api.onLoggedOut.call = () => {
    if (viewer.value) goToLogin();
    keep(null);
    viewer.value = null;
};

/* Who looked last time is believed until the server answers, so that nothing waits; it guards what it gives in any case. */
const KEPT = "barograph.viewer";

function loadKept(): Viewer | undefined {
    try {
        return (JSON.parse(localStorage.getItem(KEPT) ?? "null") as Viewer | null) ?? undefined;
    } catch {
        return undefined;
    }
}

function keep(who: Viewer | null): void {
    try {
        if (who === null) localStorage.removeItem(KEPT);
        else localStorage.setItem(KEPT, JSON.stringify(who));
    } catch {
        return;
    }
}

export async function loadViewer(): Promise<void> {
    if (viewer.peek() === undefined) viewer.value = loadKept();
    let found: Viewer | null = null;
    try {
        found = await fetchViewer();
    } catch (e) {
        if (!(e instanceof api.ApiError) || e.status === 0 || e.status >= 500) throw e;
    }
    keep(found);
    if (JSON.stringify(found) !== JSON.stringify(viewer.peek())) viewer.value = found;
}

/* Whether who looks may only read the project that the address names. The server decides about each change; this spares
 * people what it would refuse. */
const readsOnly = signal(false);
export const mayChange = computed(() => viewer.value !== null && !readsOnly.value);
let asked = 0;

export async function learnRights(entity: string | undefined, project: string | undefined): Promise<void> {
    const who = viewer.peek();
    const question = ++asked;
    const isOwn = !who || who.admin || entity === undefined || project === undefined || entity === who.username;
    const found = isOwn ? false : await fetchReadsOnly(entity, project).catch(() => false);
    if (question === asked) readsOnly.value = found;
}

export async function logIn(name: string, secret: string): Promise<void> {
    await api.logIn(name, secret);
    await loadViewer();
}

export async function logOut(): Promise<void> {
    const elsewhere = await api.logOut();
    keep(null);
    viewer.value = null;
    if (elsewhere === null) navigate("/login");
    else window.location.assign(elsewhere);
}

export function goToLogin(): void {
    const next = address.value.path + window.location.search;
    if (address.value.path !== "/login") navigate(`/login?next=${encodeURIComponent(next)}`, "replace");
}

/* Only paths of this server: an address with a host would lead a person elsewhere. */
export function nextPath(): string {
    const next = address.value.query.get("next") ?? "/";
    return /^\/(?![/\\])/.test(next) ? next : "/";
}
