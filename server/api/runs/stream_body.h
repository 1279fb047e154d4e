/* stream_body.h - reads the body of a file_stream request.
 *
 * What a line holds never makes the body wrong: a line that cannot be read is set aside, with its reason, and the
 * rest goes on. Only a body that is not JSON of the agreed shape fails.
 *
 * Threads: one struct stream_body belongs to one request at a time; a pool keeps them, because their batches are
 * warm (they remember the shape of the rows they saw). Memory: texts live in the arena or borrow the body.
 */
#ifndef SERVER_API_STREAM_BODY_H
#define SERVER_API_STREAM_BODY_H

#include "server/history/history.h"
#include "server/store/runs/console.h"

struct set_aside {
    const char *file; /* "wandb-history.jsonl", ... */
    int64_t line;
    struct str reason, raw;
};

struct stream_batches {
    struct history_batch **items; /* count in use; more may be allocated */
    size_t count, room;
};

struct stream_body {
    struct arena *arena;
    struct stream_batches batches[2]; /* by enum history_kind */
    struct str summary;               /* ptr NULL: none */
    struct console_line *console;
    size_t console_count, console_room;
    struct set_aside *set_aside; /* at most SET_ASIDE_KEPT_MAX; the rest is only counted */
    size_t set_aside_kept;
    int64_t set_aside_count, set_aside_bytes;
    int64_t summary_count, client_dropped_count;
    int64_t repaired_count; /* lines that were not UTF-8, and are now */
    bool is_preempting, is_complete;
    int64_t exit_code;
    struct buf line; /* the line being read, unescaped */
};

enum { SET_ASIDE_KEPT_MAX = 1000, SET_ASIDE_RAW_MAX_BYTES = 1 << 20 };

struct stream_body *stream_body_create(void);
void stream_body_destroy(struct stream_body *body); /* NULL is fine */

/* Forgets what it held. ERR_BAD_INPUT says where the JSON is wrong. */
MUST_CHECK enum err_code stream_body_parse(struct stream_body *body, struct str json, struct arena *arena, struct err *err);

/* Rows of one file as an Arrow stream instead, the first of them on line `offset`; nothing is set aside: a table that is not one, or
 * holds what no line could, is ERR_BAD_INPUT or ERR_TOO_LARGE. */
MUST_CHECK enum err_code stream_body_take_table(struct stream_body *body, struct str arrow, enum history_kind kind, int64_t offset,
                                                struct arena *arena, struct err *err);

#endif
