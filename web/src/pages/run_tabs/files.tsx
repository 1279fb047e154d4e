/* files.tsx - the files of a run as folders, and a look into those that are text or pictures. */

import { useEffect, useState } from "preact/hooks";
import { samePath } from "../../api";
import { FileView } from "../../components/file_view";
import { Icon } from "../../components/icon";
import { language, t } from "../../i18n";
import { listFolder } from "../../lib/folders";
import { formatAgo, formatBytes } from "../../lib/format";
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
                const page: { files: RunFile[]; next: string | null } = await fetchFiles(
                    entity,
                    project,
                    run.name,
                    after,
                );
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
    const file = files?.find((f) => f.name === path);
    return (
        <main class="run-body stack">
            <Breadcrumb path={path} link={link} />
            {failure !== "" && <p class="notice is-bad">{failure}</p>}
            {file ? (
                <FileView file={file} />
            ) : (
                files !== null && <Folder files={files} path={path} link={link} />
            )}
        </main>
    );
}

function Breadcrumb({ path, link }: { path: string; link: (to: string) => string }) {
    const parts = path.split("/").filter((s) => s !== "");
    return (
        <nav class="crumbs" aria-label={t("nav.breadcrumb")}>
            <a href={link("")}>{t("run.files")}</a>
            {parts.map((part, i) => (
                <span key={i} class="row">
                    <span aria-hidden="true">/</span>
                    <a href={link(parts.slice(0, i + 1).join("/"))}>{part}</a>
                </span>
            ))}
        </nav>
    );
}

function Folder({ files, path, link }: { files: RunFile[]; path: string; link: (to: string) => string }) {
    const entries = listFolder(files, path);
    if (entries.length === 0) return <p class="empty">{t("files.none")}</p>;
    return (
        <table class="list card">
            <thead>
                <tr>
                    <th>{t("files.name")}</th>
                    <th>{t("files.modified")}</th>
                    <th class="num">{t("files.size")}</th>
                    <th />
                </tr>
            </thead>
            <tbody>
                {entries.map((e) => (
                    <tr key={e.path}>
                        <td>
                            <a class="row" href={link(e.path)}>
                                <Icon name={e.file ? "file" : "folder"} />
                                {e.name}
                            </a>
                        </td>
                        <td class="muted">
                            {e.file?.updatedAt &&
                                formatAgo(
                                    Date.parse(e.file.updatedAt.replace(/(?<![Z])$/, "Z").replace("ZZ", "Z")),
                                    Date.now(),
                                    language,
                                )}
                        </td>
                        <td class="num">{formatBytes(e.size)}</td>
                        <td class="num">
                            {e.file && (
                                <a
                                    href={samePath(e.file.url)}
                                    download={e.name}
                                    aria-label={`${t("action.download")}: ${e.name}`}
                                >
                                    <Icon name="download" />
                                </a>
                            )}
                        </td>
                    </tr>
                ))}
            </tbody>
        </table>
    );
}
