/* bulk.tsx - what can be done to many runs at once. */

import { useState } from "preact/hooks";
import { askSure, askText } from "../../components/question";
import { say, sayError } from "../../components/toast";
import { t } from "../../i18n";
import { countPicked, isPicked, type Picked } from "../../lib/picked";
import type { Run } from "../../lib/types";
import { changeRuns, stopRuns, type RunChange } from "../../queries/runs";
import { createLink } from "../../queries/shares";
import { moveTo } from "../../moving";
import { removeRuns } from "../../removal";
import type { Workspace } from "../workspace/model";

const TIME_TO_UNDO_MS = 8000;

export function BulkBar({ ws, picked, onDone }: { ws: Workspace; picked: Picked; onDone: () => void }) {
    const [isBusy, setBusy] = useState(false);
    /* A pinned run may be one that the filter leaves out. */
    const here = (picked.isAll ? ws.store.runs : ws.orderedRuns).value.filter((r) => isPicked(picked, r.id));
    const isMore = picked.isAll && ws.store.hasMore.value;
    const count = isMore ? countPicked(picked, ws.store.total.value) : here.length;
    /* Those that were not scrolled to are asked for once something happens to them. */
    const chosen = async () => (isMore ? (await ws.store.all()).filter((r) => isPicked(picked, r.id)) : here);
    /* One thing at a time; what was chosen stays chosen where a change did not happen. */
    const act = (change: (runs: Run[]) => Promise<boolean>) => () => {
        if (isBusy) return;
        setBusy(true);
        const changed = chosen().then(change);
        changed
            .then((isDone) => isDone && onDone(), sayError)
            .finally(() => setBusy(false));
    };
    /* Changes those that need it, and offers to put back what they had before. */
    const changeAll = async (wanted: readonly Run[], change: (run: Run) => RunChange, before: (run: Run) => RunChange) => {
        const undo = async () => {
            await changeRuns(wanted.map((r) => ({ id: r.id, ...before(r) })));
            await ws.store.refresh();
        };
        await changeRuns(wanted.map((r) => ({ id: r.id, ...change(r) })));
        await ws.store.refresh();
        say(t("table.changed", { count: wanted.length }), { label: t("action.undo"), call: () => void undo().catch(sayError) }, TIME_TO_UNDO_MS);
        return true;
    };
    const tag = async (runs: Run[]) => {
        const name = await askText(t("run.add_tag"));
        if (name === null) return false;
        const wanted = runs.filter((r) => !r.tags.includes(name));
        return changeAll(wanted, (r) => ({ tags: [...r.tags, name] }), (r) => ({ tags: r.tags }));
    };
    const untag = async (runs: Run[]) => {
        const name = await askText(t("table.untag"));
        if (name === null) return false;
        const wanted = runs.filter((r) => r.tags.includes(name));
        return changeAll(wanted, (r) => ({ tags: r.tags.filter((o) => o !== name) }), (r) => ({ tags: r.tags }));
    };
    const group = async (runs: Run[]) => {
        const name = await askText(t("column.group"));
        return name !== null && changeAll(runs, () => ({ groupName: name }), (r) => ({ groupName: r.group }));
    };
    const move = async (runs: Run[]) => {
        if ((await moveTo(ws.entity, ws.project, runs)) === null) return false;
        await ws.store.refresh();
        return true;
    };
    /* Who cannot have seen them all is asked. */
    const isSure = async (question: "table.confirm_delete" | "table.confirm_stop", runs: readonly Run[]) =>
        !isMore || (await askSure(t(question, { count: runs.length })));
    const stop = async (runs: Run[]) => {
        const running = runs.filter((r) => r.state === "running");
        if (!(await isSure("table.confirm_stop", running))) return false;
        await stopRuns(running.map((r) => r.id));
        await ws.store.refresh();
        return true;
    };
    const remove = async (runs: Run[]) => {
        if (!(await isSure("table.confirm_delete", runs))) return false;
        await removeRuns(ws.store, runs);
        return true;
    };
    const share = async (runs: Run[]) => {
        const days = Number(await askText(t("share.days"), "30"));
        if (!Number.isInteger(days) || days < 1) return false;
        const link = await createLink(ws.entity, ws.project, runs.map((r) => r.name), days);
        await askText(t("share.once"), link);
        return true;
    };
    const show = (isShown: boolean) => async (runs: Run[]) => {
        if (isShown) ws.showRuns(runs);
        else ws.hideRuns(runs);
        return false;
    };
    const isAny = (test: (run: Run) => boolean) => isMore || here.some(test);
    const tools: [string, (runs: Run[]) => Promise<boolean>][] = [
        [t("table.tag"), tag],
        ...(isAny((r) => r.tags.length > 0) ? [[t("table.untag"), untag] as [string, typeof untag]] : []),
        [t("runs.show"), show(true)],
        [t("runs.hide"), show(false)],
        [t("table.group"), group],
        [t("run.move"), move],
        ...(isAny((r) => r.state === "running") ? [[t("table.stop"), stop] as [string, typeof stop]] : []),
        [t("share.make"), share],
    ];
    return (
        <div class="bulk row" role="toolbar" aria-label={t("table.bulk")} aria-busy={isBusy}>
            <b>{t("table.picked", { count })}</b>
            {tools.map(([label, change]) => (
                <button key={label} type="button" class="button" disabled={isBusy} onClick={act(change)}>
                    {label}
                </button>
            ))}
            <button type="button" class="button danger" disabled={isBusy} onClick={act(remove)}>
                {t("action.delete")}
            </button>
            <span class="grow" />
            <button type="button" class="link-button" onClick={onDone}>
                {t("table.unpick")}
            </button>
        </div>
    );
}
