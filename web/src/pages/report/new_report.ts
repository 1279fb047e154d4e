/* new_report.ts - a draft that is made and opened. */

import { t } from "../../i18n";
import { pathOf } from "../../lib/match";
import { emptySpec, reportSlug, type Block, type Json } from "../../lib/report_blocks";
import { saveView } from "../../queries/views";
import { navigate } from "../../router";

export const REPORT = "runs";
export const DRAFT = "runs/draft";

export async function makeReport(entity: string, project: string, blocks: readonly Block[] = [], title = t("report.untitled"), like: Json = {}): Promise<void> {
    const spec = { ...emptySpec(), ...(typeof like["width"] === "string" ? { width: like["width"] } : {}) };
    const made = await saveView({
        entityName: entity,
        projectName: project,
        type: DRAFT,
        name: Math.random().toString(36).slice(2, 13),
        displayName: title,
        description: "",
        spec: JSON.stringify(blocks.length === 0 ? spec : { ...spec, blocks }),
    });
    navigate(pathOf(entity, project, "reports", reportSlug(made.displayName, made.id)) + "?edit=1");
}
