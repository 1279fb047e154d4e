/* run_payloads.c - the inputs and payloads of the mutations of runs and projects. */
#include "server/api/runs/run_mutations.h"

#include "server/api/access.h"

const char run_sdl[] =
    "enum AlertSeverity { ERROR INFO WARN }\n"
    "input ArtifactTypeInput { name: String! }\n"
    "input DeleteModelInput { clientMutationId: String id: String! }\n"
    "input DeleteRunInput { clientMutationId: String deleteArtifacts: Boolean id: ID! }\n"
    "input DeleteRunsInput { clientMutationId: String deleteArtifacts: Boolean ids: [ID!]! }\n"
    "\"Runs by their ids, or those of a source project that the filters hold for.\"\n"
    "input MoveRunsInput { clientMutationId: String destinationEntityName: String destinationProjectName: String! filters: JSONString"
    " ids: [ID!] sourceEntityName: String sourceProjectName: String }\n"
    "input NotifyScriptableRunAlertInput { clientMutationId: String entityName: String projectName: String! runName: String!"
    " severity: AlertSeverity = INFO text: String! title: String! \"Milliseconds.\" waitDuration: Duration }\n"
    "input RenameProjectInput { clientMutationId: String entityName: String! newProjectName: String! oldProjectName: String! }\n"
    "input RewindRunInput { clientMutationId: String entityName: String metricName: String! metricValue: Float! projectName: String"
    " runName: String! }\n"
    "input StopRunInput { clientMutationId: String id: ID! }\n"
    "input UpdateRunStateInput { clientMutationId: String id: ID! state: String! }\n"
    "\"What is null stays as it is; an empty text or list is set.\"\n"
    "input UpsertBucketInput { clientMutationId: String commit: String config: JSONString debug: Boolean description: String"
    " displayName: String entityName: String groupName: String host: String id: String jobProgram: String jobRepo: String"
    " jobType: String modelName: String name: String notes: String state: String summaryMetrics: JSONString sweep: String"
    " tags: [String!] }\n"
    "input UpsertModelInput { access: String allowAllArtifactTypesInRegistry: Boolean artifactTypes: [ArtifactTypeInput!]"
    " clientMutationId: String description: String entityName: String framework: String id: String \"Bytes; 0: no limit of its own. Set by administrators"
    " of the server.\" limitBytes: Int64 name: String repo: String views: JSONString }\n";

/* ---- payloads ---- */

void payload_give(struct gql_call *call, const struct owner *object, bool inserted, int64_t count) {
    struct payload *payload = ARENA_NEW(call->arena, struct payload);
    if (object != NULL)
        payload->owner = *object;
    payload->object = object;
    payload->inserted = inserted;
    payload->success = true;
    payload->count = count;
    gql_object(call, payload);
}

enum err_code payload_answer_object(struct gql_call *call, struct err *err) {
    (void)err;
    gql_object(call, ((const struct payload *)call->parent)->object);
    return OK;
}

enum err_code payload_answer_inserted(struct gql_call *call, struct err *err) {
    (void)err;
    json_bool(call->out, ((const struct payload *)call->parent)->inserted);
    return OK;
}

enum err_code payload_answer_success(struct gql_call *call, struct err *err) {
    (void)err;
    json_bool(call->out, ((const struct payload *)call->parent)->success);
    return OK;
}

/* Relay's echo. The clients ask for it and never look. */
enum err_code payload_answer_client_mutation_id(struct gql_call *call, struct err *err) {
    (void)call;
    (void)err;
    return OK;
}

static enum err_code answer_count(struct gql_call *call, struct err *err) {
    (void)err;
    json_int(call->out, ((const struct payload *)call->parent)->count);
    return OK;
}

/* ---- what the server wants an old client to print: nothing ---- */

static enum err_code answer_settings(struct gql_call *call, struct err *err) {
    (void)err;
    gql_object(call, call->parent);
    return OK;
}

static enum err_code answer_no_messages(struct gql_call *call, struct err *err) {
    (void)err;
    gql_list_begin(call);
    return OK;
}

static enum err_code answer_nothing(struct gql_call *call, struct err *err) {
    (void)call;
    (void)err;
    return OK;
}

