/* sweep.c - see sweep.h. */
#include "server/store/sweeps/sweep.h"

#include "base/hash.h"
#include "server/store/projects/names.h"
#include "server/store/runs/run.h"

#define SWEEP_COLUMNS                                                                                        \
    "select s.id, s.project_id, p.entity_id, s.name, s.display_name, s.description, s.config, s.controller," \
    " s.scheduler, p.name, e.name, s.state, s.seed, s.next_number, s.next_point, s.is_exhausted, s.user_id," \
    " s.created_at, s.updated_at, s.heartbeat_at, s.checked_at, s.deleted_at"                                \
    " from sweeps s join projects p on p.id = s.project_id join entities e on e.id = p.entity_id "

static const char *const state_names[SWEEP_STATE_COUNT] = {
    [SWEEP_PENDING] = "PENDING",   [SWEEP_RUNNING] = "RUNNING",   [SWEEP_PAUSED] = "PAUSED",
    [SWEEP_FINISHED] = "FINISHED", [SWEEP_CANCELED] = "CANCELED",
};

const char *sweep_state_name(enum sweep_state state) {
    return state_names[state];
}

bool sweep_state_parse(enum sweep_state *out, struct str name) {
    for (int i = 0; i < SWEEP_STATE_COUNT; i++)
        if (str_eq_ignore_case(name, str_from_c(state_names[i]))) {
            *out = (enum sweep_state)i;
            return true;
        }
    return false;
}

bool sweep_state_is_over(enum sweep_state state) {
    return state == SWEEP_FINISHED || state == SWEEP_CANCELED;
}

/* ---- finding ---- */

static struct sweep *read_sweep(const struct db_rows *rows, struct arena *arena) {
    struct sweep *sweep = ARENA_NEW(arena, struct sweep);
    sweep->id = db_int(rows, 0);
    sweep->owner = (struct owner){ .project_id = db_int(rows, 1), .entity_id = db_int(rows, 2) };
    sweep->name = db_str(rows, 3, arena);
    sweep->display_name = db_str(rows, 4, arena);
    sweep->description = db_str(rows, 5, arena);
    sweep->config = db_str(rows, 6, arena);
    sweep->controller = db_str(rows, 7, arena);
    sweep->scheduler = db_str(rows, 8, arena);
    sweep->project_name = db_str(rows, 9, arena);
    sweep->entity_name = db_str(rows, 10, arena);
    sweep->state = (enum sweep_state)db_int(rows, 11);
    sweep->seed = (uint64_t)db_int(rows, 12);
    sweep->next_number = db_int(rows, 13);
    sweep->next_point = db_int(rows, 14);
    sweep->is_exhausted = db_int(rows, 15) != 0;
    sweep->user_id = db_int(rows, 16);
    sweep->created_at = db_int(rows, 17);
    sweep->updated_at = db_int(rows, 18);
    sweep->heartbeat_at = db_int(rows, 19);
    sweep->checked_at = db_int(rows, 20);
    sweep->is_deleted = !db_is_null(rows, 21);
    return sweep;
}

static enum err_code take_one(struct db_rows *rows, struct str name, struct arena *arena, struct sweep **out, struct err *err) {
    *out = NULL;
    while (db_next(rows))
        *out = read_sweep(rows, arena);
    TRY(db_end(rows, err));
    return *out != NULL ? OK : err_set(err, ERR_NOT_FOUND, "sweep '%.*s' not found", STR_ARG(str_slice(name, 0, RUN_NAME_MAX)));
}

enum err_code sweep_find(struct db_tx *tx, int64_t project_id, struct str name, struct arena *arena, struct sweep **out, struct err *err) {
    struct db_rows *rows;
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(project_id), DB_TEXT(name)),
                 SWEEP_COLUMNS "where s.project_id = $1 and s.name = $2 and s.deleted_at is null and p.deleted_at is null", err));
    return take_one(rows, name, arena, out, err);
}

enum err_code sweep_find_by_id(struct db_tx *tx, int64_t id, struct arena *arena, struct sweep **out, struct err *err) {
    struct db_rows *rows;
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(id)), SWEEP_COLUMNS "where s.id = $1", err));
    return take_one(rows, STR_EMPTY, arena, out, err);
}

struct str sweep_storage_id(const struct sweep *sweep, struct arena *arena) {
    return hash_base64(arena_printf(arena, "Sweep:v1:%.*s:%.*s:%.*s", STR_ARG(sweep->name), STR_ARG(sweep->project_name),
                                    STR_ARG(sweep->entity_name)),
                       arena);
}

