/* project_type.c - see project_type.h. */
#include "server/api/projects/project_type.h"

#include "base/hash.h"
#include "server/api/accounts/account_types.h"
#include "server/api/artifacts/alias_guard.h"
#include "server/api/artifacts/artifact_type.h"
#include "server/api/artifacts/registry_type.h"
#include "server/api/automations/alert_type.h"
#include "server/api/automations/automation_type.h"
#include "server/api/place.h"
#include "server/api/projects/launch_type.h"
#include "server/api/projects/trash_type.h"
#include "server/api/projects/view_type.h"
#include "server/api/resolver.h"
#include "server/api/runs/run_type.h"
#include "server/api/sweeps/sweep_type.h"
#include "server/store/accounts/entity.h"
#include "server/store/artifacts/registry.h"
#include "server/store/projects/usage.h"

enum { PROJECT_PAGE_MAX = 1000 };

/* ---- fields ---- */

#define TEXT_RESOLVER(name, member)                                                                                      \
    static enum err_code name(struct gql_call *call, struct err *err) {                                                  \
        (void)err;                                                                                                       \
        gql_str(call, ((const struct project *)call->parent)->member);                                                   \
        return OK;                                                                                                       \
    }

TEXT_RESOLVER(answer_description, description)
TEXT_RESOLVER(answer_entity_name, entity_name)
TEXT_RESOLVER(answer_folder, folder)
TEXT_RESOLVER(answer_name, name)

/* The words of the hosted product, which the clients' classes check. */
static const char *const accesses[] = { [PROJECT_PRIVATE] = "PRIVATE", [PROJECT_PUBLIC] = "USER_READ" };

enum err_code project_type_parse_access(struct str text, enum project_visibility *out, struct err *err) {
    static const struct {
        const char *word;
        enum project_visibility visibility;
    } words[] = { { "PRIVATE", PROJECT_PRIVATE }, { "RESTRICTED", PROJECT_PRIVATE }, { "ENTITY_READ", PROJECT_PRIVATE },
                  { "ENTITY_WRITE", PROJECT_PRIVATE }, { "USER_READ", PROJECT_PUBLIC }, { "PUBLIC", PROJECT_PUBLIC } };
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (str_eq_c(text, words[i].word)) {
            *out = words[i].visibility;
            return OK;
        }
    return err_set(err, ERR_BAD_INPUT, "access must be PRIVATE (the entity's members) or USER_READ (everybody may read), got '%.*s'",
                   STR_ARG(str_slice(text, 0, 50)));
}

READING_RESOLVER(answer_access) {
    const struct project *project = call->parent;
    struct registry_settings settings;
    TRY(registry_get(tx, project->id, &settings, err));
    json_string(call->out, settings.is_restricted ? STR("RESTRICTED") : str_from_c(accesses[project->visibility]));
    return OK;
}

static enum err_code answer_id(struct gql_call *call, struct err *err) {
    (void)err;
    gql_str(call, project_storage_id(call->parent, call->arena));
    return OK;
}

static enum err_code answer_internal_id(struct gql_call *call, struct err *err) {
    const struct project *project = call->parent;
    (void)err;
    gql_str(call, hash_base64(arena_printf(call->arena, "ProjectInternalId:%lld", (long long)project->id), call->arena));
    return OK;
}

static enum err_code answer_created_at(struct gql_call *call, struct err *err) {
    (void)err;
    resolver_write_time(call, ((const struct project *)call->parent)->created_at);
    return OK;
}

static enum err_code answer_updated_at(struct gql_call *call, struct err *err) {
    (void)err;
    resolver_write_time(call, ((const struct project *)call->parent)->updated_at);
    return OK;
}

static enum err_code answer_false(struct gql_call *call, struct err *err) {
    (void)err;
    json_bool(call->out, false);
    return OK;
}

static enum err_code answer_nothing(struct gql_call *call, struct err *err) {
    (void)call;
    (void)err;
    return OK;
}

static enum err_code answer_is_refused(struct gql_call *call, enum who wanted, struct err *err) {
    const struct project *project = call->parent;
    enum err_code code = access_check(gql_identity(call), &project->owner, wanted, err);
    if (code != OK && code != ERR_FORBIDDEN && code != ERR_NOT_FOUND)
        return code;
    json_bool(call->out, code != OK);
    return OK;
}

static enum err_code answer_read_only(struct gql_call *call, struct err *err) {
    return answer_is_refused(call, CAN_WRITE, err);
}

static enum err_code answer_members_read_only(struct gql_call *call, struct err *err) {
    return answer_is_refused(call, CAN_ADMIN, err);
}

