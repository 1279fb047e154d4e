/* run_alert.h - alerts that runs raise, kept for whoever will be told of them. */
#ifndef SERVER_STORE_RUN_ALERT_H
#define SERVER_STORE_RUN_ALERT_H

#include "server/store/db/db.h"

enum { RUN_ALERT_TITLE_MAX = 1024, RUN_ALERT_TEXT_MAX = 1 << 16 };

struct run_alert {
    struct str title, text, severity; /* severity: INFO, WARN or ERROR */
    int64_t created_at;
};

/* *is_new is false when the run has raised the same title less than wait_ms ago: then nothing is kept. */
MUST_CHECK enum err_code run_alert_add(struct db_tx *tx, int64_t run_id, const struct run_alert *alert,
                                       int64_t wait_ms, bool *is_new, struct err *err);
/* What was raised elsewhere: nobody is told. Once, however often it is brought. */
MUST_CHECK enum err_code run_alert_add_imported(struct db_tx *tx, int64_t run_id, const struct run_alert *alert, struct err *err);
/* Newest first. */
MUST_CHECK enum err_code run_alert_list(struct db_tx *tx, int64_t run_id, size_t limit, struct arena *arena,
                                        struct run_alert **out, size_t *count, struct err *err);

#endif
