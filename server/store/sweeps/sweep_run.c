/* sweep_run.c - see sweep_run.h. */
#include "server/store/sweeps/sweep_run.h"

#include "base/hash.h"
#include "server/store/runs/run.h"

#define SWEEP_RUN_COLUMNS                                                                                                \
    "select s.id, s.run_id, s.agent_id, s.number, s.state, s.args, s.given_at, s.give_count, s.was_seen, s.outcome,"     \
    " s.best, s.latest, s.course, r.name, r.state, r.is_stop_requested, a.heartbeat_at"                                  \
    " from sweep_runs s join runs r on r.id = s.run_id left join sweep_agents a on a.id = s.agent_id "

static struct sweep_run *read_sweep_run(const struct db_rows *rows, struct arena *arena) {
    struct sweep_run *run = ARENA_NEW(arena, struct sweep_run);
    run->id = db_int(rows, 0);
    run->run_id = db_int(rows, 1);
    run->agent_id = db_int(rows, 2);
    run->number = db_is_null(rows, 3) ? -1 : db_int(rows, 3);
    run->state = (enum sweep_run_state)db_int(rows, 4);
    run->args = db_str(rows, 5, arena);
    run->given_at = db_int(rows, 6);
    run->give_count = db_int(rows, 7);
    run->was_seen = db_int(rows, 8) != 0;
    run->outcome = (enum sweep_run_outcome)db_int(rows, 9);
    run->best = db_real(rows, 10);
    run->latest = db_real(rows, 11);
    run->course = db_str(rows, 12, arena);
    run->name = db_str(rows, 13, arena);
    run->run_state = (enum run_state)db_int(rows, 14);
    run->is_stop_requested = db_int(rows, 15) != 0;
    run->agent_heartbeat_at = db_int(rows, 16);
    return run;
}

static enum err_code take_all(struct db_rows *rows, struct arena *arena, struct list *out, struct err *err) {
    while (db_next(rows))
        list_add(out, read_sweep_run(rows, arena), arena);
    return db_end(rows, err);
}

enum err_code sweep_run_list(struct db_tx *tx, int64_t sweep_id, bool is_open, struct arena *arena, struct list *out, struct err *err) {
    struct db_rows *rows;
    if (is_open)
        TRY(db_query(tx, &rows, DB_ARGS(DB_INT(sweep_id)),
                     SWEEP_RUN_COLUMNS "where s.sweep_id = $1 and s.outcome = 0 and r.deleted_at is null order by s.id", err));
    else
        TRY(db_query(tx, &rows, DB_ARGS(DB_INT(sweep_id)),
                     SWEEP_RUN_COLUMNS "where s.sweep_id = $1 and r.deleted_at is null order by s.id", err));
    return take_all(rows, arena, out, err);
}

enum err_code sweep_run_list_of_agent(struct db_tx *tx, int64_t agent_id, int64_t after_id, size_t limit, struct arena *arena,
                                      struct list *out, struct err *err) {
    struct db_rows *rows;
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(agent_id), DB_INT(after_id), DB_INT((int64_t)limit)),
                 SWEEP_RUN_COLUMNS "where s.agent_id = $1 and s.id > $2 and r.deleted_at is null order by s.id limit $3", err));
    return take_all(rows, arena, out, err);
}

static enum err_code take_ids(struct db_rows *rows, struct arena *arena, struct list *out, struct err *err) {
    while (db_next(rows)) {
        int64_t *id = ARENA_NEW(arena, int64_t);
        *id = db_int(rows, 0);
        list_add(out, id, arena);
    }
    return db_end(rows, err);
}

enum err_code sweep_run_list_strangers(struct db_tx *tx, const struct sweep *sweep, size_t limit, struct arena *arena, struct list *out,
                                       struct err *err) {
    struct db_rows *rows;
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(sweep->owner.project_id), DB_TEXT(sweep->name), DB_INT((int64_t)limit)),
                 "select r.id from runs r where r.project_id = $1 and r.sweep = $2 and r.deleted_at is null"
                 " and not exists (select 1 from sweep_runs s where s.run_id = r.id) order by r.id limit $3",
                 err));
    return take_ids(rows, arena, out, err);
}

#define PRIORS " from sweep_runs s join runs r on r.id = s.run_id and r.deleted_at is null where s.sweep_id = $1 and s.state = $2 "

enum err_code sweep_run_list_priors(struct db_tx *tx, int64_t sweep_id, int64_t after_id, size_t limit, struct arena *arena,
                                    struct list *out, struct err *err) {
    struct db_rows *rows;
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(sweep_id), DB_INT(SWEEP_RUN_PRIOR), DB_INT(after_id), DB_INT((int64_t)limit)),
                 "select s.run_id" PRIORS "and s.run_id > $3 order by s.run_id limit $4", err));
    return take_ids(rows, arena, out, err);
}

