/* use_values.ts - logged media, tables or histograms of the shown runs. */

import { useEffect, useState } from "preact/hooks";
import { fetchValues, type LoggedValue } from "../../queries/runs";
import type { Run } from "../../lib/types";
import { useWorkspace } from "../workspace/model";

export interface RunValues {
    run: Run;
    key: string;
    values: LoggedValue[];
}

const MAX_RUNS = 12;

export function useValues(
    keys: readonly string[],
    samples: number,
): { all: RunValues[] | null; failure: string } {
    const ws = useWorkspace();
    const [all, setAll] = useState<RunValues[] | null>(null);
    const [failure, setFailure] = useState("");
    const runs = ws.visibleRuns.value.filter((r) => keys.some((k) => k in r.keys)).slice(0, MAX_RUNS);
    const question = JSON.stringify([keys, samples, runs.map((r) => [r.name, r.lineCount])]);
    useEffect(() => {
        let isOver = false;
        const jobs = runs.flatMap((run) =>
            keys
                .filter((k) => k in run.keys)
                .map(async (key) => ({
                    run,
                    key,
                    values: await fetchValues(ws.entity, ws.project, run.name, key, samples),
                })),
        );
        Promise.all(jobs).then(
            (answers) => !isOver && setAll(answers),
            (e: Error) => !isOver && setFailure(e.message),
        );
        return () => void (isOver = true);
    }, [question]);
    return { all, failure };
}

/* Steps that some run has, in order. */
export function stepsOf(all: readonly RunValues[]): number[] {
    return [...new Set(all.flatMap((a) => a.values.map((v) => v.step)))].sort((a, b) => a - b);
}
