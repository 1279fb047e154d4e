/* bulk.tsx - what can be done to many runs at once. */

import { askText } from "../../components/question";
import { say, sayError } from "../../components/toast";
import { t } from "../../i18n";
import type { Run } from "../../lib/types";
import { changeRun, stopRun, type RunChange } from "../../queries/runs";
import { createLink } from "../../queries/shares";
import { moveTo } from "../../moving";
import { removeRuns } from "../../removal";
import type { Workspace } from "../workspace/model";

const TIME_TO_UNDO_MS = 8000;

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
    const each = async (change: (run: (typeof runs)[number]) => Promise<void>) => {
        for (const run of runs) await change(run);
        await ws.store.refresh();
        onDone();
    };
    /* Changes those that need it, and offers to put back what they had before. */
    const changeAll = async (wanted: readonly Run[], change: (run: Run) => RunChange, before: (run: Run) => RunChange) => {
        const undo = async () => {
            for (const run of wanted) await changeRun(run.id, before(run));
            await ws.store.refresh();
        };
        for (const run of wanted) await changeRun(run.id, change(run));
        await ws.store.refresh();
        onDone();
        say(t("table.changed", { count: wanted.length }), { label: t("action.undo"), call: () => void undo().catch(sayError) }, TIME_TO_UNDO_MS);
    };
    const tag = async () => {
        const name = await askText(t("run.add_tag"));
        if (name === null) return;
        const wanted = runs.filter((r) => !r.tags.includes(name));
        await changeAll(wanted, (r) => ({ tags: [...r.tags, name] }), (r) => ({ tags: r.tags }));
    };
    const untag = async () => {
        const name = await askText(t("table.untag"));
        if (name === null) return;
        const wanted = runs.filter((r) => r.tags.includes(name));
        await changeAll(wanted, (r) => ({ tags: r.tags.filter((o) => o !== name) }), (r) => ({ tags: r.tags }));
    };
    const group = async () => {
        const name = await askText(t("column.group"));
        if (name !== null) await changeAll(runs, () => ({ groupName: name }), (r) => ({ groupName: r.group }));
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
        const days = Number(await askText(t("share.days"), "30"));
        if (!Number.isInteger(days) || days < 1) return;
        const link = await createLink(ws.entity, ws.project, runs.map((r) => r.name), days);
        await askText(t("share.once"), link);
        onDone();
    };
    const isRunning = runs.some((r) => r.state === "running");
    return (
        <div class="bulk row" role="toolbar" aria-label={t("table.bulk")}>
            <b>{t("table.picked", { count: runs.length })}</b>
            <button type="button" class="button" onClick={() => void tag().catch(sayError)}>
                {t("table.tag")}
            </button>
            {runs.some((r) => r.tags.length > 0) && (
                <button type="button" class="button" onClick={() => void untag().catch(sayError)}>
                    {t("table.untag")}
                </button>
            )}
            <button type="button" class="button" onClick={() => ws.showRuns(runs)}>
                {t("runs.show")}
            </button>
            <button type="button" class="button" onClick={() => ws.hideRuns(runs)}>
                {t("runs.hide")}
            </button>
            <button type="button" class="button" onClick={() => void group().catch(sayError)}>
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
