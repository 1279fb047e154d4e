/* schema.c - see schema.h. */
#include "server/api/schema.h"

#include "server/api/access.h"
#include "server/api/accounts/account_types.h"
#include "server/api/artifacts/alias_guard.h"
#include "server/api/artifacts/artifact_folder_type.h"
#include "server/api/artifacts/artifact_history.h"
#include "server/api/artifacts/artifact_mutations.h"
#include "server/api/artifacts/artifact_parts.h"
#include "server/api/artifacts/artifact_type.h"
#include "server/api/artifacts/registry_type.h"
#include "server/api/automations/alert_type.h"
#include "server/api/automations/automation_type.h"
#include "server/api/automations/notification_type.h"
#include "server/api/automations/webhook_type.h"
#include "server/api/projects/custom_chart_type.h"
#include "server/api/projects/discussion_type.h"
#include "server/api/projects/launch_type.h"
#include "server/api/projects/project_type.h"
#include "server/api/projects/search_type.h"
#include "server/api/projects/trash_type.h"
#include "server/api/projects/view_type.h"
#include "server/api/runs/console_type.h"
#include "server/api/runs/file_mutations.h"
#include "server/api/runs/file_type.h"
#include "server/api/runs/run_mutations.h"
#include "server/api/runs/run_type.h"
#include "server/api/sweeps/sweep_mutations.h"
#include "server/api/sweeps/sweep_type.h"

enum { SDL_BYTES_MAX = 1 << 20 };

/* ---- roots; each table sorted by name ---- */

static const struct gql_field query_fields[] = {
    { "artifact", "id: ID!", "Artifact", WHO_USER, artifact_answer_by_id, NULL },
    { "artifactCollection", "id: ID!", "ArtifactCollection", WHO_USER, artifact_answer_collection_by_id, NULL },
    { "clientIDMapping", "clientID: ID!", "ClientIDMapping", WHO_USER, artifact_answer_client_id, "The artifact that a client logged under an id of its own." },
    { "customChart", "id: ID!", "CustomChart", WHO_USER, custom_chart_answer_one, "By its id, ENTITY/NAME; null when there is none, or none that you may read." },
    { "entity", "name: String", "Entity", WHO_USER, account_answer_entity, "A person, team or organisation that may own projects." },
    { "launchAgent", "id: ID!", "LaunchAgent", WHO_USER, launch_answer_nothing, "Not offered: there is none." },
    { "model", PROJECT_ARGS, "Project", WHO_USER, project_type_answer_one, "As project, by its oldest name." },
    { "models", PROJECT_LIST_ARGS, "ProjectConnection", WHO_USER, project_type_answer_list, "The entity's projects, newest first; your own when no entity is named." },
    { "organization", "name: String!", "Organization", WHO_USER, account_answer_organization, NULL },
    { "project", PROJECT_ARGS, "Project", WHO_USER, project_type_answer_one, "Null when there is none, or none that you may read." },
    { "serverInfo", "", "ServerInfo", WHO_ANYONE, account_answer_server_info, NULL },
    { "users", "query: String", "UserConnection", WHO_USER, account_answer_users, NULL },
    { "view", "id: ID!", "View", WHO_USER, view_answer_one, "A report, a draft or a saved workspace." },
    { "viewer", "", "User", WHO_USER, account_answer_viewer, "Whoever asks." },
};
static const struct gql_type query_type = GQL_TYPE("Query", query_fields);

