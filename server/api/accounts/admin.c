/* admin.c - see admin.h. Documented in docs/operations.md. */
#include "server/api/accounts/admin.h"

#include "base/clock.h"
#include "server/api/identity.h"
#include "server/store/accounts/api_key.h"
#include "server/store/accounts/entity.h"
#include "server/store/accounts/member.h"
#include "server/store/accounts/password.h"
#include "server/store/accounts/user.h"
#include "server/store/projects/project.h"
#include "server/store/projects/removal.h"
#include "server/store/projects/trash.h"
#include "server/store/projects/usage.h"

enum { ADMIN_PARAMS_MAX = 2, LISTED_USERS_MAX = 100000 };

struct admin_call {
    struct identity *identity;
    struct arena *arena;
    struct actor actor;
    enum entity_kind kind;               /* of the row */
    struct str params[ADMIN_PARAMS_MAX]; /* what stood at each {} of the pattern */
    const struct json_value *input;
    struct str password_hash;
    struct json_writer out;
};

typedef enum err_code admin_work(struct db_tx *tx, struct admin_call *call, struct err *err);

struct admin_row {
    enum http_method method;
    const char *pattern; /* behind /api/admin/ */
    enum entity_kind kind;
    admin_work *work;
    enum err_code (*prepare)(struct admin_call *call, struct err *err); /* what takes too long for a transaction */
};

/* ---- reading and writing ---- */

static struct str input_str(const struct admin_call *call, struct str name) {
    struct str text = json_get_str(call->input, name);
    return text.ptr == NULL ? STR_EMPTY : text;
}

static void write_member(struct json_writer *out, struct str key, struct str value) {
    json_key(out, key);
    if (value.ptr == NULL)
        json_null(out);
    else
        json_string(out, value);
}

static void write_time(struct json_writer *out, struct str key, int64_t wall_ms) {
    char text[CLOCK_ISO_MAX];
    clock_format_iso(text, wall_ms);
    write_member(out, key, str_from_c(text));
}

static enum err_code find_entity(struct db_tx *tx, struct admin_call *call, struct entity **out, struct err *err) {
    return entity_find_kind(tx, call->params[0], call->kind, call->arena, out, err);
}

/* ---- users and keys ---- */

static enum err_code add_key_of(struct db_tx *tx, struct admin_call *call, const struct user *user, struct err *err) {
    struct str key = input_str(call, STR("key"));
    int64_t id;
    if (key.len == 0)
        key = api_key_make(call->arena);
    TRY(api_key_create(tx, call->identity->app->secrets, user, key, input_str(call, STR("description")), &call->actor,
                       &id, err));
    json_object_begin(&call->out);
    write_member(&call->out, STR("username"), user->username);
    json_key(&call->out, STR("id"));
    json_int(&call->out, id);
    write_member(&call->out, STR("key"), key);
    json_object_end(&call->out);
    return OK;
}

static enum err_code add_user(struct db_tx *tx, struct admin_call *call, struct err *err) {
    struct new_user wanted = {
        .username = input_str(call, STR("username")),
        .name = input_str(call, STR("name")),
        .email = input_str(call, STR("email")),
        .is_admin = json_get_bool(call->input, STR("is_admin"), false),
        .is_service = json_get_bool(call->input, STR("is_service"), false),
    };
    struct user *user;
    TRY(user_create(tx, &wanted, &call->actor, call->arena, &user, err));
    return add_key_of(tx, call, user, err);
}

static enum err_code list_users(struct db_tx *tx, struct admin_call *call, struct err *err) {
    struct user_list users;
    TRY(user_list(tx, STR_EMPTY, 0, LISTED_USERS_MAX, call->arena, &users, err));
    json_array_begin(&call->out);
    for (size_t i = 0; i < users.count; i++) {
        const struct user *user = users.items[i];
        json_object_begin(&call->out);
        write_member(&call->out, STR("username"), user->username);
        write_member(&call->out, STR("name"), user->name);
        write_member(&call->out, STR("email"), user->email);
        json_key(&call->out, STR("is_admin"));
        json_bool(&call->out, user->is_admin);
        json_key(&call->out, STR("is_service"));
        json_bool(&call->out, user->is_service);
        write_time(&call->out, STR("created_at"), user->created_at);
        json_object_end(&call->out);
    }
    json_array_end(&call->out);
    return OK;
}

