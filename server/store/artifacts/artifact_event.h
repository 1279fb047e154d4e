/* artifact_event.h - the history of a version: what was done to it, when and by whom.
 *
 * Memory: results live in the arena.
 */
#ifndef SERVER_STORE_ARTIFACT_EVENT_H
#define SERVER_STORE_ARTIFACT_EVENT_H

#include "base/list.h"
#include "server/store/accounts/owner.h"
#include "server/store/db/db.h"

enum { ARTIFACT_EVENT_DETAIL_MAX = 1000 };

struct artifact_event {
    struct owner owner; /* the artifact's */
    int64_t artifact_id, at;
    int64_t user_id;       /* 0: the server itself */
    int64_t collection_id; /* where an alias or a link stands; 0: none */
    int64_t run_id;        /* that made or used the version; 0: none */
    struct str action, detail;
    struct str username; /* ptr NULL: nobody who is known */
    int64_t rank, id;    /* its place among those of the same moment */
};

/* Of it, the artifact, user and collection, action and detail are taken. */
MUST_CHECK enum err_code artifact_event_add(struct db_tx *tx, const struct artifact_event *event, int64_t now_ms, struct err *err);
/* Before the alias moves to that version: the one that has it loses it. Nothing when it is there already. */
MUST_CHECK enum err_code artifact_event_add_alias(struct db_tx *tx, int64_t user_id, int64_t collection_id, struct str alias,
                                                  int64_t artifact_id, int64_t now_ms, struct err *err);

/* Of struct artifact_event, the newest first: those behind the last one (NULL: from the first), at most `limit`. Beside what was
 * added: CREATED, COMMITTED, and USED by each run. */
MUST_CHECK enum err_code artifact_event_list(struct db_tx *tx, int64_t artifact_id, const struct artifact_event *last, size_t limit,
                                             struct arena *arena, struct list *out, struct err *err);
MUST_CHECK enum err_code artifact_event_count(struct db_tx *tx, int64_t artifact_id, int64_t *out, struct err *err);

/* How many of them tell of a use by a run of another project, or of a collection. */
struct artifact_event_count {
    int64_t run_id, collection_id; /* one of them is 0 */
    int64_t count;
};
/* Of struct artifact_event_count. */
MUST_CHECK enum err_code artifact_event_count_elsewhere(struct db_tx *tx, int64_t artifact_id, struct arena *arena, struct list *out,
                                                        struct err *err);

#endif
