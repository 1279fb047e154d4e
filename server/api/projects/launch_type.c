/* launch_type.c - see launch_type.h. */
#include "server/api/projects/launch_type.h"

#include "server/api/access.h"

const char launch_sdl[] =
    "enum RunQueueAccessType { PROJECT USER }\n"
    "enum RunQueuePrioritizationMode { DISABLED V0 }\n"
    "input AckRunQueueItemInput { clientMutationId: String, runName: String!, runQueueItemId: ID! }\n"
    "input CreateDefaultResourceConfigInput { clientMutationId: String, config: JSONString!, entityName: String!, resource: String!, "
    "templateVariables: JSONString }\n"
    "input CreateLaunchAgentInput { agentConfig: JSONString, clientMutationId: String, entityName: String!, hostname: String!, "
    "projectName: String!, runQueues: [ID!]!, version: String }\n"
    "input CreateRunQueueInput { access: RunQueueAccessType!, clientMutationId: String, defaultResourceConfigID: ID, entityName: String!, "
    "prioritizationMode: RunQueuePrioritizationMode, projectName: String!, queueName: String! }\n"
    "input DeleteFromRunQueueInput { clientMutationId: String, queueID: ID!, runQueueItemId: ID! }\n"
    "input DeleteRunQueuesInput { clientMutationId: String, queueIDs: [ID!]! }\n"
    "input FailRunQueueItemInput { clientMutationId: String, filePaths: [String!], message: String, runQueueItemId: ID!, stage: String }\n"
    "input PopFromRunQueueInput { clientMutationId: String, entityName: String!, launchAgentId: ID, projectName: String!, queueName: "
    "String! }\n"
    "input PushToRunQueueByNameInput { clientMutationId: String, entityName: String!, priority: Int, projectName: String!, queueName: "
    "String!, runSpec: JSONString!, templateVariableValues: JSONString }\n"
    "input PushToRunQueueInput { clientMutationId: String, queueID: ID!, runSpec: JSONString!, templateVariableValues: JSONString }\n"
    "input UpdateLaunchAgentInput { agentStatus: String, clientMutationId: String, launchAgentId: ID! }\n"
    "input UpdateRunQueueItemWarningInput { clientMutationId: String, filePaths: [String!], message: String!, runQueueItemId: ID!, stage: "
    "String! }\n"
    "input UpsertRunQueueInput { clientMutationId: String, entityName: String!, externalLinks: JSONString, prioritizationMode: "
    "RunQueuePrioritizationMode, projectName: String!, queueName: String!, resourceConfig: JSONString!, resourceType: String!, "
    "templateVariables: JSONString }\n";

enum err_code launch_answer_nothing(struct gql_call *call, struct err *err) {
    (void)call;
    (void)err;
    return OK;
}

enum err_code launch_answer_none(struct gql_call *call, struct err *err) {
    (void)err;
    gql_list_begin(call);
    return OK;
}

enum err_code launch_answer_refusal(struct gql_call *call, struct err *err) {
    (void)call;
    return err_set(err, ERR_NOT_OFFERED, "launching jobs from queues is not offered here: start runs yourself, or with a sweep's agent");
}

/* Nothing is ever of these types. */
#define NOTHING(name, type) { name, "", type, WHO_USER, launch_answer_nothing, NULL }
#define LAUNCH_TYPE(variable, type_name, ...)                                                                            \
    static const struct gql_field variable##_fields[] = { __VA_ARGS__ };                                                 \
    const struct gql_type variable##_type = GQL_TYPE(type_name, variable##_fields)

LAUNCH_TYPE(default_resource_config, "DefaultResourceConfig", NOTHING("config", "JSONString"), NOTHING("resource", "String"),
            NOTHING("templateVariables", "[TemplateVariable!]"));
LAUNCH_TYPE(launch_agent, "LaunchAgent", NOTHING("agentStatus", "String"), NOTHING("heartbeatAt", "DateTime"), NOTHING("hostname", "String"),
            NOTHING("id", "ID!"), NOTHING("name", "String"), NOTHING("runQueues", "[ID!]"), NOTHING("stopPolling", "Boolean"));
LAUNCH_TYPE(run_queue, "RunQueue", NOTHING("access", "String"), NOTHING("createdBy", "ID"), NOTHING("defaultResourceConfigID", "ID"),
            NOTHING("externalLinks", "JSONString"), NOTHING("id", "ID!"), NOTHING("name", "String!"), NOTHING("prioritizationMode", "String"),
            { "runQueueItem", "id: ID!", "RunQueueItem", WHO_USER, launch_answer_nothing, NULL },
            { "runQueueItems", "first: Int", "RunQueueItemConnection", WHO_USER, launch_answer_nothing, NULL });
LAUNCH_TYPE(run_queue_item, "RunQueueItem", NOTHING("associatedRunId", "String"), NOTHING("id", "ID!"), NOTHING("state", "String"));
LAUNCH_TYPE(run_queue_item_connection, "RunQueueItemConnection", NOTHING("edges", "[RunQueueItemEdge!]!"));
LAUNCH_TYPE(run_queue_item_edge, "RunQueueItemEdge", NOTHING("node", "RunQueueItem"));
LAUNCH_TYPE(template_variable, "TemplateVariable", NOTHING("name", "String"), NOTHING("schema", "JSONString"));

#define ROW_ID NOTHING("clientMutationId", "String")
#define ROW_SUCCESS NOTHING("success", "Boolean")
LAUNCH_TYPE(ack_run_queue_item_payload, "AckRunQueueItemPayload", ROW_ID, ROW_SUCCESS);
LAUNCH_TYPE(create_default_resource_config_payload, "CreateDefaultResourceConfigPayload", ROW_ID, NOTHING("defaultResourceConfigID", "ID"),
            ROW_SUCCESS);
LAUNCH_TYPE(create_launch_agent_payload, "CreateLaunchAgentPayload", ROW_ID, NOTHING("launchAgentId", "ID"));
LAUNCH_TYPE(create_run_queue_payload, "CreateRunQueuePayload", ROW_ID, NOTHING("queueID", "ID"), ROW_SUCCESS);
LAUNCH_TYPE(delete_from_run_queue_payload, "DeleteFromRunQueuePayload", ROW_ID, ROW_SUCCESS);
LAUNCH_TYPE(delete_run_queues_payload, "DeleteRunQueuesPayload", ROW_ID, ROW_SUCCESS);
LAUNCH_TYPE(fail_run_queue_item_payload, "FailRunQueueItemPayload", ROW_ID, ROW_SUCCESS);
LAUNCH_TYPE(pop_from_run_queue_payload, "PopFromRunQueuePayload", ROW_ID, NOTHING("runQueueItemId", "ID"), NOTHING("runSpec", "JSONString"));
LAUNCH_TYPE(push_to_run_queue_by_name_payload, "PushToRunQueueByNamePayload", ROW_ID, NOTHING("runQueueItemId", "ID"),
            NOTHING("runSpec", "JSONString"));
LAUNCH_TYPE(push_to_run_queue_payload, "PushToRunQueuePayload", ROW_ID, NOTHING("runQueueItemId", "ID"));
LAUNCH_TYPE(update_launch_agent_payload, "UpdateLaunchAgentPayload", ROW_ID, ROW_SUCCESS);
LAUNCH_TYPE(update_run_queue_item_warning_payload, "UpdateRunQueueItemWarningPayload", ROW_ID, ROW_SUCCESS);
LAUNCH_TYPE(upsert_run_queue_payload, "UpsertRunQueuePayload", ROW_ID, NOTHING("configSchemaValidationErrors", "[String!]"), ROW_SUCCESS);
