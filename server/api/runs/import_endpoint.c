/* import_endpoint.c - see import_endpoint.h. */
#include "server/api/runs/import_endpoint.h"

#include "base/clock.h"
#include "server/api/identity.h"
#include "server/api/node_id.h"
#include "server/api/place.h"
#include "server/api/projects/discussion_import.h"
#include "server/api/projects/view_type.h"
#include "server/store/accounts/audit.h"
#include "server/store/artifacts/artifact.h"
#include "server/store/runs/imported.h"
#include "server/store/runs/run_alert.h"
#include "server/sweep/sweep_config.h"

struct request {
    struct http_call *call;
    const struct json_value *input;
    struct importing importing;
};

static enum err_code take_alerts(struct db_tx *tx, struct importing *importing, int64_t run_id, const struct json_value *item, struct err *err) {
    struct importing_list alerts;

    TRY(importing_read_list(item, STR("alerts"), IMPORT_THINGS_MAX, &alerts, err));
    importing->alert_count += alerts.count;
    if (importing->alert_count > IMPORT_ALERTS_MAX)
        return err_set(err, ERR_BAD_INPUT, "at most %d alerts are imported at once", IMPORT_ALERTS_MAX);
    for (size_t i = 0; i < alerts.count; i++) {
        const struct json_value *told = &alerts.items[i];
        struct run_alert alert = { json_get_str(told, STR("title")), json_get_str(told, STR("text")), json_get_str(told, STR("severity")), 0 };
        TRY(importing_read_time(importing, told, STR("createdAt"), &alert.created_at, err));
        bool is_known = str_eq_c(alert.severity, "INFO") || str_eq_c(alert.severity, "WARN") || str_eq_c(alert.severity, "ERROR");
        if (alert.title.ptr == NULL || alert.text.ptr == NULL || !is_known || alert.created_at == 0)
            return err_set(err, ERR_BAD_INPUT, "an alert needs 'title', 'text', a 'severity' of INFO, WARN or ERROR, and 'createdAt'");
        TRY(run_alert_add_imported(tx, run_id, &alert, err));
    }
    return OK;
}

static enum err_code take_run(struct db_tx *tx, struct importing *importing, const struct json_value *item, struct err *err) {
    struct imported_run wanted = { .sweep = json_get_str(item, STR("sweep")) };
    struct run *run;

    TRY(run_find(tx, importing->project->id, json_get_str(item, STR("name")), 0, false, importing->arena, &run, err));
    TRY(importing_read_time(importing, item, STR("createdAt"), &wanted.created_at, err));
    TRY(importing_read_time(importing, item, STR("heartbeatAt"), &wanted.heartbeat_at, err));
    TRY(importing_read_time(importing, item, STR("stoppedAt"), &wanted.ended_at, err));
    TRY(importing_find_author(tx, importing, json_get_str(item, STR("username")), &wanted.user_id, err));
    wanted.id = run->id;
    TRY(take_alerts(tx, importing, run->id, item, err));
    return imported_set_run(tx, &wanted, err);
}

static enum err_code take_sweep(struct db_tx *tx, struct importing *importing, const struct json_value *item, struct err *err) {
    struct imported_sweep wanted = { json_get_str(item, STR("name")), json_get_str(item, STR("displayName")), json_get_str(item, STR("description")),
                                     json_get_str(item, STR("config")), SWEEP_FINISHED, 0 };
    struct sweep_config *config;
    int64_t user_id;
    bool is_new;

    if (wanted.config.ptr == NULL || !sweep_state_parse(&wanted.state, json_get_str(item, STR("state"))))
        return err_set(err, ERR_BAD_INPUT, "a sweep needs a 'config' and one of the states that sweeps have");
    TRY(sweep_config_parse(&config, wanted.config, importing->arena, err));
    TRY(importing_read_time(importing, item, STR("createdAt"), &wanted.created_at, err));
    TRY(importing_find_author(tx, importing, json_get_str(item, STR("username")), &user_id, err));
    TRY(imported_add_sweep(tx, importing->project->id, user_id != 0 ? user_id : importing->identity->user_id, &wanted, importing->now_ms, &is_new, err));
    importing->sweep_count += is_new;
    return OK;
}

