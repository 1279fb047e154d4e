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

enum err_code console_last_change(struct db_tx *tx, int64_t run_id, int64_t *out, struct err *err) {
    struct db_rows *rows;
    *out = 0;
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(run_id)), "select max(change) from console_lines where run_id = $1", err));
    if (db_next(rows))
        *out = db_int(rows, 0);
    return db_end(rows, err);
}

enum err_code console_write(struct db_tx *tx, int64_t run_id, struct str stream, const struct console_line *lines, size_t count,
                            int64_t *rewritten, struct err *err) {
    int64_t change = 0;
    *rewritten = 0;
    if (count > 0)
        TRY(console_last_change(tx, run_id, &change, err));
    for (size_t i = 0; i < count; i++) {
        bool exists;
        TRY(line_exists(tx, run_id, stream, lines[i].number, &exists, err));
        *rewritten += exists;
        TRY(db_exec(tx, DB_ARGS(DB_INT(run_id), DB_TEXT(stream), DB_INT(lines[i].number), DB_TEXT(lines[i].line), DB_INT(++change)),
                    "insert into console_lines (run_id, stream, number, line, change) values ($1, $2, $3, $4, $5)"
                    " on conflict (run_id, stream, number) do update set line = excluded.line, change = excluded.change",
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

enum err_code console_read_changed(struct db_tx *tx, int64_t run_id, int64_t after, size_t limit, size_t line_bytes_max,
                                   struct arena *arena, struct console_line **out, size_t *count, struct err *err) {
    struct db_rows *rows;
    *out = ARENA_ARRAY(arena, struct console_line, limit);
    *count = 0;
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(run_id), DB_INT(after), DB_INT((int64_t)limit), DB_INT((int64_t)line_bytes_max)),
                 "select stream, number, case when length(line) <= $4 then line end, change from console_lines"
                 " where run_id = $1 and change > $2 order by change desc limit $3",
                 err));
    while (*count < limit && db_next(rows)) {
        struct console_line *line = &(*out)[(*count)++];
        line->stream = db_str(rows, 0, arena);
        line->number = db_int(rows, 1);
        line->line = db_str(rows, 2, arena);
        line->change = db_int(rows, 3);
    }
    return db_end(rows, err);
}

/* The first stream behind `after` (ptr NULL: of all), and its last line unless that is long: there may be many. Each is one look into the
 * key, however long the log is. */
static enum err_code next_stream(struct db_tx *tx, int64_t run_id, struct str after, struct arena *arena, struct console_stream **out,
                                 struct err *err) {
    struct db_rows *rows;
    *out = NULL;
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(run_id), DB_TEXT(after.ptr == NULL ? STR_EMPTY : after), DB_INT(after.ptr == NULL)),
                 "select stream, number, case when length(line) <= 16384 then line else '' end from console_lines where run_id = $1 and stream ="
                 " (select stream from console_lines where run_id = $1 and (stream > $2 or (stream = $2 and $3 = 1))"
                 " order by stream limit 1) order by number desc limit 1",
                 err));
    if (db_next(rows)) {
        *out = ARENA_NEW(arena, struct console_stream);
        **out = (struct console_stream){ db_str(rows, 0, arena), db_int(rows, 1) + 1, db_str(rows, 2, arena) };
    }
    return db_end(rows, err);
}

enum err_code console_list_streams(struct db_tx *tx, int64_t run_id, size_t limit, struct arena *arena, struct list *out,
                                   struct err *err) {
    struct str after = { NULL, 0 };
    for (size_t i = 0; i < limit; i++) {
        struct console_stream *stream;
        TRY(next_stream(tx, run_id, after, arena, &stream, err));
        if (stream == NULL)
            break;
        list_add(out, stream, arena);
        after = stream->name;
    }
    return OK;
}

enum err_code console_line_count(struct db_tx *tx, int64_t run_id, int64_t *out, struct err *err) {
    struct arena *arena = arena_create();
    struct console_stream *stream = NULL;
    enum err_code code;

    *out = 0;
    do {
        code = next_stream(tx, run_id, stream == NULL ? (struct str){ NULL, 0 } : stream->name, arena, &stream, err);
        *out += code == OK && stream != NULL ? stream->line_count : 0;
    } while (code == OK && stream != NULL);
    arena_destroy(arena);
    return code;
}
