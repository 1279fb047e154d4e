/* imported.h - what an import says of things that were made elsewhere and at another time.
 *
 * Threads: the functions are parts of a transaction. Texts whose ptr is NULL, and times that are 0, are not said.
 */
#ifndef SERVER_STORE_IMPORTED_H
#define SERVER_STORE_IMPORTED_H

#include "server/store/sweeps/sweep.h"

/* Times are Unix milliseconds. ended_at holds for a run that has ended. */
struct imported_run {
    int64_t id, created_at, heartbeat_at, ended_at;
    int64_t user_id; /* who began it; 0 leaves who is named */
    struct str sweep;
};
MUST_CHECK enum err_code imported_set_run(struct db_tx *tx, const struct imported_run *run, struct err *err);

/* Under its own name; *is_new is false, and nothing changes, when the project has a sweep of that name. */
struct imported_sweep {
    struct str name, display_name, description, config;
    enum sweep_state state;
    int64_t created_at;
};
MUST_CHECK enum err_code imported_add_sweep(struct db_tx *tx, int64_t project_id, int64_t user_id, const struct imported_sweep *sweep,
                                            int64_t now_ms, bool *is_new, struct err *err);

/* Who made a thing, and when; 0 leaves what is known. */
struct imported_origin {
    int64_t user_id, created_at;
};
MUST_CHECK enum err_code imported_set_view(struct db_tx *tx, int64_t view_id, const struct imported_origin *origin, struct err *err);
MUST_CHECK enum err_code imported_set_artifact(struct db_tx *tx, int64_t artifact_id, const struct imported_origin *origin, struct err *err);

#endif