READING_RESOLVER(answer_entity) {
    const struct project *project = call->parent;
    return account_give_entity(tx, call, project->owner.entity_id, err);
}

READING_RESOLVER(answer_user) {
    const struct project *project = call->parent;
    return project->created_by == 0 ? OK : account_give_user(tx, call, project->created_by, err);
}

/* ---- what it holds ---- */

READING_RESOLVER(answer_storage_bytes) {
    const struct project *project = call->parent;
    int64_t size_bytes;
    TRY(usage_of_project(tx, project->id, &size_bytes, err));
    json_int(call->out, size_bytes);
    return OK;
}

READING_RESOLVER(answer_limit_bytes) {
    const struct project *project = call->parent;
    int64_t limit_bytes;
    TRY(usage_limit(tx, project->id, &limit_bytes, err));
    if (limit_bytes > 0)
        json_int(call->out, limit_bytes);
    return OK;
}

/* ---- runs ---- */

static enum err_code give_run(struct db_tx *tx, struct gql_call *call, bool *is_there, struct err *err) {
    const struct project *project = call->parent;
    struct run *run;
    enum err_code code = run_find(tx, project->id, gql_arg_str(call, "name"), 0, false, call->arena, &run, err);

    *is_there = code == OK;
    if (code == OK)
        gql_object(call, run);
    return code == ERR_NOT_FOUND || code == ERR_GONE ? OK : code;
}

READING_RESOLVER(answer_run) {
    bool is_there;
    return give_run(tx, call, &is_there, err);
}

READING_RESOLVER(answer_bucket) {
    bool is_there;
    TRY(give_run(tx, call, &is_there, err));
    if (!is_there && !gql_arg_bool(call, "missingOk", true))
        return err_set(err, ERR_NOT_FOUND, "run '%.*s' not found", STR_ARG(str_slice(gql_arg_str(call, "name"), 0, RUN_NAME_MAX)));
    return OK;
}

static enum err_code answer_runs(struct gql_call *call, struct err *err) {
    const struct project *project = call->parent;
    return run_type_answer_list(call, project->id, project->owner, STR_EMPTY, err);
}

READING_RESOLVER(answer_run_count) {
    const struct project *project = call->parent;
    int64_t count = 0;
    if (str_trim(gql_arg_str(call, "filters")).len > 0)
        TRY(run_type_count(call, project->id, &count, err));
    else
        TRY(project_count_runs(tx, project->id, &count, err));
    json_int(call->out, count);
    return OK;
}

