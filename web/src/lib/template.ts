/* template.ts - legends such as "${run:displayName} - ${config:lr}". */

import { columnValue } from "./runs";
import { formatValue } from "./format";
import type { Run } from "./types";

/* What is not known stays empty: a run without that config key is no error. */
export function fillTemplate(template: string, run: Run, key: string): string {
    return template.replace(/\$\{([^}]*)\}/g, (_, raw: string) => {
        const at = raw.indexOf(":");
        const kind = (at < 0 ? "run" : raw.slice(0, at)).trim();
        const name = raw.slice(at + 1).trim();
        if (kind === "config") return formatValue(columnValue(run, `config.${name}`));
        if (kind === "summary") return formatValue(columnValue(run, `summary_metrics.${name}`));
        if (name === "metric" || name === "key" || name === "y") return key;
        return formatValue(columnValue(run, name === "id" ? "name" : name));
    });
}
