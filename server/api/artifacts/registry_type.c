/* registry_type.c - see registry_type.h. */
#include "server/api/artifacts/registry_type.h"

#include "server/api/accounts/account_types.h"
#include "server/api/artifacts/artifact_type.h"
#include "server/api/node_id.h"
#include "server/api/resolver.h"
#include "server/store/accounts/entity.h"
#include "server/store/artifacts/registry.h"

#include <assert.h>

enum { REGISTRY_PAGE_MAX = 1000 };

#define THE_ENTITY ((const struct entity *)call->parent)
#define THE_PROJECT ((const struct project *)call->parent)
#define THE_MEMBER ((const struct project_member *)call->parent)

/* ---- the registries of an entity ---- */

/* Those that may be read, filtered and ordered. */
static enum err_code find_registries(struct db_tx *tx, struct gql_call *call, struct str filters, struct str order, struct list *out,
                                     struct err *err) {
    struct list all;
    *out = (struct list){ 0 };
    TRY(registry_list(tx, THE_ENTITY->owner.entity_id, call->arena, &all, err));
    for (size_t i = 0; i < all.count; i++) {
        struct project *project = all.items[i];
        enum err_code code = access_check_in(tx, gql_identity(call), &project->owner, CAN_READ, err);
        if (code == OK)
            list_add(out, project, call->arena);
        else if (code != ERR_NOT_FOUND)
            return code;
    }
    return registry_list_select(call, filters, order, out, err);
}

READING_RESOLVER(give_projects) {
    struct list projects;
    TRY(find_registries(tx, call, gql_arg_str(call, "filters"), gql_arg_str(call, "order"), &projects, err));
    gql_object(call, connection_of_list(THE_ENTITY->owner, &projects, NULL, gql_arg_str(call, "after"),
                                        connection_first(call, 50, REGISTRY_PAGE_MAX), call->arena));
    return OK;
}

enum err_code registry_give_projects(struct gql_call *call, bool *is_answered, struct err *err) {
    *is_answered = THE_ENTITY->is_for_registries || gql_arg_str(call, "filters").len > 0 || gql_arg_str(call, "order").len > 0;
    return *is_answered ? give_projects(call, err) : OK;
}

/* ---- their collections and versions ---- */

static bool is_of_wanted_kind(const struct gql_call *call, const struct collection *collection) {
    const struct json_value *kinds = gql_arg(call, "collectionTypes");
    if (kinds == NULL || kinds->type != JSON_TYPE_ARRAY || kinds->array.count == 0)
        return true;
    for (size_t i = 0; i < kinds->array.count; i++)
        if (str_eq_c(kinds->array.items[i].string, collection->is_portfolio ? "PORTFOLIO" : "SEQUENCE"))
            return true;
    return false;
}

static enum err_code find_collections(struct db_tx *tx, struct gql_call *call, struct list *out, struct err *err) {
    struct list projects;
    *out = (struct list){ 0 };
    TRY(find_registries(tx, call, gql_arg_str(call, "projectFilters"), STR_EMPTY, &projects, err));
    for (size_t i = 0; i < projects.count; i++) {
        struct list found;
        TRY(collection_list(tx, ((const struct project *)projects.items[i])->id, 0, call->arena, &found, err));
        for (size_t k = 0; k < found.count; k++)
            list_add(out, found.items[k], call->arena);
    }
    return OK;
}

READING_RESOLVER(answer_collections) {
    struct list found, collections = { 0 };
    struct connection *connection;
    TRY(find_collections(tx, call, &found, err));
    for (size_t i = 0; i < found.count; i++)
        if (is_of_wanted_kind(call, found.items[i]))
            list_add(&collections, found.items[i], call->arena);
    TRY(collection_list_page(call, THE_ENTITY->owner, &collections, &connection, err));
    gql_object(call, connection);
    return OK;
}

enum err_code registry_answer_collections(struct gql_call *call, struct err *err) {
    return answer_collections(call, err);
}

static enum err_code add_versions(struct db_tx *tx, struct gql_call *call, const struct collection *collection, struct list *out,
                                  struct err *err) {
    struct list memberships, artifacts;
    TRY(membership_list(tx, collection->id, call->arena, &memberships, err));
    TRY(artifact_list_members(tx, collection->id, call->arena, &artifacts, err));
    /* Both in one snapshot and one order. */
    for (size_t i = 0; i < memberships.count && i < artifacts.count; i++) {
        struct linked_version *version = ARENA_NEW(call->arena, struct linked_version);
        version->membership = *(const struct membership *)memberships.items[i];
        version->artifact = artifacts.items[i];
        assert(version->artifact->id == version->membership.artifact_id);
        list_add(out, version, call->arena);
    }
    return OK;
}

