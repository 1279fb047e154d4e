/* schema.c - see schema.h. */
#include "server/api/schema.h"

#include "server/api/access.h"
#include "server/api/account_types.h"
#include "server/api/project_type.h"
#include "server/api/run_mutations.h"
#include "server/api/run_type.h"

enum { SDL_BYTES_MAX = 1 << 20 };

/* ---- roots; each table sorted by name ---- */

static const struct gql_field query_fields[] = {
    { "entity", "name: String!", "Entity", WHO_USER, account_answer_entity, "A person, team or organisation that may own projects." },
    { "model", PROJECT_ARGS, "Project", WHO_USER, project_type_answer_one, "As project, by its oldest name." },
    { "models", PROJECT_LIST_ARGS, "ProjectConnection", WHO_USER, project_type_answer_list, "The entity's projects, newest first; your own when no entity is named." },
    { "organization", "name: String!", "Organization", WHO_USER, account_answer_organization, NULL },
    { "project", PROJECT_ARGS, "Project", WHO_USER, project_type_answer_one, "Null when there is none, or none that you may read." },
    { "serverInfo", "", "ServerInfo", WHO_ANYONE, account_answer_server_info, NULL },
    { "users", "query: String", "UserConnection", WHO_USER, account_answer_users, NULL },
    { "viewer", "", "User", WHO_USER, account_answer_viewer, "Whoever asks." },
};
static const struct gql_type query_type = GQL_TYPE("Query", query_fields);

static const struct gql_field mutation_fields[] = {
    { "createInvite", "input: CreateInviteInput!", "CreateInvitePayload", WHO_USER, account_answer_create_invite, NULL },
    { "createServiceAccount", "input: CreateServiceAccountInput!", "CreateServiceAccountPayload", WHO_USER, account_answer_create_service_account, NULL },
    { "createTeam", "input: CreateTeamInput!", "CreateTeamPayload", WHO_USER, account_answer_create_team, NULL },
    { "createUser", "input: CreateUserInput!", "CreateUserPayload", WHO_SERVER_ADMIN, account_answer_create_user, NULL },
    { "deleteApiKey", "input: DeleteApiKeyInput!", "DeleteApiKeyPayload", WHO_USER, account_answer_delete_api_key, NULL },
    { "deleteInvite", "input: DeleteInviteInput!", "DeleteInvitePayload", WHO_USER, account_answer_delete_invite, NULL },
    { "deleteModel", "input: DeleteModelInput!", "DeleteModelPayload", WHO_USER, project_answer_delete_model, "Deletes a project with its runs and all that they own." },
    { "deleteRun", "input: DeleteRunInput!", "DeleteRunPayload", WHO_USER, run_answer_delete_run, "Deletes a run with its history, files and logs." },
    { "deleteRuns", "input: DeleteRunsInput!", "DeleteRunsPayload", WHO_USER, run_answer_delete_runs, "All of them, or none when one cannot be deleted." },
    { "generateApiKey", "input: GenerateApiKeyInput!", "GenerateApiKeyPayload", WHO_USER, account_answer_generate_api_key, NULL },
    { "moveRuns", "input: MoveRunsInput!", "MoveRunsPayload", WHO_USER, run_answer_move_runs, "Into another project. A run that is live goes on there." },
    { "notifyScriptableRunAlert", "input: NotifyScriptableRunAlertInput!", "NotifyScriptableRunAlertPayload", WHO_USER, run_answer_notify_alert, NULL },
    { "renameProject", "input: RenameProjectInput!", "RenameProjectPayload", WHO_USER, project_answer_rename, NULL },
    { "rewindRun", "input: RewindRunInput!", "RewindRunPayload", WHO_USER, run_answer_rewind_run, "Hides the run's rows of later steps." },
    { "stopRun", "input: StopRunInput!", "StopRunPayload", WHO_USER, run_answer_stop_run, "Asks the run's client to stop it." },
    { "updateRunState", "input: UpdateRunStateInput!", "UpdateRunStatePayload", WHO_USER, run_answer_update_run_state, NULL },
    { "upsertBucket", "input: UpsertBucketInput!", "UpsertBucketPayload", WHO_USER, run_answer_upsert_bucket, "Makes or changes a run, and its project when there is none." },
    { "upsertModel", "input: UpsertModelInput!", "UpsertModelPayload", WHO_USER, project_answer_upsert_model, "Makes or changes a project." },
};
static const struct gql_type mutation_type = GQL_TYPE("Mutation", mutation_fields);

/* ---- all types ---- */

static const struct gql_type *const types[] = {
    &api_key_connection_type,
    &api_key_edge_type,
    &api_key_type,
    &create_invite_type,
    &create_service_account_type,
    &create_team_type,
    &create_user_type,
    &delete_api_key_type,
    &delete_invite_type,
    &delete_model_payload_type,
    &delete_run_payload_type,
    &delete_runs_payload_type,
    &entity_connection_type,
    &entity_edge_type,
    &entity_type,
    &feature_flag_type,
    &generate_api_key_type,
    &git_info_type,
    &invite_type,
    &latest_local_version_type,
    &member_type,
    &move_runs_payload_type,
    &mutation_type,
    &notify_scriptable_run_alert_payload_type,
    &organization_type,
    &page_info_type,
    &parquet_history_type,
    &project_connection_type,
    &project_edge_type,
    &project_type,
    &query_type,
    &rename_project_payload_type,
    &rewind_run_payload_type,
    &run_connection_type,
    &run_edge_type,
    &run_info_type,
    &run_type,
    &server_feature_type,
    &server_info_type,
    &server_message_type,
    &server_settings_type,
    &stop_run_payload_type,
    &update_run_state_payload_type,
    &upsert_bucket_payload_type,
    &upsert_model_payload_type,
    &user_connection_type,
    &user_edge_type,
    &user_type,
};

static const char scalar_sdl[] =
    "\"ISO 8601, UTC: 2026-11-21T01:52:54.733Z\"\n"
    "scalar DateTime\n"
    "\"A number of milliseconds.\"\n"
    "scalar Duration\n"
    "\"A whole number beyond 32 bits.\"\n"
    "scalar Int64\n"
    "\"Any JSON value.\"\n"
    "scalar JSON\n"
    "\"A JSON value as text. NaN and Infinity may stand in it.\"\n"
    "scalar JSONString\n";

/* What each noun's files add. */
static const char *const sdl_parts[] = { scalar_sdl, account_sdl, run_sdl };

enum err_code schema_create(const struct gql_schema **out, struct err *err) {
    struct buf sdl = BUF_INIT(SDL_BYTES_MAX);
    struct gql_schema_parts parts = { .types = types, .type_count = sizeof(types) / sizeof(types[0]), .may_ask = access_may_ask };
    struct gql_schema *schema = NULL;
    enum err_code code;

    for (size_t i = 0; i < sizeof(sdl_parts) / sizeof(sdl_parts[0]); i++)
        buf_append_str(&sdl, str_from_c(sdl_parts[i]));
    buf_append_char(&sdl, '\0');
    parts.sdl = sdl.ptr;
    code = buf_check(&sdl, "the schema", err);
    if (code == OK)
        code = gql_schema_create(&schema, &parts, err);
    buf_finish(&sdl);
    *out = schema;
    return code;
}

void schema_destroy(const struct gql_schema *schema) {
    gql_schema_destroy((struct gql_schema *)schema);
}
