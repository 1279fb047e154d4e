/* share.h - links that show named runs to whoever has them, until they expire or are revoked.
 *
 * A link names runs by their ids, so that a new run of an old name is not shown by it. Threads: the functions are parts of a
 * transaction. Memory: results live in the arena.
 */
#ifndef SERVER_STORE_SHARE_H
#define SERVER_STORE_SHARE_H

#include "server/store/audit.h"
#include "server/store/owner.h"
#include "server/store/secrets.h"

enum {
    SHARE_RUNS_MAX = 500,
    SHARE_LINKS_MAX = 1000, /* of a project; brief ones are counted apart */
    SHARE_DAYS_MAX = 366,
    SHARE_BRIEF_MS = 3600 * 1000,
    SHARE_BRIEF_OF_USER_MAX = 100, /* in a project */
};

struct share {
    struct owner owner; /* the project */
    int64_t id;
    int64_t *run_ids;
    size_t run_count;
    struct str username; /* who made it; ptr NULL when that user is unknown */
    int64_t created_at, expires_at;
};

/* *token is shown once. ERR_BAD_INPUT for no runs or too many, ERR_CONFLICT when the project has too many links. Links that live no
 * longer than SHARE_BRIEF_MS are for frames, and made by whoever may read: they take no room from the others, and a person who has
 * too many of them loses the oldest. */
MUST_CHECK enum err_code share_create(struct db_tx *tx, const struct secrets *secrets, const struct owner *owner,
                                      const int64_t *run_ids, size_t run_count, int64_t life_ms, const struct actor *actor,
                                      int64_t now_ms, struct arena *arena, struct str *token, int64_t *id, struct err *err);
/* ERR_NOT_FOUND when there is none (any more); the same for one that has expired. */
MUST_CHECK enum err_code share_find(struct db_tx *tx, const struct secrets *secrets, struct str token, int64_t now_ms,
                                    struct arena *arena, struct share **out, struct err *err);
MUST_CHECK enum err_code share_find_by_id(struct db_tx *tx, int64_t id, struct arena *arena, struct share **out, struct err *err);
/* Of a project, the newest first, those that have expired left out. */
MUST_CHECK enum err_code share_list(struct db_tx *tx, int64_t project_id, int64_t now_ms, struct arena *arena, struct share **out,
                                    size_t *count, struct err *err);
MUST_CHECK enum err_code share_revoke(struct db_tx *tx, const struct share *share, const struct actor *actor, struct err *err);

#endif
