/* files.tsx - the files of a run. */

import { FolderList } from "../../components/folder_list";
import { pathOf } from "../../lib/match";
import type { RunTabProps } from "./run";
import { useFiles } from "./use_files";

export function FilesTab({ entity, project, run, path }: RunTabProps) {
    const { files, failure } = useFiles(entity, project, run);
    const link = (to: string) =>
        pathOf(entity, project, "runs", run.name, "files", ...to.split("/").filter((s) => s !== ""));
    return (
        <main class="run-body stack">
            {failure !== "" && <p class="notice is-bad">{failure}</p>}
            {files !== null && <FolderList files={files} path={path} link={link} />}
        </main>
    );
}
