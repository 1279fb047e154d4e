/* failed_page.tsx - instead of a page that could not be had: why, and a way to try again. When it was the server that could not be
 * reached, the page tries again by itself once there is one: it may be a newer one, whose page has other files. */

import { useEffect } from "preact/hooks";
import { t } from "../i18n";

const LOOK_EVERY_MS = 3000;
const LEAST_PAUSE_MS = 30_000 /* between two loadings that nobody asked for */;
const KEY = "barograph.reloaded";

function reloadOnce(): void {
    try {
        if (Date.now() - Number(sessionStorage.getItem(KEY) ?? 0) < LEAST_PAUSE_MS) return;
        sessionStorage.setItem(KEY, String(Date.now()));
    } catch {
        return;
    }
    window.location.reload();
}

export function FailedPage({ why }: { why: string }) {
    useEffect(() => {
        if (why !== t("error.unreachable")) return;
        const look = () => void fetch("/healthz", { cache: "no-store" }).then((answer) => answer.ok && reloadOnce(), () => undefined);
        const timer = window.setInterval(look, LOOK_EVERY_MS);
        return () => window.clearInterval(timer);
    }, [why]);
    return (
        <main class="page">
            <div class="notice is-bad row" role="alert">
                <span class="grow">{why}</span>
                <button type="button" class="button" onClick={() => window.location.reload()}>
                    {t("error.again")}
                </button>
            </div>
        </main>
    );
}
