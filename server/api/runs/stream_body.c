/* stream_body.c - see stream_body.h. */
#include "server/api/runs/stream_body.h"

#include "base/arrow.h"
#include "base/log.h"

/* Escaped, a line may take several times the room; no more than a whole body. */
enum { LINE_MAX_BYTES = HISTORY_LINE_BYTES_MAX, ESCAPED_LINE_MAX_BYTES = 64 << 20, LINE_ROOM_KEPT_BYTES = 1 << 20 };
enum { CONSOLE_LINES_MAX = 1 << 20, TABLE_VALUES_MAX = 16 << 20, TABLE_BATCHES_MAX = 1024 };
static const int64_t table_line_max = 1LL << 53;

struct reading {
    struct stream_body *body;
    struct json_reader json;
    struct err *err;
};

/* Takes one line of a file's content. `text` is what stood between the quotes, or the raw value of what is no string. */
struct stream_file {
    const char *name;
    enum err_code (*take)(struct reading *reading, const struct stream_file *file, int64_t number, struct str text);
    enum history_kind kind; /* of the two that are rows */
};

struct stream_body *stream_body_create(void) {
    struct stream_body *body = calloc(1, sizeof *body);
    if (body == NULL)
        log_fatal("out of memory: cannot read a file stream");
    buf_init(&body->line, ESCAPED_LINE_MAX_BYTES);
    return body;
}

void stream_body_destroy(struct stream_body *body) {
    if (body == NULL)
        return;
    for (int kind = 0; kind < 2; kind++) {
        for (size_t i = 0; i < body->batches[kind].room; i++)
            history_batch_destroy(body->batches[kind].items[i]);
        free(body->batches[kind].items);
    }
    buf_finish(&body->line);
    free(body);
}

static enum err_code malformed(struct reading *reading) {
    const char *what = reading->json.message != NULL ? reading->json.message : "a value of another kind was expected";
    return err_set(reading->err, ERR_BAD_INPUT, "the body of a file stream is malformed at byte %zu: %s", reading->json.offset, what);
}

static void set_aside(struct reading *reading, const char *file, int64_t line, struct str raw, const char *reason) {
    struct stream_body *body = reading->body;
    body->set_aside_count++;
    body->set_aside_bytes += (int64_t)raw.len;
    if (body->set_aside_kept == SET_ASIDE_KEPT_MAX || raw.len > SET_ASIDE_RAW_MAX_BYTES)
        return;
    if (body->set_aside == NULL)
        body->set_aside = ARENA_ARRAY(body->arena, struct set_aside, SET_ASIDE_KEPT_MAX);
    body->set_aside[body->set_aside_kept++] = (struct set_aside){
        .file = file,
        .line = line,
        .reason = arena_copy(body->arena, str_from_c(reason)),
        .raw = arena_copy(body->arena, raw),
    };
}

/* ---- history and events ---- */

static struct history_batch *next_batch(struct stream_body *body, enum history_kind kind, int64_t first_line) {
    struct stream_batches *batches = &body->batches[kind];
    if (batches->count == batches->room) {
        batches->items = realloc(batches->items, (batches->room + 1) * sizeof(struct history_batch *));
        if (batches->items == NULL)
            log_fatal("out of memory: cannot read a file stream");
        batches->items[batches->room++] = history_batch_create();
    }
    struct history_batch *batch = batches->items[batches->count++];
    history_batch_begin(batch, kind, first_line);
    return batch;
}

static struct history_batch *batch_for_line(struct stream_body *body, enum history_kind kind, int64_t number) {
    struct stream_batches *batches = &body->batches[kind];
    struct history_batch *last = batches->count == 0 ? NULL : batches->items[batches->count - 1];
    bool fits = last != NULL && history_batch_next_line(last) == number && history_batch_has_room(last);
    return fits ? last : next_batch(body, kind, number);
}

static enum err_code take_row(struct reading *reading, const struct stream_file *file, int64_t number, struct str text) {
    struct err err = { 0 };
    struct history_batch *batch = batch_for_line(reading->body, file->kind, number);
    if (history_batch_add_line(batch, text, &err) != OK)
        set_aside(reading, file->name, number, text, err.message);
    return OK;
}

/* ---- console ---- */

