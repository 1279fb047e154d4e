/* load_table.ts - logged tables of runs, read from their files. A table with pictures in it lies in an artifact too: the
 * run's own file has only their names. */

import { fetchText, samePath } from "../../api";
import { t } from "../../i18n";
import { clientArtifact, hasMediaNames, parseTable, type TableData } from "../../lib/table_data";
import { mediaItems, pathsOf } from "../../lib/media";
import { fetchFileLinks } from "../../queries/runs";
import { fetchClientArtifactFiles } from "../../queries/artifacts";

const MAX_BYTES = 64 << 20;
const MAX_MEDIA_ROWS = 500;

export interface LoadedTable {
    table: TableData;
    links: ReadonlyMap<string, string> /* of the media in its cells */;
}

export function isMedia(v: unknown): v is Record<string, unknown> {
    return typeof v === "object" && v !== null && "_type" in v && "path" in v;
}

export async function loadTable(entity: string, project: string, run: string, value: Record<string, unknown>): Promise<LoadedTable> {
    const path = String(value["path"]);
    const link = (await fetchFileLinks(entity, project, run, [path])).get(path);
    if (link === undefined) throw new Error(t("files.none"));
    const table = await read(link);
    const artifact = clientArtifact(value["artifact_path"]);
    if (artifact !== null && hasMediaNames(table)) {
        const files = await fetchClientArtifactFiles(artifact.id).catch(() => new Map<string, string>());
        const whole = files.get(artifact.path);
        if (whole !== undefined) return { table: await read(whole), links: files };
    }
    const media = table.rows.slice(0, MAX_MEDIA_ROWS).flatMap((row) => row.flatMap((v) => (isMedia(v) ? mediaItems(v).flatMap(pathsOf) : [])));
    return { table, links: media.length === 0 ? new Map() : await fetchFileLinks(entity, project, run, media) };
}

async function read(link: string): Promise<TableData> {
    const { text, isCut } = await fetchText(samePath(link), MAX_BYTES);
    if (isCut) throw new Error(t("files.no_preview"));
    return parseTable(text);
}
