/* alert.c - see alert.h. */
#include "server/store/automations/alert.h"

#include "base/json.h"
#include "server/store/accounts/user.h"
#include "server/store/automations/delivery.h"
#include "server/store/automations/integration.h"

static const char *const severities[] = { [ALERT_INFO] = "INFO", [ALERT_WARN] = "WARN", [ALERT_ERROR] = "ERROR" };

const char *alert_severity_name(enum alert_severity severity) {
    return severities[severity];
}

enum err_code alert_severity_parse(struct str text, enum alert_severity *out, struct err *err) {
    for (int i = ALERT_INFO; i <= ALERT_ERROR; i++)
        if (str_eq_ignore_case(text, str_from_c(severities[i]))) {
            *out = (enum alert_severity)i;
            return OK;
        }
    return err_set(err, ERR_BAD_INPUT, "a severity is INFO, WARN or ERROR, got '%.*s'", STR_ARG(str_slice(text, 0, 50)));
}

/* ---- settings ---- */

enum err_code alert_setting_get(struct db_tx *tx, int64_t project_id, int64_t user_id, struct alert_setting *out, struct err *err) {
    struct arena *arena = arena_create();
    struct db_rows *rows;
    struct err ignored;
    *out = (struct alert_setting){ .project_id = project_id, .user_id = user_id, .wants_email = true };
    enum err_code code = db_query(tx, &rows, DB_ARGS(DB_INT(project_id), DB_INT(user_id)),
                                  "select integration_id, wants_email, least_severity from alert_settings"
                                  " where project_id = $1 and user_id = $2",
                                  err);
    while (code == OK && db_next(rows)) {
        out->exists = true;
        out->integration_id = db_int(rows, 0);
        out->wants_email = db_int(rows, 1) != 0;
        if (alert_severity_parse(db_str(rows, 2, arena), &out->least, &ignored) != OK)
            out->least = ALERT_INFO;
    }
    if (code == OK)
        code = db_end(rows, err);
    arena_destroy(arena);
    return code;
}

enum err_code alert_setting_set(struct db_tx *tx, const struct alert_setting *setting, struct err *err) {
    return db_exec(tx,
                   DB_ARGS(DB_INT(setting->project_id), DB_INT(setting->user_id),
                           setting->integration_id > 0 ? DB_INT(setting->integration_id) : DB_NULL, DB_INT(setting->wants_email),
                           DB_TEXT(str_from_c(severities[setting->least]))),
                   "insert into alert_settings (project_id, user_id, integration_id, wants_email, least_severity)"
                   " values ($1, $2, $3, $4, $5) on conflict (project_id, user_id) do update set integration_id = excluded.integration_id,"
                   " wants_email = excluded.wants_email, least_severity = excluded.least_severity",
                   err);
}

enum err_code alert_setting_of_user(struct db_tx *tx, int64_t project_id, int64_t user_id, struct alert_setting *out, struct err *err) {
    TRY(alert_setting_get(tx, project_id, user_id, out, err));
    return out->exists ? OK : alert_setting_get(tx, 0, user_id, out, err);
}

/* ---- what an alert sets in motion ---- */

static struct str body_of_webhook(const struct run *run, const struct run_alert *alert, struct str url, struct arena *arena) {
    struct buf out = BUF_INIT(DELIVERY_BODY_MAX);
    struct json_writer writer;
    const struct {
        const char *key;
        struct str value;
    } members[] = { { "event_type", STR("RUN_ALERT") },     { "title", alert->title },
                    { "text", alert->text },                { "severity", alert->severity },
                    { "entity_name", run->entity_name },    { "project_name", run->project_name },
                    { "run_id", run->name },                { "run_name", run->display_name },
                    { "run_url", url } };
    json_writer_init(&writer, &out, JSON_STRICT);
    json_object_begin(&writer);
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        json_key(&writer, str_from_c(members[i].key));
        json_string(&writer, members[i].value.ptr == NULL ? STR_EMPTY : members[i].value);
    }
    json_object_end(&writer);
    struct str body = arena_copy(arena, buf_str(&out));
    buf_finish(&out);
    return body;
}

static struct str body_of_mail(const struct run *run, const struct run_alert *alert, struct str url, struct arena *arena) {
    return arena_printf(arena, "%.*s\n\n%.*s\n\nThe run %.*s (%.*s) of %.*s/%.*s raised this alert (%.*s).\n%.*s\n", STR_ARG(alert->title),
                        STR_ARG(alert->text), STR_ARG(run->display_name), STR_ARG(run->name), STR_ARG(run->entity_name),
                        STR_ARG(run->project_name), STR_ARG(alert->severity), STR_ARG(url));
}

static enum err_code queue_webhook(struct db_tx *tx, struct delivery *delivery, const struct run *run, const struct run_alert *alert,
                                   enum alert_severity severity, struct str url, struct arena *arena, struct err *err) {
    struct alert_setting setting;
    struct integration *integration;
    TRY(alert_setting_get(tx, run->owner.project_id, 0, &setting, err));
    if (!setting.exists || setting.integration_id == 0 || severity < setting.least)
        return OK;
    enum err_code code = integration_find(tx, setting.integration_id, arena, &integration, err);
    if (code != OK)
        return code == ERR_NOT_FOUND ? OK : code;
    delivery->integration_id = integration->id;
    delivery->target = integration->url;
    delivery->body = body_of_webhook(run, alert, url, arena);
    return delivery_add(tx, delivery, alert->created_at, err);
}

static enum err_code queue_mail(struct db_tx *tx, struct delivery *delivery, const struct run *run, const struct run_alert *alert,
                                enum alert_severity severity, struct str url, struct arena *arena, struct err *err) {
    struct alert_setting setting;
    struct user *user;
    if (run->user_id == 0)
        return OK;
    enum err_code code = user_find_by_id(tx, run->user_id, arena, &user, err);
    if (code != OK)
        return code == ERR_NOT_FOUND ? OK : code;
    TRY(alert_setting_of_user(tx, run->owner.project_id, run->user_id, &setting, err));
    if (user->email.len == 0 || !setting.wants_email || severity < setting.least)
        return OK;
    delivery->integration_id = 0;
    delivery->target = user->email;
    delivery->body = body_of_mail(run, alert, url, arena);
    return delivery_add(tx, delivery, alert->created_at, err);
}

enum err_code alert_queue(struct db_tx *tx, const struct run *run, const struct run_alert *alert, struct str url, bool sends_mail,
                          struct arena *arena, struct err *err) {
    struct delivery delivery = { .owner = run->owner, .run_id = run->id, .kind = STR("alert"),
                                 .subject = arena_printf(arena, "[%.*s] %.*s", STR_ARG(alert->severity), STR_ARG(alert->title)) };
    enum alert_severity severity;
    TRY(alert_severity_parse(alert->severity, &severity, err));
    TRY(queue_webhook(tx, &delivery, run, alert, severity, url, arena, err));
    return sends_mail ? queue_mail(tx, &delivery, run, alert, severity, url, arena, err) : OK;
}
