/* console.c - see console.h. */
#include "server/store/runs/console.h"

static enum err_code line_exists(struct db_tx *tx, int64_t run_id, struct str stream, int64_t number, bool *exists,
                                 struct err *err) {
    struct db_rows *rows;
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(run_id), DB_TEXT(stream), DB_INT(number)),
                 "select 1 from console_lines where run_id = $1 and stream = $2 and number = $3", err));
    *exists = db_next(rows);
    return db_end(rows, err);
}

enum err_code console_write(struct db_tx *tx, int64_t run_id, struct str stream, const struct console_line *lines, size_t count,
                            int64_t *rewritten, struct err *err) {
    *rewritten = 0;
    for (size_t i = 0; i < count; i++) {
        bool exists;
        TRY(line_exists(tx, run_id, stream, lines[i].number, &exists, err));
        *rewritten += exists;
        TRY(db_exec(tx, DB_ARGS(DB_INT(run_id), DB_TEXT(stream), DB_INT(lines[i].number), DB_TEXT(lines[i].line)),
                    "insert into console_lines (run_id, stream, number, line) values ($1, $2, $3, $4)"
                    " on conflict (run_id, stream, number) do update set line = excluded.line",
                    err));
    }
    return OK;
}

static enum err_code collect(struct db_rows *rows, size_t limit, struct arena *arena, struct console_line **out, size_t *count,
                             struct err *err) {
    size_t room = 0;
    *out = NULL;
    *count = 0;
    while (*count < limit && db_next(rows)) {
        if (*count == room) {
            room = room == 0 ? 64 : room * 2;
            *out = arena_grow(arena, *out, *count, room, sizeof **out);
        }
        struct console_line *line = &(*out)[(*count)++];
        line->stream = db_str(rows, 0, arena);
        line->number = db_int(rows, 1);
        line->line = db_str(rows, 2, arena);
    }
    return db_end(rows, err);
}

enum err_code console_read(struct db_tx *tx, int64_t run_id, struct str after_stream, int64_t after_number, size_t limit,
                           struct arena *arena, struct console_line **out, size_t *count, struct err *err) {
    struct db_rows *rows;
    bool is_first = after_stream.ptr == NULL;
    TRY(db_query(tx, &rows,
                 DB_ARGS(DB_INT(run_id), DB_TEXT(is_first ? STR_EMPTY : after_stream), DB_INT(is_first ? -1 : after_number),
                         DB_INT(limit)),
                 "select stream, number, line from console_lines"
                 " where run_id = $1 and (stream > $2 or (stream = $2 and number > $3)) order by stream, number limit $4",
                 err));
    return collect(rows, limit, arena, out, count, err);
}

enum err_code console_read_last(struct db_tx *tx, int64_t run_id, size_t limit, struct arena *arena, struct console_line **out,
                                size_t *count, struct err *err) {
    struct db_rows *rows;
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(run_id), DB_INT(limit)),
                 "select stream, number, line from console_lines where run_id = $1"
                 " order by stream desc, number desc limit $2",
                 err));
    TRY(collect(rows, limit, arena, out, count, err));
    for (size_t i = 0; i < *count / 2; i++) {
        struct console_line swapped = (*out)[i];
        (*out)[i] = (*out)[*count - 1 - i];
        (*out)[*count - 1 - i] = swapped;
    }
    return OK;
}

enum err_code console_line_count(struct db_tx *tx, int64_t run_id, int64_t *out, struct err *err) {
    struct db_rows *rows;
    *out = 0;
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(run_id)),
                 "select coalesce(sum(line_count), 0) from"
                 " (select max(number) + 1 as line_count from console_lines where run_id = $1 group by stream) as streams",
                 err));
    if (db_next(rows))
        *out = db_int(rows, 0);
    return db_end(rows, err);
}
