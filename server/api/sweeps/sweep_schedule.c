/* sweep_schedule.c - see sweep_schedule.h. */
#include "server/api/sweeps/sweep_schedule.h"

#include "base/json.h"
#include "base/map.h"
#include "server/store/runs/run.h"

/* A list inside of a JSON text; NULL when there is none. */
static const struct json_value *list_in(struct str text, const char *key, struct arena *arena) {
    struct json_value *root;
    const struct json_value *list;
    struct err err;

    if (text.len == 0 || json_parse(&root, text, JSON_STRICT, arena, &err) != OK)
        return NULL;
    list = json_get(root, str_from_c(key));
    return list != NULL && list->type == JSON_TYPE_ARRAY ? list : NULL;
}

enum err_code sweep_schedule_check(struct str controller, struct arena *arena, struct err *err) {
    const struct json_value *schedule;
    struct json_value *root;

    if (controller.len == 0)
        return OK;
    if (json_parse(&root, controller, JSON_STRICT, arena, err) != OK)
        return err_add_context(err, "controller");
    if (root->type != JSON_TYPE_OBJECT)
        return err_set(err, ERR_BAD_INPUT, "controller: must be a JSON object");
    schedule = json_get(root, STR("schedule"));
    for (size_t i = 0; schedule != NULL && schedule->type == JSON_TYPE_ARRAY && i < schedule->array.count; i++) {
        const struct json_value *entry = &schedule->array.items[i], *args = json_get(json_get(entry, STR("data")), STR("args"));
        if (json_get_str(entry, STR("id")).len == 0 || args == NULL || (args->type != JSON_TYPE_OBJECT && args->type != JSON_TYPE_NULL))
            return err_set(err, ERR_BAD_INPUT, "controller.schedule[%zu]: needs an id, and data.args that are an object or null", i);
    }
    return OK;
}

/* Both lists come from outside, and the writer waits for us: neither is walked for each item of the other. */
static struct map *scheduled_by_id(const struct json_value *scheduled) {
    struct map *by_id = map_create(NULL);
    for (size_t i = 0; scheduled != NULL && i < scheduled->array.count; i++)
        map_put(by_id, json_get_str(&scheduled->array.items[i], STR("id")), &scheduled->array.items[i]);
    return by_id;
}

/* The first entry that was not scheduled yet; NULL when there is none. */
static const struct json_value *next_entry(const struct json_value *schedule, const struct json_value *scheduled) {
    const struct json_value *found = NULL;
    struct map *by_id = scheduled_by_id(scheduled);
    for (size_t i = 0; found == NULL && schedule != NULL && i < schedule->array.count; i++) {
        const struct json_value *entry = &schedule->array.items[i];
        bool has_args = json_get(json_get(entry, STR("data")), STR("args")) != NULL;
        if (has_args && map_find(by_id, json_get_str(entry, STR("id"))) == NULL)
            found = entry;
    }
    map_destroy(by_id);
    return found;
}

/* {"scheduled": [what was there, and one more]} */
static enum err_code note_scheduled(struct db_tx *tx, const struct sweep *sweep, const struct json_value *scheduled, struct str id,
                                    struct str run_name, int64_t now_ms, struct arena *arena, struct err *err) {
    struct buf text = BUF_INIT(SWEEP_CONFIG_MAX);
    struct sweep_change change = { 0 };
    struct json_writer writer;
    enum err_code code;

    json_writer_init(&writer, &text, JSON_STRICT);
    json_object_begin(&writer);
    json_key(&writer, STR("scheduled"));
    json_array_begin(&writer);
    for (size_t i = 0; scheduled != NULL && i < scheduled->array.count; i++)
        json_value_write(&writer, &scheduled->array.items[i]);
    json_object_begin(&writer);
    json_key(&writer, STR("id"));
    json_string(&writer, id);
    json_key(&writer, STR("runid"));
    json_string(&writer, run_name);
    json_object_end(&writer);
    json_array_end(&writer);
    json_object_end(&writer);
    code = buf_check(&text, "the scheduler's list", err);
    if (code == OK) {
        change.scheduler = arena_copy(arena, buf_str(&text));
        code = sweep_update(tx, sweep, &change, now_ms, err);
    }
    buf_finish(&text);
    return code;
}

static struct str text_of(const struct json_value *value, struct arena *arena) {
    struct buf text = BUF_INIT(SWEEP_CONFIG_MAX);
    struct json_writer writer;
    struct str out;

    json_writer_init(&writer, &text, JSON_STRICT);
    json_value_write(&writer, value);
    out = arena_copy(arena, buf_str(&text));
    buf_finish(&text);
    return out;
}

enum err_code sweep_schedule_take(struct db_tx *tx, const struct sweep *sweep, int64_t agent_id, int64_t user_id, int64_t now_ms,
                                  struct sweep_run **run, bool *is_over, struct arena *arena, struct err *err) {
    const struct json_value *schedule = list_in(sweep->controller, "schedule", arena), *scheduled = list_in(sweep->scheduler, "scheduled", arena);

    const struct json_value *entry = next_entry(schedule, scheduled);
    struct sweep_run_new new_run = { .agent_id = agent_id, .user_id = user_id };

    *run = NULL;
    *is_over = false;
    if (entry == NULL)
        return OK;
    const struct json_value *args = json_get(json_get(entry, STR("data")), STR("args"));
    *is_over = args->type == JSON_TYPE_NULL;
    if (*is_over)
        return OK;
    new_run.args = text_of(args, arena);
    TRY(sweep_run_make(tx, sweep, &new_run, now_ms, arena, run, err));
    return note_scheduled(tx, sweep, scheduled, json_get_str(entry, STR("id")), (*run)->name, now_ms, arena, err);
}

static struct map *names_of(const struct json_value *names) {
    struct map *by_name = map_create(NULL);
    for (size_t i = 0; i < names->array.count; i++)
        if (names->array.items[i].type == JSON_TYPE_STRING)
            map_put(by_name, names->array.items[i].string, &names->array.items[i]);
    return by_name;
}

enum err_code sweep_schedule_stop(struct db_tx *tx, const struct sweep *sweep, int64_t now_ms, struct arena *arena, struct err *err) {
    const struct json_value *names = list_in(sweep->controller, "earlystop", arena);
    struct list open = { 0 };

    if (names == NULL || names->array.count == 0)
        return OK;
    TRY(sweep_run_list(tx, sweep->id, true, arena, &open, err));
    struct map *by_name = names_of(names);
    enum err_code code = OK;
    for (size_t i = 0; i < open.count && code == OK; i++) {
        const struct sweep_run *run = open.items[i];
        if (run_state_is_alive(run->run_state) && !run->is_stop_requested && map_find(by_name, run->name) != NULL)
            code = run_request_stop(tx, run->run_id, now_ms, err);
    }
    map_destroy(by_name);
    return code;
}