static enum err_code remove_user(struct db_tx *tx, struct admin_call *call, struct err *err) {
    struct user *user;
    TRY(user_find(tx, call->params[0], call->arena, &user, err));
    return user_remove(tx, user, &call->actor, err);
}

static enum err_code prepare_password(struct admin_call *call, struct err *err) {
    return password_hash(input_str(call, STR("password")), call->arena, &call->password_hash, err);
}

static enum err_code set_password(struct db_tx *tx, struct admin_call *call, struct err *err) {
    struct user *user;
    TRY(user_find(tx, call->params[0], call->arena, &user, err));
    return user_set_password(tx, user, call->password_hash, &call->actor, err);
}

static enum err_code add_key(struct db_tx *tx, struct admin_call *call, struct err *err) {
    struct user *user;
    TRY(user_find(tx, call->params[0], call->arena, &user, err));
    return add_key_of(tx, call, user, err);
}

static enum err_code list_keys(struct db_tx *tx, struct admin_call *call, struct err *err) {
    struct api_key_list keys;
    struct user *user;
    TRY(user_find(tx, call->params[0], call->arena, &user, err));
    TRY(api_key_list(tx, user->id, call->arena, &keys, err));
    json_array_begin(&call->out);
    for (size_t i = 0; i < keys.count; i++) {
        json_object_begin(&call->out);
        json_key(&call->out, STR("id"));
        json_int(&call->out, keys.items[i]->id);
        write_member(&call->out, STR("prefix"), keys.items[i]->prefix);
        write_member(&call->out, STR("description"), keys.items[i]->description);
        write_time(&call->out, STR("created_at"), keys.items[i]->created_at);
        if (keys.items[i]->last_used_at != 0)
            write_time(&call->out, STR("last_used_at"), keys.items[i]->last_used_at);
        json_object_end(&call->out);
    }
    json_array_end(&call->out);
    return OK;
}

static enum err_code revoke_key(struct db_tx *tx, struct admin_call *call, struct err *err) {
    struct api_key *key;
    int64_t id;
    if (!str_to_i64(call->params[0], &id))
        return err_set(err, ERR_BAD_INPUT, "a key is revoked by its number, see the list of the user's keys");
    TRY(api_key_find(tx, id, call->arena, &key, err));
    return api_key_revoke(tx, key, &call->actor, err);
}

/* ---- teams and organisations ---- */

static enum err_code add_members(struct db_tx *tx, struct admin_call *call, int64_t entity_id,
                                 const struct json_value *names, enum role role, struct err *err) {
    size_t count = names != NULL && names->type == JSON_TYPE_ARRAY ? names->array.count : 0;
    for (size_t i = 0; i < count; i++) {
        struct user *user;
        if (names->array.items[i].type != JSON_TYPE_STRING)
            return err_set(err, ERR_BAD_INPUT, "members are named by their user names");
        TRY(user_find(tx, names->array.items[i].string, call->arena, &user, err));
        TRY(member_set(tx, entity_id, user->id, role, &call->actor, err));
    }
    return OK;
}

static enum err_code add_entity(struct db_tx *tx, struct admin_call *call, struct err *err) {
    struct str name = input_str(call, STR("name")), organization_name = input_str(call, STR("organization"));
    struct entity *organization;
    int64_t organization_id = 0, id;

    if (call->kind == ENTITY_TEAM && organization_name.len > 0) {
        TRY(entity_find_kind(tx, organization_name, ENTITY_ORGANIZATION, call->arena, &organization, err));
        organization_id = organization->owner.entity_id;
    }
    TRY(entity_create(tx, name, call->kind, organization_id, &id, err));
    TRY(audit_add(tx, &call->actor, "entity.add", id, name, err));
    TRY(add_members(tx, call, id, json_get(call->input, STR("members")), ROLE_MEMBER, err));
    return add_members(tx, call, id, json_get(call->input, STR("admins")), ROLE_ADMIN, err);
}

