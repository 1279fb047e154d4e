/* notices.tsx - what who writes a report has to decide: somebody else has saved it, or a version of one's own was left behind. */

import { language, t } from "../../i18n";
import { sayError } from "../../components/toast";
import { formatTime } from "../../lib/format";
import { blocksOf } from "../../lib/report_blocks";
import { makeReport } from "./new_report";
import type { OpenReport } from "./use_report";

export function Clash({ open, entity, project, who }: { open: OpenReport; entity: string; project: string; who: string }) {
    const keep = async () => {
        const { title, spec } = open.content;
        await makeReport(entity, project, blocksOf(spec), t("report.copy_of", { name: title }));
        open.forget();
    };
    return (
        <div class="notice is-bad report-notice" role="alert">
            <p>{t("report.clash", { name: who })}</p>
            <div class="row">
                <a class="button" href={window.location.pathname} target="_blank" rel="noopener">
                    {t("report.clash_look")}
                </a>
                <button type="button" class="button" onClick={() => void keep().catch(sayError)}>
                    {t("report.clash_copy")}
                </button>
                <button type="button" class="button" onClick={open.takeTheirs} disabled={open.theirs === null}>
                    {t("report.clash_theirs")}
                </button>
                <button type="button" class="button danger" onClick={() => void open.saveOver()}>
                    {t("report.clash_mine")}
                </button>
            </div>
        </div>
    );
}

export function LeftBehind({ open }: { open: OpenReport }) {
    if (open.left === null) return null;
    return (
        <div class="notice report-notice" role="alert">
            <p>{t("report.back_hint", { time: formatTime(open.left.at, language) })}</p>
            <div class="row">
                <button type="button" class="button primary" onClick={open.takeLeft}>
                    {t("report.back_take")}
                </button>
                <button type="button" class="button" onClick={open.dropLeft}>
                    {t("report.back_discard")}
                </button>
            </div>
        </div>
    );
}
