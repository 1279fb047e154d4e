/* held_uploads.h - small uploads whose bytes are in the database: lets it forget them once their files are synced, many at once.
 *
 * The bytes are committed with the row that links them, then the file is written, then the upload is answered. So it waits for
 * the database's sync and for no other, and one sync of the file system serves all files of a second. What a power cut takes
 * from a file is still in the database, and is written again at the next start, before anybody asks for it. For the same reason a
 * file may be written under its final name: a torn one is only ever there beside its bytes.
 *
 * Threads: safe from all. Memory: heap.
 */
#ifndef SERVER_API_HELD_UPLOADS_H
#define SERVER_API_HELD_UPLOADS_H

#include "server/blobs/blobs.h"
#include "server/store/db/db.h"

struct held_uploads;

/* Writes the files first that an earlier server left to be written. Database and blobs must outlive them. */
MUST_CHECK enum err_code held_uploads_create(struct held_uploads **out, struct db *db, struct blobs *blobs, struct err *err);
/* For a row of held_bytes. */
int64_t held_uploads_next_id(struct held_uploads *held);
/* The row's file is written, or could not be: then that is tried again. */
void held_uploads_note(struct held_uploads *held, int64_t id, bool is_written);
/* Syncs what was noted. NULL is fine. */
void held_uploads_destroy(struct held_uploads *held);

#endif
