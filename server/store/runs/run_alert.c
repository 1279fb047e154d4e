/* run_alert.c - see run_alert.h. */
#include "server/store/runs/run_alert.h"
#include "server/store/projects/names.h"

static enum err_code raised_since(struct db_tx *tx, int64_t run_id, struct str title, int64_t since,
                                  bool *was_raised, struct err *err) {
    struct db_rows *rows;
    *was_raised = false;
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(run_id), DB_TEXT(title), DB_INT(since)),
                 "select 1 from run_alerts where run_id = $1 and title = $2 and created_at > $3 limit 1",
                 err));
    while (db_next(rows))
        *was_raised = true;
    return db_end(rows, err);
}

static enum err_code check(const struct run_alert *alert, struct err *err) {
    TRY(name_check_text(alert->title, "alert title", RUN_ALERT_TITLE_MAX, err));
    return name_check_text(alert->text, "alert text", RUN_ALERT_TEXT_MAX, err);
}

enum err_code run_alert_add(struct db_tx *tx, int64_t run_id, const struct run_alert *alert, int64_t wait_ms,
                            bool *is_new, struct err *err) {
    bool was_raised = false;

    *is_new = false;
    TRY(check(alert, err));
    if (wait_ms > 0)
        TRY(raised_since(tx, run_id, alert->title, alert->created_at - wait_ms, &was_raised, err));
    if (was_raised)
        return OK;
    *is_new = true;
    return db_exec(
        tx,
        DB_ARGS(DB_INT(run_id), DB_TEXT(alert->title), DB_TEXT(alert->text), DB_TEXT(alert->severity),
                DB_INT(alert->created_at)),
        "insert into run_alerts (run_id, title, text, severity, created_at) values ($1, $2, $3, $4, $5)",
        err);
}

enum err_code run_alert_add_imported(struct db_tx *tx, int64_t run_id, const struct run_alert *alert, struct err *err) {
    TRY(check(alert, err));
    return db_exec(tx,
                   DB_ARGS(DB_INT(run_id), DB_TEXT(alert->title), DB_TEXT(alert->text), DB_TEXT(alert->severity), DB_INT(alert->created_at)),
                   "insert into run_alerts (run_id, title, text, severity, created_at, is_imported) select $1, $2, $3, $4, $5, 1"
                   " where not exists (select 1 from run_alerts where run_id = $1 and title = $2 and created_at = $5)",
                   err);
}

enum err_code run_alert_list(struct db_tx *tx, int64_t run_id, size_t limit, struct arena *arena,
                             struct run_alert **out, size_t *count, struct err *err) {
    struct db_rows *rows;

    *out = ARENA_ARRAY(arena, struct run_alert, limit);
    *count = 0;
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(run_id), DB_INT((int64_t)limit)),
                 "select title, text, severity, created_at from run_alerts where run_id = $1"
                 " order by created_at desc, id desc limit $2",
                 err));
    while (db_next(rows) && *count < limit)
        (*out)[(*count)++] = (struct run_alert){ db_str(rows, 0, arena), db_str(rows, 1, arena),
                                                 db_str(rows, 2, arena), db_int(rows, 3) };
    return db_end(rows, err);
}
