/* automations.ts - what an automation waits for, as a form and as the JSON that the server and the official client read. */

export const EVENTS = [
    "RUN_STATE",
    "RUN_METRIC",
    "RUN_METRIC_CHANGE",
    "RUN_METRIC_ZSCORE",
    "CREATE_ARTIFACT",
    "LINK_MODEL",
    "UNLINK_ARTIFACT",
    "ADD_ARTIFACT_ALIAS",
    "ADD_ARTIFACT_TAG",
    "REMOVE_ARTIFACT_TAG",
    "ADD_COLLECTION_TAG",
    "REMOVE_COLLECTION_TAG",
] as const;
export type EventName = (typeof EVENTS)[number];

export const STATES = ["RUNNING", "FINISHED", "FAILED"] as const;
export const COMPARISONS = ["$gt", "$gte", "$lt", "$lte"] as const;
export const DIRECTIONS = ["ANY", "INCREASE", "DECREASE"] as const;
export const AGGREGATES = ["LAST", "AVERAGE", "MIN", "MAX"] as const;

export interface Condition {
    event: EventName;
    states: string[];
    metric: string;
    aggregate: (typeof AGGREGATES)[number];
    window: number;
    comparison: (typeof COMPARISONS)[number];
    direction: (typeof DIRECTIONS)[number];
    isRelative: boolean;
    amount: number;
    /* An alias or a tag; "" for any. */
    word: string;
    /* Mongo's language over runs or artifacts, as text; "" for all. What the form cannot show stays as it is. */
    filter: string;
}

export const NEW_CONDITION: Condition = {
    event: "RUN_STATE",
    states: ["FAILED"],
    metric: "",
    aggregate: "LAST",
    window: 1,
    comparison: "$gt",
    direction: "ANY",
    isRelative: false,
    amount: 0,
    word: "",
    filter: "",
};

const ALL_RUNS = '{"$and":[]}';

export function isOfRun(event: EventName): boolean {
    return event.startsWith("RUN_");
}

/* Which word the event is about, if it is about one. */
export function wordOf(event: EventName): "alias" | "tag" | null {
    return event.endsWith("_ALIAS") ? "alias" : event.endsWith("_TAG") ? "tag" : null;
}

export function writeFilter(c: Condition): string {
    if (!isOfRun(c.event)) return c.filter !== "" ? c.filter : writeWord(c);
    const run_filter = c.filter === "" ? ALL_RUNS : c.filter;
    if (c.event === "RUN_STATE") return JSON.stringify({ run_filter, run_state_filter: { states: c.states } });
    return JSON.stringify({ run_filter, run_metric_filter: writeMetric(c) });
}

function writeWord(c: Condition): string {
    const name = wordOf(c.event);
    return JSON.stringify({ $or: [{ $and: name === null || c.word === "" ? [] : [{ [name]: c.word }] }] });
}

function writeMetric(c: Condition): object {
    const agg_op = c.aggregate === "LAST" ? null : c.aggregate;
    if (c.event === "RUN_METRIC") return { threshold_filter: { name: c.metric, agg_op, window_size: c.window, cmp_op: c.comparison, threshold: c.amount } };
    if (c.event === "RUN_METRIC_ZSCORE") return { zscore_filter: { name: c.metric, window_size: c.window, change_dir: c.direction, threshold: c.amount } };
    return {
        change_filter: {
            name: c.metric,
            agg_op,
            current_window_size: c.window,
            prior_window_size: c.window,
            change_type: c.isRelative ? "RELATIVE" : "ABSOLUTE",
            change_dir: c.direction,
            change_amount: c.amount,
        },
    };
}

type Json = Record<string, unknown>;

function objectOf(value: unknown): Json {
    if (typeof value === "string") {
        try {
            return objectOf(JSON.parse(value));
        } catch {
            return {};
        }
    }
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : {};
}

function pick<T extends string>(all: readonly T[], value: unknown, otherwise: T): T {
    return all.find((one) => one === value) ?? otherwise;
}

export function readFilter(eventType: string, text: string): Condition {
    const event = pick(EVENTS, eventType === "UPDATE_ARTIFACT_ALIAS" ? "ADD_ARTIFACT_ALIAS" : eventType, "RUN_STATE");
    const json = objectOf(text);
    const c: Condition = { ...NEW_CONDITION, event };
    if (!isOfRun(event)) return readArtifactFilter(c, typeof json["filter"] === "string" ? json["filter"] : text);
    const own = typeof json["run_filter"] === "string" ? json["run_filter"] : "";
    c.filter = isEverything(objectOf(own)) ? "" : own;
    if (event === "RUN_STATE") {
        const states = objectOf(json["run_state_filter"])["states"];
        return { ...c, states: Array.isArray(states) ? states.map((s) => String(s).toUpperCase()) : [] };
    }
    const metric = objectOf(json["run_metric_filter"]);
    const f = objectOf(metric["threshold_filter"] ?? metric["change_filter"] ?? metric["zscore_filter"]);
    return {
        ...c,
        metric: String(f["name"] ?? ""),
        aggregate: pick(AGGREGATES, f["agg_op"], "LAST"),
        window: Number(f["window_size"] ?? f["current_window_size"] ?? 1),
        comparison: pick(COMPARISONS, f["cmp_op"], "$gt"),
        direction: pick(DIRECTIONS, f["change_dir"], "ANY"),
        isRelative: f["change_type"] === "RELATIVE",
        amount: Number(f["threshold"] ?? f["change_amount"] ?? 0),
    };
}

/* Nothing, or groups of nothing: every run or version. */
function isEverything(filter: unknown): boolean {
    return typeof filter === "object" && filter !== null && Object.entries(filter).every(([name, parts]) => (name === "$and" || name === "$or") && Array.isArray(parts) && parts.every(isEverything));
}

function readArtifactFilter(c: Condition, text: string): Condition {
    const filter = objectOf(text);
    if (isEverything(filter)) return c;
    const name = wordOf(c.event);
    let at: unknown = filter;
    while (typeof at === "object" && at !== null) {
        const [[key, value] = ["", null], ...others] = Object.entries(at);
        if (others.length > 0) break;
        if (key === name) {
            const word = typeof value === "string" ? value : objectOf(value)["$eq"];
            if (typeof word === "string") return { ...c, word };
            break;
        }
        if ((key !== "$and" && key !== "$or") || !Array.isArray(value) || value.length !== 1) break;
        at = value[0];
    }
    return { ...c, filter: text };
}

/* Nothing, or an object. */
export function checkJson(text: string): boolean {
    if (text.trim() === "") return true;
    try {
        const value: unknown = JSON.parse(text);
        return typeof value === "object" && value !== null && !Array.isArray(value);
    } catch {
        return false;
    }
}
