/* sweep_schedule.h - sweeps whose suggestions come from a controller on the client's side.
 *
 * The controller writes {"schedule": [{"id": ..., "data": {"args": {...}}}], "earlystop": [run, ...]} into the sweep;
 * what was handed to an agent is listed for it in the scheduler's {"scheduled": [{"id": ..., "runid": ...}]}. args that
 * are null mean that there is nothing more to do.
 *
 * Threads: the functions are parts of a transaction. Memory: results live in the arena.
 */
#ifndef SERVER_API_SWEEP_SCHEDULE_H
#define SERVER_API_SWEEP_SCHEDULE_H

#include "server/store/sweeps/sweep_run.h"

/* ERR_BAD_INPUT when it is none of the above. */
MUST_CHECK enum err_code sweep_schedule_check(struct str controller, struct arena *arena, struct err *err);

/* Makes a run of the first entry that nobody has; *run is NULL when there is none. */
MUST_CHECK enum err_code sweep_schedule_take(struct db_tx *tx, const struct sweep *sweep, int64_t agent_id, int64_t user_id, int64_t now_ms,
                                             struct sweep_run **run, bool *is_over, struct arena *arena, struct err *err);

/* Asks the runs of "earlystop" to stop, as far as they are the sweep's own and alive. */
MUST_CHECK enum err_code sweep_schedule_stop(struct db_tx *tx, const struct sweep *sweep, int64_t now_ms, struct arena *arena, struct err *err);

#endif
