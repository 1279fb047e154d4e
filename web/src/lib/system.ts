/* system.ts - system metrics that belong into one chart: cpu.0.cpu_percent beside cpu.1.cpu_percent. */

import { compareNames } from "./sections";

export interface SystemGroup {
    title: string;
    keys: string[];
}

/* Numbers of processors, devices and interfaces become a star; so do the labels of writers in shared mode. */
export function systemGroups(keys: readonly string[]): SystemGroup[] {
    const groups = new Map<string, string[]>();
    for (const key of keys) {
        const title = key
            .replace(/^system\./, "")
            .replace(/\/l:.*$/, "")
            .replace(/\.\d+(?=\.|$)/g, ".*");
        groups.set(title, [...(groups.get(title) ?? []), key]);
    }
    return [...groups]
        .map(([title, list]) => ({ title, keys: list.sort(compareNames) }))
        .sort((a, b) => compareNames(a.title, b.title));
}
