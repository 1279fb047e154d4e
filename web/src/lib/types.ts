/* The nouns of the page, as they come out of api.ts: JSON strings parsed, internal keys taken away. */

import type { ClassLabels } from "./boxes";
import type { CustomChart } from "./custom_specs";

export type RunState =
    | "running"
    | "finished"
    | "failed"
    | "crashed"
    | "killed"
    | "pending"
    | "preempting"
    | "preempted"
    | "stopping";

export interface KeyInfo {
    count: number;
    types: string[];
}

/* What define_metric said, as the client stores it in the config. */
export interface MetricDefinition {
    name: string;
    isGlob: boolean;
    stepMetric: string | null;
    isHidden: boolean;
    goal: "min" | "max" | null;
}

export interface Run {
    id: string /* storage id: what mutations and binary requests take */;
    name: string /* short id: what addresses hold */;
    displayName: string;
    state: RunState;
    tags: string[];
    group: string;
    jobType: string;
    sweep: string;
    user: string;
    notes: string;
    createdAt: number /* ms */;
    heartbeatAt: number /* ms */;
    config: Record<string, unknown>;
    summary: Record<string, unknown>;
    keys: Record<string, KeyInfo>;
    systemKeys: string[];
    metrics: MetricDefinition[];
    charts: Record<string, CustomChart>;
    environment: Record<string, unknown>;
    classLabels: ClassLabels;
    clientVersion: string;
    lineCount: number;
}

export type XAxis = "_step" | "_runtime" | "_timestamp" | string;
