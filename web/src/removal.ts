/* removal.ts - runs that are deleted, with a way back: the server keeps them in its trash for some days. */

import { say, sayError } from "./components/toast";
import { t } from "./i18n";
import type { Run } from "./lib/types";
import { deleteRun } from "./queries";
import { fetchProjectTrash, restore, type TrashItem } from "./queries_trash";
import type { RunStore } from "./run_store";

const TIME_TO_UNDO_MS = 8000;

export async function removeRuns(store: RunStore, runs: readonly Run[]): Promise<void> {
    store.hide(runs.map((r) => r.id));
    const old = new Set((await trashOf(store)).map((item) => item.id));
    const deleted: Run[] = [];
    let failure: unknown = null;
    for (const run of runs) {
        try {
            await deleteRun(run.id);
            deleted.push(run);
        } catch (e) {
            failure = e;
        }
    }
    const names = new Set(deleted.map((r) => r.displayName));
    const items = (await trashOf(store)).filter((item) => item.kind === "run" && !old.has(item.id) && names.has(item.name));
    await store.unhide(runs.map((r) => r.id));
    if (failure !== null) return sayError(failure);
    const undo = () => void bringBack(store, items).catch(sayError);
    say(t("runs.deleted", { count: deleted.length }), items.length === 0 ? null : { label: t("action.undo"), call: undo }, TIME_TO_UNDO_MS);
}

/* A server that keeps no trash has nothing to give back: then there is no undo. */
async function trashOf(store: RunStore): Promise<TrashItem[]> {
    return fetchProjectTrash(store.entity, store.project).catch(() => []);
}

async function bringBack(store: RunStore, items: readonly TrashItem[]): Promise<void> {
    for (const item of items) await restore(item.id);
    await store.refresh();
}
