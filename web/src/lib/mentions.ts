/* mentions.ts - names in comments: "@alice" while it is written, and as it is read. */

/* The beginning of a name before the place that is written at: what to look for, and where it stands. */
export function mentionAt(text: string, at: number): { from: number; query: string } | null {
    const m = /(^|[^\p{L}\p{N}._+-])@([\p{L}\p{N}._+-]{0,60})$/u.exec(text.slice(0, at));
    return m === null ? null : { from: m.index + m[1]!.length, query: m[2]! };
}

/* The names stand out; what is code is left alone. */
export function markMentions(text: string): string {
    return text
        .split(/(```[\s\S]*?```|`[^`\n]*`)/)
        .map((part, i) => (i % 2 === 1 ? part : part.replace(/(^|[^\p{L}\p{N}._+/-])(@[\p{L}\p{N}_+-](?:[\p{L}\p{N}._+-]*[\p{L}\p{N}_+])?)/gu, "$1**$2**")))
        .join("");
}
