/* folders.ts - a flat list of paths seen as folders. */

export interface FolderEntry<F> {
    name: string;
    path: string;
    size: number;
    file: F | null /* null for a folder */;
}

/* What lies directly in a folder: folders first, each with the size of all in it. */
export function listFolder<F extends { name: string; sizeBytes: number }>(
    files: readonly F[],
    folder: string,
): FolderEntry<F>[] {
    const start = folder === "" ? "" : folder + "/";
    const entries = new Map<string, FolderEntry<F>>();
    for (const file of files) {
        if (!file.name.startsWith(start)) continue;
        const rest = file.name.slice(start.length);
        const at = rest.indexOf("/");
        const name = at < 0 ? rest : rest.slice(0, at);
        const key = at < 0 ? `f:${name}` : `d:${name}`;
        const entry = entries.get(key) ?? { name, path: start + name, size: 0, file: at < 0 ? file : null };
        entry.size += file.sizeBytes;
        entries.set(key, entry);
    }
    return sortEntries([...entries.values()]);
}

/* Folders first, numbers as people count. */
export function sortEntries<F>(entries: FolderEntry<F>[]): FolderEntry<F>[] {
    const collator = new Intl.Collator("en", { numeric: true });
    return entries.sort((a, b) => Number(a.file !== null) - Number(b.file !== null) || collator.compare(a.name, b.name));
}
