/* run_state.h - the states of a run, and what leads from one to another: one table.
 *
 * Threads: none. Memory: none.
 */
#ifndef SERVER_STORE_RUN_STATE_H
#define SERVER_STORE_RUN_STATE_H

#include "base/str.h"

/* Numbers are stored: do not change them. */
enum run_state {
    RUN_PENDING, /* queued: nobody has begun it */
    RUN_RUNNING,
    RUN_PREEMPTING, /* about to be taken off its machine */
    RUN_PREEMPTED,  /* was taken off; may come back */
    RUN_FINISHED,   /* ended by itself, exit code 0 */
    RUN_FAILED,     /* ended by itself, another exit code */
    RUN_CRASHED,    /* fell silent */
    RUN_KILLED,     /* stopped on request */
};
enum { RUN_STATE_COUNT = 8 };

enum run_event {
    RUN_BEGINS,       /* its client has said: here I am (upsertBucket by name) */
    RUN_SENDS,        /* its stream has sent something */
    RUN_PREEMPTS,     /* its stream says that it will be preempted */
    RUN_ENDS_WELL,    /* complete, exit code 0 */
    RUN_ENDS_BADLY,   /* complete, another exit code */
    RUN_ENDS_STOPPED, /* complete, another exit code, after a stop was requested */
    RUN_IS_SILENT,    /* no heartbeat for too long */
};
enum { RUN_EVENT_COUNT = 7 };

enum run_state run_state_after(enum run_state state, enum run_event event);

const char *run_state_name(enum run_state state); /* "running" */
bool run_state_parse(enum run_state *out, struct str name);

/* Nothing more will come: finished, failed, crashed, killed. */
bool run_state_is_terminal(enum run_state state);
/* It may still be alive: running, preempting. */
bool run_state_is_alive(enum run_state state);

#endif
