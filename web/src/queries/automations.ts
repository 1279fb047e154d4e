/* automations.ts - what a project's automations and alerts wait for, call, and have sent. */

import { graphql } from "../api";

export interface Webhook {
    id: string;
    name: string;
    urlEndpoint: string;
    /* Null for who may not administer the entity. */
    signingSecret: string | null;
}

export type Action =
    | { kind: "GENERIC_WEBHOOK"; webhook: string; payload: string }
    | { kind: "NOTIFICATION"; webhook: string; title: string; message: string; severity: string }
    | { kind: "NO_OP" };

export interface Automation {
    id: string;
    name: string;
    description: string;
    isEnabled: boolean;
    createdAt: string;
    author: string;
    event: string;
    filter: string;
    action: Action;
    scopeType: "PROJECT" | "ARTIFACT_COLLECTION" | "ENTITY";
    scopeID: string;
    scopeName: string;
}

export interface Delivery {
    id: string;
    kind: string;
    subject: string;
    target: string;
    state: "FAILED" | "QUEUED" | "SENT";
    attempts: number;
    statusCode: number | null;
    error: string | null;
    createdAt: string;
    sentAt: string | null;
    nextAt: string | null;
}

export interface AutomationsPage {
    projectID: string;
    isReadOnly: boolean;
    automations: Automation[];
    webhooks: Webhook[];
    collections: { id: string; name: string }[];
    alertWebhook: string;
    alertSeverity: string;
    wantsMail: boolean;
    mailSeverity: string;
    deliveries: Delivery[];
}

interface TriggerNode {
    id: string;
    name: string;
    description: string | null;
    enabled: boolean;
    createdAt: string;
    createdBy: { username: string } | null;
    triggeringCondition: { eventType: string; filter: string };
    triggeredAction: {
        __typename: string;
        integration?: { id?: string };
        requestPayload?: string | null;
        title?: string | null;
        message?: string | null;
        severity?: string | null;
    };
    scope: { __typename: string; id: string; name: string };
}

const TRIGGER = `id name description enabled createdAt createdBy { username }
    triggeringCondition { ... on FilterEventTriggeringCondition { eventType filter } }
    triggeredAction { __typename
        ... on GenericWebhookTriggeredAction { integration { ... on GenericWebhookIntegration { id } } requestPayload }
        ... on NotificationTriggeredAction { integration { ... on GenericWebhookIntegration { id } } title message severity } }
    scope { __typename ... on Project { id name } ... on Entity { id name } ... on ArtifactSequence { id name } ... on ArtifactPortfolio { id name } }`;

function readAction(a: TriggerNode["triggeredAction"]): Action {
    const webhook = a.integration?.id ?? "";
    if (a.__typename === "GenericWebhookTriggeredAction") return { kind: "GENERIC_WEBHOOK", webhook, payload: a.requestPayload ?? "" };
    if (a.__typename === "NotificationTriggeredAction") return { kind: "NOTIFICATION", webhook, title: a.title ?? "", message: a.message ?? "", severity: a.severity ?? "INFO" };
    return { kind: "NO_OP" };
}

function readTrigger(n: TriggerNode): Automation {
    const scopeType = n.scope.__typename === "Project" ? "PROJECT" : n.scope.__typename === "Entity" ? "ENTITY" : "ARTIFACT_COLLECTION";
    return {
        id: n.id,
        name: n.name,
        description: n.description ?? "",
        isEnabled: n.enabled,
        createdAt: n.createdAt,
        author: n.createdBy?.username ?? "",
        event: n.triggeringCondition.eventType,
        filter: n.triggeringCondition.filter,
        action: readAction(n.triggeredAction),
        scopeType,
        scopeID: n.scope.id,
        scopeName: n.scope.name,
    };
}

interface Edges<T> {
    edges: { node: T }[];
}

