/* load_table.ts - logged tables of runs, read from their files. */

import { fetchText, samePath } from "../../api";
import { t } from "../../i18n";
import { parseTable, type TableData } from "../../lib/table_data";
import { fetchFileLinks } from "../../queries";

const MAX_BYTES = 64 << 20;

export async function loadTable(entity: string, project: string, run: string, path: string): Promise<TableData> {
    const link = (await fetchFileLinks(entity, project, run, [path])).get(path);
    if (link === undefined) throw new Error(t("files.none"));
    const { text, isCut } = await fetchText(samePath(link), MAX_BYTES);
    if (isCut) throw new Error(t("files.no_preview"));
    return parseTable(text);
}
