/* discussion_import.h - threads and comments of a report, as they were said elsewhere. */
#ifndef SERVER_API_DISCUSSION_IMPORT_H
#define SERVER_API_DISCUSSION_IMPORT_H

#include "server/api/runs/importing.h"

/* {"view": ID, "threads": [...]}: docs/web-api.md. A thread is known again by its time and quote, a comment by its time and
 * author; what is there and not in the import stays. Nobody is told. */
MUST_CHECK enum err_code discussion_import(struct db_tx *tx, struct importing *importing, const struct json_value *item, struct err *err);

#endif
