/* user_type.c - users, and who is asking. */
#include "server/api/accounts/account_types.h"

#include "server/api/access.h"
#include "server/api/automations/notification_type.h"
#include "server/api/node_id.h"
#include "server/api/projects/discussion_type.h"
#include "server/api/projects/project_type.h"
#include "server/api/projects/search_type.h"
#include "server/api/resolver.h"
#include "server/store/accounts/api_key.h"
#include "server/store/accounts/entity.h"
#include "server/store/accounts/user.h"
#include "server/store/projects/usage.h"

enum { USERS_MAX = 1000 };

/* A whole list as a connection; lists of people are short. */
static void give_list(struct gql_call *call, void **items, size_t count) {
    struct list list = { items, count, count };
    gql_object(call, connection_of_list((struct owner){ 0 }, &list, NULL, STR_EMPTY, -1, call->arena));
}

/* What only the user and administrators are shown; to others it is empty rather than an error, because clients ask
 * for all of it at once. */
static bool may_see_private(const struct gql_call *call) {
    const struct user *user = call->parent;
    const struct identity *identity = gql_identity(call);
    return identity->user_id == user->id || identity->is_admin;
}

/* ---- fields ---- */

static enum err_code answer_id(struct gql_call *call, struct err *err) {
    (void)err;
    gql_str(call, node_id_make("User", ((const struct user *)call->parent)->id, call->arena));
    return OK;
}

static enum err_code answer_username(struct gql_call *call, struct err *err) {
    (void)err;
    gql_str(call, ((const struct user *)call->parent)->username);
    return OK;
}

static enum err_code answer_name(struct gql_call *call, struct err *err) {
    (void)err;
    gql_str(call, ((const struct user *)call->parent)->name);
    return OK;
}

static enum err_code answer_email(struct gql_call *call, struct err *err) {
    (void)err;
    if (may_see_private(call))
        gql_str(call, ((const struct user *)call->parent)->email);
    return OK;
}

static enum err_code answer_admin(struct gql_call *call, struct err *err) {
    (void)err;
    json_bool(call->out, ((const struct user *)call->parent)->is_admin);
    return OK;
}

static enum err_code answer_account_type(struct gql_call *call, struct err *err) {
    (void)err;
    gql_str(call, ((const struct user *)call->parent)->is_service ? STR("SERVICE") : STR("USER"));
    return OK;
}

static enum err_code answer_created_at(struct gql_call *call, struct err *err) {
    (void)err;
    resolver_write_time(call, ((const struct user *)call->parent)->created_at);
    return OK;
}

/* Removed users are not found at all. And nobody has a picture. */
static enum err_code answer_nothing(struct gql_call *call, struct err *err) {
    (void)call;
    (void)err;
    return OK;
}

/* The official client reads one flag of these. */
static enum err_code answer_flags(struct gql_call *call, struct err *err) {
    (void)err;
    gql_str(call, STR("{\"code_saving_enabled\": true}"));
    return OK;
}

READING_RESOLVER(answer_teams) {
    const struct user *user = call->parent;
    struct entity_list entities = { 0 };
    if (may_see_private(call))
        TRY(entity_list_of_user(tx, user->id, call->arena, &entities, err));
    give_list(call, (void **)entities.items, entities.count);
    return OK;
}

READING_RESOLVER(answer_organizations) {
    const struct user *user = call->parent;
    struct entity_list entities = { 0 };
    if (may_see_private(call))
        TRY(entity_list_of_user(tx, user->id, call->arena, &entities, err));
    gql_list_begin(call);
    for (size_t i = 0; i < entities.count; i++)
        if (entities.items[i]->kind == ENTITY_ORGANIZATION)
            gql_list_add(call, entities.items[i]);
    return OK;
}

READING_RESOLVER(answer_api_keys) {
    const struct user *user = call->parent;
    struct api_key_list keys = { 0 };
    if (may_see_private(call))
        TRY(api_key_list(tx, user->id, call->arena, &keys, err));
    give_list(call, (void **)keys.items, keys.count);
    return OK;
}

