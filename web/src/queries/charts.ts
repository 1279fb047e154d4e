/* charts.ts - specifications of charts that users made. */

import { ApiError, graphql } from "../api";
import { parseObject } from "../lib/runs";

/* null when there is none of that name, which is "entity/name" or the chart's id. */
export async function fetchCustomChart(name: string): Promise<Record<string, unknown> | null> {
    try {
        const data = await graphql<{ customChart: { spec: string | null } | null }>(
            "query PageCustomChart($id: ID!) { customChart(id: $id) { id spec } }",
            { id: name },
        );
        return data.customChart?.spec ? parseObject(data.customChart.spec) : null;
    } catch (e) {
        if (e instanceof ApiError && e.status >= 400 && e.status < 500) return null;
        throw e;
    }
}
