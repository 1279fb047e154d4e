/* removal.ts - runs that are deleted in a moment: they are gone from the page at once, and from the server when nobody
 * has taken it back. Leaving the page is no way back. */

import { say, sayError } from "./components/toast";
import { t } from "./i18n";
import type { Run } from "./lib/types";
import { deleteRun } from "./queries";
import type { RunStore } from "./run_store";

const TIME_TO_UNDO_MS = 8000;

interface Removal {
    runs: readonly Run[];
    store: RunStore;
    timer: number;
}

const waiting = new Set<Removal>();

export function removeRuns(store: RunStore, runs: readonly Run[]): void {
    const removal: Removal = { runs, store, timer: 0 };
    removal.timer = window.setTimeout(() => void carryOut(removal).catch(sayError), TIME_TO_UNDO_MS);
    waiting.add(removal);
    store.hide(runs.map((r) => r.id));
    const undo = () => {
        window.clearTimeout(removal.timer);
        waiting.delete(removal);
        void store.unhide(runs.map((r) => r.id)).catch(sayError);
    };
    say(t("runs.deleted", { count: runs.length }), { label: t("action.undo"), call: undo }, TIME_TO_UNDO_MS);
}

async function carryOut(removal: Removal): Promise<void> {
    waiting.delete(removal);
    for (const run of removal.runs) await deleteRun(run.id);
}

window.addEventListener("pagehide", () => {
    for (const removal of waiting) {
        window.clearTimeout(removal.timer);
        void carryOut(removal).catch(() => undefined);
    }
});
