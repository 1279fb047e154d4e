/* history.tsx - what was done to a version, when and by whom, the newest first. */

import { useEffect, useState } from "preact/hooks";
import { Ago } from "../../components/ago";
import { sayError } from "../../components/toast";
import { t, type MessageName } from "../../i18n";
import { fetchArtifactHistory, type ArtifactAction, type ArtifactEvent } from "../../queries/artifact_history";
import { RunName } from "./overview";

const NAMES: Record<ArtifactAction, MessageName> = {
    CREATED: "history.created",
    COMMITTED: "history.committed",
    USED: "history.used",
    ALIAS_ADDED: "history.alias_added",
    ALIAS_REMOVED: "history.alias_removed",
    TAG_ADDED: "history.tag_added",
    TAG_REMOVED: "history.tag_removed",
    DESCRIPTION_CHANGED: "history.description",
    METADATA_CHANGED: "history.metadata",
    TTL_CHANGED: "history.ttl",
    LINKED: "history.linked",
    UNLINKED: "history.unlinked",
    DELETED: "history.deleted",
    RESTORED: "history.restored",
};
const DAY = 24 * 3600;

export function HistoryTab({ id }: { id: string }) {
    const [events, setEvents] = useState<ArtifactEvent[] | null>(null);
    const [next, setNext] = useState<string | null>(null);
    const read = async (after: string | null) => {
        const page = await fetchArtifactHistory(id, after);
        setEvents((old) => (after === null ? page.events : [...(old ?? []), ...page.events]));
        setNext(page.next);
    };
    useEffect(() => void read(null).catch(sayError), [id]);
    if (events === null) return <div aria-busy="true" />;
    return (
        <div class="stack">
            <table class="list card history">
                <thead>
                    <tr>
                        <th>{t("history.when")}</th>
                        <th>{t("history.who")}</th>
                        <th>{t("history.what")}</th>
                        <th>{t("history.run")}</th>
                    </tr>
                </thead>
                <tbody>
                    {events.map((e, i) => (
                        <tr key={i}>
                            <td class="nowrap">
                                <Ago at={e.createdAt} />
                            </td>
                            <td class="nowrap">{e.username ?? <span class="faint">{t("history.server")}</span>}</td>
                            <td>
                                {NAMES[e.action] === undefined ? e.action : t(NAMES[e.action])} <Detail event={e} />
                            </td>
                            <td>{e.run && <RunName run={e.run} />}</td>
                        </tr>
                    ))}
                </tbody>
            </table>
            {next !== null && (
                <button type="button" class="button" onClick={() => void read(next).catch(sayError)}>
                    {t("history.more")}
                </button>
            )}
        </div>
    );
}

function Detail({ event: { action, detail, artifactCollection } }: { event: ArtifactEvent }) {
    const place = artifactCollection && (
        <span class="muted">
            {artifactCollection.project.entity.name}/{artifactCollection.project.name}/{artifactCollection.name}
        </span>
    );
    if (action === "TTL_CHANGED") {
        const seconds = Number(detail);
        return <>{seconds > 0 ? t("artifact.kept_days", { count: Math.round((seconds / DAY) * 10) / 10 }) : t(seconds === -2 ? "artifact.kept_always" : "artifact.kept_default")}</>;
    }
    if (action === "DESCRIPTION_CHANGED") return <span class="history-text">{detail}</span>;
    return (
        <>
            {detail !== "" && <span class="chip">{detail}</span>} {place}
        </>
    );
}
