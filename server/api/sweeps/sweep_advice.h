/* sweep_advice.h - for a controller on the client's side: what the server would try next, and stop, if it steered.
 *
 * Nothing is changed by asking: the same question gets the same answer until something has happened.
 *
 * Threads: one request. Memory: results live in the arena.
 */
#ifndef SERVER_API_SWEEP_ADVICE_H
#define SERVER_API_SWEEP_ADVICE_H

#include "server/api/app.h"
#include "server/store/sweeps/sweep.h"

/* *args as agents get them; ptr NULL when nothing of a grid is left, and for the client's own search. */
MUST_CHECK enum err_code sweep_advice_next(struct app *app, const struct sweep *sweep, struct str *args, struct arena *arena,
                                           struct err *err);
/* The names of the runs that early_terminate would end now; adds struct str *. None when it is a word of the client's. */
MUST_CHECK enum err_code sweep_advice_stops(struct app *app, const struct sweep *sweep, struct list *names, struct arena *arena,
                                            struct err *err);

#endif
