/* files.tsx - the files of a version: folder by folder, or searched, as much of them at once as is looked at. */

import { useEffect, useRef, useState } from "preact/hooks";
import { SearchBox } from "../../components/controls";
import { FileView } from "../../components/file_view";
import { Breadcrumb, EntryTable } from "../../components/folder_list";
import { sayError } from "../../components/toast";
import { t } from "../../i18n";
import { sortEntries } from "../../lib/folders";
import { fetchFolder, type FolderPage } from "../../queries/artifact_folder";

interface Props {
    place: { entity: string; project: string; name: string };
    path: string;
    fileCount: number;
    link: (to: string) => string;
}

const SEARCHED_FROM = 10;

export function FilesTab({ place, path, fileCount, link }: Props) {
    const [typed, setTyped] = useState({ path, text: "" });
    const search = typed.path === path ? typed.text : ""; /* what was found is opened, not searched */
    const [page, setPage] = useState<FolderPage | null>(null);
    const asked = useRef(0);
    const read = async (after: string | null) => {
        const question = ++asked.current;
        const found = await fetchFolder(place.entity, place.project, place.name, { path, search, after });
        if (found === null || question !== asked.current) return;
        setPage((old) => (after === null || old === null ? found : { ...old, files: [...old.files, ...found.files], next: found.next }));
    };
    useEffect(() => void read(null).catch(sayError), [place.entity, place.project, place.name, path, search]);
    if (page === null) return <div aria-busy="true" />;
    const isFile = page.file !== null && search === "";
    return (
        <div class="stack">
            <div class="row">
                <div class="grow">
                    <Breadcrumb path={path} link={link} />
                </div>
                <span class="muted">{t("files.count", { count: fileCount })}</span>
                {fileCount >= SEARCHED_FROM && <SearchBox value={search} label={t("files.search")} onChange={(text) => setTyped({ path, text })} />}
            </div>
            {isFile ? <FileView file={page.file!} /> : <Entries page={page} isSearched={search !== ""} link={link} onMore={() => void read(page.next).catch(sayError)} />}
        </div>
    );
}

function Entries({ page, isSearched, link, onMore }: { page: FolderPage; isSearched: boolean; link: (to: string) => string; onMore: () => void }) {
    const folders = sortEntries([...page.folders]);
    /* In the order of their pages, once there are several. */
    const files = page.next === null && !isSearched ? sortEntries([...page.files]) : page.files;
    if (folders.length + files.length === 0) return <p class="empty">{t(isSearched ? "files.none_found" : "files.none")}</p>;
    return (
        <>
            <EntryTable entries={[...folders, ...files]} link={link} />
            {page.foldersLeft > 0 && <p class="notice">{t("files.folders_left", { count: page.foldersLeft })}</p>}
            {page.next !== null && (
                <button type="button" class="button" onClick={onMore}>
                    {t("files.more")}
                </button>
            )}
        </>
    );
}
