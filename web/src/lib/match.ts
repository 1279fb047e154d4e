/* match.ts - paths of the route table against the path in the address bar. */

export type Params = Record<string, string>;

/* ":name" takes one segment, ":name*" the rest (even nothing). null when the path is another page's. */
export function matchPath(pattern: string, path: string): Params | null {
    const wanted = pattern.split("/").filter((s) => s !== "");
    const given = path.split("/").filter((s) => s !== "");
    const params: Params = {};
    for (const [i, segment] of wanted.entries()) {
        if (segment.startsWith(":") && segment.endsWith("*")) {
            params[segment.slice(1, -1)] = given.slice(i).map(decode).join("/");
            return params;
        }
        const value = given[i];
        if (value === undefined) return null;
        if (segment.startsWith(":")) params[segment.slice(1)] = decode(value);
        else if (segment !== decode(value)) return null;
    }
    return given.length === wanted.length ? params : null;
}

function decode(segment: string): string {
    try {
        return decodeURIComponent(segment);
    } catch {
        return segment;
    }
}

/* A link to a page: every part escaped. */
export function pathOf(...segments: string[]): string {
    return "/" + segments.map(encodeURIComponent).join("/");
}
