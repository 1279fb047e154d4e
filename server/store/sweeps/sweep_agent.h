/* sweep_agent.h - the programs that ask a sweep for runs.
 *
 * Threads: the functions are parts of a transaction. Memory: results live in the arena.
 */
#ifndef SERVER_STORE_SWEEP_AGENT_H
#define SERVER_STORE_SWEEP_AGENT_H

#include "base/list.h"
#include "server/store/accounts/owner.h"
#include "server/store/db/db.h"

enum {
    SWEEP_AGENT_HOST_MAX = 1024,
    SWEEP_AGENT_SILENT_MS = 30000, /* they ask every 5 seconds: after six times of silence one is dead */
};

struct sweep_agent {
    struct owner owner;
    int64_t id, sweep_id;
    struct str name, host;
    int64_t user_id; /* 0: unknown */
    int64_t created_at, heartbeat_at;
    int64_t exited_at; /* 0: not told to end */
    int64_t run_count; /* ever handed to it */
};

MUST_CHECK enum err_code sweep_agent_create(struct db_tx *tx, int64_t sweep_id, struct str host, int64_t user_id, int64_t now_ms,
                                            struct arena *arena, struct sweep_agent **out, struct err *err);
/* ERR_NOT_FOUND "agent not found". Those of deleted sweeps too, but not those of deleted projects. */
MUST_CHECK enum err_code sweep_agent_find_by_id(struct db_tx *tx, int64_t id, struct arena *arena, struct sweep_agent **out,
                                                struct err *err);
MUST_CHECK enum err_code sweep_agent_find(struct db_tx *tx, int64_t sweep_id, struct str name, struct arena *arena,
                                          struct sweep_agent **out, struct err *err);
/* Oldest first; adds struct sweep_agent *. */
MUST_CHECK enum err_code sweep_agent_list(struct db_tx *tx, int64_t sweep_id, struct arena *arena, struct list *out, struct err *err);
MUST_CHECK enum err_code sweep_agent_touch(struct db_tx *tx, int64_t id, bool is_exiting, int64_t now_ms, struct err *err);

/* "RUNNING", "FINISHED" when it was told to end, "LOST" when it fell silent. */
const char *sweep_agent_state(const struct sweep_agent *agent, int64_t now_ms);

#endif
