/* sweep.h - sweeps: what is searched, and what has become of it. The runs are in sweep_run.h.
 *
 * A sweep ends (finished, canceled) or pauses; it may be resumed from each. A deleted sweep stays as a tombstone, so
 * that agents that still ask are told to end; its runs stay what they are.
 *
 * Threads: the functions are parts of a transaction. Memory: results live in the arena; texts whose ptr is NULL are
 * not set.
 */
#ifndef SERVER_STORE_SWEEP_H
#define SERVER_STORE_SWEEP_H

#include "base/list.h"
#include "server/store/accounts/owner.h"
#include "server/store/db/db.h"

enum {
    SWEEP_NAME_LEN = 8,
    SWEEP_TEXT_MAX = 1 << 20,
    SWEEP_CONFIG_MAX = 4 << 20,
};

/* Numbers are stored: do not change them. */
enum sweep_state {
    SWEEP_PENDING, /* nobody has begun it */
    SWEEP_RUNNING,
    SWEEP_PAUSED,   /* no new runs */
    SWEEP_FINISHED, /* no new runs; those that run may end */
    SWEEP_CANCELED, /* and they are stopped */
};
enum { SWEEP_STATE_COUNT = 5 };

struct sweep {
    struct owner owner;
    int64_t id;
    struct str name, display_name, description, config, controller, scheduler;
    struct str project_name, entity_name;
    enum sweep_state state;
    uint64_t seed;
    int64_t next_number, next_point;
    bool is_exhausted, is_deleted;
    int64_t user_id;                              /* 0: unknown */
    int64_t created_at, updated_at, heartbeat_at; /* Unix milliseconds; heartbeat_at 0: no agent yet */
    int64_t checked_at;
};

const char *sweep_state_name(enum sweep_state state); /* "RUNNING" */
/* Any case. */
bool sweep_state_parse(enum sweep_state *out, struct str name);
/* FINISHED or CANCELED. */
bool sweep_state_is_over(enum sweep_state state);

/* ---- finding ---- */

/* ERR_NOT_FOUND "sweep 'x' not found". */
MUST_CHECK enum err_code sweep_find(struct db_tx *tx, int64_t project_id, struct str name, struct arena *arena, struct sweep **out,
                                    struct err *err);
/* Deleted ones too. */
MUST_CHECK enum err_code sweep_find_by_id(struct db_tx *tx, int64_t id, struct arena *arena, struct sweep **out, struct err *err);
/* Storage ids, as users keep them: base64 of "Sweep:v1:<sweep>:<project>:<entity>". */
struct str sweep_storage_id(const struct sweep *sweep, struct arena *arena);
MUST_CHECK enum err_code sweep_find_by_storage_id(struct db_tx *tx, struct str storage_id, struct arena *arena, struct sweep **out,
                                                  struct err *err);
/* Of a project, newest first; adds struct sweep *. */
MUST_CHECK enum err_code sweep_list(struct db_tx *tx, int64_t project_id, size_t limit, struct arena *arena, struct list *out,
                                    struct err *err);
MUST_CHECK enum err_code sweep_count(struct db_tx *tx, int64_t project_id, int64_t *count, struct err *err);

/* ---- making and changing ---- */

/* ptr NULL leaves as it is. */
struct sweep_change {
    struct str display_name, description, config, controller, scheduler;
};
/* change->config is checked by the caller. seed 0: a random one. */
MUST_CHECK enum err_code sweep_create(struct db_tx *tx, int64_t project_id, int64_t user_id, const struct sweep_change *change,
                                      uint64_t seed, int64_t now_ms, struct arena *arena, struct sweep **out, struct err *err);
/* Another configuration: grids are looked through from the start, and what runs are worth is found out anew. */
MUST_CHECK enum err_code sweep_update(struct db_tx *tx, const struct sweep *sweep, const struct sweep_change *change, int64_t now_ms,
                                      struct err *err);
/* Runs nobody has begun yet are killed when it is over; all of them are asked to stop when it is canceled. */
MUST_CHECK enum err_code sweep_set_state(struct db_tx *tx, int64_t id, enum sweep_state state, int64_t now_ms, struct err *err);
/* An agent has asked. */
MUST_CHECK enum err_code sweep_touch(struct db_tx *tx, int64_t id, int64_t now_ms, struct err *err);
MUST_CHECK enum err_code sweep_set_checked(struct db_tx *tx, int64_t id, int64_t now_ms, struct err *err);
/* The grid has been looked at up to there. */
MUST_CHECK enum err_code sweep_set_next_point(struct db_tx *tx, int64_t id, int64_t next_point, struct err *err);
MUST_CHECK enum err_code sweep_set_exhausted(struct db_tx *tx, int64_t id, struct err *err);
MUST_CHECK enum err_code sweep_delete(struct db_tx *tx, int64_t id, int64_t now_ms, struct err *err);

/* 8 letters and digits, for sweeps, agents and runs. */
struct str sweep_make_up_name(struct arena *arena);

#endif