enum err_code sweep_run_count(struct db_tx *tx, int64_t sweep_id, int64_t *count, struct err *err) {
    return db_query_int(tx, DB_ARGS(DB_INT(sweep_id)), "select count(*) from sweep_runs where sweep_id = $1 and number is not null", count, err);
}

enum err_code sweep_run_count_priors(struct db_tx *tx, int64_t sweep_id, int64_t *count, struct err *err) {
    return db_query_int(tx, DB_ARGS(DB_INT(sweep_id), DB_INT(SWEEP_RUN_PRIOR)), "select count(*)" PRIORS, count, err);
}

enum err_code sweep_run_find_best(struct db_tx *tx, int64_t sweep_id, bool is_highest, bool *is_found, double *best, struct err *err) {
    struct db_rows *rows;
    *is_found = false;
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(sweep_id), DB_INT(SWEEP_RUN_VALUE)),
                 is_highest ? "select max(s.best) from sweep_runs s join runs r on r.id = s.run_id and r.deleted_at is null"
                              " where s.sweep_id = $1 and s.outcome = $2"
                            : "select min(s.best) from sweep_runs s join runs r on r.id = s.run_id and r.deleted_at is null"
                              " where s.sweep_id = $1 and s.outcome = $2",
                 err));
    while (db_next(rows)) {
        *is_found = !db_is_null(rows, 0);
        *best = db_real(rows, 0);
    }
    return db_end(rows, err);
}

enum err_code sweep_run_count_queued(struct db_tx *tx, int64_t sweep_id, int64_t *count, struct err *err) {
    return db_query_int(tx, DB_ARGS(DB_INT(sweep_id), DB_INT(SWEEP_RUN_QUEUED)),
                        "select count(*) from sweep_runs where sweep_id = $1 and state = $2 and outcome = 0", count, err);
}

enum err_code sweep_run_count_all(struct db_tx *tx, const struct sweep *sweep, int64_t *count, struct err *err) {
    return db_query_int(tx, DB_ARGS(DB_INT(sweep->owner.project_id), DB_TEXT(sweep->name)),
                        "select count(*) from runs where project_id = $1 and sweep = $2 and deleted_at is null", count, err);
}

enum err_code sweep_run_sum_seconds(struct db_tx *tx, const struct sweep *sweep, int64_t *seconds, struct err *err) {
    return db_query_int(tx, DB_ARGS(DB_INT(sweep->owner.project_id), DB_TEXT(sweep->name)),
                        "select coalesce(sum((heartbeat_at - created_at) / 1000), 0) from runs"
                        " where project_id = $1 and sweep = $2 and deleted_at is null", seconds, err);
}

static struct str hash_of(struct str args, struct arena *arena) {
    unsigned char digest[SHA256_BYTES];
    hash_sha256(digest, args);
    return hash_hex(digest, 16, arena);
}

enum err_code sweep_run_is_tried(struct db_tx *tx, int64_t sweep_id, struct str args, struct arena *arena, bool *is_tried, struct err *err) {
    int64_t count;
    TRY(db_query_int(tx, DB_ARGS(DB_INT(sweep_id), DB_TEXT(hash_of(args, arena)), DB_INT(SWEEP_RUN_REPLACED)),
                     "select count(*) from sweep_runs where sweep_id = $1 and args_hash = $2 and state <> $3", &count, err));
    *is_tried = count > 0;
    return OK;
}

/* ---- making ---- */

static enum err_code find_by_run(struct db_tx *tx, int64_t run_id, struct arena *arena, struct sweep_run **out, struct err *err) {
    struct list found = { 0 };
    struct db_rows *rows;
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(run_id)), SWEEP_RUN_COLUMNS "where s.run_id = $1", err));
    TRY(take_all(rows, arena, &found, err));
    if (found.count == 0)
        return err_set(err, ERR_INTERNAL, "a run that was just made is not there");
    *out = found.items[0];
    return OK;
}