static enum err_code list_entities(struct db_tx *tx, struct admin_call *call, struct err *err) {
    struct entity_list entities;
    TRY(entity_list(tx, (int)call->kind, 0, call->arena, &entities, err));
    json_array_begin(&call->out);
    for (size_t i = 0; i < entities.count; i++) {
        struct entity *organization = NULL;
        if (entities.items[i]->organization_id != 0)
            TRY(entity_find_by_id(tx, entities.items[i]->organization_id, call->arena, &organization, err));
        json_object_begin(&call->out);
        write_member(&call->out, STR("name"), entities.items[i]->name);
        write_member(&call->out, STR("organization"), organization == NULL ? (struct str){ NULL, 0 } : organization->name);
        json_object_end(&call->out);
    }
    json_array_end(&call->out);
    return OK;
}

static enum err_code remove_entity(struct db_tx *tx, struct admin_call *call, struct err *err) {
    struct entity *entity;
    TRY(find_entity(tx, call, &entity, err));
    return entity_remove(tx, entity, &call->actor, err);
}

static enum err_code list_members(struct db_tx *tx, struct admin_call *call, struct err *err) {
    struct member_list members;
    struct entity *entity;
    TRY(find_entity(tx, call, &entity, err));
    TRY(member_list(tx, entity->owner.entity_id, call->arena, &members, err));
    json_array_begin(&call->out);
    for (size_t i = 0; i < members.count; i++) {
        const struct member *member = members.items[i];
        json_object_begin(&call->out);
        write_member(&call->out, STR("username"), member->user_id == 0 ? (struct str){ NULL, 0 } : member->username);
        write_member(&call->out, STR("email"), member->email);
        write_member(&call->out, STR("role"), str_from_c(role_name(member->role)));
        json_object_end(&call->out);
    }
    json_array_end(&call->out);
    return OK;
}

static enum err_code set_member(struct db_tx *tx, struct admin_call *call, struct err *err) {
    struct entity *entity;
    struct user *user;
    enum role role;
    TRY(role_parse(input_str(call, STR("role")), &role, err));
    TRY(find_entity(tx, call, &entity, err));
    TRY(user_find(tx, call->params[1], call->arena, &user, err));
    return member_set(tx, entity->owner.entity_id, user->id, role, &call->actor, err);
}

static enum err_code remove_member(struct db_tx *tx, struct admin_call *call, struct err *err) {
    struct entity *entity;
    struct user *user;
    TRY(find_entity(tx, call, &entity, err));
    TRY(user_find(tx, call->params[1], call->arena, &user, err));
    return member_remove(tx, entity->owner.entity_id, user->id, &call->actor, err);
}

/* ---- what projects hold ---- */

static enum err_code list_projects(struct db_tx *tx, struct admin_call *call, struct err *err) {
    struct list usages;
    TRY(usage_list(tx, call->arena, &usages, err));
    json_array_begin(&call->out);
    for (size_t i = 0; i < usages.count; i++) {
        const struct project_usage *usage = usages.items[i];
        json_object_begin(&call->out);
        write_member(&call->out, STR("entity"), usage->entity);
        write_member(&call->out, STR("project"), usage->project);
        json_key(&call->out, STR("bytes"));
        json_int(&call->out, usage->bytes);
        json_key(&call->out, STR("limitBytes"));
        json_int(&call->out, usage->limit_bytes);
        json_object_end(&call->out);
    }
    json_array_end(&call->out);
    return OK;
}

static enum err_code find_project(struct db_tx *tx, struct admin_call *call, struct project **out, struct err *err) {
    return project_find_by_names(tx, call->params[0], call->params[1], call->arena, out, err);
}

static enum err_code show_limit(struct db_tx *tx, struct admin_call *call, struct err *err) {
    struct project *project;
    int64_t bytes;
    TRY(find_project(tx, call, &project, err));
    TRY(usage_limit(tx, project->id, &bytes, err));
    json_object_begin(&call->out);
    json_key(&call->out, STR("bytes"));
    json_int(&call->out, bytes);
    json_object_end(&call->out);
    return OK;
}

