/* template.ts - legends such as "${run:displayName} - ${config:lr} [[ ${x}: ${y} ]]": what stands in the brackets is said
 * where the pointer is. */

import { columnValue } from "./runs";
import { formatNumber, formatValue } from "./format";
import type { Run } from "./types";

/* What only the pointer knows. */
export interface HoverValues {
    x: string;
    y: number;
    original: number;
    mean: number;
    stddev: number;
    min: number;
    max: number;
    percent: number;
}

const AT_POINTER = new Set(["x", "y", "original", "mean", "stddev", "min", "max", "percent"]);
const BRACKETS = /\[\[([\s\S]*?)\]\]/g;

export function splitTemplate(template: string): { legend: string; hover: string | null } {
    const hover = [...template.matchAll(BRACKETS)].map((m) => m[1]!.trim()).join(" ");
    return { legend: template.replace(BRACKETS, "").trim(), hover: hover === "" ? null : hover };
}

/* What is not known stays empty: a run without that config key is no error. */
export function fillTemplate(template: string, run: Run, key: string): string {
    return template.replace(/\$\{([^}]*)\}/g, (whole, raw: string) => {
        const at = raw.indexOf(":");
        const kind = (at < 0 ? "run" : raw.slice(0, at)).trim();
        const name = raw.slice(at + 1).trim();
        if (at < 0 && AT_POINTER.has(name)) return whole;
        if (kind === "config") return formatValue(columnValue(run, `config.${name}`));
        if (kind === "summary") return formatValue(columnValue(run, `summary_metrics.${name}`));
        if (name === "metric" || name === "key") return key;
        return formatValue(columnValue(run, name === "id" ? "name" : name));
    });
}

export function fillHover(template: string, values: HoverValues): string {
    return template.replace(/\$\{(\w+)\}/g, (whole, name: string) => {
        const value = (values as unknown as Record<string, string | number>)[name];
        if (value === undefined) return whole;
        return typeof value === "string" ? value : Number.isFinite(value) ? formatNumber(value, 5) : "–";
    });
}