static const struct gql_field server_message_fields[] = {
    { "htmlText", "", "String", WHO_USER, answer_nothing, NULL },
    { "messageLevel", "", "Int", WHO_USER, answer_nothing, NULL },
    { "messageType", "", "String", WHO_USER, answer_nothing, NULL },
    { "plainText", "", "String", WHO_USER, answer_nothing, NULL },
    { "utfText", "", "String", WHO_USER, answer_nothing, NULL },
};
const struct gql_type server_message_type = GQL_TYPE("ServerMessage", server_message_fields);

static const struct gql_field server_settings_fields[] = {
    { "serverMessages", "", "[ServerMessage!]", WHO_USER, answer_no_messages, "What an old client prints when a run begins." },
};
const struct gql_type server_settings_type = GQL_TYPE("ServerSettings", server_settings_fields);

/* ---- types; each table sorted by name ---- */

#define MUTATION_ID { "clientMutationId", "", "String", WHO_USER, payload_answer_client_mutation_id, NULL }
#define SUCCESS { "success", "", "Boolean!", WHO_USER, payload_answer_success, NULL }
#define INSERTED { "inserted", "", "Boolean!", WHO_USER, payload_answer_inserted, "Whether it was made now." }

static const struct gql_field upsert_bucket_payload_fields[] = {
    { "bucket", "", "Run", CAN_READ, payload_answer_object, NULL },
    MUTATION_ID,
    INSERTED,
    { "serverSettings", "", "ServerSettings", WHO_USER, answer_settings, NULL },
};
const struct gql_type upsert_bucket_payload_type = GQL_TYPE("UpsertBucketPayload", upsert_bucket_payload_fields);

static const struct gql_field rewind_run_payload_fields[] = {
    MUTATION_ID,
    { "rewoundRun", "", "Run", CAN_READ, payload_answer_object, NULL },
};
const struct gql_type rewind_run_payload_type = GQL_TYPE("RewindRunPayload", rewind_run_payload_fields);

static const struct gql_field move_runs_payload_fields[] = {
    MUTATION_ID,
    { "movedCount", "", "Int!", WHO_USER, answer_count, NULL },
    SUCCESS,
};
const struct gql_type move_runs_payload_type = GQL_TYPE("MoveRunsPayload", move_runs_payload_fields);

static const struct gql_field delete_runs_payload_fields[] = {
    MUTATION_ID,
    { "deletedCount", "", "Int!", WHO_USER, answer_count, NULL },
    SUCCESS,
};
const struct gql_type delete_runs_payload_type = GQL_TYPE("DeleteRunsPayload", delete_runs_payload_fields);

static const struct gql_field upsert_model_payload_fields[] = {
    MUTATION_ID,
    INSERTED,
    { "model", "", "Project", CAN_READ, payload_answer_object, "As project, by its oldest name." },
    { "project", "", "Project", CAN_READ, payload_answer_object, NULL },
};
const struct gql_type upsert_model_payload_type = GQL_TYPE("UpsertModelPayload", upsert_model_payload_fields);

static const struct gql_field rename_project_payload_fields[] = {
    MUTATION_ID,
    INSERTED,
    { "project", "", "Project", CAN_READ, payload_answer_object, NULL },
};
const struct gql_type rename_project_payload_type = GQL_TYPE("RenameProjectPayload", rename_project_payload_fields);

/* Those that only say that it was done. */
static const struct gql_field done_payload_fields[] = { MUTATION_ID, SUCCESS };
const struct gql_type delete_run_payload_type = GQL_TYPE("DeleteRunPayload", done_payload_fields);
const struct gql_type stop_run_payload_type = GQL_TYPE("StopRunPayload", done_payload_fields);
const struct gql_type update_run_state_payload_type = GQL_TYPE("UpdateRunStatePayload", done_payload_fields);
const struct gql_type notify_scriptable_run_alert_payload_type = GQL_TYPE("NotifyScriptableRunAlertPayload", done_payload_fields);
const struct gql_type delete_model_payload_type = GQL_TYPE("DeleteModelPayload", done_payload_fields);
