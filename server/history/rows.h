/* rows.h - rows as JSON text, put together from the columns of several sources. */
#ifndef SERVER_HISTORY_ROWS_H
#define SERVER_HISTORY_ROWS_H

#include "server/history/source.h"

struct row_ref {
    int64_t step, line;
    int64_t stream;
    uint32_t source, row;
};

/* By step, line, stream. */
int row_ref_compare(const void *left, const void *right);

/* Every visible row with first_step <= step <= last_step, in order. ERR_TOO_LARGE when they are more than fit in memory. */
MUST_CHECK enum err_code rows_find(struct view *view, int64_t first_step, int64_t last_step, struct row_ref **out,
                                   size_t *count, struct err *err);

/* The rows as JSON, in the order of refs (within one source they ascend). */
MUST_CHECK enum err_code rows_to_json(struct view *view, const struct row_ref *refs, size_t count, enum json_flags flags,
                                      struct history_rows *out, struct err *err);

#endif
