/* import_endpoint.c - see import_endpoint.h. */
#include "server/api/runs/import_endpoint.h"

#include "base/clock.h"
#include "base/json.h"
#include "server/api/identity.h"
#include "server/api/place.h"
#include "server/store/accounts/audit.h"
#include "server/store/runs/imported.h"
#include "server/sweep/sweep_config.h"

struct import {
    struct http_call *call;
    const struct json_value *input;
    struct project *project;
    int64_t now_ms, sweep_count; /* those that were not there */
};

/* What is to come is not imported: runs would stay alive by it. */
static enum err_code read_time(const struct import *import, const struct json_value *of, struct str member, int64_t *out, struct err *err) {
    struct str text = json_get_str(of, member);

    *out = 0;
    if (text.ptr == NULL)
        return OK;
    if (!clock_parse_iso(text, out) || *out <= 0 || *out > import->now_ms)
        return err_set(err, ERR_BAD_INPUT, "'%.*s' must be a time in the past, got '%.*s'", STR_ARG(member), STR_ARG(str_slice(text, 0, 50)));
    return OK;
}

static enum err_code take_run(struct db_tx *tx, struct import *import, const struct json_value *item, struct err *err) {
    struct imported_run wanted = { .sweep = json_get_str(item, STR("sweep")) };
    struct run *run;

    TRY(run_find(tx, import->project->id, json_get_str(item, STR("name")), 0, false, import->call->arena, &run, err));
    TRY(read_time(import, item, STR("createdAt"), &wanted.created_at, err));
    TRY(read_time(import, item, STR("heartbeatAt"), &wanted.heartbeat_at, err));
    TRY(read_time(import, item, STR("stoppedAt"), &wanted.ended_at, err));
    wanted.id = run->id;
    return imported_set_run(tx, &wanted, err);
}

static enum err_code take_sweep(struct db_tx *tx, struct import *import, const struct json_value *item, struct err *err) {
    struct imported_sweep wanted = { json_get_str(item, STR("name")), json_get_str(item, STR("displayName")), json_get_str(item, STR("description")),
                                     json_get_str(item, STR("config")), SWEEP_FINISHED, 0 };
    struct sweep_config *config;
    bool is_new;

    if (wanted.config.ptr == NULL || !sweep_state_parse(&wanted.state, json_get_str(item, STR("state"))))
        return err_set(err, ERR_BAD_INPUT, "a sweep needs a 'config' and one of the states that sweeps have");
    TRY(sweep_config_parse(&config, wanted.config, import->call->arena, err));
    TRY(read_time(import, item, STR("createdAt"), &wanted.created_at, err));
    TRY(imported_add_sweep(tx, import->project->id, http_identity(import->call)->user_id, &wanted, import->now_ms, &is_new, err));
    import->sweep_count += is_new;
    return OK;
}

static enum err_code take_all(struct db_tx *tx, struct import *import, struct str member,
                              enum err_code (*take)(struct db_tx *, struct import *, const struct json_value *, struct err *), struct err *err) {
    const struct json_value *list = json_get(import->input, member);

    if (list == NULL || list->type == JSON_TYPE_NULL)
        return OK;
    if (list->type != JSON_TYPE_ARRAY || list->array.count > IMPORT_THINGS_MAX)
        return err_set(err, ERR_BAD_INPUT, "'%.*s' must be a list of at most %d objects", STR_ARG(member), IMPORT_THINGS_MAX);
    for (size_t i = 0; i < list->array.count; i++) {
        if (list->array.items[i].type != JSON_TYPE_OBJECT)
            return err_set(err, ERR_BAD_INPUT, "'%.*s' must be a list of objects", STR_ARG(member));
        TRY(take(tx, import, &list->array.items[i], err));
    }
    return OK;
}

static enum err_code take(struct db_tx *tx, void *context, struct err *err) {
    struct import *import = context;
    struct identity *identity = http_identity(import->call);
    struct actor actor = identity_actor(identity);

    import->sweep_count = 0;
    TRY(place_find_project(tx, identity, import->call->params[0], import->call->params[1], CAN_WRITE, &import->project, err));
    TRY(take_all(tx, import, STR("sweeps"), take_sweep, err));
    TRY(take_all(tx, import, STR("runs"), take_run, err));
    return audit_add(tx, &actor, "project.import", import->project->owner.entity_id, import->project->name, err);
}

enum err_code import_answer(struct http_call *call, struct err *err) {
    struct import import = { .call = call, .now_ms = clock_wall_ms() };
    struct json_writer json;
    struct json_value *input;

    TRY(json_parse(&input, call->body, JSON_STRICT, call->arena, err));
    import.input = input;
    TRY(db_write(http_identity(call)->app->db, take, &import, err));
    json_writer_init(&json, http_body(call), JSON_STRICT);
    json_object_begin(&json);
    json_key(&json, STR("sweeps"));
    json_int(&json, import.sweep_count);
    json_object_end(&json);
    return OK;
}
