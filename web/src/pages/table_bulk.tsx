/* table_bulk.tsx - what can be done to many runs at once. */

import { sayError } from "../components/toast";
import { t } from "../i18n";
import { changeRun, stopRun } from "../queries";
import { createLink } from "../queries_shares";
import { moveTo } from "../moving";
import { removeRuns } from "../removal";
import type { Workspace } from "./workspace/model";

export function BulkBar({
    ws,
    picked,
    onDone,
}: {
    ws: Workspace;
    picked: ReadonlySet<string>;
    onDone: () => void;
}) {
    const runs = ws.store.runs.value.filter((r) => picked.has(r.id));
    const ask = (question: string) => window.prompt(question)?.trim() ?? "";
    const each = async (change: (run: (typeof runs)[number]) => Promise<void>) => {
        for (const run of runs) await change(run);
        await ws.store.refresh();
        onDone();
    };
    const tag = () => {
        const name = ask(t("run.add_tag"));
        if (name !== "")
            void each((r) =>
                r.tags.includes(name) ? Promise.resolve() : changeRun(r.id, { tags: [...r.tags, name] }),
            ).catch(sayError);
    };
    const group = () => {
        const name = ask(t("column.group"));
        if (name !== "") void each((r) => changeRun(r.id, { groupName: name })).catch(sayError);
    };
    const move = async () => {
        if ((await moveTo(ws.entity, ws.project, runs)) === null) return;
        await ws.store.refresh();
        onDone();
    };
    const remove = () => {
        void removeRuns(ws.store, runs).catch(sayError);
        onDone();
    };
    const share = async () => {
        const days = Number(window.prompt(t("share.days"), "30"));
        if (!Number.isInteger(days) || days < 1) return;
        const link = await createLink(ws.entity, ws.project, runs.map((r) => r.name), days);
        window.prompt(t("share.once"), link);
        onDone();
    };
    const isRunning = runs.some((r) => r.state === "running");
    return (
        <div class="bulk row" role="toolbar" aria-label={t("table.bulk")}>
            <b>{t("table.picked", { count: runs.length })}</b>
            <button type="button" class="button" onClick={tag}>
                {t("table.tag")}
            </button>
            <button type="button" class="button" onClick={group}>
                {t("table.group")}
            </button>
            <button type="button" class="button" onClick={() => void move().catch(sayError)}>
                {t("run.move")}
            </button>
            {isRunning && (
                <button
                    type="button"
                    class="button"
                    onClick={() =>
                        void each((r) => (r.state === "running" ? stopRun(r.id) : Promise.resolve())).catch(
                            sayError,
                        )
                    }
                >
                    {t("runs.stop")}
                </button>
            )}
            <button type="button" class="button" onClick={() => void share().catch(sayError)}>
                {t("share.make")}
            </button>
            <button type="button" class="button danger" onClick={remove}>
                {t("action.delete")}
            </button>
            <span class="grow" />
            <button type="button" class="link-button" onClick={onDone}>
                {t("table.unpick")}
            </button>
        </div>
    );
}
