/* report_menu.tsx - what else can be done with a report: taken along, printed, cloned, deleted. */

import { copyText } from "../../components/copy_text";
import { IconButton } from "../../components/icon";
import { MenuList, Popover } from "../../components/popover";
import { askSure } from "../../components/question";
import { say, sayError } from "../../components/toast";
import { t } from "../../i18n";
import { pathOf } from "../../lib/match";
import { blocksOf } from "../../lib/report_blocks";
import { deleteView } from "../../queries/views";
import { navigate } from "../../router";
import { viewer } from "../../session";
import { isDark, setTheme, theme } from "../../theme";
import { makeReport } from "./new_report";
import type { OpenReport } from "./use_report";

const REDRAW_MS = 400;

/* Paper is white: charts are drawn for it first, and the menu that asked for it has gone by then. */
async function print(): Promise<void> {
    const was = theme.peek();
    if (isDark.peek()) setTheme("light");
    await new Promise((done) => window.setTimeout(done, REDRAW_MS));
    window.print();
    setTheme(was);
}

export function ReportMenu({ entity, project, open }: { entity: string; project: string; open: OpenReport }) {
    const { saved, content } = open;
    const remove = async () => {
        if (!(await askSure(t("report.confirm_delete", { name: content.title })))) return;
        await deleteView(saved.id);
        open.forget();
        navigate(pathOf(entity, project, "reportlist"));
    };
    const latex = async () => {
        say(t("report.latex_busy"));
        const { saveLatex } = await import("./export_latex");
        await saveLatex({ title: content.title, description: content.description, author: saved.user, blocks: blocksOf(content.spec), entity, project });
    };
    const mayDelete = viewer.value && (viewer.value.username === saved.user || viewer.value.admin || viewer.value.teams.includes(entity));
    return (
        <Popover isMenu label={t("action.more")} button={(open) => <IconButton icon="dots" label={t("action.more")} onClick={open} />}>
            {(close) => (
                <MenuList
                    close={close}
                    items={[
                        window.isSecureContext && { label: t("panel.copy_link"), onClick: () => void copyText(window.location.href.split("?")[0]!).catch(sayError) },
                        { label: t("report.print"), onClick: () => void print() },
                        { label: t("report.latex"), onClick: () => void latex().catch(sayError) },
                        viewer.value
                            ? { label: t("report.clone"), onClick: () => void makeReport(entity, project, blocksOf(content.spec), t("report.copy_of", { name: content.title }), content.spec).catch(sayError) }
                            : null,
                        mayDelete ? "line" : null,
                        mayDelete ? { label: t("action.delete"), isDanger: true, onClick: () => void remove().catch(sayError) } : null,
                    ]}
                />
            )}
        </Popover>
    );
}