enum err_code sweep_find_by_storage_id(struct db_tx *tx, struct str storage_id, struct arena *arena, struct sweep **out, struct err *err) {
    struct str parts[3];
    struct db_rows *rows;

    if (!name_split_storage_id(storage_id, "Sweep:v1:", parts, 3, arena))
        return err_set(err, ERR_NOT_FOUND, "sweep not found");
    TRY(db_query(tx, &rows, DB_ARGS(DB_TEXT(parts[0]), DB_TEXT(parts[1]), DB_TEXT(parts[2])),
                 SWEEP_COLUMNS "where s.name = $1 and p.name = $2 and lower(e.name) = lower($3) and s.deleted_at is null"
                               " and p.deleted_at is null and e.removed_at is null",
                 err));
    if (take_one(rows, parts[0], arena, out, err) == ERR_NOT_FOUND)
        return err_set(err, ERR_NOT_FOUND, "sweep not found");
    return *out != NULL ? OK : err->code;
}

enum err_code sweep_list(struct db_tx *tx, int64_t project_id, size_t limit, struct arena *arena, struct list *out, struct err *err) {
    struct db_rows *rows;
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(project_id), DB_INT((int64_t)limit)),
                 SWEEP_COLUMNS "where s.project_id = $1 and s.deleted_at is null order by s.id desc limit $2", err));
    while (db_next(rows))
        list_add(out, read_sweep(rows, arena), arena);
    return db_end(rows, err);
}

enum err_code sweep_count(struct db_tx *tx, int64_t project_id, int64_t *count, struct err *err) {
    return db_query_int(tx, DB_ARGS(DB_INT(project_id)), "select count(*) from sweeps where project_id = $1 and deleted_at is null", count, err);
}

/* ---- making and changing ---- */

struct str sweep_make_up_name(struct arena *arena) {
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789";
    char *name = arena_alloc(arena, SWEEP_NAME_LEN);
    uint32_t random[SWEEP_NAME_LEN];

    hash_random(random, sizeof random);
    for (size_t i = 0; i < SWEEP_NAME_LEN; i++)
        name[i] = letters[random[i] % 36];
    return (struct str){ name, SWEEP_NAME_LEN };
}

static enum err_code check_change(const struct sweep_change *change, struct err *err) {
    TRY(name_check_text(change->display_name, "the sweep's display name", SWEEP_TEXT_MAX, err));
    TRY(name_check_text(change->description, "the sweep's description", SWEEP_TEXT_MAX, err));
    TRY(name_check_text(change->config, "the sweep's configuration", SWEEP_CONFIG_MAX, err));
    TRY(name_check_text(change->controller, "the controller's state", SWEEP_CONFIG_MAX, err));
    return name_check_text(change->scheduler, "the scheduler's state", SWEEP_CONFIG_MAX, err);
}

enum err_code sweep_create(struct db_tx *tx, int64_t project_id, int64_t user_id, const struct sweep_change *change, uint64_t seed,
                           int64_t now_ms, struct arena *arena, struct sweep **out, struct err *err) {
    struct str name = sweep_make_up_name(arena);

    TRY(check_change(change, err));
    if (seed == 0)
        hash_random(&seed, sizeof seed);
    TRY(db_exec(tx,
                DB_ARGS(DB_INT(project_id), DB_TEXT(name), DB_TEXT(change->display_name), DB_TEXT(change->description), DB_INT(SWEEP_RUNNING),
                        DB_TEXT(change->config), DB_TEXT(change->controller), DB_TEXT(change->scheduler), DB_INT((int64_t)(seed >> 1)),
                        user_id > 0 ? DB_INT(user_id) : DB_NULL, DB_INT(now_ms)),
                "insert into sweeps (project_id, name, display_name, description, state, config, controller, scheduler, seed, next_number,"
                " next_point, is_exhausted, user_id, created_at, updated_at, checked_at)"
                " values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, 0, 0, $10, $11, $11, 0)",
                err));
    return sweep_find(tx, project_id, name, arena, out, err);
}