static enum err_code set_limit(struct db_tx *tx, struct admin_call *call, struct err *err) {
    struct project *project;
    TRY(find_project(tx, call, &project, err));
    TRY(usage_set_limit(tx, project->id, json_get_int(call->input, STR("bytes"), -1), err));
    TRY(audit_add(tx, &call->actor, "project.limit", project->owner.entity_id, project->name, err));
    return show_limit(tx, call, err);
}

/* ---- the trash ---- */

static enum err_code show_garbage(struct db_tx *tx, struct admin_call *call, struct err *err) {
    struct trash_counts counts;
    int64_t removals;
    TRY(trash_count(tx, clock_wall_ms(), &counts, err));
    TRY(removal_count(tx, &removals, err));
    json_object_begin(&call->out);
    for (int kind = 0; kind < TRASH_KIND_COUNT; kind++) {
        json_key(&call->out, arena_printf(call->arena, "%ss", trash_kind_name((enum trash_kind)kind)));
        json_int(&call->out, counts.of_kind[kind]);
    }
    json_key(&call->out, STR("bytes"));
    json_int(&call->out, counts.file_bytes);
    json_key(&call->out, STR("removals"));
    json_int(&call->out, removals);
    json_key(&call->out, STR("storage"));
    TRY(list_projects(tx, call, err));
    json_object_end(&call->out);
    return OK;
}

static enum err_code collect_garbage(struct db_tx *tx, struct admin_call *call, struct err *err) {
    TRY(show_garbage(tx, call, err));
    TRY(audit_add(tx, &call->actor, "trash.empty", 0, STR("all"), err));
    return trash_empty(tx, clock_wall_ms(), err);
}

/* ---- the table ---- */

#define ENTITY_ROWS(path, kind)                                                                              \
    { HTTP_GET, path, kind, list_entities, NULL },                                                           \
    { HTTP_POST, path, kind, add_entity, NULL },                                                             \
    { HTTP_DELETE, path "/{}", kind, remove_entity, NULL },                                                  \
    { HTTP_GET, path "/{}/members", kind, list_members, NULL },                                              \
    { HTTP_PUT, path "/{}/members/{}", kind, set_member, NULL },                                             \
    { HTTP_DELETE, path "/{}/members/{}", kind, remove_member, NULL }

/* ---- who changed what ---- */

static enum err_code list_audit(struct db_tx *tx, struct admin_call *call, struct err *err) {
    struct list list = { 0 };
    int64_t after_id;
    if (!str_to_i64(call->params[0], &after_id))
        return err_set(err, ERR_BAD_INPUT, "'%.*s' is not the id of a row", STR_ARG(call->params[0]));
    TRY(audit_list(tx, after_id, call->arena, &list, err));
    json_array_begin(&call->out);
    for (size_t i = 0; i < list.count; i++) {
        const struct audit_row *row = list.items[i];
        json_object_begin(&call->out);
        json_key(&call->out, STR("id"));
        json_int(&call->out, row->id);
        write_time(&call->out, STR("at"), row->at);
        write_member(&call->out, STR("action"), row->action);
        write_member(&call->out, STR("user"), row->username);
        json_key(&call->out, STR("key_id"));
        json_int(&call->out, row->key_id);
        write_member(&call->out, STR("address"), row->address);
        write_member(&call->out, STR("entity"), row->entity);
        write_member(&call->out, STR("subject"), row->subject);
        json_object_end(&call->out);
    }
    json_array_end(&call->out);
    return OK;
}

