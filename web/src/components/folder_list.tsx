/* folder_list.tsx - one level of a tree of files, and the way back up. */

import { samePath } from "../api";
import { t } from "../i18n";
import { listFolder, type FolderEntry } from "../lib/folders";
import { formatBytes } from "../lib/format";
import type { RunFile } from "../queries/runs";
import { Ago } from "./ago";
import { FileView } from "./file_view";
import { Icon } from "./icon";
import { useMore } from "./more_rows";

interface FolderProps {
    files: readonly RunFile[];
    path: string;
    link: (to: string) => string;
}

export function FolderList({ files, path, link }: FolderProps) {
    const file = files.find((f) => f.name === path);
    return (
        <div class="stack">
            <Breadcrumb path={path} link={link} />
            {file ? <FileView key={path} file={file} /> : <Folder files={files} path={path} link={link} />}
        </div>
    );
}

export function Breadcrumb({ path, link }: { path: string; link: (to: string) => string }) {
    const parts = path.split("/").filter((s) => s !== "");
    return (
        <nav class="crumbs" aria-label={t("run.files")}>
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

function Folder({ files, path, link }: FolderProps) {
    const entries = listFolder(files, path);
    const more = useMore(entries);
    if (entries.length === 0) return <p class="empty">{t("files.none")}</p>;
    return (
        <>
            <EntryTable entries={more.shown} link={link} />
            {more.button}
        </>
    );
}

export function EntryTable({ entries, link }: { entries: readonly FolderEntry<RunFile>[]; link: (to: string) => string }) {
    return (
        <table class="list card">
            <thead>
                <tr>
                    <th>{t("files.name")}</th>
                    <th>{t("files.modified")}</th>
                    <th class="num">{t("files.size")}</th>
                    <td />
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
                        <td>{e.file && <Ago at={e.file.updatedAt} />}</td>
                        <td class="num">{formatBytes(e.size)}</td>
                        <td class="num">
                            {e.file && (
                                <a href={samePath(e.file.url)} download={e.name} aria-label={`${t("action.download")}: ${e.name}`}>
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
