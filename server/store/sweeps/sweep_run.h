/* sweep_run.h - which run of a sweep tries what, who was given it, and what came of it.
 *
 * A row is one run. Its number is that of the suggestion: no two runs have the same one. When a run is lost with its
 * agent, its suggestion goes on, with its number, to a new run.
 *
 * Threads: the functions are parts of a transaction. Memory: results live in the arena.
 */
#ifndef SERVER_STORE_SWEEP_RUN_H
#define SERVER_STORE_SWEEP_RUN_H

#include "base/list.h"
#include "server/store/db/db.h"
#include "server/store/runs/run_state.h"
#include "server/store/sweeps/sweep.h"

/* Numbers are stored: do not change them. */
enum sweep_run_state {
    SWEEP_RUN_QUEUED, /* waits for an agent */
    SWEEP_RUN_GIVEN,
    SWEEP_RUN_PRIOR,    /* not made by the sweep */
    SWEEP_RUN_REPLACED, /* lost; another run tries its suggestion */
};

enum sweep_run_outcome { SWEEP_RUN_UNKNOWN, SWEEP_RUN_VALUE, SWEEP_RUN_NO_VALUE };

struct sweep_run {
    int64_t id, run_id, agent_id; /* agent_id 0: nobody's */
    int64_t number;               /* -1: none */
    enum sweep_run_state state;
    struct str args;
    int64_t given_at, give_count;
    bool was_seen;
    enum sweep_run_outcome outcome;
    double best, latest;
    struct str course; /* JSON */
    /* of the run */
    struct str name;
    enum run_state run_state;
    bool is_stop_requested;
    /* of the agent */
    int64_t agent_heartbeat_at;
};

/* Runs that were deleted are left out. is_open: only those whose outcome is not known. Adds struct sweep_run *. */
MUST_CHECK enum err_code sweep_run_list(struct db_tx *tx, int64_t sweep_id, bool is_open, struct arena *arena, struct list *out,
                                        struct err *err);
/* Of one agent, oldest first; rows with an id above after_id. */
MUST_CHECK enum err_code sweep_run_list_of_agent(struct db_tx *tx, int64_t agent_id, int64_t after_id, size_t limit, struct arena *arena,
                                                 struct list *out, struct err *err);
/* Runs that say they belong to the sweep, but have no row; adds int64_t *. */
MUST_CHECK enum err_code sweep_run_list_strangers(struct db_tx *tx, const struct sweep *sweep, size_t limit, struct arena *arena,
                                                  struct list *out, struct err *err);
/* Runs that it did not make, in the order of their ids, which are above after_id: of int64_t. */
MUST_CHECK enum err_code sweep_run_list_priors(struct db_tx *tx, int64_t sweep_id, int64_t after_id, size_t limit, struct arena *arena,
                                               struct list *out, struct err *err);
MUST_CHECK enum err_code sweep_run_count_priors(struct db_tx *tx, int64_t sweep_id, int64_t *count, struct err *err);
/* The highest, or lowest, value of those whose outcome is known. */
MUST_CHECK enum err_code sweep_run_find_best(struct db_tx *tx, int64_t sweep_id, bool is_highest, bool *is_found, double *best,
                                             struct err *err);

/* How many suggestions were made: what a run cap counts. */
MUST_CHECK enum err_code sweep_run_count(struct db_tx *tx, int64_t sweep_id, int64_t *count, struct err *err);
/* Runs that wait for an agent. */
MUST_CHECK enum err_code sweep_run_count_queued(struct db_tx *tx, int64_t sweep_id, int64_t *count, struct err *err);
/* Runs of the sweep that are not deleted. */
MUST_CHECK enum err_code sweep_run_count_all(struct db_tx *tx, const struct sweep *sweep, int64_t *count, struct err *err);
/* Of the same, all seconds between the first and the last sign of life. */
MUST_CHECK enum err_code sweep_run_sum_seconds(struct db_tx *tx, const struct sweep *sweep, int64_t *seconds, struct err *err);
/* Whether some run tries these args already. */
MUST_CHECK enum err_code sweep_run_is_tried(struct db_tx *tx, int64_t sweep_id, struct str args, struct arena *arena, bool *is_tried,
                                            struct err *err);

/* A new run, pending, for the args. agent_id 0: it is queued. is_next: it takes the sweep's next number, and the grid goes
 * on at next_point. */
struct sweep_run_new {
    struct str args, display_name; /* display_name.ptr NULL: made up */
    int64_t agent_id, user_id, next_point;
};
MUST_CHECK enum err_code sweep_run_make(struct db_tx *tx, const struct sweep *sweep, const struct sweep_run_new *new_run, int64_t now_ms,
                                        struct arena *arena, struct sweep_run **out, struct err *err);
/* A run that is there already joins. */
MUST_CHECK enum err_code sweep_run_add_prior(struct db_tx *tx, int64_t sweep_id, int64_t run_id, struct str args, struct arena *arena,
                                             struct err *err);

/* Hands it (again) to the agent. */
MUST_CHECK enum err_code sweep_run_give(struct db_tx *tx, int64_t id, int64_t agent_id, int64_t now_ms, struct err *err);
/* A new run takes over the suggestion of one that is lost. */
MUST_CHECK enum err_code sweep_run_replace(struct db_tx *tx, const struct sweep *sweep, const struct sweep_run *lost, int64_t agent_id,
                                           int64_t user_id, int64_t now_ms, struct arena *arena, struct sweep_run **out, struct err *err);
MUST_CHECK enum err_code sweep_run_set_seen(struct db_tx *tx, int64_t id, struct err *err);
/* best and latest count only for SWEEP_RUN_VALUE; course.ptr NULL: none. */
MUST_CHECK enum err_code sweep_run_set_outcome(struct db_tx *tx, int64_t id, enum sweep_run_outcome outcome, double best, double latest,
                                               struct str course, struct err *err);

#endif
