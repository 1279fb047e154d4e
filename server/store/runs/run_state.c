/* run_state.c - the table of run_state.h. */
#include "server/store/runs/run_state.h"

static const char *const names[RUN_STATE_COUNT] = {
    [RUN_PENDING] = "pending",   [RUN_RUNNING] = "running", [RUN_PREEMPTING] = "preempting", [RUN_PREEMPTED] = "preempted",
    [RUN_FINISHED] = "finished", [RUN_FAILED] = "failed",   [RUN_CRASHED] = "crashed",       [RUN_KILLED] = "killed",
};

/* A row per event; the columns are the states in their order. Late batches of another writer, or a repeated
 * request, never reopen a run that ended by its own word; one that was only thought to be dead comes back. */
static const enum run_state after[RUN_EVENT_COUNT][RUN_STATE_COUNT] = {
    /* from:              pending       running         preempting      preempted      finished      failed      crashed       killed */
    [RUN_BEGINS] =      { RUN_RUNNING,  RUN_RUNNING,    RUN_RUNNING,    RUN_RUNNING,   RUN_RUNNING,  RUN_RUNNING, RUN_RUNNING, RUN_RUNNING },
    [RUN_SENDS] =       { RUN_RUNNING,  RUN_RUNNING,    RUN_PREEMPTING, RUN_RUNNING,   RUN_FINISHED, RUN_FAILED, RUN_RUNNING,  RUN_KILLED },
    [RUN_PREEMPTS] =    { RUN_PREEMPTING, RUN_PREEMPTING, RUN_PREEMPTING, RUN_PREEMPTING, RUN_FINISHED, RUN_FAILED, RUN_PREEMPTING, RUN_KILLED },
    [RUN_ENDS_WELL] =   { RUN_FINISHED, RUN_FINISHED,   RUN_FINISHED,   RUN_FINISHED,  RUN_FINISHED, RUN_FINISHED, RUN_FINISHED, RUN_FINISHED },
    [RUN_ENDS_BADLY] =  { RUN_FAILED,   RUN_FAILED,     RUN_PREEMPTED,  RUN_PREEMPTED, RUN_FAILED,   RUN_FAILED, RUN_FAILED,   RUN_FAILED },
    [RUN_ENDS_STOPPED] = { RUN_KILLED,  RUN_KILLED,     RUN_KILLED,     RUN_KILLED,    RUN_KILLED,   RUN_KILLED, RUN_KILLED,   RUN_KILLED },
    [RUN_IS_SILENT] =   { RUN_PENDING,  RUN_CRASHED,    RUN_PREEMPTED,  RUN_PREEMPTED, RUN_FINISHED, RUN_FAILED, RUN_CRASHED,  RUN_KILLED },
};

enum run_state run_state_after(enum run_state state, enum run_event event) {
    return after[event][state];
}

const char *run_state_name(enum run_state state) {
    return names[state];
}

bool run_state_parse(enum run_state *out, struct str name) {
    for (int i = 0; i < RUN_STATE_COUNT; i++)
        if (str_eq_c(name, names[i])) {
            *out = (enum run_state)i;
            return true;
        }
    return false;
}

bool run_state_is_terminal(enum run_state state) {
    return state == RUN_FINISHED || state == RUN_FAILED || state == RUN_CRASHED || state == RUN_KILLED;
}

bool run_state_is_alive(enum run_state state) {
    return state == RUN_RUNNING || state == RUN_PREEMPTING;
}