export async function fetchAutomations(entity: string, project: string): Promise<AutomationsPage | null> {
    const data = await graphql<{
        project: {
            id: string;
            readOnly: boolean;
            triggers: TriggerNode[];
            alertSetting: { integration: { id?: string } | null; leastSeverity: string };
            ownAlertSetting: { wantsEmail: boolean; leastSeverity: string } | null;
            artifactCollections: Edges<{ id: string; name: string }>;
            deliveries: Edges<Delivery>;
            entity: { integrations: Edges<Partial<Webhook>> | null } | null;
        } | null;
    }>(
        `query PageAutomations($entity: String!, $project: String!) { project(name: $project, entityName: $entity) { id readOnly
            triggers { ${TRIGGER} } alertSetting { integration { ... on GenericWebhookIntegration { id } } leastSeverity }
            ownAlertSetting { wantsEmail leastSeverity } artifactCollections(first: 500) { edges { node { id name } } }
            deliveries(first: 100) { edges { node { id kind subject target state attempts statusCode error createdAt sentAt nextAt } } }
            entity { integrations(first: 200) { edges { node { ... on GenericWebhookIntegration { id name urlEndpoint signingSecret } } } } } } }`,
        { entity, project },
    );
    const p = data.project;
    if (p === null) return null;
    return {
        projectID: p.id,
        isReadOnly: p.readOnly,
        automations: p.triggers.map(readTrigger),
        webhooks: (p.entity?.integrations?.edges ?? []).flatMap(({ node }) => (node.id === undefined ? [] : [node as Webhook])),
        collections: p.artifactCollections.edges.map((e) => e.node),
        alertWebhook: p.alertSetting.integration?.id ?? "",
        alertSeverity: p.alertSetting.leastSeverity,
        wantsMail: p.ownAlertSetting?.wantsEmail ?? false,
        mailSeverity: p.ownAlertSetting?.leastSeverity ?? "INFO",
        deliveries: p.deliveries.edges.map((e) => e.node),
    };
}

/* ---- changes ---- */

export interface AutomationInput {
    name: string;
    description: string;
    event: string;
    filter: string;
    action: Action;
    scopeType: Automation["scopeType"];
    scopeID: string;
}

function actionConfig(action: Action): object {
    switch (action.kind) {
        case "GENERIC_WEBHOOK":
            return { genericWebhookActionInput: { integrationID: action.webhook, requestPayload: action.payload.trim() === "" ? null : action.payload } };
        case "NOTIFICATION":
            return { notificationActionInput: { integrationID: action.webhook, title: action.title, message: action.message, severity: action.severity } };
        case "NO_OP":
            return { noOpActionInput: { noOp: true } };
    }
}

/* Makes a new one when there is no id. */
export async function saveAutomation(id: string | null, input: AutomationInput): Promise<void> {
    const fields = {
        name: input.name,
        description: input.description,
        eventFilter: input.filter,
        triggeringEventType: input.event,
        triggeredActionType: input.action.kind,
        triggeredActionConfig: actionConfig(input.action),
        scopeType: input.scopeType,
        scopeID: input.scopeID,
    };
    if (id === null)
        await graphql("mutation PageNewAutomation($input: CreateFilterTriggerInput!) { createFilterTrigger(input: $input) { trigger { id } } }", {
            input: { ...fields, enabled: true },
        });
    else await graphql("mutation PageChangeAutomation($input: UpdateFilterTriggerInput!) { updateFilterTrigger(input: $input) { trigger { id } } }", { input: { ...fields, id } });
}

export async function enableAutomation(id: string, enabled: boolean): Promise<void> {
    await graphql("mutation PageEnableAutomation($input: UpdateFilterTriggerInput!) { updateFilterTrigger(input: $input) { trigger { id } } }", { input: { id, enabled } });
}

export async function deleteAutomation(triggerID: string): Promise<void> {
    await graphql("mutation PageDeleteAutomation($input: DeleteTriggerInput!) { deleteTrigger(input: $input) { success } }", { input: { triggerID } });
}

export async function createWebhook(entityName: string, name: string, urlEndpoint: string): Promise<void> {
    await graphql("mutation PageNewWebhook($input: CreateGenericWebhookIntegrationInput!) { createGenericWebhookIntegration(input: $input) { integration { __typename } } }", {
        input: { entityName, name, urlEndpoint },
    });
}

export async function deleteWebhook(id: string): Promise<void> {
    await graphql("mutation PageDeleteWebhook($input: DeleteIntegrationInput!) { deleteIntegration(input: $input) { success } }", { input: { id } });
}

export async function setProjectAlerts(entityName: string, projectName: string, integrationID: string | null, leastSeverity: string): Promise<void> {
    await graphql("mutation PageProjectAlerts($input: UpdateProjectAlertSettingInput!) { updateProjectAlertSetting(input: $input) { setting { leastSeverity } } }", {
        input: { entityName, projectName, integrationID, leastSeverity },
    });
}

export async function setOwnAlerts(entityName: string, projectName: string, wantsEmail: boolean, leastSeverity: string): Promise<void> {
    await graphql("mutation PageOwnAlerts($input: UpdateAlertSettingInput!) { updateAlertSetting(input: $input) { setting { leastSeverity } } }", {
        input: { entityName, projectName, wantsEmail, leastSeverity },
    });
}
