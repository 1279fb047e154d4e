/* removal.ts - runs that are deleted, with a way back: the server keeps them in its trash for some days. */

import { say, sayError } from "./components/toast";
import { t } from "./i18n";
import type { Run } from "./lib/types";
import { deleteRuns } from "./queries/runs";
import { fetchProjectTrash, restoreAll, type TrashItem } from "./queries/trash";
import type { RunStore } from "./run_store";

const TIME_TO_UNDO_MS = 8000;

export async function removeRuns(store: RunStore, runs: readonly Run[]): Promise<void> {
    store.hide(runs.map((r) => r.id));
    await withUndo(
        store.entity,
        store.project,
        runs,
        () => store.refresh(),
        () => store.unhide(runs.map((r) => r.id)),
    );
}

/* Deletes, says so, and offers to bring back what now lies in the trash. */
export async function withUndo(
    entity: string,
    project: string,
    runs: readonly Run[],
    onBack: () => void | Promise<void>,
    onDone?: () => void | Promise<void>,
): Promise<void> {
    const ids = new Set<string>();
    let failure: unknown = null;
    await deleteRuns(runs.map((r) => r.id), (some) => some.forEach((id) => ids.add(id))).catch((e: unknown) => (failure = e));
    const items = (await trashOf(entity, project)).filter((item) => ids.has(item.subjectId));
    await onDone?.();
    if (failure !== null && ids.size === 0) return sayError(failure);
    const bringBack = async () => {
        await restoreAll(items.map((item) => item.id));
        await onBack();
    };
    const undo = { label: t("action.undo"), call: () => void bringBack().catch(sayError) };
    const failed = failure === null ? "" : ` ${failure instanceof Error ? failure.message : String(failure)}`;
    say(t("runs.deleted", { count: ids.size }) + failed, items.length === 0 ? null : undo, TIME_TO_UNDO_MS);
}

/* A server that keeps no trash has nothing to give back: then there is no undo. */
async function trashOf(entity: string, project: string): Promise<TrashItem[]> {
    return fetchProjectTrash(entity, project).catch(() => []);
}
