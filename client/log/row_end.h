/* row_end.h - the last part of every history record: when it was logged, and which step it is.
 *
 * The training process puts it behind the items of a row; the sender does, for a row that a dead process left open.
 *
 * Threads: none of its own. Memory: appends to a buf.
 */
#ifndef CLIENT_ROW_END_H
#define CLIENT_ROW_END_H

#include "client/log/record.h"
#include "client/log/shared_log.h"

/* Appends _timestamp, _runtime and _step as items. */
void row_end_put_items(struct buf *out, int64_t step, int64_t wall_ns, int64_t start_wall_ns);
/* The whole record of these items; *all_items: where the items stand in out, those above included. */
void row_end_put_record(struct buf *out, struct shared_log *log, struct str items, int64_t wall_ns, struct str *all_items);
/* While locked: the record of the open row; false when there is none. The step is taken. */
bool row_end_put_open(struct buf *out, struct shared_log *log);

#endif
