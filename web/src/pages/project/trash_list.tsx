/* trash_list.tsx - what was deleted and can be brought back. */

import { Ago } from "../../components/ago";
import { say, sayError } from "../../components/toast";
import { language, t } from "../../i18n";
import { formatTime } from "../../lib/format";
import { parseTime } from "../../lib/runs";
import { restore, type TrashItem } from "../../queries/trash";

const KINDS = { run: "trash.run", project: "trash.project", artifact: "trash.artifact", report: "trash.report" } as const;

export function TrashList({ items, onChange }: { items: readonly TrashItem[]; onChange: () => void }) {
    const bringBack = async (item: TrashItem) => {
        await restore(item.id);
        say(t("trash.restored", { name: item.name }));
        onChange();
    };
    return (
        <table class="list" aria-label={t("trash.title")}>
            <thead>
                <tr>
                    <th>{t("column.name")}</th>
                    <th>{t("artifact.type")}</th>
                    <th>{t("trash.deleted")}</th>
                    <th>{t("trash.until")}</th>
                    <th />
                </tr>
            </thead>
            <tbody>
                {items.map((item) => (
                    <tr key={item.id}>
                        <td>
                            <b>{item.name}</b>
                        </td>
                        <td>{t(KINDS[item.kind as keyof typeof KINDS] ?? "trash.artifact")}</td>
                        <td>
                            <Ago at={item.deletedAt} />
                        </td>
                        <td class="muted">{formatTime(parseTime(item.removedAt), language)}</td>
                        <td class="num">
                            <button type="button" class="button" aria-label={`${t("trash.restore")}: ${item.name}`} onClick={() => void bringBack(item).catch(sayError)}>
                                {t("trash.restore")}
                            </button>
                        </td>
                    </tr>
                ))}
            </tbody>
        </table>
    );
}
