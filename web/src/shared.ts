/* shared.ts - whether the page shows what a link shares: then it asks for nothing else, and nothing can be changed. */

import { signal } from "@preact/signals";
import { matchPath } from "./lib/match";

const here = () => matchPath("/shared/:token", window.location.pathname)?.["token"] ?? null;

/* The link's secret part; null on every other page. */
export const sharedToken = signal<string | null>(here());

/* Whether it shows a report, and with it whatever runs its projects have. */
export const sharesReport = signal(false);

export function sharedPath(...rest: string[]): string {
    return ["/api/shared", encodeURIComponent(sharedToken.value ?? ""), ...rest].join("/");
}
