/* cleaner.h - removes what was deleted, versions whose time is over, and blobs that nobody has.
 *
 * All of it in short transactions, so that nobody who writes waits for it. Threads: the watcher's; tests call it too.
 */
#ifndef SERVER_CLEANER_H
#define SERVER_CLEANER_H

#include "base/err.h"
#include "server/api/app.h"

/* One transaction's worth; *is_idle: nothing is left of what was deleted. */
MUST_CHECK enum err_code cleaner_remove_portion(struct app *app, bool *is_idle, struct err *err);
MUST_CHECK enum err_code cleaner_delete_expired(struct app *app, size_t *count, struct err *err);
/* Blobs that nobody has and that nobody has stored for grace_ms. Stops at the first error, and when *is_stopping is set. */
MUST_CHECK enum err_code cleaner_collect_blobs(struct app *app, int64_t grace_ms, const _Atomic bool *is_stopping, size_t *count,
                                               struct err *err);

/* Removes what large uploads left whose draft is gone or has been committed, or to which nothing was added for so long. */
void cleaner_sweep_gathered(struct app *app, int64_t grace_ms);

#endif
