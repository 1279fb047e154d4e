/* api.ts - every request the page makes. Same-origin cookies prove who asks; changes are JSON, never a form. */

import { t } from "./i18n";
import { sharedPath, sharedToken } from "./shared";
import { decodeBuckets, type Series } from "./lib/buckets";

export class ApiError extends Error {
    constructor(
        message: string,
        readonly status: number,
        readonly code: string,
    ) {
        super(message);
    }
}

/* Called when the server no longer knows the cookie; session.ts sets it. */
export const onLoggedOut: { call: () => void } = { call: () => undefined };

async function send(path: string, init: RequestInit): Promise<Response> {
    let response: Response;
    try {
        response = await fetch(path, { credentials: "same-origin", cache: "no-store", ...init });
    } catch (e) {
        if (e instanceof DOMException && e.name === "AbortError") throw e;
        throw new ApiError(t("error.unreachable"), 0, "UNREACHABLE");
    }
    if (response.ok) return response;
    if (response.status === 401 && path !== "/api/session") onLoggedOut.call();
    throw new ApiError(await errorText(response), response.status, String(response.status));
}

async function errorText(response: Response): Promise<string> {
    const text = (await response.text()).slice(0, 2000);
    try {
        const body = JSON.parse(text) as { error?: unknown; errors?: { message?: unknown }[] };
        const message = body.error ?? body.errors?.[0]?.message;
        if (typeof message === "string") return message;
        if (typeof message === "object" && message !== null && "message" in message)
            return String(message.message);
    } catch {
        if (text !== "" && !text.startsWith("<")) return text;
    }
    return `${response.status} ${response.statusText}`;
}

const JSON_HEADERS = { "content-type": "application/json" };

export async function graphql<T>(
    query: string,
    variables: Record<string, unknown> = {},
    signal?: AbortSignal,
): Promise<T> {
    const response = await send("/graphql", {
        method: "POST",
        headers: JSON_HEADERS,
        body: JSON.stringify({ query, variables }),
        ...(signal ? { signal } : {}),
    });
    const body = (await response.json()) as {
        data?: T;
        errors?: { message: string; extensions?: { code?: string } }[];
    };
    const first = body.errors?.[0];
    /* A change that failed answers null in its place. */
    const isRefused = query.trimStart().startsWith("mutation") && Object.values(body.data ?? {}).includes(null as never);
    if (first !== undefined && (body.data === undefined || body.data === null || isRefused))
        throw new ApiError(first.message, response.status, first.extensions?.code ?? "GRAPHQL");
    return body.data as T;
}

/* ---- session ---- */

/* Without a name the secret is an API key. */
export async function logIn(name: string, secret: string): Promise<void> {
    await sendJson("POST", "/api/session", name === "" ? { key: secret } : { username: name, password: secret });
}

/* Where the browser logs out too, when it logged in at a provider. */
export async function logOut(): Promise<string | null> {
    return (await sendJson<{ address: string } | null>("DELETE", "/api/session"))?.address ?? null;
}

export async function getJson<T>(path: string): Promise<T> {
    return (await (await send(path, {})).json()) as T;
}

export async function sendJson<T>(method: "GET" | "POST" | "PUT" | "DELETE", path: string, body?: unknown): Promise<T> {
    const response = await send(path, { method, headers: JSON_HEADERS, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
    const text = await response.text();
    return (text === "" ? null : JSON.parse(text)) as T;
}

/* ---- administration ---- */

export async function admin<T>(method: "GET" | "POST" | "PUT" | "DELETE", path: string, body?: unknown): Promise<T> {
    return sendJson<T>(method, `/api/admin/${path}`, body);
}

/* ---- chart data ---- */

export interface BucketRequest {
    entity: string;
    project: string;
    runs: string[];
    keys: string[];
    stream: "history" | "events";
    x: string;
    min: number | null;
    max: number | null;
    buckets: number;
    format: 1 | 2 /* to the last digit, or at most four bytes a bucket */;
    point?: "last" | "mean";
    log?: boolean;
    low?: number | null /* the part of y that is in view */;
    high?: number | null;
    ranges?: readonly ([number, number | null] | null)[] /* of each run, instead of min and max */;
}

export async function fetchBuckets(request: BucketRequest): Promise<Series[]> {
    const response = await send(sharedToken.value === null ? "/api/history/buckets" : sharedPath("buckets"), {
        method: "POST",
        headers: JSON_HEADERS,
        body: JSON.stringify(request),
    });
    return decodeBuckets(await response.arrayBuffer(), request.buckets);
}

/* ---- files ---- */

/* At most `limit` bytes of a text file; `isCut` says that there is more. */
export async function fetchText(url: string, limit: number): Promise<{ text: string; isCut: boolean }> {
    const response = await send(samePath(url), { headers: { range: `bytes=0-${limit - 1}` } });
    const bytes = await response.arrayBuffer();
    const total = Number(
        /\/(\d+)$/.exec(response.headers.get("content-range") ?? "")?.[1] ?? bytes.byteLength,
    );
    return { text: new TextDecoder().decode(bytes.slice(0, limit)), isCut: total > limit };
}

/* Links are absolute and built from the Host header; the page may be behind another name. */
export function samePath(url: string): string {
    try {
        const parsed = new URL(url, window.location.href);
        return parsed.pathname + parsed.search;
    } catch {
        return url;
    }
}