static const struct gql_field mutation_fields[] = {
    { "ackRunQueueItem", "input: AckRunQueueItemInput!", "AckRunQueueItemPayload", WHO_USER, launch_answer_refusal, "Not offered: it always fails." },
    { "addAliases", "input: AddAliasesInput!", "AddAliasesPayload", WHO_USER, artifact_answer_add_aliases, NULL },
    { "agentHeartbeat", "input: AgentHeartbeatInput!", "AgentHeartbeatPayload", WHO_USER, sweep_answer_agent_heartbeat, "A sweep's agent asks what to do." },
    { "commitArtifact", "input: CommitArtifactInput!", "CommitArtifactPayload", WHO_USER, artifact_answer_commit, "Makes a version of a draft whose files and manifest have been uploaded." },
    { "completeMultipartUploadArtifact", "input: CompleteMultipartUploadArtifactInput!", "CompleteMultipartUploadArtifactPayload", WHO_USER, artifact_parts_answer_complete, "Makes the file of the parts that have arrived." },
    { "createAccessToken", "input: CreateAccessTokenInput!", "CreateAccessTokenPayload", WHO_USER, view_answer_create_token, "Makes a link that shows a report, and runs of these projects, to whoever has it." },
    { "createAgent", "input: CreateAgentInput!", "CreateAgentPayload", WHO_USER, sweep_answer_create_agent, NULL },
    { "createAnonymousEntity", "input: CreateAnonymousEntityInput!", "CreateAnonymousEntityPayload", WHO_ANYONE, account_answer_create_anonymous_entity, NULL },
    { "createArtifact", "input: CreateArtifactInput!", "CreateArtifactPayload", WHO_USER, artifact_answer_create, "Begins a draft; the version that is there when one has the same content." },
    { "createArtifactCollectionTagAssignments", "input: CreateArtifactCollectionTagAssignmentsInput!", "CreateArtifactCollectionTagAssignmentsPayload", WHO_USER, collection_answer_add_tags, NULL },
    { "createArtifactFiles", "input: CreateArtifactFilesInput!", "CreateArtifactFilesPayload", WHO_USER, artifact_answer_create_files, "Where to put the files; no address for what this project has already." },
    { "createArtifactManifest", "input: CreateArtifactManifestInput!", "CreateArtifactManifestPayload", WHO_USER, artifact_answer_create_manifest, NULL },
    { "createArtifactType", "input: CreateArtifactTypeInput!", "CreateArtifactTypePayload", WHO_USER, collection_answer_create_type, NULL },
    { "createCustomChart", "input: CreateCustomChartInput!", "CreateCustomChartPayload", WHO_USER, custom_chart_answer_create, "Makes a chart of one's own, or changes the one of that name." },
    { "createDefaultResourceConfig", "input: CreateDefaultResourceConfigInput!", "CreateDefaultResourceConfigPayload", WHO_USER, launch_answer_refusal, "Not offered: it always fails." },
    { "createDiscussionComment", "input: CreateDiscussionCommentInput!", "CreateDiscussionCommentPayload", WHO_USER, discussion_answer_create_comment, "Says something in a thread; a resolved one is open again." },
    { "createDiscussionThread", "input: CreateDiscussionThreadInput!", "CreateDiscussionThreadPayload", WHO_USER, discussion_answer_create_thread, "Begins a thread about a report with its first comment." },
    { "createFilterTrigger", "input: CreateFilterTriggerInput!", "CreateFilterTriggerPayload", WHO_USER, automation_answer_create, "Makes an automation." },
    { "createGenericWebhookIntegration", "input: CreateGenericWebhookIntegrationInput!", "CreateGenericWebhookIntegrationPayload", WHO_USER, webhook_answer_create, NULL },
    { "createInvite", "input: CreateInviteInput!", "CreateInvitePayload", WHO_USER, account_answer_create_invite, NULL },
    { "createLaunchAgent", "input: CreateLaunchAgentInput!", "CreateLaunchAgentPayload", WHO_USER, launch_answer_refusal, "Not offered: it always fails." },
    { "createProjectMembers", "input: CreateProjectMembersInput!", "CreateProjectMembersPayload", WHO_USER, registry_answer_create_members, NULL },
    { "createRunFiles", "input: CreateRunFilesInput!", "CreateRunFilesPayload", WHO_USER, file_answer_create, "Where to put the files of a run." },
    { "createRunQueue", "input: CreateRunQueueInput!", "CreateRunQueuePayload", WHO_USER, launch_answer_refusal, "Not offered: it always fails." },
    { "createServiceAccount", "input: CreateServiceAccountInput!", "CreateServiceAccountPayload", WHO_USER, account_answer_create_service_account, NULL },
    { "createTeam", "input: CreateTeamInput!", "CreateTeamPayload", WHO_USER, account_answer_create_team, NULL },
    { "createUser", "input: CreateUserInput!", "CreateUserPayload", WHO_SERVER_ADMIN, account_answer_create_user, NULL },
    { "deleteAliases", "input: DeleteAliasesInput!", "DeleteAliasesPayload", WHO_USER, artifact_answer_delete_aliases, NULL },
    { "deleteApiKey", "input: DeleteApiKeyInput!", "DeleteApiKeyPayload", WHO_USER, account_answer_delete_api_key, NULL },
    { "deleteArtifact", "input: DeleteArtifactInput!", "DeleteArtifactPayload", WHO_USER, artifact_answer_delete, "Refused for a version that has aliases, unless they are deleted too." },
    { "deleteArtifactCollectionTagAssignments", "input: DeleteArtifactCollectionTagAssignmentsInput!", "DeleteArtifactCollectionTagAssignmentsPayload", WHO_USER, collection_answer_delete_tags, NULL },
    { "deleteArtifactPortfolio", "input: DeleteArtifactPortfolioInput!", "DeleteArtifactPortfolioPayload", WHO_USER, collection_answer_delete, NULL },
    { "deleteArtifactSequence", "input: DeleteArtifactSequenceInput!", "DeleteArtifactSequencePayload", WHO_USER, collection_answer_delete, NULL },
    { "deleteDiscussionComment", "input: DeleteDiscussionCommentInput!", "DeleteDiscussionCommentPayload", WHO_USER, discussion_answer_delete_comment, "Your own, or any as an administrator. The last one takes its thread along." },
    { "deleteFiles", "input: DeleteFilesInput!", "DeleteFilesPayload", WHO_USER, file_answer_delete, NULL },
    { "deleteFromRunQueue", "input: DeleteFromRunQueueInput!", "DeleteFromRunQueuePayload", WHO_USER, launch_answer_refusal, "Not offered: it always fails." },
    { "deleteIntegration", "input: DeleteIntegrationInput!", "DeleteIntegrationPayload", WHO_USER, webhook_answer_delete, NULL },
    { "deleteInvite", "input: DeleteInviteInput!", "DeleteInvitePayload", WHO_USER, account_answer_delete_invite, NULL },
    { "deleteModel", "input: DeleteModelInput!", "DeleteModelPayload", WHO_USER, project_answer_delete_model, "Deletes a project with its runs and all that they own." },
    { "deleteProjectMembers", "input: DeleteProjectMembersInput!", "DeleteProjectMembersPayload", WHO_USER, registry_answer_delete_members, NULL },
    { "deleteRun", "input: DeleteRunInput!", "DeleteRunPayload", WHO_USER, run_answer_delete_run, "Deletes a run with its history, files and logs." },
    { "deleteRunQueues", "input: DeleteRunQueuesInput!", "DeleteRunQueuesPayload", WHO_USER, launch_answer_refusal, "Not offered: it always fails." },
    { "deleteRuns", "input: DeleteRunsInput!", "DeleteRunsPayload", WHO_USER, run_answer_delete_runs, "All of them, or none when one cannot be deleted." },
    { "deleteSweep", "input: DeleteSweepInput!", "DeleteSweepPayload", WHO_USER, sweep_answer_delete_sweep, "Its runs stay; its agents are told to end." },
    { "deleteTrigger", "input: DeleteTriggerInput!", "DeleteTriggerPayload", WHO_USER, automation_answer_delete, NULL },
    { "deleteView", "input: DeleteViewInput!", "DeleteViewPayload", WHO_USER, view_answer_delete, "success is false, and nothing deleted, when drafts of it are left." },
    { "enqueueSweepRun", "input: EnqueueSweepRunInput!", "EnqueueSweepRunPayload", WHO_USER, sweep_answer_enqueue_sweep_run, "The next agent that asks gets this run." },
    { "failRunQueueItem", "input: FailRunQueueItemInput!", "FailRunQueueItemPayload", WHO_USER, launch_answer_refusal, "Not offered: it always fails." },
    { "generateApiKey", "input: GenerateApiKeyInput!", "GenerateApiKeyPayload", WHO_USER, account_answer_generate_api_key, NULL },
    { "linkArtifact", "input: LinkArtifactInput!", "LinkArtifactPayload", WHO_USER, artifact_answer_link, "Puts a version into a portfolio." },
    { "markRunFilesUploaded", "input: MarkRunFilesUploadedInput!", "MarkRunFilesUploadedPayload", WHO_USER, file_answer_mark_uploaded, NULL },
    { "moveArtifactSequence", "input: MoveArtifactSequenceInput!", "MoveArtifactSequencePayload", WHO_USER, collection_answer_move, NULL },
    { "moveRuns", "input: MoveRunsInput!", "MoveRunsPayload", WHO_USER, run_answer_move_runs, "Into another project. A run that is live goes on there." },
    { "notifyScriptableRunAlert", "input: NotifyScriptableRunAlertInput!", "NotifyScriptableRunAlertPayload", WHO_USER, run_answer_notify_alert, NULL },
    { "popFromRunQueue", "input: PopFromRunQueueInput!", "PopFromRunQueuePayload", WHO_USER, launch_answer_refusal, "Not offered: it always fails." },
    { "pushToRunQueue", "input: PushToRunQueueInput!", "PushToRunQueuePayload", WHO_USER, launch_answer_refusal, "Not offered: it always fails." },
    { "pushToRunQueueByName", "input: PushToRunQueueByNameInput!", "PushToRunQueueByNamePayload", WHO_USER, launch_answer_refusal, "Not offered: it always fails." },
    { "renameProject", "input: RenameProjectInput!", "RenameProjectPayload", WHO_USER, project_answer_rename, NULL },
    { "resolveDiscussionThread", "input: ResolveDiscussionThreadInput!", "ResolveDiscussionThreadPayload", WHO_USER, discussion_answer_resolve_thread, "Settles a thread, or opens it again." },
    { "restore", "input: RestoreInput!", "RestorePayload", WHO_USER, trash_answer_restore, "Brings back what was deleted, as long as it is in the trash." },
    { "revokeAccessToken", "input: RevokeAccessTokenInput!", "RevokeAccessTokenPayload", WHO_USER, view_answer_revoke_token, "The link shows nothing from then on." },
    { "rewindRun", "input: RewindRunInput!", "RewindRunPayload", WHO_USER, run_answer_rewind_run, "Hides the run's rows of later steps." },
    { "starView", "input: StarViewInput!", "StarViewPayload", WHO_USER, view_star_answer_star, "Keeps a report at hand." },
    { "stopRun", "input: StopRunInput!", "StopRunPayload", WHO_USER, run_answer_stop_run, "Asks the run's client to stop it." },
    { "unlinkArtifact", "input: UnlinkArtifactInput!", "UnlinkArtifactPayload", WHO_USER, artifact_answer_unlink, NULL },
    { "unstarView", "input: UnstarViewInput!", "UnstarViewPayload", WHO_USER, view_star_answer_unstar, NULL },
    { "updateAccessTokenProjects", "input: UpdateAccessTokenProjectsInput!", "UpdateAccessTokenProjectsPayload", WHO_USER, view_answer_update_token, "Says anew whose runs a link to a report may show." },
    { "updateAlertSetting", "input: UpdateAlertSettingInput!", "UpdateAlertSettingPayload", WHO_USER, alert_answer_update, "Which alerts of one's own runs come by mail." },
    { "updateArtifact", "input: UpdateArtifactInput!", "UpdateArtifactPayload", WHO_USER, artifact_answer_update, NULL },
    { "updateArtifactManifest", "input: UpdateArtifactManifestInput!", "UpdateArtifactManifestPayload", WHO_USER, artifact_answer_update_manifest, NULL },
    { "updateArtifactPortfolio", "input: UpdateArtifactPortfolioInput!", "UpdateArtifactPortfolioPayload", WHO_USER, collection_answer_update, NULL },
    { "updateArtifactSequence", "input: UpdateArtifactSequenceInput!", "UpdateArtifactSequencePayload", WHO_USER, collection_answer_update, NULL },
    { "updateDiscussionComment", "input: UpdateDiscussionCommentInput!", "UpdateDiscussionCommentPayload", WHO_USER, discussion_answer_update_comment, "Your own." },
    { "updateFilterTrigger", "input: UpdateFilterTriggerInput!", "UpdateFilterTriggerPayload", WHO_USER, automation_answer_update, NULL },
    { "updateLaunchAgent", "input: UpdateLaunchAgentInput!", "UpdateLaunchAgentPayload", WHO_USER, launch_answer_refusal, "Not offered: it always fails." },
    { "updateProjectAlertSetting", "input: UpdateProjectAlertSettingInput!", "UpdateProjectAlertSettingPayload", WHO_USER, alert_answer_update_project, "Which webhook a project's alerts reach." },
    { "updateProjectMember", "input: UpdateProjectMemberInput!", "UpdateProjectMemberPayload", WHO_USER, registry_answer_update_member, NULL },
    { "updateProjectTeamMember", "input: UpdateProjectTeamMemberInput!", "UpdateProjectTeamMemberPayload", WHO_USER, registry_answer_update_team_member, NULL },
    { "updateProtectedAliases", "input: UpdateProtectedAliasesInput!", "UpdateProtectedAliasesPayload", WHO_USER, alias_guard_answer_update, "For administrators of the project." },
    { "updateRunQueueItemWarning", "input: UpdateRunQueueItemWarningInput!", "UpdateRunQueueItemWarningPayload", WHO_USER, launch_answer_refusal, "Not offered: it always fails." },
    { "updateRunState", "input: UpdateRunStateInput!", "UpdateRunStatePayload", WHO_USER, run_answer_update_run_state, NULL },
    { "upsertBucket", "input: UpsertBucketInput!", "UpsertBucketPayload", WHO_USER, run_answer_upsert_bucket, "Makes or changes a run, and its project when there is none." },
    { "upsertModel", "input: UpsertModelInput!", "UpsertModelPayload", WHO_USER, project_answer_upsert_model, "Makes or changes a project." },
    { "upsertRunQueue", "input: UpsertRunQueueInput!", "UpsertRunQueuePayload", WHO_USER, launch_answer_refusal, "Not offered: it always fails." },
    { "upsertSweep", "input: UpsertSweepInput!", "UpsertSweepPayload", WHO_USER, sweep_answer_upsert_sweep, "Makes or changes a sweep." },
    { "upsertView", "input: UpsertViewInput!", "UpsertViewPayload", WHO_USER, view_answer_upsert, "Saves a report, a draft or a workspace." },
    { "useArtifact", "input: UseArtifactInput!", "UseArtifactPayload", WHO_USER, artifact_answer_use, NULL },
};
static const struct gql_type mutation_type = GQL_TYPE("Mutation", mutation_fields);

