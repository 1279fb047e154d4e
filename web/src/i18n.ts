/* i18n.ts - the page's language, taken from the browser, and its sentences. */

import { signal } from "@preact/signals";
import { en, type Messages } from "./lib/messages/en";
import { fill, pickLanguage, type Language } from "./lib/messages/pick";

const LOADERS: Record<Language, () => Promise<Messages>> = {
    en: () => Promise.resolve(en),
    ja: async () => (await import("./lib/messages/ja")).ja,
    ko: async () => (await import("./lib/messages/ko")).ko,
};

export const language: Language = pickLanguage(navigator.languages ?? [navigator.language]);

const messages = signal<Messages>(en);

/* Before the first drawing, so that no sentence changes under the reader's eyes. */
export async function loadLanguage(): Promise<void> {
    document.documentElement.lang = language;
    messages.value = await LOADERS[language]();
}

export type MessageName = keyof Messages;

export function t(name: MessageName, values: Record<string, string | number> = {}): string {
    return fill(messages.value[name], values);
}