static enum err_code take_console_line(struct reading *reading, const struct stream_file *file, int64_t number, struct str text) {
    struct stream_body *body = reading->body;
    if (body->console_count == CONSOLE_LINES_MAX) {
        set_aside(reading, file->name, number, text, "too many lines in one request");
        return OK;
    }
    if (body->console_count == body->console_room) {
        size_t room = body->console_room == 0 ? 64 : body->console_room * 2;
        body->console = arena_grow(body->arena, body->console, body->console_count, room, sizeof *body->console);
        body->console_room = room;
    }
    body->console[body->console_count++] = (struct console_line){ .stream = STR_EMPTY, .number = number, .line = arena_copy(body->arena, text) };
    return OK;
}

/* ---- summary ---- */

static bool is_object(struct str text) {
    struct json_reader reader;
    struct str raw;
    json_reader_init(&reader, text, JSON_EXTENDED);
    if (json_next(&reader) != JSON_OBJECT_BEGIN)
        return false;
    return json_skip_value(&reader, JSON_OBJECT_BEGIN, &raw) && json_next(&reader) == JSON_END;
}

static enum err_code take_summary(struct reading *reading, const struct stream_file *file, int64_t number, struct str text) {
    if (is_object(text)) {
        reading->body->summary = arena_copy(reading->body->arena, text);
        reading->body->summary_count++;
    } else {
        set_aside(reading, file->name, number, text, "a summary is one JSON object");
    }
    return OK;
}

/* ---- files ---- */

static enum err_code take_unknown(struct reading *reading, const struct stream_file *file, int64_t number, struct str text) {
    set_aside(reading, file->name, number, text, "no stream has this file name");
    return OK;
}

static const struct stream_file files[] = {
    { "wandb-history.jsonl", take_row, HISTORY_ROWS },
    { "wandb-events.jsonl", take_row, HISTORY_EVENTS },
    { "wandb-summary.json", take_summary, HISTORY_ROWS },
    { "output.log", take_console_line, HISTORY_ROWS },
};

static struct stream_file find_file(struct str name, struct arena *arena) {
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        if (str_eq_c(name, files[i].name))
            return files[i];
    struct stream_file file = { arena_copy_c(arena, name), take_unknown, HISTORY_ROWS };
    /* Writers of shared mode that have a label print into output_LABEL.log. */
    if (str_starts_with(name, STR("output_")) && str_ends_with(name, STR(".log")))
        file.take = take_console_line;
    return file;
}

/* The line's text, unescaped; only valid until the next. False when it is longer than a line may be. */
static bool line_text(struct reading *reading, struct str *out) {
    struct buf *line = &reading->body->line;
    *out = reading->json.text;
    if (!reading->json.has_escapes)
        return out->len <= LINE_MAX_BYTES;
    buf_reset(line);
    char *room = buf_reserve(line, out->len);
    if (room == NULL)
        return false;
    *out = (struct str){ room, json_unescape(*out, room) };
    return out->len <= LINE_MAX_BYTES;
}

static enum err_code read_lines(struct reading *reading, const struct stream_file *file, int64_t first) {
    enum json_token token;
    struct str text;

    for (int64_t number = first; (token = json_next(&reading->json)) != JSON_ARRAY_END; number++) {
        if (token == JSON_ERROR || token == JSON_END)
            return malformed(reading);
        if (token != JSON_STRING) {
            if (!json_skip_value(&reading->json, token, &text))
                return malformed(reading);
            set_aside(reading, file->name, number, text, "a line is a JSON string");
        } else if (!line_text(reading, &text)) {
            set_aside(reading, file->name, number, reading->json.text, "the line is longer than 16 MiB");
        } else {
            TRY(file->take(reading, file, number, text));
        }
    }
    return OK;
}

static enum err_code read_count(struct reading *reading, int64_t *out) {
    if (json_next(&reading->json) != JSON_NUMBER || !str_to_i64(reading->json.text, out))
        return malformed(reading);
    return OK;
}

/* {"offset": N, "content": [...]}; a content that stands before its offset is read again once that is known. */
static enum err_code read_file(struct reading *reading, const struct stream_file *file) {
    struct str late = STR_EMPTY;
    bool has_offset = false;
    int64_t offset = 0;
    enum json_token token;

