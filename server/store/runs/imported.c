/* imported.c - see imported.h. */
#include "server/store/runs/imported.h"

#include "base/hash.h"
#include "server/store/projects/names.h"

enum { SWEEP_NAME_MAX = 128 };

static struct db_value if_said(int64_t value) {
    return value > 0 ? DB_INT(value) : DB_NULL;
}

/* As every change of a run: the project counts, and the run takes its number. */
enum err_code imported_set_run(struct db_tx *tx, const struct imported_run *run, struct err *err) {
    if (run->sweep.ptr != NULL)
        TRY(name_check(run->sweep, "sweep's name", SWEEP_NAME_MAX, err));
    TRY(db_exec(tx, DB_ARGS(DB_INT(run->id)),
                "update projects set run_version = run_version + 1 where id = (select project_id from runs where id = $1)", err));
    return db_exec(tx, DB_ARGS(DB_INT(run->id), if_said(run->created_at), if_said(run->heartbeat_at), if_said(run->ended_at), DB_TEXT(run->sweep),
                           if_said(run->user_id)),
                   "update runs set created_at = coalesce($2, created_at), heartbeat_at = coalesce($3, heartbeat_at),"
                   " ended_at = case when ended_at is null then null else coalesce($4, ended_at) end, sweep = coalesce($5, sweep),"
                   " user_id = coalesce($6, user_id),"
                   " version = (select run_version from projects where id = runs.project_id) where id = $1",
                   err);
}

enum err_code imported_add_sweep(struct db_tx *tx, int64_t project_id, int64_t user_id, const struct imported_sweep *sweep, int64_t now_ms,
                                 bool *is_new, struct err *err) {
    uint64_t seed;

    TRY(name_check(sweep->name, "sweep's name", SWEEP_NAME_MAX, err));
    TRY(name_check_text(sweep->display_name, "the sweep's display name", SWEEP_TEXT_MAX, err));
    TRY(name_check_text(sweep->description, "the sweep's description", SWEEP_TEXT_MAX, err));
    TRY(name_check_text(sweep->config, "the sweep's configuration", SWEEP_CONFIG_MAX, err));
    hash_random(&seed, sizeof seed);
    TRY(db_exec(tx,
                DB_ARGS(DB_INT(project_id), DB_TEXT(sweep->name), DB_TEXT(sweep->display_name), DB_TEXT(sweep->description), DB_INT(sweep->state),
                        DB_TEXT(sweep->config), DB_INT((int64_t)(seed >> 1)), if_said(user_id),
                        DB_INT(sweep->created_at > 0 ? sweep->created_at : now_ms), DB_INT(now_ms)),
                "insert into sweeps (project_id, name, display_name, description, state, config, seed, next_number, next_point, is_exhausted,"
                " user_id, created_at, updated_at, checked_at) values ($1, $2, $3, $4, $5, $6, $7, 0, 0, 0, $8, $9, $10, 0)"
                " on conflict (project_id, name) do nothing",
                err));
    *is_new = db_changed(tx) > 0;
    return OK;
}

#define SET_ORIGIN(table) "update " table " set user_id = coalesce($2, user_id), created_at = coalesce($3, created_at) where id = $1"

enum err_code imported_set_view(struct db_tx *tx, int64_t view_id, const struct imported_origin *origin, struct err *err) {
    return db_exec(tx, DB_ARGS(DB_INT(view_id), if_said(origin->user_id), if_said(origin->created_at)), SET_ORIGIN("views"), err);
}

enum err_code imported_set_artifact(struct db_tx *tx, int64_t artifact_id, const struct imported_origin *origin, struct err *err) {
    return db_exec(tx, DB_ARGS(DB_INT(artifact_id), if_said(origin->user_id), if_said(origin->created_at)), SET_ORIGIN("artifacts"), err);
}