/* Of what others made only an administrator says when that was; for anybody else it stays what it is. */
static enum err_code read_origin(struct db_tx *tx, struct importing *importing, const struct json_value *item, const struct owner *owner,
                                 int64_t user_id, struct imported_origin *out, struct err *err) {
    *out = (struct imported_origin){ 0 };
    if (user_id != importing->identity->user_id) {
        enum err_code code = access_check_in(tx, importing->identity, owner, CAN_ADMIN, err);
        if (code != OK)
            return code == ERR_FORBIDDEN ? OK : code;
    }
    TRY(importing_read_time(importing, item, STR("createdAt"), &out->created_at, err));
    return importing_find_author(tx, importing, json_get_str(item, STR("username")), &out->user_id, err);
}

static enum err_code take_view(struct db_tx *tx, struct importing *importing, const struct json_value *item, struct err *err) {
    struct imported_origin wanted;
    struct view *view;

    TRY(view_find_seen(tx, importing->identity, json_get_str(item, STR("id")), CAN_WRITE, importing->arena, &view, err));
    if (view->owner.project_id != importing->project->id)
        return err_set(err, ERR_NOT_FOUND, "there is no such view");
    TRY(read_origin(tx, importing, item, &view->owner, view->user_id, &wanted, err));
    return imported_set_view(tx, view->id, &wanted, err);
}

static enum err_code take_artifact(struct db_tx *tx, struct importing *importing, const struct json_value *item, struct err *err) {
    struct imported_origin wanted;
    struct artifact *artifact = NULL;
    enum err_code code = ERR_NOT_FOUND;
    int64_t number;

    if (node_id_parse(json_get_str(item, STR("id")), "Artifact", &number, importing->arena))
        code = artifact_get(tx, number, importing->arena, &artifact, err);
    if (code != OK && code != ERR_NOT_FOUND)
        return code;
    if (code == ERR_NOT_FOUND || artifact->owner.project_id != importing->project->id)
        return err_set(err, ERR_NOT_FOUND, "there is no such artifact");
    TRY(read_origin(tx, importing, item, &artifact->owner, artifact->user_id, &wanted, err));
    return imported_set_artifact(tx, artifact->id, &wanted, err);
}

/* In the order in which they need each other. All that is there of a view's talk is read before more of it is taken. */
static const struct kind {
    struct str member;
    size_t most;
    enum err_code (*take)(struct db_tx *, struct importing *, const struct json_value *, struct err *);
} kinds[] = {
    { { "sweeps", 6 }, IMPORT_THINGS_MAX, take_sweep },
    { { "runs", 4 }, IMPORT_THINGS_MAX, take_run },
    { { "artifacts", 9 }, IMPORT_THINGS_MAX, take_artifact },
    { { "views", 5 }, IMPORT_THINGS_MAX, take_view },
    { { "discussions", 11 }, IMPORT_DISCUSSIONS_MAX, discussion_import },
};

static enum err_code take_kind(struct db_tx *tx, struct request *request, const struct kind *kind, struct err *err) {
    struct importing *importing = &request->importing;
    struct importing_list list;
    TRY(importing_read_list(request->input, kind->member, kind->most, &list, err));
    importing->arena = arena_create();
    enum err_code code = OK;
    for (size_t i = 0; code == OK && i < list.count; i++) {
        code = kind->take(tx, importing, &list.items[i], err);
        arena_reset(importing->arena);
    }
    arena_destroy(importing->arena);
    importing->arena = NULL;
    return code;
}

static enum err_code take(struct db_tx *tx, void *context, struct err *err) {
    struct request *request = context;
    struct importing *importing = &request->importing;
    struct actor actor = identity_actor(importing->identity);

    importing->sweep_count = importing->comment_count = 0;
    importing->alert_count = 0;
    TRY(place_find_project(tx, importing->identity, request->call->params[0], request->call->params[1], CAN_WRITE, &importing->project, err));
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        TRY(take_kind(tx, request, &kinds[i], err));
    return audit_add(tx, &actor, "project.import", importing->project->owner.entity_id, importing->project->name, err);
}

enum err_code import_answer(struct http_call *call, struct err *err) {
    struct request request = { .call = call, .importing = { .identity = http_identity(call), .now_ms = clock_wall_ms() } };
    struct json_writer json;
    struct json_value *input;

    TRY(json_parse(&input, call->body, JSON_STRICT, call->arena, err));
    request.input = input;
    TRY(db_write(request.importing.identity->app->db, take, &request, err));
    json_writer_init(&json, http_body(call), JSON_STRICT);
    json_object_begin(&json);
    json_key(&json, STR("comments"));
    json_int(&json, request.importing.comment_count);
    json_key(&json, STR("sweeps"));
    json_int(&json, request.importing.sweep_count);
    json_object_end(&json);
    return OK;
}