    if (json_next(&reading->json) != JSON_OBJECT_BEGIN)
        return malformed(reading);
    while ((token = json_next(&reading->json)) == JSON_KEY) {
        bool is_content = str_eq(reading->json.text, STR("content"));
        if (str_eq(reading->json.text, STR("offset"))) {
            TRY(read_count(reading, &offset));
            if (offset < 0)
                return err_set(reading->err, ERR_BAD_INPUT, "the offset of '%s' in the body of a file stream is negative", file->name);
            has_offset = true;
        } else if (is_content && has_offset) {
            if (json_next(&reading->json) != JSON_ARRAY_BEGIN)
                return malformed(reading);
            TRY(read_lines(reading, file, offset));
        } else {
            struct str raw;
            if (!json_skip_value(&reading->json, json_next(&reading->json), &raw))
                return malformed(reading);
            late = is_content ? raw : late;
        }
    }
    if (token != JSON_OBJECT_END)
        return malformed(reading);
    if (late.len == 0)
        return OK;
    struct reading again = { .body = reading->body, .err = reading->err };
    json_reader_init(&again.json, late, JSON_STRICT);
    if (json_next(&again.json) != JSON_ARRAY_BEGIN)
        return malformed(&again);
    return read_lines(&again, file, offset);
}

static enum err_code read_files(struct reading *reading) {
    enum json_token token = json_next(&reading->json);
    if (token == JSON_NULL)
        return OK;
    if (token != JSON_OBJECT_BEGIN)
        return malformed(reading);
    while ((token = json_next(&reading->json)) == JSON_KEY) {
        struct arena *arena = reading->body->arena;
        struct str name = json_unescape_copy(reading->json.text, reading->json.has_escapes, arena);
        struct stream_file file = find_file(name, arena);
        TRY(read_file(reading, &file));
    }
    return token == JSON_OBJECT_END ? OK : malformed(reading);
}

/* ---- the body's other members ---- */

static enum err_code read_flag(struct reading *reading, bool *out) {
    enum json_token token = json_next(&reading->json);
    if (token != JSON_TRUE && token != JSON_FALSE && token != JSON_NULL)
        return malformed(reading);
    *out = token == JSON_TRUE;
    return OK;
}

static enum err_code read_complete(struct reading *reading) {
    return read_flag(reading, &reading->body->is_complete);
}

static enum err_code read_preempting(struct reading *reading) {
    return read_flag(reading, &reading->body->is_preempting);
}

static enum err_code read_exit_code(struct reading *reading) {
    return read_count(reading, &reading->body->exit_code);
}

static enum err_code read_dropped(struct reading *reading) {
    return read_count(reading, &reading->body->client_dropped_count);
}

static const struct {
    const char *key;
    enum err_code (*read)(struct reading *reading);
} members[] = {
    { "complete", read_complete },     { "dropped", read_dropped },       { "exitcode", read_exit_code },
    { "files", read_files },           { "preempting", read_preempting },
};

/* "uploaded" among others: that a file arrived, the server knows better than the client. */
static enum err_code skip_member(struct reading *reading) {
    struct str raw;
    return json_skip_value(&reading->json, json_next(&reading->json), &raw) ? OK : malformed(reading);
}

static enum err_code read_member(struct reading *reading) {
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++)
        if (str_eq_c(reading->json.text, members[i].key))
            return members[i].read(reading);
    return skip_member(reading);
}

static void forget(struct stream_body *body, struct arena *arena) {
    struct stream_body kept = *body;
    if (kept.line.cap > LINE_ROOM_KEPT_BYTES)
        buf_finish(&kept.line);
    *body = (struct stream_body){ .arena = arena, .line = kept.line };
    for (int kind = 0; kind < 2; kind++) {
        body->batches[kind] = kept.batches[kind];
        body->batches[kind].count = 0;
    }
}

static enum err_code finish_batches(struct stream_body *body, struct err *err) {
    for (int kind = 0; kind < 2; kind++)
        for (size_t i = 0; i < body->batches[kind].count; i++)
            TRY(history_batch_finish(body->batches[kind].items[i], err));
    return OK;
}

static const char replacement[] = "\xef\xbf\xbd"; /* U+FFFD */
enum { REPLACEMENT_BYTES = sizeof replacement - 1 };

