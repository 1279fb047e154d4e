/* run_news.h - what changed among a project's runs since somebody looked last, small enough to be told often.
 *
 * Every change of a run raises its version above all others of the project (run.h), so that the highest one seen is all
 * that has to be remembered. Memory: results live in the arena.
 */
#ifndef SERVER_STORE_RUN_NEWS_H
#define SERVER_STORE_RUN_NEWS_H

#include "server/store/db/db.h"
#include "server/store/runs/run_state.h"

struct run_news {
    struct str name;
    int64_t id, version, heartbeat_at;
    int64_t line_count, event_count; /* lines of the history and of the system's metrics */
    enum run_state state;
    bool is_deleted; /* or moved elsewhere */
};

/* The highest version among the project's runs. */
MUST_CHECK enum err_code run_news_version(struct db_tx *tx, int64_t project_id, int64_t *version, struct err *err);

/* Versions above `after`, ascending, at most limit. name: of one run; empty for all. */
MUST_CHECK enum err_code run_news_list(struct db_tx *tx, int64_t project_id, int64_t after, struct str name, size_t limit,
                                       struct arena *arena, struct run_news **out, size_t *count, struct err *err);

#endif
