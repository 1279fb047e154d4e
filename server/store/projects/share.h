/* share.h - links that show named runs, or a report, to whoever has them, until they expire or are revoked.
 *
 * A link names runs by their ids, so that a new run of an old name is not shown by it. A report's link shows the report as it
 * is now, and runs of the projects that the link names. A link shows nothing that its maker may not share any more.
 *
 * Only a keyed hash of a token is kept. A report's token is shown again to whoever may write to its project: it is made from a
 * salt in the row and the secret that lies outside of the database.
 *
 * Threads: the functions are parts of a transaction. Memory: results live in the arena.
 */
#ifndef SERVER_STORE_SHARE_H
#define SERVER_STORE_SHARE_H

#include "server/store/accounts/audit.h"
#include "server/store/accounts/owner.h"
#include "server/store/accounts/secrets.h"

enum {
    SHARE_RUNS_MAX = 500,
    SHARE_PROJECTS_MAX = 100,
    SHARE_LINKS_MAX = 1000,       /* of a project */
    SHARE_LINKS_OF_VIEW_MAX = 10, /* these count among their project's, too */
    SHARE_DAYS_MAX = 366,
};

struct share {
    struct owner owner; /* the project */
    int64_t id;
    int64_t view_id; /* 0: it names runs */
    int64_t *run_ids, *project_ids;
    size_t run_count, project_count;
    int64_t user_id;     /* who made it, or chose its projects last */
    struct str username; /* ptr NULL when that user is unknown */
    struct str token;    /* of a report's link, when it was asked for; otherwise ptr NULL */
    int64_t created_at, expires_at;
};

/* What a new link is to show: runs, or a view and projects. */
struct new_share {
    struct owner owner;
    const int64_t *run_ids, *project_ids;
    size_t run_count, project_count;
    int64_t view_id;
    int64_t life_ms;
};
/* *token of runs is shown once. ERR_BAD_INPUT for no runs or too many, or too many projects; ERR_CONFLICT when the project or the
 * report has too many links. */
MUST_CHECK enum err_code share_create(struct db_tx *tx, const struct secrets *secrets, const struct new_share *wanted,
                                      const struct actor *actor, int64_t now_ms, struct arena *arena, struct str *token, int64_t *id,
                                      struct err *err);
/* ERR_NOT_FOUND when there is none (any more); the same for one that has expired. */
MUST_CHECK enum err_code share_find(struct db_tx *tx, const struct secrets *secrets, struct str token, int64_t now_ms,
                                    struct arena *arena, struct share **out, struct err *err);
/* The same for who follows it: ERR_NOT_FOUND too when its maker may not write to its project any more, and without those
 * projects that its maker may not write to any more. */
MUST_CHECK enum err_code share_follow(struct db_tx *tx, const struct secrets *secrets, struct str token, int64_t now_ms,
                                      struct arena *arena, struct share **out, struct err *err);
MUST_CHECK enum err_code share_find_by_id(struct db_tx *tx, int64_t id, struct arena *arena, struct share **out, struct err *err);
/* Of a project, the newest first, those that have expired left out. */
MUST_CHECK enum err_code share_list(struct db_tx *tx, int64_t project_id, int64_t now_ms, struct arena *arena, struct share **out,
                                    size_t *count, struct err *err);
/* Of a report, with their tokens. */
MUST_CHECK enum err_code share_list_of_view(struct db_tx *tx, const struct secrets *secrets, int64_t view_id, int64_t now_ms,
                                            struct arena *arena, struct share **out, size_t *count, struct err *err);
/* Of a report's link: who changes them vouches for them from then on. */
MUST_CHECK enum err_code share_set_projects(struct db_tx *tx, const struct share *share, const int64_t *project_ids, size_t count,
                                            const struct actor *actor, struct err *err);
MUST_CHECK enum err_code share_revoke(struct db_tx *tx, const struct share *share, const struct actor *actor, struct err *err);

#endif
