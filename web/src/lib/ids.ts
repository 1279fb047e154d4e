/* ids.ts - names for panels made by hand. randomUUID exists only under TLS and on loopback; this works everywhere. */

export function newId(prefix: string): string {
    const bytes = crypto.getRandomValues(new Uint8Array(8));
    return `${prefix}-${[...bytes].map((b) => b.toString(16).padStart(2, "0")).join("")}`;
}
