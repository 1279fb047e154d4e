/* binary.ts - whether what was read as text is none. */

const LOOKED_AT = 8192;
const LEAST_SHARE = 0.02 /* of signs that no text has; a text in another encoding has a few */;

export function looksBinary(text: string): boolean {
    const start = text.slice(0, LOOKED_AT);
    if (start.includes("\0")) return true;
    /* U+FFFD stands for bytes that are no UTF-8. */
    const odd = start.match(/[\u0001-\u0008\u000e-\u001a\u001c-\u001f\ufffd]/g)?.length ?? 0;
    return odd > start.length * LEAST_SHARE;
}
