/* automations.tsx - what a project's runs and artifacts set off: automations, alerts, webhooks, and what was sent. */

import { useEffect, useState } from "preact/hooks";
import { NotFound } from "../../app";
import { Ago } from "../../components/ago";
import { askSure } from "../../components/question";
import { sayError } from "../../components/toast";
import { FailedPage } from "../../components/failed_page";
import { t } from "../../i18n";
import { readFilter, wordOf } from "../../lib/automations";
import { deleteAutomation, enableAutomation, fetchAutomations, type Automation, type AutomationsPage } from "../../queries/automations";
import { address } from "../../router";
import type { PageProps } from "../../routes";
import { AlertSettings } from "./alerts";
import { AutomationForm } from "./form";
import { eventLabel, stateLabel } from "./labels";
import { DeliveryLog } from "./log";
import { Webhooks } from "./webhooks";

export default function Automations({ params }: PageProps) {
    const { entity, project } = params as { entity: string; project: string };
    const [page, setPage] = useState<AutomationsPage | null | undefined>(undefined);
    const [failure, setFailure] = useState("");
    /* null: none is open; "": a new one; otherwise an id. */
    const metric = address.peek().query.get("metric") ?? "";
    const [edited, setEdited] = useState<string | null>(metric === "" ? null : "");
    const load = () => void fetchAutomations(entity, project).then(setPage, (e: Error) => setFailure(e.message));
    useEffect(load, [entity, project]);
    if (failure !== "") return <FailedPage why={failure} />;
    if (page === undefined) return <main aria-busy="true" />;
    if (page === null) return <NotFound />;
    const done = () => {
        setEdited(null);
        load();
    };
    const chosen = page.automations.find((a) => a.id === edited) ?? null;
    return (
        <main class="page stack">
            <div class="row">
                <h1 class="grow">{t("title.automations")}</h1>
                {!page.isReadOnly && (
                    <button type="button" class="button primary" aria-expanded={edited === ""} onClick={() => setEdited(edited === "" ? null : "")}>
                        {t("automation.new")}
                    </button>
                )}
            </div>
            {edited !== null && <AutomationForm key={edited} page={page} automation={chosen} metric={metric} onDone={done} onCancel={() => setEdited(null)} />}
            {page.automations.length === 0 && edited === null && <p class="empty">{t("automation.none")}</p>}
            {page.automations.length > 0 && <AutomationTable page={page} edit={setEdited} reload={load} />}
            <Webhooks entity={entity} page={page} reload={load} />
            <AlertSettings entity={entity} project={project} page={page} reload={load} />
            <DeliveryLog list={page.deliveries} />
        </main>
    );
}

/* The event in a line: "A metric passes a threshold · loss < 0.5". */
function summary(a: Automation): string {
    const c = readFilter(a.event, a.filter);
    const sign = { $gt: ">", $gte: "≥", $lt: "<", $lte: "≤" }[c.comparison];
    const detail =
        c.event === "RUN_STATE"
            ? c.states.map((s) => stateLabel(s)).join(", ")
            : c.event === "RUN_METRIC"
              ? `${c.metric} ${sign} ${c.amount}`
              : c.event.startsWith("RUN_METRIC")
                ? `${c.metric} · ${c.amount}`
                : wordOf(c.event) !== null
                  ? c.word
                  : "";
    return [eventLabel(a.event), detail].filter((s) => s !== "").join(" · ");
}

function actionLabel(a: Automation, page: AutomationsPage): string {
    if (a.action.kind === "NO_OP") return t("automation.nothing");
    const id = a.action.webhook;
    const name = page.webhooks.find((w) => w.id === id)?.name ?? "";
    return `${t(a.action.kind === "NOTIFICATION" ? "automation.notify" : "automation.webhook")} ${name}`;
}

function AutomationTable({ page, edit, reload }: { page: AutomationsPage; edit: (id: string) => void; reload: () => void }) {
    const remove = async (a: Automation) => {
        if (!(await askSure(t("automation.confirm_delete", { name: a.name })))) return;
        await deleteAutomation(a.id);
        reload();
    };
    return (
        <table class="list card">
            <thead>
                <tr>
                    <th>{t("column.name")}</th>
                    <th>{t("automation.when")}</th>
                    <th>{t("automation.then")}</th>
                    <th>{t("automation.scope")}</th>
                    <th>{t("column.owner")}</th>
                    <th>{t("column.created")}</th>
                    <th />
                </tr>
            </thead>
            <tbody>
                {page.automations.map((a) => (
                    <tr key={a.id}>
                        <td>
                            <b>{a.name}</b> {!a.isEnabled && <span class="chip">{t("automation.paused")}</span>}
                            {a.description !== "" && <div class="muted small">{a.description}</div>}
                        </td>
                        <td>{summary(a)}</td>
                        <td>{actionLabel(a, page)}</td>
                        <td>{a.scopeName}</td>
                        <td>{a.author}</td>
                        <td>
                            <Ago at={a.createdAt} />
                        </td>
                        <td class="num">
                            {!page.isReadOnly && (
                                <span class="row">
                                    <button type="button" class="button" aria-label={`${t("action.edit")}: ${a.name}`} onClick={() => edit(a.id)}>
                                        {t("action.edit")}
                                    </button>
                                    <button
                                        type="button"
                                        class="button"
                                        aria-label={`${t(a.isEnabled ? "automation.pause" : "automation.resume")}: ${a.name}`}
                                        onClick={() => void enableAutomation(a.id, !a.isEnabled).then(reload, sayError)}
                                    >
                                        {t(a.isEnabled ? "automation.pause" : "automation.resume")}
                                    </button>
                                    <button type="button" class="button danger" aria-label={`${t("action.delete")}: ${a.name}`} onClick={() => void remove(a).catch(sayError)}>
                                        {t("action.delete")}
                                    </button>
                                </span>
                            )}
                        </td>
                    </tr>
                ))}
            </tbody>
        </table>
    );
}