/* Sorted by name. */
static const struct gql_field project_fields[] = {
    { "access", "", "String!", CAN_READ, answer_access, "PRIVATE: the entity's members. RESTRICTED: its own members only. USER_READ: everybody may read." },
    { "alertSetting", "", "ProjectAlertSetting!", CAN_READ, alert_answer_project_setting, "Whom alerts of its runs reach." },
    { "allViews", VIEW_LIST_ARGS, "ViewConnection", CAN_READ, view_answer_list, "Reports, drafts and saved workspaces, newest first." },
    { "allowAllArtifactTypesInRegistry", "", "Boolean!", CAN_READ, registry_answer_allows_all_types, "Otherwise a registry takes artifacts of the types it has." },
    { "artifact", "enableTracking: Boolean, name: String!", "Artifact", CAN_READ, artifact_answer_project_artifact, "name:alias, name:v3, or a name alone for its latest version." },
    { "artifactCollection", "name: String!", "ArtifactCollection", CAN_READ, artifact_answer_project_collection, NULL },
    { "artifactCollectionMembership", "name: String!", "ArtifactCollectionMembership", CAN_READ, artifact_answer_project_membership, NULL },
    { "artifactCollections", "after: String, collectionTypes: [ArtifactCollectionType!], filters: JSONString, first: Int = 50, order: String", "ArtifactCollectionConnection!", CAN_READ, artifact_answer_project_collections, NULL },
    { "artifactType", "name: String!", "ArtifactType", CAN_READ, artifact_answer_project_type, NULL },
    { "artifactTypes", "after: String, first: Int = 50, includeAll: Boolean", "ArtifactTypeConnection!", CAN_READ, artifact_answer_project_types, NULL },
    { "bucket", "desc: String, missingOk: Boolean, name: String!", "Run", CAN_READ, answer_bucket, "As run, by its oldest name." },
    { "buckets", RUN_LIST_ARGS, "RunConnection", CAN_READ, answer_runs, "As runs, by its oldest name." },
    { "createdAt", "", "DateTime!", CAN_READ, answer_created_at, NULL },
    { "deliveries", DELIVERY_LIST_ARGS, "DeliveryConnection!", CAN_READ, automation_answer_deliveries, "What its alerts and automations have sent, newest first." },
    { "description", "", "String", CAN_READ, answer_description, NULL },
    { "dockerImage", "", "String", CAN_READ, answer_nothing, NULL },
    { "entity", "", "Entity", CAN_READ, answer_entity, NULL },
    { "entityName", "", "String!", CAN_READ, answer_entity_name, NULL },
    { "folder", "", "String", CAN_READ, answer_folder, "The folder of projects that it stands in." },
    { "id", "", "ID!", CAN_READ, answer_id, NULL },
    { "internalId", "", "ID!", CAN_READ, answer_internal_id, NULL },
    { "isBenchmark", "", "Boolean!", CAN_READ, answer_false, NULL },
    { "limitBytes", "", "Int64", CAN_READ, answer_limit_bytes, "What it may hold, where an administrator of the server has set it for this project." },
    { "members", "", "[ProjectMember!]!", CAN_READ, registry_answer_members, "Users with a role in this project of their own." },
    { "membersReadOnly", "", "Boolean!", CAN_READ, answer_members_read_only, "Whether the one who asks may not change who its members are." },
    { "name", "", "String!", CAN_READ, answer_name, NULL },
    { "ownAlertSetting", "", "AlertSetting!", CAN_READ, alert_answer_own_setting, "Which alerts of your own runs come by mail." },
    { "protectedAliases", "", "[String!]!", CAN_READ, alias_guard_answer_list, "Only its administrators set, move and take away these of its artifacts' aliases." },
    { "readOnly", "", "Boolean!", CAN_READ, answer_read_only, "Whether the one who asks may not change it." },
    { "repo", "", "String", CAN_READ, answer_nothing, NULL },
    { "run", "desc: String, name: String!", "Run", CAN_READ, answer_run, "By the id that its client gave it." },
    { "runCount", "filters: JSONString", "Int!", CAN_READ, answer_run_count, NULL },
    { "runQueue", "name: String!", "RunQueue", CAN_READ, launch_answer_nothing, "Not offered: there is none." },
    { "runQueues", "", "[RunQueue!]!", CAN_READ, launch_answer_none, NULL },
    { "runs", RUN_LIST_ARGS, "RunConnection", CAN_READ, answer_runs, "filters: Mongo's language over attributes, config.* and summary_metrics.*. order: \"-summary_metrics.loss,+created_at\"; runs without a value come last." },
    { "storageBytes", "", "Int64!", CAN_READ, answer_storage_bytes, "What it holds: files of runs, artifacts, histories." },
    { "sweep", "sweepName: String!", "Sweep", CAN_READ, sweep_type_answer_one, NULL },
    { "sweeps", SWEEP_LIST_ARGS, "SweepConnection!", CAN_READ, sweep_type_answer_list, "Newest first. filters: over name, displayName, state, createdAt, ..." },
    { "teamMembers", "", "[ProjectTeamMember!]!", CAN_READ, registry_answer_team_members, NULL },
    { "totalSweeps", "", "Int!", CAN_READ, sweep_type_answer_count, NULL },
    { "trash", "", "[TrashItem!]!", CAN_READ, trash_answer_of_project, "What was deleted of it and you may bring back, last deleted first." },
    { "triggers", "", "[Trigger!]!", CAN_READ, automation_answer_of_project, "Its automations." },
    { "updatedAt", "", "DateTime!", CAN_READ, answer_updated_at, NULL },
    { "user", "", "User", CAN_READ, answer_user, "Who made it." },
    { "views", "", "JSONString", CAN_READ, answer_nothing, NULL },
};
const struct gql_type project_type = { .name = "Project", .kind = GQL_OBJECT, .fields = project_fields,
    .field_count = sizeof(project_fields) / sizeof(project_fields[0]), .doc = "Runs that belong together, and who may see them." };

/* Of one entity, some of whose projects may be public: what is in the list was checked one by one. */
CONNECTION_TYPES(project, "Project", WHO_USER);

/* ---- finding them ---- */

static struct str entity_asked(const struct gql_call *call) {
    struct str name = gql_arg_str(call, "entityName");
    return name.len > 0 ? name : gql_identity(call)->username;
}

READING_RESOLVER(answer_one) {
    struct str name = gql_arg_str(call, "name");
    struct project *project;
    enum err_code code = place_find_project(tx, gql_identity(call), entity_asked(call),
                                            name.len > 0 ? name : STR(PROJECT_NAME_DEFAULT), CAN_READ, &project, err);
    if (code == OK)
        gql_object(call, project);
    return code == ERR_NOT_FOUND || code == ERR_GONE ? OK : code;
}

