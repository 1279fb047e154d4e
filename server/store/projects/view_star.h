/* view_star.h - reports that a person keeps at hand. Threads: parts of a transaction. Memory: results live in the arena. */
#ifndef SERVER_STORE_VIEW_STAR_H
#define SERVER_STORE_VIEW_STAR_H

#include "server/store/projects/view.h"

/* Setting a star that is set, or taking one away that is not, changes nothing. */
MUST_CHECK enum err_code view_star_set(struct db_tx *tx, int64_t view_id, int64_t user_id, bool is_set, int64_t now_ms, struct err *err);
/* *is_own: whether the user's is among them. */
MUST_CHECK enum err_code view_star_count(struct db_tx *tx, int64_t view_id, int64_t user_id, int64_t *count, bool *is_own,
                                         struct err *err);
/* Of struct view, the newest star first: the asker still checks the right to read each. */
MUST_CHECK enum err_code view_star_list(struct db_tx *tx, int64_t user_id, size_t limit, struct arena *arena, struct list *out,
                                        struct err *err);

#endif
