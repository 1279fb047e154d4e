/* code.tsx - what ran: the script, the sources kept with it, the patch over the commit, the packages. */

import { FileView } from "../../components/file_view";
import { t } from "../../i18n";
import { codeFiles } from "../../lib/code_files";
import { pathOf } from "../../lib/match";
import type { RunFile } from "../../queries/runs";
import type { RunTabProps } from "./run";
import { useFiles } from "./use_files";
import { useSources } from "./use_sources";

/* A file as the address and the list name it. */
interface Entry {
    path: string;
    label: string;
    file: RunFile;
}

export function CodeTab({ entity, project, run, path }: RunTabProps) {
    const { files, failure } = useFiles(entity, project, run);
    const sources = useSources(entity, project, run);
    const problem = failure || sources.failure;
    if (problem !== "")
        return (
            <main class="run-body">
                <p class="notice is-bad">{problem}</p>
            </main>
        );
    if (files === null || sources.trees === null) return <main class="run-body" aria-busy="true" />;
    const own = codeFiles(files, String(run.environment["codePath"] ?? run.environment["program"] ?? "")).map(
        (file): Entry => ({ path: file.name, label: file.name.replace(/^code\//, ""), file }),
    );
    const trees = sources.trees.map(({ name, files: kept }) => ({
        name,
        entries: kept.map((file): Entry => ({ path: `${name}/${file.name}`, label: file.name, file })),
    }));
    const all = [...own, ...trees.flatMap((tree) => tree.entries)];
    const chosen = all.find((e) => e.path === path) ?? all[0];
    const list = (entries: Entry[]) =>
        entries.map((e) => (
            <a
                key={e.path}
                class="version clip"
                title={e.label}
                href={pathOf(entity, project, "runs", run.name, "code", ...e.path.split("/"))}
                aria-current={e === chosen ? "page" : undefined}
            >
                {e.label}
            </a>
        ));
    return (
        <main class="run-body code-tab">
            {all.length === 0 && <p class="empty">{t("code.none")}</p>}
            {all.length > 0 && (
                <nav class="versions" aria-label={t("run.code")}>
                    {list(own)}
                    {trees.map((tree) => (
                        <section key={tree.name} aria-label={tree.name}>
                            <h3 class="clip" title={tree.name}>
                                {tree.name}
                            </h3>
                            {list(tree.entries)}
                        </section>
                    ))}
                </nav>
            )}
            {chosen && <FileView key={chosen.path} file={chosen.file} />}
        </main>
    );
}
