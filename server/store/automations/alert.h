/* alert.h - whom the alerts of runs reach: a webhook of the project, and the mail of the person whose run it is.
 *
 * Memory: results live in the arena.
 */
#ifndef SERVER_STORE_ALERT_H
#define SERVER_STORE_ALERT_H

#include "server/store/db/db.h"
#include "server/store/runs/run.h"
#include "server/store/runs/run_alert.h"

/* In the order of weight. */
enum alert_severity { ALERT_INFO, ALERT_WARN, ALERT_ERROR };
const char *alert_severity_name(enum alert_severity severity);
/* ERR_BAD_INPUT naming them. */
MUST_CHECK enum err_code alert_severity_parse(struct str text, enum alert_severity *out, struct err *err);

/* user_id 0: the project's own, with a webhook. project_id 0: the user's own for all projects. */
struct alert_setting {
    int64_t project_id, user_id;
    bool exists;
    int64_t integration_id; /* of the project's; 0: none */
    bool wants_email;       /* of a user's */
    enum alert_severity least;
};
MUST_CHECK enum err_code alert_setting_get(struct db_tx *tx, int64_t project_id, int64_t user_id, struct alert_setting *out, struct err *err);
MUST_CHECK enum err_code alert_setting_set(struct db_tx *tx, const struct alert_setting *setting, struct err *err);
/* The user's for that project, or for all, or (nothing was ever set) mail of everything. */
MUST_CHECK enum err_code alert_setting_of_user(struct db_tx *tx, int64_t project_id, int64_t user_id, struct alert_setting *out, struct err *err);

/* Puts into the queue what an alert of that run is to reach; url: the page of the run, empty: unknown. */
MUST_CHECK enum err_code alert_queue(struct db_tx *tx, const struct run *run, const struct run_alert *alert, struct str url,
                                     bool sends_mail, struct arena *arena, struct err *err);

#endif
