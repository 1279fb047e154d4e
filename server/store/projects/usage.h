/* usage.h - how many bytes projects hold: files of runs, artifacts (each content once a project), histories; and how many
 * they may. */
#ifndef SERVER_STORE_USAGE_H
#define SERVER_STORE_USAGE_H

#include "base/list.h"
#include "server/store/db/db.h"

struct project_usage {
    int64_t entity_id, project_id, bytes;
    int64_t limit_bytes; /* 0: none of its own */
    struct str entity, project;
};
/* Of struct project_usage: all projects that hold anything, by entity. Reads much: for once a minute, not for a request. */
MUST_CHECK enum err_code usage_list(struct db_tx *tx, struct arena *arena, struct list *out, struct err *err);

/* The same of one project, and of all that an entity has. Look at each of their files. */
MUST_CHECK enum err_code usage_of_project(struct db_tx *tx, int64_t project_id, int64_t *out, struct err *err);
MUST_CHECK enum err_code usage_of_entity(struct db_tx *tx, int64_t entity_id, int64_t *out, struct err *err);

/* What a project may hold; 0: it has no limit of its own. */
MUST_CHECK enum err_code usage_limit(struct db_tx *tx, int64_t project_id, int64_t *out, struct err *err);
/* ERR_BAD_INPUT below 0; 0 takes the limit away. */
MUST_CHECK enum err_code usage_set_limit(struct db_tx *tx, int64_t project_id, int64_t limit_bytes, struct err *err);
/* Whether any project has one. */
MUST_CHECK enum err_code usage_has_limits(struct db_tx *tx, bool *out, struct err *err);

#endif
