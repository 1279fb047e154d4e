/* code.tsx - what ran: the script, the sources kept with it, the patch over the commit, the packages. */

import { FileView } from "../../components/file_view";
import { t } from "../../i18n";
import { codeFiles } from "../../lib/code_files";
import { pathOf } from "../../lib/match";
import type { RunTabProps } from "../run";
import { useFiles } from "./use_files";

export function CodeTab({ entity, project, run, path }: RunTabProps) {
    const { files, failure } = useFiles(entity, project, run);
    if (failure !== "")
        return (
            <main class="run-body">
                <p class="notice is-bad">{failure}</p>
            </main>
        );
    if (files === null) return <main class="run-body" aria-busy="true" />;
    const code = codeFiles(files, String(run.environment["codePath"] ?? run.environment["program"] ?? ""));
    const chosen = code.find((f) => f.name === path) ?? code[0];
    const link = (name: string) => pathOf(entity, project, "runs", run.name, "code", ...name.split("/"));
    return (
        <main class="run-body code-tab">
            {code.length === 0 && <p class="empty">{t("code.none")}</p>}
            {code.length > 0 && (
                <nav class="versions" aria-label={t("run.code")}>
                    {code.map((f) => (
                        <a key={f.name} class="version clip" title={f.name} href={link(f.name)} aria-current={f === chosen ? "page" : undefined}>
                            {f.name.replace(/^code\//, "")}
                        </a>
                    ))}
                </nav>
            )}
            {chosen && <FileView key={chosen.name} file={chosen} />}
        </main>
    );
}