/* ---- all types ---- */

static const struct gql_type *const types[] = {
    &ack_run_queue_item_payload_type,
    &add_aliases_payload_type,
    &advanced_registry_features_type,
    &agent_connection_type,
    &agent_edge_type,
    &agent_heartbeat_payload_type,
    &agent_type,
    &alert_setting_type,
    &api_key_connection_type,
    &api_key_edge_type,
    &api_key_type,
    &aria_triggered_action_type,
    &artifact_alias_connection_type,
    &artifact_alias_edge_type,
    &artifact_alias_type,
    &artifact_collection_connection_type,
    &artifact_collection_edge_type,
    &artifact_collection_type,
    &artifact_connection_type,
    &artifact_edge_type,
    &artifact_event_connection_type,
    &artifact_event_edge_type,
    &artifact_event_type,
    &artifact_folder_type,
    &artifact_manifest_type,
    &artifact_membership_connection_type,
    &artifact_membership_edge_type,
    &artifact_membership_type,
    &artifact_portfolio_type,
    &artifact_sequence_type,
    &artifact_subfolder_type,
    &artifact_type,
    &artifact_type_connection_type,
    &artifact_type_edge_type,
    &artifact_type_type,
    &client_id_mapping_type,
    &collection_delete_tags_payload_type,
    &collection_tags_payload_type,
    &commit_artifact_payload_type,
    &complete_multipart_upload_artifact_payload_type,
    &create_access_token_payload_type,
    &create_agent_payload_type,
    &create_anonymous_entity_type,
    &create_artifact_files_payload_type,
    &create_artifact_manifest_payload_type,
    &create_artifact_payload_type,
    &create_artifact_type_payload_type,
    &create_custom_chart_payload_type,
    &create_default_resource_config_payload_type,
    &create_discussion_comment_payload_type,
    &create_discussion_thread_payload_type,
    &create_filter_trigger_payload_type,
    &create_generic_webhook_integration_payload_type,
    &create_invite_type,
    &create_launch_agent_payload_type,
    &create_project_members_payload_type,
    &create_run_files_payload_type,
    &create_run_queue_payload_type,
    &create_service_account_type,
    &create_team_type,
    &create_user_type,
    &custom_chart_type,
    &default_resource_config_type,
    &delete_aliases_payload_type,
    &delete_api_key_type,
    &delete_artifact_payload_type,
    &delete_artifact_portfolio_payload_type,
    &delete_artifact_sequence_payload_type,
    &delete_discussion_comment_payload_type,
    &delete_files_payload_type,
    &delete_from_run_queue_payload_type,
    &delete_integration_payload_type,
    &delete_invite_type,
    &delete_model_payload_type,
    &delete_project_members_payload_type,
    &delete_run_payload_type,
    &delete_run_queues_payload_type,
    &delete_runs_payload_type,
    &delete_sweep_payload_type,
    &delete_trigger_payload_type,
    &delete_view_payload_type,
    &delivery_connection_type,
    &delivery_edge_type,
    &delivery_type,
    &discussion_comment_type,
    &discussion_thread_type,
    &enqueue_sweep_run_payload_type,
    &entity_connection_type,
    &entity_edge_type,
    &entity_type,
    &fail_run_queue_item_payload_type,
    &feature_flag_type,
    &file_connection_type,
    &file_edge_type,
    &file_type,
    &filter_event_triggering_condition_type,
    &generate_api_key_type,
    &generic_webhook_integration_type,
    &generic_webhook_triggered_action_type,
    &git_info_type,
    &integration_connection_type,
    &integration_edge_type,
    &invite_type,
    &latest_local_version_type,
    &launch_agent_type,
    &link_artifact_payload_type,
    &log_line_connection_type,
    &log_line_edge_type,
    &log_line_type,
    &log_stream_type,
    &mark_run_files_uploaded_payload_type,
    &member_type,
    &move_artifact_sequence_payload_type,
    &move_runs_payload_type,
    &mutation_type,
    &no_op_triggered_action_type,
    &notification_type,
    &notification_triggered_action_type,
    &notify_scriptable_run_alert_payload_type,
    &organization_type,
    &page_info_type,
    &parquet_history_type,
    &pop_from_run_queue_payload_type,
    &project_alert_setting_type,
    &project_connection_type,
    &project_edge_type,
    &project_member_type,
    &project_team_member_type,
    &project_type,
    &push_to_run_queue_by_name_payload_type,
    &push_to_run_queue_payload_type,
    &query_type,
    &queue_job_triggered_action_type,
    &rename_project_payload_type,
    &resolve_discussion_thread_payload_type,
    &restore_payload_type,
    &revoke_access_token_payload_type,
    &rewind_run_payload_type,
    &role_type,
    &run_alert_type,
    &run_connection_type,
    &run_edge_type,
    &run_info_type,
    &run_queue_item_connection_type,
    &run_queue_item_edge_type,
    &run_queue_item_type,
    &run_queue_type,
    &run_type,
    &search_hit_type,
    &server_feature_type,
    &server_info_type,
    &server_message_type,
    &server_settings_type,
    &slack_integration_type,
    &star_view_payload_type,
    &stop_run_payload_type,
    &sweep_connection_type,
    &sweep_edge_type,
    &sweep_type,
    &tag_connection_type,
    &tag_edge_type,
    &tag_type,
    &template_variable_type,
    &trash_item_type,
    &trigger_connection_type,
    &trigger_edge_type,
    &trigger_queue_type,
    &trigger_type,
    &unlink_artifact_payload_type,
    &unstar_view_payload_type,
    &update_access_token_projects_payload_type,
    &update_alert_setting_payload_type,
    &update_artifact_manifest_payload_type,
    &update_artifact_payload_type,
    &update_artifact_portfolio_payload_type,
    &update_artifact_sequence_payload_type,
    &update_discussion_comment_payload_type,
    &update_filter_trigger_payload_type,
    &update_launch_agent_payload_type,
    &update_project_alert_setting_payload_type,
    &update_project_member_payload_type,
    &update_project_team_member_payload_type,
    &update_protected_aliases_payload_type,
    &update_run_queue_item_warning_payload_type,
    &update_run_state_payload_type,
    &upload_multipart_urls_type,
    &upload_url_part_type,
    &upsert_bucket_payload_type,
    &upsert_model_payload_type,
    &upsert_run_queue_payload_type,
    &upsert_sweep_payload_type,
    &upsert_view_payload_type,
    &use_artifact_payload_type,
    &user_connection_type,
    &user_edge_type,
    &user_type,
    &versioned_artifact_connection_type,
    &view_access_token_type,
    &view_connection_type,
    &view_edge_type,
    &view_type,
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
static const char *const sdl_parts[] = {
    scalar_sdl,
    account_sdl,
    alert_sdl,
    alias_guard_sdl,
    artifact_sdl,
    automation_sdl,
    custom_chart_sdl,
    discussion_sdl,
    file_sdl,
    launch_sdl,
    registry_sdl,
    run_sdl,
    sweep_sdl,
    trash_sdl,
    view_sdl,
    view_star_sdl,
    view_tokens_sdl,
    webhook_sdl,
};

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
