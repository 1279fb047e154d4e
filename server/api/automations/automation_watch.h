/* automation_watch.h - from what happened to what is to be sent: events of artifacts, changes of runs.
 *
 * Threads: the worker's; automation_watch_catch_up is a part of any transaction. */
#ifndef SERVER_API_AUTOMATION_WATCH_H
#define SERVER_API_AUTOMATION_WATCH_H

#include "server/api/app.h"
#include "base/err.h"
#include "server/store/db/db.h"

/* Looks at a portion; *has_more when there is another at once. What two servers look at counts once. */
MUST_CHECK enum err_code automation_watch_artifacts(struct app *app, bool *has_more, struct err *err);
MUST_CHECK enum err_code automation_watch_runs(struct app *app, bool *has_more, struct err *err);

/* Before an automation is made or changed, within its transaction: what happened until then is for those that there were. */
MUST_CHECK enum err_code automation_watch_catch_up(struct db_tx *tx, struct err *err);

#endif
