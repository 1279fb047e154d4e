/* use_sources.ts - source trees that a run kept as artifacts of type "code", as the client's log_code does. */

import { useEffect, useState } from "preact/hooks";
import type { Run } from "../../lib/types";
import type { RunFile } from "../../queries/runs";
import { fetchArtifactFiles, fetchRunArtifacts } from "../../queries/artifacts";

export interface SourceTree {
    name: string /* of the artifact, with its version */;
    files: RunFile[] /* each named as it lies in the tree */;
}

export function useSources(entity: string, project: string, run: Run): { trees: SourceTree[] | null; failure: string } {
    const [trees, setTrees] = useState<SourceTree[] | null>(null);
    const [failure, setFailure] = useState("");
    useEffect(() => {
        let isOver = false;
        const read = async () => {
            const { outputs } = await fetchRunArtifacts(entity, project, run.name);
            const found: SourceTree[] = [];
            for (const a of outputs.filter((o) => o.type === "code")) {
                const name = `${a.collection}:${a.version}`;
                const files = await fetchArtifactFiles(a.project?.entity.name ?? entity, a.project?.name ?? project, name);
                found.push({ name, files: [...files].sort((x, y) => x.name.localeCompare(y.name)) });
            }
            if (!isOver) setTrees(found);
        };
        read().catch((e: Error) => !isOver && setFailure(e.message));
        return () => void (isOver = true);
    }, [entity, project, run.name, run.state]);
    return { trees, failure };
}