static enum err_code insert(struct db_tx *tx, const struct sweep *sweep, const struct sweep_run_new *new_run, int64_t number, int64_t now_ms,
                            struct arena *arena, struct sweep_run **out, struct err *err) {
    struct run_change change = {
        .sweep = sweep->name, .config = new_run->args, .display_name = new_run->display_name, .state = str_from_c(run_state_name(RUN_PENDING))
    };
    bool is_given = new_run->agent_id != 0, is_inserted;
    struct run *run;

    TRY(run_upsert(tx, sweep->owner.project_id, sweep_make_up_name(arena), new_run->user_id, &change, now_ms, arena, &run, &is_inserted, err));
    TRY(db_exec(tx,
                DB_ARGS(DB_INT(sweep->id), DB_INT(run->id), is_given ? DB_INT(new_run->agent_id) : DB_NULL, DB_INT(number),
                        DB_INT(is_given ? SWEEP_RUN_GIVEN : SWEEP_RUN_QUEUED), DB_TEXT(new_run->args), DB_TEXT(hash_of(new_run->args, arena)),
                        is_given ? DB_INT(now_ms) : DB_NULL, DB_INT(is_given)),
                "insert into sweep_runs (sweep_id, run_id, agent_id, number, state, args, args_hash, given_at, give_count, was_seen, outcome)"
                " values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, 0)",
                err));
    return find_by_run(tx, run->id, arena, out, err);
}

enum err_code sweep_run_make(struct db_tx *tx, const struct sweep *sweep, const struct sweep_run_new *new_run, int64_t now_ms,
                             struct arena *arena, struct sweep_run **out, struct err *err) {
    TRY(db_exec(tx, DB_ARGS(DB_INT(sweep->id), DB_INT(sweep->next_number), DB_INT(new_run->next_point)),
                "update sweeps set next_number = next_number + 1, next_point = $3 where id = $1 and next_number = $2", err));
    if (db_changed(tx) != 1)
        return err_set(err, ERR_CONFLICT, "another agent was given this suggestion a moment ago");
    return insert(tx, sweep, new_run, sweep->next_number, now_ms, arena, out, err);
}

enum err_code sweep_run_add_prior(struct db_tx *tx, int64_t sweep_id, int64_t run_id, struct str args, struct arena *arena, struct err *err) {
    return db_exec(tx, DB_ARGS(DB_INT(sweep_id), DB_INT(run_id), DB_INT(SWEEP_RUN_PRIOR), DB_TEXT(args), DB_TEXT(hash_of(args, arena))),
                   "insert into sweep_runs (sweep_id, run_id, state, args, args_hash, give_count, was_seen, outcome)"
                   " values ($1, $2, $3, $4, $5, 0, 0, 0) on conflict (run_id) do nothing",
                   err);
}

/* ---- changing ---- */

enum err_code sweep_run_give(struct db_tx *tx, int64_t id, int64_t agent_id, int64_t now_ms, struct err *err) {
    return db_exec(tx, DB_ARGS(DB_INT(id), DB_INT(agent_id), DB_INT(SWEEP_RUN_GIVEN), DB_INT(now_ms)),
                   "update sweep_runs set agent_id = $2, state = $3, given_at = $4, give_count = give_count + 1, was_seen = 0 where id = $1",
                   err);
}

enum err_code sweep_run_replace(struct db_tx *tx, const struct sweep *sweep, const struct sweep_run *lost, int64_t agent_id, int64_t user_id,
                                int64_t now_ms, struct arena *arena, struct sweep_run **out, struct err *err) {
    struct sweep_run_new again = { .args = lost->args, .agent_id = agent_id, .user_id = user_id };

    TRY(db_exec(tx, DB_ARGS(DB_INT(lost->id), DB_INT(SWEEP_RUN_REPLACED), DB_INT(SWEEP_RUN_NO_VALUE)),
                "update sweep_runs set number = null, state = $2, outcome = $3 where id = $1", err));
    TRY(insert(tx, sweep, &again, lost->number, now_ms, arena, out, err));
    (*out)->give_count = lost->give_count + 1;
    return db_exec(tx, DB_ARGS(DB_INT((*out)->id), DB_INT((*out)->give_count)), "update sweep_runs set give_count = $2 where id = $1", err);
}

enum err_code sweep_run_set_seen(struct db_tx *tx, int64_t id, struct err *err) {
    return db_exec(tx, DB_ARGS(DB_INT(id)), "update sweep_runs set was_seen = 1 where id = $1", err);
}

enum err_code sweep_run_set_outcome(struct db_tx *tx, int64_t id, enum sweep_run_outcome outcome, double best, double latest,
                                    struct str course, struct err *err) {
    bool has_value = outcome == SWEEP_RUN_VALUE;
    return db_exec(tx,
                   DB_ARGS(DB_INT(id), DB_INT(outcome), has_value ? DB_REAL(best) : DB_NULL, has_value ? DB_REAL(latest) : DB_NULL,
                           DB_TEXT(course)),
                   "update sweep_runs set outcome = $2, best = $3, latest = $4, course = $5 where id = $1", err);
}
