/* artifact_folder.ts - one folder of a version's files, or what a search finds in all of them, in pages: there may be a million. */

import { graphql } from "../api";
import type { FolderEntry } from "../lib/folders";
import type { RunFile } from "./runs";

const FILES_AT_ONCE = 500;

export interface FolderQuestion {
    path: string;
    search: string;
    after: string | null;
}

export interface FolderPage {
    file: RunFile | null /* what the path itself names, when it is a file */;
    folders: FolderEntry<RunFile>[];
    foldersLeft: number /* that are not listed */;
    files: FolderEntry<RunFile>[];
    next: string | null;
}

type FileNode = Omit<RunFile, "url"> & { directUrl: string };
interface Files {
    edges: { node: FileNode }[];
}

const readFile = ({ node }: { node: FileNode }): RunFile => ({ ...node, url: node.directUrl, sizeBytes: Number(node.sizeBytes) });

export async function fetchFolder(entity: string, project: string, name: string, { path, search, after }: FolderQuestion): Promise<FolderPage | null> {
    const data = await graphql<{
        project: {
            artifact: {
                file: Files;
                folder: {
                    folderCount: number;
                    folders: { name: string; sizeBytes: number | string }[];
                    files: Files & { pageInfo: { endCursor: string | null; hasNextPage: boolean } };
                };
            } | null;
        } | null;
    }>(
        `query PageFolder($entity: String!, $project: String!, $name: String!, $path: String!, $search: String, $after: String) {
            project(name: $project, entityName: $entity) { artifact(name: $name) {
                file: files(names: [$path], first: 1) { edges { node { name directUrl sizeBytes updatedAt mimetype } } }
                folder(path: $path, search: $search, after: $after, first: ${FILES_AT_ONCE}) { folderCount folders { name sizeBytes }
                    files { edges { node { name directUrl sizeBytes updatedAt mimetype } } pageInfo { endCursor hasNextPage } } } } } }`,
        { entity, project, name, path, search, after },
    );
    const artifact = data.project?.artifact;
    if (!artifact) return null;
    const { folder } = artifact;
    const start = search !== "" || path === "" ? "" : path + "/";
    const found = artifact.file.edges[0];
    return {
        file: found === undefined ? null : readFile(found),
        folders: folder.folders.map((f) => ({ name: f.name, path: start + f.name, size: Number(f.sizeBytes), file: null })),
        foldersLeft: folder.folderCount - folder.folders.length,
        files: folder.files.edges.map(readFile).map((file) => ({ name: file.name.slice(start.length), path: file.name, size: file.sizeBytes, file })),
        next: folder.files.pageInfo.hasNextPage ? folder.files.pageInfo.endCursor : null,
    };
}
