/* server_info_type.c - what this server is and can do. Clients ask before they log in, so anybody may. */
#include "server/api/accounts/account_types.h"

#include "server/api/access.h"

/* The official client's names; what is missing it takes as disabled. Sorted. */
static const char *const features[] = {
    "ARTIFACT_COLLECTIONS_FILTERING_SORTING",
    "ARTIFACT_COLLECTION_MEMBERSHIP_FILES",
    "ARTIFACT_COLLECTION_MEMBERSHIP_FILE_DOWNLOAD_HANDLER",
    "ARTIFACT_MEMBERSHIP_IN_LINK_ARTIFACT_RESPONSE",
    "ARTIFACT_REGISTRY_SEARCH",
    "ARTIFACT_TAGS",
    "ARTIFACT_V2_DOWNLOAD_HANDLER_SUPPORTS_ARTIFACT_ID",
    "AUTOMATION_ACTION_NO_OP",
    "AUTOMATION_EVENT_ADD_ARTIFACT_TAG",
    "AUTOMATION_EVENT_ADD_COLLECTION_TAG",
    "AUTOMATION_EVENT_REMOVE_ARTIFACT_TAG",
    "AUTOMATION_EVENT_REMOVE_COLLECTION_TAG",
    "AUTOMATION_EVENT_RUN_METRIC",
    "AUTOMATION_EVENT_RUN_METRIC_CHANGE",
    "AUTOMATION_EVENT_RUN_METRIC_ZSCORE",
    "AUTOMATION_EVENT_RUN_STATE",
    "AUTOMATION_EVENT_UNLINK_ARTIFACT",
    "AUTOMATION_SCOPE_ENTITY",
    "CLIENT_IDS",
    "FILESTREAM_GZIP",
    "INCLUDE_ARTIFACT_TYPES_IN_REGISTRY_CREATION",
    "LARGE_FILENAMES",
    "MARK_RUN_FILES_UPLOADED",
    "PROJECT_ARTIFACT_COLLECTION_MEMBERSHIP",
    "QUERY_AUTOMATIONS_ON_ENTITY",
    "STRUCTURED_CONSOLE_LOGS",
    "SWEEPS_LOCAL_SCHEDULER",
    "SWEEPS_QUERY_FILTERING",
    "TOTAL_COUNT_IN_FILE_CONNECTION",
    "USE_ARTIFACT_WITH_ENTITY_AND_PROJECT_INFORMATION",
};

struct feature {
    struct owner owner; /* nobody's */
    const char *name;
};

/* ---- features ---- */

static enum err_code answer_feature_name(struct gql_call *call, struct err *err) {
    (void)err;
    gql_str(call, str_from_c(((const struct feature *)call->parent)->name));
    return OK;
}

static enum err_code answer_yes(struct gql_call *call, struct err *err) {
    (void)err;
    json_bool(call->out, true);
    return OK;
}

static const struct gql_field server_feature_fields[] = {
    { "isEnabled", "", "Boolean!", WHO_ANYONE, answer_yes, NULL },
    { "name", "", "String!", WHO_ANYONE, answer_feature_name, NULL },
};
const struct gql_type server_feature_type = GQL_TYPE("ServerFeature", server_feature_fields);

static enum err_code answer_features(struct gql_call *call, struct err *err) {
    (void)err;
    gql_list_begin(call);
    for (size_t i = 0; i < sizeof features / sizeof features[0]; i++) {
        struct feature *feature = ARENA_NEW(call->arena, struct feature);
        feature->name = features[i];
        gql_list_add(call, feature);
    }
    return OK;
}

/* ---- versions ---- */

static enum err_code answer_version(struct gql_call *call, struct err *err) {
    (void)err;
    gql_str(call, STR(BAROGRAPH_VERSION));
    return OK;
}

static enum err_code answer_no(struct gql_call *call, struct err *err) {
    (void)err;
    json_bool(call->out, false);
    return OK;
}

/* The server asks nobody whether there is a newer one. */
static const struct gql_field latest_local_version_fields[] = {
    { "latestVersionString", "", "String!", WHO_ANYONE, answer_version, NULL },
    { "outOfDate", "", "Boolean!", WHO_ANYONE, answer_no, NULL },
    { "versionOnThisInstanceString", "", "String!", WHO_ANYONE, answer_version, NULL },
};
const struct gql_type latest_local_version_type = GQL_TYPE("LatestLocalVersionInfo", latest_local_version_fields);

/* Older clients decide by the highest version what they may send; no client is too new. */
static enum err_code answer_cli_version_info(struct gql_call *call, struct err *err) {
    (void)err;
    json_raw(call->out, STR("{\"min_cli_version\":\"0.16.0\",\"max_cli_version\":\"0.99.0\"}"));
    return OK;
}

static enum err_code answer_latest_local_version(struct gql_call *call, struct err *err) {
    (void)err;
    gql_object(call, ARENA_NEW(call->arena, struct owner));
    return OK;
}

static const struct gql_field server_info_fields[] = {
    { "cliVersionInfo", "", "JSON", WHO_ANYONE, answer_cli_version_info, NULL },
    { "features", "", "[ServerFeature!]!", WHO_ANYONE, answer_features, NULL },
    { "latestLocalVersionInfo", "", "LatestLocalVersionInfo", WHO_ANYONE, answer_latest_local_version, NULL },
};
const struct gql_type server_info_type = GQL_TYPE("ServerInfo", server_info_fields);

enum err_code account_answer_server_info(struct gql_call *call, struct err *err) {
    (void)err;
    gql_object(call, ARENA_NEW(call->arena, struct owner));
    return OK;
}