enum err_code sweep_update(struct db_tx *tx, const struct sweep *sweep, const struct sweep_change *change, int64_t now_ms, struct err *err) {
    TRY(check_change(change, err));
    TRY(db_exec(tx,
                DB_ARGS(DB_INT(sweep->id), DB_TEXT(change->display_name), DB_TEXT(change->description), DB_TEXT(change->config),
                        DB_TEXT(change->controller), DB_TEXT(change->scheduler), DB_INT(now_ms)),
                "update sweeps set display_name = coalesce($2, display_name), description = coalesce($3, description),"
                " config = coalesce($4, config), controller = coalesce($5, controller), scheduler = coalesce($6, scheduler),"
                " updated_at = $7 where id = $1",
                err));
    if (change->config.ptr == NULL || str_eq(change->config, sweep->config))
        return OK;
    TRY(db_exec(tx, DB_ARGS(DB_INT(sweep->id)), "update sweeps set next_point = 0, is_exhausted = 0 where id = $1", err));
    return db_exec(tx, DB_ARGS(DB_INT(sweep->id)),
                   "update sweep_runs set outcome = 0, best = null, latest = null, course = null where sweep_id = $1", err);
}

/* The ids of a sweep's runs in one of the states. */
static enum err_code runs_in(struct db_tx *tx, int64_t id, const char *sql, struct arena *arena, struct list *out, struct err *err) {
    struct db_rows *rows;
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(id), DB_INT(RUN_PENDING), DB_INT(RUN_RUNNING), DB_INT(RUN_PREEMPTING)), sql, err));
    while (db_next(rows)) {
        int64_t *run_id = ARENA_NEW(arena, int64_t);
        *run_id = db_int(rows, 0);
        list_add(out, run_id, arena);
    }
    return db_end(rows, err);
}

static enum err_code end_runs(struct db_tx *tx, int64_t id, bool is_canceled, int64_t now_ms, struct err *err) {
    struct arena *arena = arena_create();
    struct list pending = { 0 }, alive = { 0 };
    enum err_code code = runs_in(tx, id,
                                 "select r.id from sweep_runs s join runs r on r.id = s.run_id where s.sweep_id = $1 and r.deleted_at is null"
                                 " and r.state = $2 and r.state <> $3 and r.state <> $4",
                                 arena, &pending, err);
    if (code == OK)
        code = runs_in(tx, id,
                       "select r.id from sweep_runs s join runs r on r.id = s.run_id where s.sweep_id = $1 and r.deleted_at is null"
                       " and r.state <> $2 and (r.state = $3 or r.state = $4)",
                       arena, &alive, err);
    for (size_t i = 0; code == OK && i < pending.count; i++)
        code = run_set_state(tx, *(const int64_t *)pending.items[i], RUN_KILLED, now_ms, err);
    for (size_t i = 0; code == OK && is_canceled && i < alive.count; i++)
        code = run_request_stop(tx, *(const int64_t *)alive.items[i], now_ms, err);
    arena_destroy(arena);
    return code;
}

enum err_code sweep_set_state(struct db_tx *tx, int64_t id, enum sweep_state state, int64_t now_ms, struct err *err) {
    TRY(db_exec(tx, DB_ARGS(DB_INT(id), DB_INT(state), DB_INT(now_ms)), "update sweeps set state = $2, updated_at = $3 where id = $1", err));
    return sweep_state_is_over(state) ? end_runs(tx, id, state == SWEEP_CANCELED, now_ms, err) : OK;
}

enum err_code sweep_touch(struct db_tx *tx, int64_t id, int64_t now_ms, struct err *err) {
    return db_exec(tx, DB_ARGS(DB_INT(id), DB_INT(now_ms)), "update sweeps set heartbeat_at = $2 where id = $1", err);
}

enum err_code sweep_set_checked(struct db_tx *tx, int64_t id, int64_t now_ms, struct err *err) {
    return db_exec(tx, DB_ARGS(DB_INT(id), DB_INT(now_ms)), "update sweeps set checked_at = $2 where id = $1", err);
}

enum err_code sweep_set_next_point(struct db_tx *tx, int64_t id, int64_t next_point, struct err *err) {
    return db_exec(tx, DB_ARGS(DB_INT(id), DB_INT(next_point)), "update sweeps set next_point = $2 where id = $1", err);
}

enum err_code sweep_set_exhausted(struct db_tx *tx, int64_t id, struct err *err) {
    return db_exec(tx, DB_ARGS(DB_INT(id)), "update sweeps set is_exhausted = 1 where id = $1", err);
}

enum err_code sweep_delete(struct db_tx *tx, int64_t id, int64_t now_ms, struct err *err) {
    TRY(sweep_set_state(tx, id, SWEEP_FINISHED, now_ms, err));
    return db_exec(tx, DB_ARGS(DB_INT(id), DB_INT(now_ms)), "update sweeps set deleted_at = $2 where id = $1", err);
}
