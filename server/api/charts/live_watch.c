/* live_watch.c - see live_watch.h. */
#include "server/api/charts/live_watch.h"

#include "base/log.h"
#include "server/api/place.h"

enum { WATCH_NAME_BYTES_MAX = 512 };

/* ---- what is watched ---- */

void live_watch_finish(struct live_watch *watch) {
    free(watch->entity);
    free(watch->project);
    free(watch->run);
    *watch = (struct live_watch){ 0 };
}

void live_watches_finish(struct live_watches *watches) {
    for (size_t i = 0; i < watches->count; i++)
        live_watch_finish(&watches->items[i]);
    watches->count = 0;
}

static char *copy(struct str text) {
    char *out = strndup(text.len > 0 ? text.ptr : "", text.len);
    if (out == NULL)
        log_fatal("out of memory: cannot remember what is watched");
    return out;
}

static bool is_good_name(struct str text) {
    return text.len <= WATCH_NAME_BYTES_MAX && (text.len == 0 || memchr(text.ptr, '\0', text.len) == NULL);
}

bool live_watch_is_same(const struct live_watch *a, const struct live_watch *b) {
    return strcmp(a->entity, b->entity) == 0 && strcmp(a->project, b->project) == 0 && strcmp(a->run, b->run) == 0;
}

enum err_code live_watch_read(struct live_watch *watch, const struct json_value *item, struct err *err) {
    struct str entity = json_get_str(item, STR("entity")), project = json_get_str(item, STR("project"));
    struct str run = json_get_str(item, STR("run"));
    if (entity.len == 0 || project.len == 0 || !is_good_name(entity) || !is_good_name(project) || !is_good_name(run))
        return err_set(err, ERR_BAD_INPUT, "a watch names an 'entity', a 'project' and perhaps a 'run'");
    *watch = (struct live_watch){ .entity = copy(entity), .project = copy(project), .run = copy(run) };
    return OK;
}

static void go_on_from(struct live_watch *watch, const struct live_watches *before) {
    for (size_t i = 0; i < before->count; i++)
        if (live_watch_is_same(watch, &before->items[i])) {
            watch->project_id = before->items[i].project_id;
            watch->version = before->items[i].version;
        }
}

enum err_code live_watches_read(struct live_watches *watches, struct str text, struct arena *arena, struct err *err) {
    struct live_watches fresh = { 0 };
    struct json_value *document;
    enum err_code code = OK;

    TRY(json_parse(&document, text, JSON_STRICT, arena, err));
    const struct json_value *list = json_get(document, STR("watch"));
    if (list == NULL || list->type != JSON_TYPE_ARRAY || list->array.count > LIVE_WATCHES_MAX)
        return err_set(err, ERR_BAD_INPUT, "'watch' must be a list of at most %d", LIVE_WATCHES_MAX);
    for (size_t i = 0; code == OK && i < list->array.count; i++) {
        code = live_watch_read(&fresh.items[fresh.count], &list->array.items[i], err);
        if (code == OK)
            go_on_from(&fresh.items[fresh.count++], watches);
    }
    if (code != OK) {
        live_watches_finish(&fresh);
        return code;
    }
    live_watches_finish(watches);
    *watches = fresh;
    return OK;
}

/* ---- who may ---- */

static enum err_code authorize(struct live_watch *watch, struct db_tx *tx, struct identity *identity, struct err *err) {
    struct project *project;
    enum err_code code =
        place_find_project(tx, identity, str_from_c(watch->entity), str_from_c(watch->project), CAN_READ, &project, err);
    if (code != OK && err_http_status(code) >= 500)
        return code;
    if (code == OK && project->id != watch->project_id) {
        watch->project_id = project->id;
        /* From now on: what was before, the page has read or will. */
        return run_news_version(tx, project->id, &watch->version, err);
    }
    if (code != OK)
        watch->project_id = 0;
    return OK;
}

enum err_code live_watches_authorize(struct live_watches *watches, struct db_tx *tx, struct identity *identity,
                                     struct err *err) {
    for (size_t i = 0; i < watches->count; i++)
        TRY(authorize(&watches->items[i], tx, identity, err));
    return OK;
}

/* ---- what is told ---- */

void live_watch_begin_message(struct json_writer *json, const struct live_watch *watch, const char *type) {
    json_object_begin(json);
    json_key(json, STR("type"));
    json_string(json, str_from_c(type));
    json_key(json, STR("entity"));
    json_string(json, str_from_c(watch->entity));
    json_key(json, STR("project"));
    json_string(json, str_from_c(watch->project));
}

static void write_run(struct json_writer *json, const struct run_news *news) {
    json_object_begin(json);
    json_key(json, STR("name"));
    json_string(json, news->name);
    json_key(json, STR("state"));
    json_string(json, str_from_c(run_state_name(news->state)));
    json_key(json, STR("heartbeatAt"));
    json_int(json, news->heartbeat_at);
    json_key(json, STR("lines"));
    json_int(json, news->line_count);
    json_key(json, STR("events"));
    json_int(json, news->event_count);
    json_key(json, STR("isDeleted"));
    json_bool(json, news->is_deleted);
    json_object_end(json);
}

enum err_code live_watch_read_news(const struct live_watch *watch, struct db_tx *tx, struct arena *arena, struct live_news *out,
                                   struct err *err) {
    *out = (struct live_news){ .version = watch->version };
    TRY(run_news_version(tx, watch->project_id, &out->version, err));
    if (out->version <= watch->version)
        return OK;
    return run_news_list(tx, watch->project_id, watch->version, str_from_c(watch->run), LIVE_RUNS_PER_MESSAGE + 1, arena, &out->runs,
                         &out->count, err);
}

void live_watch_write_news(const struct live_watch *watch, const struct live_news *news, struct buf *out) {
    bool is_told = news->count <= LIVE_RUNS_PER_MESSAGE;
    struct json_writer json;

    json_writer_init(&json, out, JSON_STRICT);
    live_watch_begin_message(&json, watch, is_told ? "runs" : "resync");
    if (is_told) {
        json_key(&json, STR("runs"));
        json_array_begin(&json);
        for (size_t i = 0; i < news->count; i++)
            write_run(&json, &news->runs[i]);
        json_array_end(&json);
    }
    json_object_end(&json);
}
