/* backup.h - all that an embedded server holds, as one tar archive, consistent while it is used.
 *
 * In it: barograph-backup.json (what it is), secret.key, admin.key, barograph.db (a copy of one moment), every blob and
 * segment, and last SHA256SUMS over all of them: an archive without that is not whole. Files hold still meanwhile
 * (depot_hold); those that are newer than the database's copy do no harm.
 */
#ifndef SERVER_API_BACKUP_H
#define SERVER_API_BACKUP_H

#include "base/buf.h"
#include "server/http/http.h"

enum { BACKUP_FORMAT = 1 };

struct backup;
struct data_folder;
struct db;
struct depot;

/* What there is to copy. Everything must outlive the backup. */
struct backup_source {
    const struct data_folder *folder;
    struct db *db;
    struct depot *blobs, *history;
};

/* ERR_NOT_OFFERED when the database or the files live elsewhere. */
MUST_CHECK enum err_code backup_begin(struct backup **out, const struct backup_source *source, struct err *err);
/* Appends the next piece. */
MUST_CHECK enum err_code backup_produce(struct backup *backup, struct buf *piece, bool *is_last, struct err *err);
void backup_end(struct backup *backup); /* NULL is fine */

/* GET /api/backup */
enum err_code backup_answer(struct http_call *call, struct err *err);

#endif