READING_RESOLVER(answer_storage_bytes) {
    const struct user *user = call->parent;
    int64_t size_bytes = 0;
    if (may_see_private(call))
        TRY(usage_of_entity(tx, user->owner.entity_id, &size_bytes, err));
    json_int(call->out, size_bytes);
    return OK;
}

static enum err_code answer_projects(struct gql_call *call, struct err *err) {
    return project_type_give_list(call, ((const struct user *)call->parent)->owner.entity_id, err);
}

/* Sorted by name. */
static const struct gql_field user_fields[] = {
    { "accountType", "", "String!", WHO_USER, answer_account_type, NULL },
    { "admin", "", "Boolean!", WHO_USER, answer_admin, "Whether the user administers the server." },
    { "apiKeys", "", "ApiKeyConnection", WHO_USER, answer_api_keys, "Empty but for oneself and administrators." },
    { "createdAt", "", "DateTime!", WHO_USER, answer_created_at, NULL },
    { "deletedAt", "", "DateTime", WHO_USER, answer_nothing, NULL },
    { "email", "", "String", WHO_USER, answer_email, "Null but for oneself and administrators." },
    { "entity", "", "String", WHO_USER, answer_username, "The entity that is meant when none is named." },
    { "flags", "", "JSONString", WHO_USER, answer_flags, NULL },
    { "id", "", "ID!", WHO_USER, answer_id, NULL },
    { "name", "", "String!", WHO_USER, answer_name, NULL },
    { "notifications", "first: Int = 50", "[Notification!]!", WHO_USER, notification_answer_of_user,
      "Alerts of one's own runs and teams, automations that called somebody, and comments on reports, newest first. Empty but for oneself." },
    { "organizations", "", "[Organization!]!", WHO_USER, answer_organizations, "Empty but for oneself and administrators." },
    { "photoUrl", "", "String", WHO_USER, answer_nothing, NULL },
    { "projects", "after: String, first: Int = 50", "ProjectConnection", WHO_USER, answer_projects, "Those of the personal entity that you may read." },
    { "search", "first: Int = 10, text: String!", "[SearchHit!]!", WHO_USER, search_answer_of_user,
      "What may be meant by the text, `first` of each kind, newest first: of one's own and one's teams. Empty but for oneself." },
    { "starredViews", "", "[View!]!", WHO_USER, view_star_answer_of_user, "Reports kept at hand, the newest star first. Empty but for oneself." },
    { "storageBytes", "", "Int64!", WHO_USER, answer_storage_bytes, "What the personal entity holds; 0 but for oneself and administrators." },
    { "teams", "", "EntityConnection", WHO_USER, answer_teams, "Empty but for oneself and administrators." },
    { "username", "", "String!", WHO_USER, answer_username, NULL },
};
const struct gql_type user_type = GQL_TYPE("User", user_fields);

CONNECTION_TYPES(user, "User", WHO_USER);

/* ---- of Query, and for others ---- */

enum err_code account_give_user(struct db_tx *tx, struct gql_call *call, int64_t user_id, struct err *err) {
    struct user *user = NULL;
    enum err_code code = user_id == 0 ? OK : user_find_by_id(tx, user_id, call->arena, &user, err);
    if (code != OK && code != ERR_NOT_FOUND)
        return code;
    gql_object(call, user);
    return OK;
}

READING_RESOLVER(answer_viewer) {
    return account_give_user(tx, call, gql_identity(call)->user_id, err);
}

enum err_code account_answer_viewer(struct gql_call *call, struct err *err) {
    return answer_viewer(call, err);
}

READING_RESOLVER(answer_users) {
    const struct identity *identity = gql_identity(call);
    struct str text = gql_arg_str(call, "query");
    struct user_list users;
    TRY(user_list(tx, text.ptr == NULL ? STR_EMPTY : text, identity->is_admin ? 0 : identity->user_id, USERS_MAX,
                  call->arena, &users, err));
    give_list(call, (void **)users.items, users.count);
    return OK;
}

enum err_code account_answer_users(struct gql_call *call, struct err *err) {
    return answer_users(call, err);
}
