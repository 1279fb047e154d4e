/* use_run.ts - one run, whole, as it is now. undefined while it is asked for, null when there is none. */

import { useEffect, useState } from "preact/hooks";
import type { Run } from "../../lib/types";
import { follow, throttled } from "../../live";
import { fetchRun } from "../../queries/runs";

export function useRun(entity: string, project: string, name: string): { run: Run | null | undefined; failure: string; reload: () => void } {
    const [run, setRun] = useState<Run | null | undefined>(undefined);
    const [failure, setFailure] = useState("");
    const load = async () => {
        const next = await fetchRun(entity, project, name);
        setRun((old) => (old && next && JSON.stringify(old) === JSON.stringify(next) ? old : next));
    };
    useEffect(() => {
        setRun(undefined);
        load().catch((e: Error) => setFailure(e.message));
        return follow({ entity, project, run: name }, throttled(1000, load), load);
    }, [entity, project, name]);
    return { run, failure, reload: () => void load() };
}
