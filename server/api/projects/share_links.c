/* share_links.c - see share_links.h. */
#include "server/api/projects/share_links.h"

#include "server/api/identity.h"
#include "server/api/json_pair.h"
#include "server/api/node_id.h"
#include "server/api/place.h"
#include "server/store/projects/share.h"

enum { DAY_MS = 24 * 3600 * 1000, DEFAULT_DAYS = 30 };

struct share_call {
    struct http_call *call;
    const struct json_value *input;
    struct str token;
    int64_t id, now_ms;
    struct share *share, *list;
    struct project *project;
    size_t count;
};

static struct share_call begin(struct http_call *call) {
    http_add_header(call, STR("Cache-Control"), STR("no-store"));
    return (struct share_call){ .call = call, .now_ms = clock_wall_ms() };
}

static struct db *db_of(const struct share_call *c) {
    return http_identity(c->call)->app->db;
}

/* ---- making ---- */

static enum err_code find_runs(struct db_tx *tx, struct share_call *c, int64_t **ids, size_t *count, struct err *err) {
    const struct json_value *names = json_get(c->input, STR("runs"));
    if (names == NULL || names->type != JSON_TYPE_ARRAY || names->array.count > SHARE_RUNS_MAX)
        return err_set(err, ERR_BAD_INPUT, "'runs' must be a list of at most %d names", SHARE_RUNS_MAX);
    *ids = ARENA_ARRAY(c->call->arena, int64_t, names->array.count);
    *count = names->array.count;
    for (size_t i = 0; i < names->array.count; i++) {
        struct run *run;
        if (names->array.items[i].type != JSON_TYPE_STRING)
            return err_set(err, ERR_BAD_INPUT, "'runs' must be a list of names");
        TRY(run_find(tx, c->project->id, names->array.items[i].string, 0, false, c->call->arena, &run, err));
        (*ids)[i] = run->id;
    }
    return OK;
}

static enum err_code create(struct db_tx *tx, void *context, struct err *err) {
    struct share_call *c = context;
    struct identity *identity = http_identity(c->call);
    struct actor actor = identity_actor(identity);
    int64_t *ids, days = json_get_int(c->input, STR("days"), DEFAULT_DAYS);
    size_t count;

    if (days < 1 || days > SHARE_DAYS_MAX)
        return err_set(err, ERR_BAD_INPUT, "'days' must be from 1 to %d, got %lld", SHARE_DAYS_MAX, (long long)days);
    TRY(place_find_project(tx, identity, json_get_str(c->input, STR("entity")), json_get_str(c->input, STR("project")), CAN_WRITE,
                           &c->project, err));
    TRY(find_runs(tx, c, &ids, &count, err));
    const struct new_share wanted = { .owner = c->project->owner, .run_ids = ids, .run_count = count, .life_ms = days * DAY_MS };
    return share_create(tx, identity->app->secrets, &wanted, &actor, c->now_ms, c->call->arena, &c->token, &c->id, err);
}

enum err_code share_links_answer_create(struct http_call *call, struct err *err) {
    struct share_call c = begin(call);
    struct json_writer json;
    struct json_value *input;

    TRY(json_parse(&input, call->body, JSON_STRICT, call->arena, err));
    c.input = input;
    TRY(db_write(db_of(&c), create, &c, err));
    json_writer_init(&json, http_body(call), JSON_STRICT);
    json_object_begin(&json);
    json_key(&json, STR("id"));
    json_int(&json, c.id);
    json_pair_text(&json, STR("token"), c.token);
    json_object_end(&json);
    return OK;
}

/* ---- listing and revoking ---- */

/* As GraphQL has it; ptr NULL for a link that names runs. */
static struct str id_of_report(const struct share *share, struct arena *arena) {
    return share->view_id != 0 ? node_id_make("View", share->view_id, arena) : (struct str){ NULL, 0 };
}

static enum err_code list(struct db_tx *tx, void *context, struct err *err) {
    struct share_call *c = context;
    TRY(place_find_project(tx, http_identity(c->call), c->call->params[0], c->call->params[1], CAN_WRITE, &c->project, err));
    return share_list(tx, c->project->id, c->now_ms, c->call->arena, &c->list, &c->count, err);
}

enum err_code share_links_answer_list(struct http_call *call, struct err *err) {
    struct share_call c = begin(call);
    struct json_writer json;

    TRY(db_read(db_of(&c), list, &c, err));
    json_writer_init(&json, http_body(call), JSON_STRICT);
    json_array_begin(&json);
    for (size_t i = 0; i < c.count; i++) {
        json_object_begin(&json);
        json_key(&json, STR("id"));
        json_int(&json, c.list[i].id);
        json_key(&json, STR("runCount"));
        json_uint(&json, c.list[i].run_count);
        json_pair_text(&json, STR("report"), id_of_report(&c.list[i], call->arena));
        json_pair_text(&json, STR("username"), c.list[i].username);
        json_pair_time(&json, STR("createdAt"), c.list[i].created_at);
        json_pair_time(&json, STR("expiresAt"), c.list[i].expires_at);
        json_object_end(&json);
    }
    json_array_end(&json);
    return OK;
}

static enum err_code revoke(struct db_tx *tx, void *context, struct err *err) {
    struct share_call *c = context;
    struct identity *identity = http_identity(c->call);
    struct actor actor = identity_actor(identity);
    TRY(share_find_by_id(tx, c->id, c->call->arena, &c->share, err));
    if (access_check_in(tx, identity, &c->share->owner, CAN_WRITE, err) != OK)
        return err->code == ERR_NOT_FOUND ? err_set(err, ERR_NOT_FOUND, "link %lld not found", (long long)c->id) : err->code;
    return share_revoke(tx, c->share, &actor, err);
}

enum err_code share_links_answer_revoke(struct http_call *call, struct err *err) {
    struct share_call c = begin(call);
    uint64_t id = 0;
    if (!str_to_u64(call->params[0], &id) || id > INT64_MAX)
        return err_set(err, ERR_NOT_FOUND, "link '%.*s' not found", STR_ARG(call->params[0]));
    c.id = (int64_t)id;
    TRY(db_write(db_of(&c), revoke, &c, err));
    http_set_status(call, 204);
    return OK;
}