READING_RESOLVER(answer_memberships) {
    struct list collections, versions = { 0 };
    struct connection *connection;
    TRY(find_collections(tx, call, &collections, err));
    TRY(collection_list_select(call, gql_arg_str(call, "collectionFilters"), &collections, err));
    for (size_t i = 0; i < collections.count; i++)
        TRY(add_versions(tx, call, collections.items[i], &versions, err));
    TRY(artifact_list_linked_page(call, THE_ENTITY->owner, &versions, &connection, err));
    gql_object(call, connection);
    return OK;
}

enum err_code registry_answer_memberships(struct gql_call *call, struct err *err) {
    return answer_memberships(call, err);
}

/* ---- of one project ---- */

READING_RESOLVER(answer_allows_all_types) {
    struct registry_settings settings;
    TRY(registry_get(tx, THE_PROJECT->id, &settings, err));
    json_bool(call->out, settings.allows_all_types);
    return OK;
}

enum err_code registry_answer_allows_all_types(struct gql_call *call, struct err *err) {
    return answer_allows_all_types(call, err);
}

static enum err_code give_members(struct db_tx *tx, struct gql_call *call, bool is_teams, struct err *err) {
    struct list members;
    TRY(project_member_list(tx, THE_PROJECT->id, is_teams, call->arena, &members, err));
    gql_list_begin(call);
    for (size_t i = 0; i < members.count; i++)
        gql_list_add(call, members.items[i]);
    return OK;
}

READING_RESOLVER(answer_members) {
    return give_members(tx, call, false, err);
}

enum err_code registry_answer_members(struct gql_call *call, struct err *err) {
    return answer_members(call, err);
}

READING_RESOLVER(answer_team_members) {
    return give_members(tx, call, true, err);
}

enum err_code registry_answer_team_members(struct gql_call *call, struct err *err) {
    return answer_team_members(call, err);
}

/* ---- members ---- */

/* As of users anywhere: to others than oneself and those who administer the project it is empty. */
READING_RESOLVER(answer_email) {
    struct identity *identity = gql_identity(call);
    enum err_code code = identity->user_id == THE_MEMBER->user_id ? OK : access_check_in(tx, identity, &THE_MEMBER->owner, CAN_ADMIN, err);
    if (code == OK)
        gql_str(call, THE_MEMBER->email);
    return code == ERR_NOT_FOUND || code == ERR_FORBIDDEN ? OK : code;
}

static enum err_code answer_id(struct gql_call *call, struct err *err) {
    (void)err;
    gql_str(call, node_id_make("User", THE_MEMBER->user_id, call->arena));
    return OK;
}

static enum err_code answer_name(struct gql_call *call, struct err *err) {
    (void)err;
    gql_str(call, THE_MEMBER->name);
    return OK;
}

static enum err_code answer_role(struct gql_call *call, struct err *err) {
    (void)err;
    gql_object(call, call->parent);
    return OK;
}

static enum err_code answer_role_name(struct gql_call *call, struct err *err) {
    (void)err;
    gql_str(call, str_from_c(role_name(THE_MEMBER->role)));
    return OK;
}

READING_RESOLVER(answer_team) {
    return account_give_entity(tx, call, THE_MEMBER->team_id, err);
}

static enum err_code answer_username(struct gql_call *call, struct err *err) {
    (void)err;
    gql_str(call, THE_MEMBER->username);
    return OK;
}

static const struct gql_field role_fields[] = {
    { "name", "", "String!", CAN_READ, answer_role_name, "admin, member or viewer." },
};
const struct gql_type role_type = GQL_TYPE("Role", role_fields);

static const struct gql_field project_member_fields[] = {
    { "email", "", "String", CAN_READ, answer_email, "Null but for oneself and administrators of the project." },
    { "id", "", "ID!", CAN_READ, answer_id, "The user's." },
    { "name", "", "String!", CAN_READ, answer_name, NULL },
    { "role", "", "Role!", CAN_READ, answer_role, NULL },
    { "username", "", "String", CAN_READ, answer_username, NULL },
};
const struct gql_type project_member_type = GQL_TYPE("ProjectMember", project_member_fields);

static const struct gql_field project_team_member_fields[] = {
    { "role", "", "Role!", CAN_READ, answer_role, NULL },
    { "team", "", "Entity!", CAN_READ, answer_team, NULL },
};
const struct gql_type project_team_member_type = GQL_TYPE("ProjectTeamMember", project_team_member_fields);
