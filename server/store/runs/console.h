/* console.h - what a run printed, line by line.
 *
 * The number of a line is its identity within its stream (a writer of shared mode; "" for everybody else): a
 * carriage return sends the same number again, and the newest text stays.
 */
#ifndef SERVER_STORE_CONSOLE_H
#define SERVER_STORE_CONSOLE_H

#include "server/store/db/db.h"

struct console_line {
    struct str stream;
    int64_t number;
    struct str line; /* as it was sent: structured JSON or plain text */
};

/* *rewritten gets how many were there before. */
MUST_CHECK enum err_code console_write(struct db_tx *tx, int64_t run_id, struct str stream, const struct console_line *lines,
                                       size_t count, int64_t *rewritten, struct err *err);

/* Lines after (stream, number), in that order; begin with stream ptr NULL. */
MUST_CHECK enum err_code console_read(struct db_tx *tx, int64_t run_id, struct str after_stream, int64_t after_number,
                                      size_t limit, struct arena *arena, struct console_line **out, size_t *count,
                                      struct err *err);
/* The last `limit` lines, in ascending order. */
MUST_CHECK enum err_code console_read_last(struct db_tx *tx, int64_t run_id, size_t limit, struct arena *arena,
                                           struct console_line **out, size_t *count, struct err *err);
/* The highest number ever plus one, over all streams the number of lines that they make together. */
MUST_CHECK enum err_code console_line_count(struct db_tx *tx, int64_t run_id, int64_t *out, struct err *err);

#endif
