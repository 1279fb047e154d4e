/* files.tsx - the files of a run. */

import { useEffect, useState } from "preact/hooks";
import { FolderList } from "../../components/folder_list";
import { pathOf } from "../../lib/match";
import { fetchFiles, type RunFile } from "../../queries";
import type { RunTabProps } from "../run";

export function FilesTab({ entity, project, run, path }: RunTabProps) {
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
        read().catch((e: Error) => setFailure(e.message));
        return () => void (isOver = true);
    }, [entity, project, run.name, run.state]);
    const link = (to: string) =>
        pathOf(entity, project, "runs", run.name, "files", ...to.split("/").filter((s) => s !== ""));
    return (
        <main class="run-body stack">
            {failure !== "" && <p class="notice is-bad">{failure}</p>}
            {files !== null && <FolderList files={files} path={path} link={link} />}
        </main>
    );
}
