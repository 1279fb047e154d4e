/* usage.h - how many bytes projects hold: files of runs, artifacts (each content once a project), histories. */
#ifndef SERVER_STORE_USAGE_H
#define SERVER_STORE_USAGE_H

#include "base/list.h"
#include "server/store/db.h"

struct project_usage {
    int64_t entity_id, project_id, bytes;
};
/* Of struct project_usage: all projects that hold anything, by entity. Reads much: for once a minute, not for a request. */
MUST_CHECK enum err_code usage_list(struct db_tx *tx, struct arena *arena, struct list *out, struct err *err);

#endif
