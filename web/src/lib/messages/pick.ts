/* pick.ts - which language a browser asks for, and sentences with places to fill. */

export type Language = "en" | "ja" | "ko";

const KNOWN: readonly Language[] = ["en", "ja", "ko"];

export function pickLanguage(wanted: readonly string[]): Language {
    for (const tag of wanted) {
        const base = tag.toLowerCase().split("-")[0];
        const found = KNOWN.find((l) => l === base);
        if (found !== undefined) return found;
    }
    return "en";
}

/* "{count} runs": a place without a value stays as it is, which a test then sees. */
export function fill(sentence: string, values: Record<string, string | number>): string {
    return sentence.replace(/\{(\w+)\}/g, (whole, name: string) =>
        name in values ? String(values[name]) : whole,
    );
}
