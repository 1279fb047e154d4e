/* form.tsx - one automation: what it waits for, and what it does then. */

import { useState } from "preact/hooks";
import { Field, Select, TextInput } from "../../components/controls";
import { sayError } from "../../components/toast";
import { t } from "../../i18n";
import { checkJson, EVENTS, isOfRun, NEW_CONDITION, readFilter, wordOf, writeFilter, type Condition } from "../../lib/automations";
import { saveAutomation, type Action, type Automation, type AutomationsPage } from "../../queries/automations";
import { eventLabel } from "./labels";
import { MetricFields, StateFields } from "./fields";

const ACTIONS = [
    { value: "GENERIC_WEBHOOK", label: "automation.webhook" },
    { value: "NOTIFICATION", label: "automation.notify" },
    { value: "NO_OP", label: "automation.nothing" },
] as const;

export const SEVERITIES = ["INFO", "WARN", "ERROR"] as const;

interface Props {
    page: AutomationsPage;
    automation: Automation | null;
    metric: string /* what a new one begins with; "" for none */;
    onDone: () => void;
    onCancel: () => void;
}

function startAction(page: AutomationsPage): Action {
    const webhook = page.webhooks[0]?.id;
    return webhook === undefined ? { kind: "NO_OP" } : { kind: "GENERIC_WEBHOOK", webhook, payload: "" };
}

function newCondition(metric: string): Condition {
    return metric === "" ? NEW_CONDITION : { ...NEW_CONDITION, event: "RUN_METRIC", metric };
}

export function AutomationForm({ page, automation, metric, onDone, onCancel }: Props) {
    const [name, setName] = useState(automation?.name ?? "");
    const [description, setDescription] = useState(automation?.description ?? "");
    const [condition, setCondition] = useState(automation ? readFilter(automation.event, automation.filter) : newCondition(metric));
    const [action, setAction] = useState(automation?.action ?? startAction(page));
    const [scope, setScope] = useState(automation && automation.scopeType !== "PROJECT" ? automation.scopeID : "");
    const change = (part: Partial<Condition>) => setCondition({ ...condition, ...part });
    const isMetric = condition.event.startsWith("RUN_METRIC");
    const isReady =
        name.trim() !== "" &&
        checkJson(condition.filter) &&
        (condition.event !== "RUN_STATE" || condition.states.length > 0) &&
        (!isMetric || condition.metric.trim() !== "") &&
        (action.kind !== "GENERIC_WEBHOOK" || checkJson(action.payload));
    const save = (e: Event) => {
        e.preventDefault();
        const isEntity = automation?.scopeType === "ENTITY" && scope === automation.scopeID;
        saveAutomation(automation?.id ?? null, {
            name: name.trim(),
            description,
            event: condition.event,
            filter: writeFilter(condition),
            action,
            scopeType: scope === "" ? "PROJECT" : isEntity ? "ENTITY" : "ARTIFACT_COLLECTION",
            scopeID: scope === "" ? page.projectID : scope,
        }).then(onDone, sayError);
    };
    return (
        <form class="card stack" onSubmit={save} aria-label={automation?.name ?? t("automation.new")}>
            <div class="settings-grid">
                <Field label={t("column.name")}>
                    <TextInput delay={0} value={name} onChange={setName} />
                </Field>
                <Field label={t("registry.description")}>
                    <TextInput delay={0} value={description} onChange={setDescription} />
                </Field>
                <Field label={t("automation.when")}>
                    <Select value={condition.event} options={EVENTS.map((e) => ({ value: e, label: eventLabel(e) }))} onChange={(event) => change({ event, filter: "" })} />
                </Field>
                {!isOfRun(condition.event) && (
                    <Field label={t("automation.scope")}>
                        <Select value={scope} options={scopes(page, automation)} onChange={setScope} />
                    </Field>
                )}
                {condition.event === "RUN_STATE" && <StateFields condition={condition} change={change} />}
                {isMetric && <MetricFields condition={condition} change={change} />}
                {wordOf(condition.event) !== null && condition.filter === "" && (
                    <Field label={t(wordOf(condition.event) === "alias" ? "automation.alias" : "automation.tag")}>
                        <TextInput delay={0} value={condition.word} placeholder={t("automation.any")} onChange={(word) => change({ word })} />
                    </Field>
                )}
                <Field label={t("automation.filter")} isWide>
                    <TextInput
                        delay={0}
                        value={condition.filter}
                        placeholder={isOfRun(condition.event) ? '{"group": "baseline"}' : '{"alias": "production"}'}
                        isInvalid={!checkJson(condition.filter)}
                        onChange={(filter) => change({ filter: filter.trim() })}
                    />
                </Field>
                <Field label={t("automation.then")}>
                    <Select value={action.kind} options={ACTIONS.filter((a) => a.value === "NO_OP" || page.webhooks.length > 0).map((a) => ({ value: a.value, label: t(a.label) }))} onChange={(kind) => setAction(other(kind, action, page))} />
                </Field>
                {action.kind !== "NO_OP" && <ActionFields action={action} change={setAction} page={page} />}
            </div>
            <div class="row">
                <button type="submit" class="button primary" disabled={!isReady}>
                    {t("action.save")}
                </button>
                <button type="button" class="button" onClick={onCancel}>
                    {t("action.cancel")}
                </button>
            </div>
        </form>
    );
}

/* Automations of runs are the project's; those of artifacts may be one collection's. */
function scopes(page: AutomationsPage, automation: Automation | null): { value: string; label: string }[] {
    const known = page.collections.map((c) => ({ value: c.id, label: c.name }));
    const own = automation && automation.scopeType !== "PROJECT" && !known.some((k) => k.value === automation.scopeID) ? [{ value: automation.scopeID, label: automation.scopeName }] : [];
    return [{ value: "", label: t("automation.whole_project") }, ...known, ...own];
}

function other(kind: Action["kind"], old: Action, page: AutomationsPage): Action {
    const webhook = old.kind === "NO_OP" ? (page.webhooks[0]?.id ?? "") : old.webhook;
    if (kind === "GENERIC_WEBHOOK") return { kind, webhook, payload: "" };
    return kind === "NOTIFICATION" ? { kind, webhook, title: "", message: "", severity: "INFO" } : { kind };
}

function ActionFields({ action, change, page }: { action: Exclude<Action, { kind: "NO_OP" }>; change: (a: Action) => void; page: AutomationsPage }) {
    return (
        <>
            <Field label={t("automation.to")}>
                <Select value={action.webhook} options={page.webhooks.map((w) => ({ value: w.id, label: w.name }))} onChange={(webhook) => change({ ...action, webhook })} />
            </Field>
            {action.kind === "GENERIC_WEBHOOK" ? (
                <Field label={t("automation.payload")} isWide>
                    <TextInput isArea delay={0} value={action.payload} placeholder={'{"run": "${run_name}"}'} isInvalid={!checkJson(action.payload)} onChange={(payload) => change({ ...action, payload })} />
                </Field>
            ) : (
                <>
                    <Field label={t("automation.title")}>
                        <TextInput delay={0} value={action.title} onChange={(title) => change({ ...action, title })} />
                    </Field>
                    <Field label={t("automation.severity")}>
                        <Select value={action.severity} options={SEVERITIES.map((s) => ({ value: s as string, label: t(`severity.${s}`) }))} onChange={(severity) => change({ ...action, severity })} />
                    </Field>
                    <Field label={t("automation.message")} isWide>
                        <TextInput isArea delay={0} value={action.message} onChange={(message) => change({ ...action, message })} />
                    </Field>
                </>
            )}
        </>
    );
}
