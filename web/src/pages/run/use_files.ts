/* use_files.ts - the list of a run's files, a page at a time, anew when the run ends. */

import { useEffect, useState } from "preact/hooks";
import type { Run } from "../../lib/types";
import { fetchFiles, type RunFile } from "../../queries/runs";

export function useFiles(entity: string, project: string, run: Run): { files: RunFile[] | null; failure: string } {
    const [files, setFiles] = useState<RunFile[] | null>(null);
    const [failure, setFailure] = useState("");
    useEffect(() => {
        let isOver = false;
        const read = async () => {
            const all: RunFile[] = [];
            let after: string | null = null;
            do {
                const page: { files: RunFile[]; next: string | null } = await fetchFiles(entity, project, run.name, after);
                all.push(...page.files);
                after = page.next;
                if (!isOver) setFiles([...all]);
            } while (after !== null && !isOver);
        };
        read().catch((e: Error) => !isOver && setFailure(e.message));
        return () => void (isOver = true);
    }, [entity, project, run.name, run.state]);
    return { files, failure };
}