enum err_code project_type_answer_one(struct gql_call *call, struct err *err) {
    return answer_one(call, err);
}

static bool read_cursor(struct str cursor, int64_t *id) {
    *id = 0;
    return cursor.len == 0 || (str_to_i64(cursor, id) && *id > 0);
}

static enum err_code bad_cursor(struct err *err) {
    return err_set(err, ERR_BAD_INPUT, "the cursor is not one that this list gave");
}

/* What is there of the entity for somebody who sees none of it: nothing. */
static enum err_code entity_not_found(struct err *err) {
    return err_set(err, ERR_NOT_FOUND, "entity not found");
}

/* Adds those projects of a stretch that may be read; *after gets the last one looked at. */
static enum err_code add_readable(struct db_tx *tx, struct gql_call *call, struct connection *connection,
                                  struct project **projects, size_t count, size_t first, int64_t *after, struct err *err) {
    for (size_t i = 0; i < count && !connection->page_info.has_next; i++) {
        enum err_code code = access_check_in(tx, gql_identity(call), &projects[i]->owner, CAN_READ, err);
        if (code != OK && code != ERR_NOT_FOUND)
            return code;
        if (code == OK && connection->edges.count == first)
            connection->page_info.has_next = true;
        else if (code == OK)
            connection_add(connection, projects[i], NULL, arena_printf(call->arena, "%lld", (long long)projects[i]->id), call->arena);
        *after = projects[i]->id;
    }
    return OK;
}

/* Who is no member of the entity sees its public projects. */
static enum err_code give_page(struct db_tx *tx, struct gql_call *call, int64_t entity_id, struct err *err) {
    size_t first = (size_t)connection_first(call, 50, PROJECT_PAGE_MAX), count;
    struct owner owner = { .entity_id = entity_id };
    struct connection *connection = connection_create(owner, call->arena);
    enum err_code code = access_check_in(tx, gql_identity(call), &owner, CAN_READ, err);
    struct project **projects;
    int64_t after;

    if (code != OK && code != ERR_NOT_FOUND)
        return code;
    if (!read_cursor(gql_arg_str(call, "after"), &after))
        return bad_cursor(err);
    TRY(project_count(tx, entity_id, code != OK, &connection->total_count, err));
    if (code != OK && connection->total_count == 0)
        return entity_not_found(err);
    connection->page_info.has_previous = after > 0;
    do {
        TRY(project_list(tx, entity_id, after, first + 1, call->arena, &projects, &count, err));
        TRY(add_readable(tx, call, connection, projects, count, first, &after, err));
    } while (count == first + 1 && !connection->page_info.has_next);
    gql_object(call, connection);
    return OK;
}

READING_RESOLVER(answer_list) {
    struct str name = entity_asked(call);
    struct entity *entity;
    int64_t after;
    if (!read_cursor(gql_arg_str(call, "after"), &after)) /* before the entity, or it would tell that there is one */
        return bad_cursor(err);
    enum err_code code = entity_find(tx, name, call->arena, &entity, err);
    if (code != OK)
        return code == ERR_NOT_FOUND ? entity_not_found(err) : code;
    return give_page(tx, call, entity->owner.entity_id, err);
}

enum err_code project_type_answer_list(struct gql_call *call, struct err *err) {
    return answer_list(call, err);
}

struct give {
    struct gql_call *call;
    int64_t entity_id;
};

static enum err_code give_one_in(struct db_tx *tx, void *context, struct err *err) {
    struct give *give = context;
    struct project *project;
    enum err_code code = project_find(tx, give->entity_id, gql_arg_str(give->call, "name"), give->call->arena, &project, err);
    if (code == OK)
        code = access_check_in(tx, gql_identity(give->call), &project->owner, CAN_READ, err);
    if (code == OK)
        gql_object(give->call, project);
    return code == ERR_NOT_FOUND || code == ERR_GONE ? OK : code;
}

static enum err_code give_list_in(struct db_tx *tx, void *context, struct err *err) {
    struct give *give = context;
    return give_page(tx, give->call, give->entity_id, err);
}

enum err_code project_type_give_one(struct gql_call *call, int64_t entity_id, struct err *err) {
    struct give give = { call, entity_id };
    return db_read(gql_identity(call)->app->db, give_one_in, &give, err);
}

enum err_code project_type_give_list(struct gql_call *call, int64_t entity_id, struct err *err) {
    struct give give = { call, entity_id };
    return db_read(gql_identity(call)->app->db, give_list_in, &give, err);
}
