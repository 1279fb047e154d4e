/* bell.tsx - what happened while one was away: alerts, automations and comments, the new ones marked. Until when one has looked is kept in
 * this browser. */

import { useEffect, useState } from "preact/hooks";
import { language, t } from "../i18n";
import { formatAgo } from "../lib/format";
import { pathOf } from "../lib/match";
import { reportSlug } from "../lib/report_blocks";
import { fetchNotices, type Notice } from "../queries/notices";
import { viewer } from "../session";
import { Icon } from "./icon";
import { Popover } from "./popover";

const EVERY_MS = 60000;
const KEY = "barograph.noticed";

const keyOf = () => `${KEY}/${viewer.peek()?.username ?? ""}`;

function loadSeen(): number {
    try {
        return Number(localStorage.getItem(keyOf())) || 0;
    } catch {
        return 0;
    }
}

function keepSeen(at: number): void {
    try {
        localStorage.setItem(keyOf(), String(at));
    } catch {
        return;
    }
}

export default function Bell() {
    const [notices, setNotices] = useState<readonly Notice[]>([]);
    const [seen, setSeen] = useState(loadSeen);
    useEffect(() => {
        const ask = () => void (!document.hidden && fetchNotices().then(setNotices, () => undefined /* the next try may do */));
        ask();
        const timer = window.setInterval(ask, EVERY_MS);
        const other = (e: StorageEvent) => e.key === keyOf() && setSeen(loadSeen());
        document.addEventListener("visibilitychange", ask);
        window.addEventListener("storage", other);
        return () => {
            window.clearInterval(timer);
            document.removeEventListener("visibilitychange", ask);
            window.removeEventListener("storage", other);
        };
    }, []);
    const fresh = notices.filter((n) => n.createdAt > seen).length;
    const label = fresh === 0 ? t("notices.title") : t("notices.new", { count: fresh });
    return (
        <Popover
            label={t("notices.title")}
            button={(open, isOpen) => (
                <button type="button" class="icon-button bell" title={label} aria-label={label} aria-haspopup="dialog" aria-expanded={isOpen} onClick={open}>
                    <Icon name="bell" />
                    {fresh > 0 && <span class="bell-count">{Math.min(fresh, 99)}</span>}
                </button>
            )}
        >
            {(close) => (
                <List
                    notices={notices}
                    seen={seen}
                    close={close}
                    onSeen={() => {
                        const newest = Math.max(0, ...notices.map((n) => n.createdAt));
                        keepSeen(newest);
                        setSeen(newest);
                    }}
                />
            )}
        </Popover>
    );
}

function List({ notices, seen, close, onSeen }: { notices: readonly Notice[]; seen: number; close: () => void; onSeen: () => void }) {
    /* New until the list is closed, so that one can see what is. */
    const [old] = useState(seen);
    useEffect(onSeen, []);
    return (
        <div class="notices" tabIndex={-1} autofocus>
            {notices.length === 0 && <p class="empty">{t("notices.none")}</p>}
            <ul>
                {notices.map((n) => (
                    <li key={n.id} class={n.createdAt > old ? "is-new" : ""}>
                        <a href={linkOf(n)} onClick={close}>
                            <span class="row">
                                <span class={`notice-level is-${n.level.toLowerCase()}`}>{levelOf(n)}</span>
                                <b class="clip grow">{n.title}</b>
                                <span class="faint small">{formatAgo(n.createdAt, Date.now(), language)}</span>
                            </span>
                            {n.text !== "" && <span class="notice-text">{n.text}</span>}
                            <span class="faint small clip">
                                {n.entityName}/{n.projectName}
                                {n.runName !== null && ` · ${n.runDisplayName || n.runName}`}
                            </span>
                        </a>
                    </li>
                ))}
            </ul>
        </div>
    );
}

function linkOf(n: Notice): string {
    if (n.viewId !== null) return `${pathOf(n.entityName, n.projectName, "reports", reportSlug(n.title, n.viewId))}?comments=1`;
    if (n.runName !== null) return pathOf(n.entityName, n.projectName, "runs", n.runName);
    return pathOf(n.entityName, n.projectName, "automations");
}

const LEVELS = { INFO: "severity.INFO", WARN: "severity.WARN", ERROR: "severity.ERROR" } as const;

function levelOf(n: Notice): string {
    if (n.kind === "comment") return `${n.username ?? ""} ${t(n.level === "MENTION" ? "notices.mention" : "notices.reply")}`.trim();
    return n.kind === "automation" ? t("delivery.automation") : t(LEVELS[n.level as keyof typeof LEVELS] ?? "severity.INFO");
}
