/* merge.h - several sources become one segment: sealing and compaction are this, and so is forgetting hidden rows. */
#ifndef SERVER_HISTORY_MERGE_H
#define SERVER_HISTORY_MERGE_H

#include "server/history/source.h"

struct merged {
    struct stored_segment segment; /* name, row_count, size_bytes, steps, last_line; seq and generation are the caller's */
    struct str directory;
};

/* Writes all visible rows of the view's sources into a new file, durable when this returns. No rows: no file, and
 * row_count is 0. ERR_TOO_LARGE when a column's texts do not fit into one segment. */
MUST_CHECK enum err_code merge_sources(struct merged *out, struct view *view, struct arena *arena, struct err *err);

#endif