/* Sorted by pattern. */
static const struct admin_row rows[] = {
    { HTTP_GET, "audit/{}", ENTITY_PERSONAL, list_audit, NULL },
    { HTTP_GET, "gc", ENTITY_PERSONAL, show_garbage, NULL },
    { HTTP_POST, "gc", ENTITY_PERSONAL, collect_garbage, NULL },
    { HTTP_DELETE, "keys/{}", ENTITY_PERSONAL, revoke_key, NULL },
    ENTITY_ROWS("organizations", ENTITY_ORGANIZATION),
    { HTTP_GET, "projects", ENTITY_PERSONAL, list_projects, NULL },
    { HTTP_GET, "projects/{}/{}/limit", ENTITY_PERSONAL, show_limit, NULL },
    { HTTP_PUT, "projects/{}/{}/limit", ENTITY_PERSONAL, set_limit, NULL },
    ENTITY_ROWS("teams", ENTITY_TEAM),
    { HTTP_GET, "users", ENTITY_PERSONAL, list_users, NULL },
    { HTTP_POST, "users", ENTITY_PERSONAL, add_user, NULL },
    { HTTP_DELETE, "users/{}", ENTITY_PERSONAL, remove_user, NULL },
    { HTTP_GET, "users/{}/keys", ENTITY_PERSONAL, list_keys, NULL },
    { HTTP_POST, "users/{}/keys", ENTITY_PERSONAL, add_key, NULL },
    { HTTP_PUT, "users/{}/password", ENTITY_PERSONAL, set_password, prepare_password },
};

static bool matches(struct str pattern, struct str path, struct str params[ADMIN_PARAMS_MAX]) {
    struct str pattern_part, path_part;
    size_t count = 0;
    for (;;) {
        bool more_pattern = str_cut(pattern, '/', &pattern_part, &pattern);
        bool more_path = str_cut(path, '/', &path_part, &path);
        if (str_eq_c(pattern_part, "{}")) {
            if (path_part.len == 0 || count == ADMIN_PARAMS_MAX)
                return false;
            params[count++] = path_part;
        } else if (!str_eq(pattern_part, path_part)) {
            return false;
        }
        if (more_pattern != more_path)
            return false;
        if (!more_pattern)
            return true;
    }
}

static enum err_code find_row(const struct admin_row **out, enum http_method method, struct str path,
                              struct str params[ADMIN_PARAMS_MAX], struct err *err) {
    const struct str prefix = STR("/api/admin/");
    bool is_known = false;
    if (str_starts_with(path, prefix))
        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
            if (!matches(str_from_c(rows[i].pattern), str_from(path, prefix.len), params))
                continue;
            is_known = true;
            *out = &rows[i];
            if (rows[i].method == method)
                return OK;
        }
    if (is_known)
        return err_set(err, ERR_METHOD, "'%.*s' is not asked with this method", STR_ARG(path));
    return err_set(err, ERR_NOT_FOUND, "nothing is administered at '%.*s'", STR_ARG(path));
}

struct running {
    struct admin_call *call;
    const struct admin_row *row;
};

static enum err_code run_row(struct db_tx *tx, void *context, struct err *err) {
    struct running *running = context;
    struct json_writer *out = &running->call->out;
    buf_reset(out->out); /* a work may run twice */
    json_writer_init(out, out->out, JSON_STRICT);
    TRY(running->row->work(tx, running->call, err));
    if (out->out->len == 0) {
        json_object_begin(out);
        json_object_end(out);
    }
    return OK;
}

/* What it ends (a key, a right) ends on every server. */
static enum err_code run_change(struct db_tx *tx, void *context, struct err *err) {
    TRY(run_row(tx, context, err));
    return identities_end(tx, err);
}

enum err_code admin_run(struct identity *identity, enum http_method method, struct str path, struct str body,
                        struct buf *out, struct err *err) {
    struct admin_call call = { .identity = identity, .arena = identity->arena, .actor = identity_actor(identity) };
    struct running running = { .call = &call };
    struct json_value *input = NULL;

    TRY(find_row(&running.row, method, path, call.params, err));
    call.kind = running.row->kind;
    if (body.len > 0 && json_parse(&input, body, JSON_STRICT, call.arena, err) != OK)
        return err_add_context(err, "the request is not JSON");
    call.input = input;
    if (running.row->prepare != NULL)
        TRY(running.row->prepare(&call, err));
    json_writer_init(&call.out, out, JSON_STRICT);
    if (method == HTTP_GET)
        return db_read(identity->app->db, run_row, &running, err);
    enum err_code code = db_write(identity->app->db, run_change, &running, err);
    identities_forget(identity->app->identities);
    return code;
}

enum err_code admin_answer(struct http_call *call, struct err *err) {
    http_add_header(call, STR("Cache-Control"), STR("no-store"));
    return admin_run(http_identity(call), call->method, call->path, call->body, http_body(call), err);
}
