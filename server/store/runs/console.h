/* console.h - what a run printed, line by line.
 *
 * The number of a line is its identity within its stream (a writer of shared mode; "" for everybody else): a
 * carriage return sends the same number again, and the newest text stays. A run's changes of lines are counted: each
 * writing of a line takes the next number.
 */
#ifndef SERVER_STORE_CONSOLE_H
#define SERVER_STORE_CONSOLE_H

#include "base/list.h"
#include "server/store/db/db.h"

struct console_line {
    struct str stream;
    int64_t number;
    struct str line; /* as it was sent: structured JSON or plain text */
    int64_t change;  /* read by console_read_changed */
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

/* Lines with a change above `after`, the newest `limit` of them, newest first. A line of more than line_bytes_max comes without its
 * text (line.ptr NULL). */
MUST_CHECK enum err_code console_read_changed(struct db_tx *tx, int64_t run_id, int64_t after, size_t limit, size_t line_bytes_max,
                                              struct arena *arena, struct console_line **out, size_t *count, struct err *err);
/* The last change; 0: none yet. */
MUST_CHECK enum err_code console_last_change(struct db_tx *tx, int64_t run_id, int64_t *out, struct err *err);

struct console_stream {
    struct str name;
    int64_t line_count;     /* the highest number plus one */
    struct str last_line;   /* as it was sent; empty when it is longer than 16384 characters */
};
/* Of struct console_stream, sorted by name, at most `limit`. */
MUST_CHECK enum err_code console_list_streams(struct db_tx *tx, int64_t run_id, size_t limit, struct arena *arena, struct list *out,
                                              struct err *err);
/* The highest number ever plus one, over all streams the number of lines that they make together. */
MUST_CHECK enum err_code console_line_count(struct db_tx *tx, int64_t run_id, int64_t *out, struct err *err);

#endif