/* Strings with a byte that begins no character: in JSON such bytes can only stand in strings. */
static int64_t count_broken_strings(struct str json) {
    int64_t count = 0;
    bool is_counted = false, is_escaped = false;
    for (size_t i = 0, step; i < json.len; i += step > 0 ? step : 1) {
        step = str_utf8_len(str_from(json, i));
        if (step == 0 && !is_counted) {
            is_counted = true;
            count++;
        }
        if (json.ptr[i] == '"' && !is_escaped)
            is_counted = false;
        is_escaped = json.ptr[i] == '\\' && !is_escaped;
    }
    return count;
}

/* Each byte that begins no character becomes U+FFFD. */
static struct str repair_utf8(struct str text, struct arena *arena) {
    size_t bad_count = 0, step;
    for (size_t i = 0; i < text.len; i += step > 0 ? step : 1) {
        step = str_utf8_len(str_from(text, i));
        bad_count += step == 0;
    }
    char *out = arena_alloc(arena, text.len + bad_count * (REPLACEMENT_BYTES - 1)), *at = out;
    for (size_t i = 0; i < text.len; i += step > 0 ? step : 1) {
        step = str_utf8_len(str_from(text, i));
        size_t len = step > 0 ? step : REPLACEMENT_BYTES;
        memcpy(at, step > 0 ? text.ptr + i : replacement, len);
        at += len;
    }
    return (struct str){ out, (size_t)(at - out) };
}

static enum err_code parse(struct stream_body *body, struct str json, struct arena *arena, struct err *err) {
    struct reading reading = { .body = body, .err = err };
    enum json_token token;

    forget(body, arena);
    if (str_trim(json).len == 0)
        return OK;
    json_reader_init(&reading.json, json, JSON_STRICT);
    if (json_next(&reading.json) != JSON_OBJECT_BEGIN)
        return malformed(&reading);
    while ((token = json_next(&reading.json)) == JSON_KEY)
        TRY(read_member(&reading));
    if (token != JSON_OBJECT_END || json_next(&reading.json) != JSON_END)
        return malformed(&reading);
    return finish_batches(body, err);
}

enum err_code stream_body_parse(struct stream_body *body, struct str json, struct arena *arena, struct err *err) {
    enum err_code code = parse(body, json, arena, err);
    /* One line that was cut inside a character must not end the run: what can be read is. */
    if (code == ERR_BAD_INPUT && !str_is_utf8(json)) {
        code = parse(body, repair_utf8(json, arena), arena, err);
        body->repaired_count = count_broken_strings(json);
    }
    return code;
}

static enum err_code take_batches(struct stream_body *body, const struct arrow_table *table, enum history_kind kind, int64_t offset, struct err *err) {
    size_t values = table->row_count * (table->field_count + 1);

    /* A bit is the least that a value takes on the wire, and twelve bytes in a batch. */
    if (values > TABLE_VALUES_MAX || table->batch_count > TABLE_BATCHES_MAX)
        return err_set(err, ERR_TOO_LARGE, "a request holds at most %d values in %d batches, got %zu in %zu", TABLE_VALUES_MAX,
                       TABLE_BATCHES_MAX, values, table->batch_count);
    for (size_t i = 0; i < table->batch_count; i++) {
        struct history_batch *batch = next_batch(body, kind, offset);
        TRY(history_batch_add_table(batch, kind, table, i, err));
        offset = history_batch_next_line(batch);
    }
    return finish_batches(body, err);
}

enum err_code stream_body_take_table(struct stream_body *body, struct str arrow, enum history_kind kind, int64_t offset, struct arena *arena,
                                     struct err *err) {
    struct arrow_table table = { 0 };

    forget(body, arena);
    if (offset < 0 || offset > table_line_max)
        return err_set(err, ERR_BAD_INPUT, "a table begins on a line from 0 to %lld", (long long)table_line_max);
    if ((uintptr_t)arrow.ptr % 8 != 0)
        arrow = arena_copy(arena, arrow);
    enum err_code code = arrow_table_read(&table, arrow, err);
    if (code == ERR_CORRUPT) /* it came from outside */
        code = err_set(err, ERR_BAD_INPUT, "the body is no Arrow stream of int64, double, bool and large UTF-8: %s", arena_copy_c(arena, str_from_c(err->message)));
    if (code == OK)
        code = take_batches(body, &table, kind, offset, err);
    arrow_table_finish(&table);
    return code;
}
