/* theme.ts - light or dark: the system's choice until a person makes their own. */

import { computed, signal } from "@preact/signals";

export type Theme = "system" | "light" | "dark";

const KEY = "barograph.theme";
const system = window.matchMedia("(prefers-color-scheme: dark)");
const isSystemDark = signal(system.matches);

export const theme = signal<Theme>((localStorage.getItem(KEY) as Theme | null) ?? "system");
export const isDark = computed(() =>
    theme.value === "system" ? isSystemDark.value : theme.value === "dark",
);

export function startTheme(): void {
    system.addEventListener("change", (e) => (isSystemDark.value = e.matches));
    isDark.subscribe((dark) => (document.documentElement.dataset["theme"] = dark ? "dark" : "light"));
}

export function setTheme(next: Theme): void {
    theme.value = next;
    if (next === "system") localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, next);
}
