/* console_type.c - see console_type.h. */
#include "server/api/runs/console_type.h"

#include "server/api/resolver.h"
#include "server/store/runs/run.h"

enum { PAGE_DEFAULT = 1000, PAGE_MAX = 10000, STREAMS_MAX = 1000 };

/* "2026-11-21T01:52:54.733389 text"; a date is known by its shape. */
static bool takes_time(struct str *text, struct str *timestamp) {
    struct str first, rest;
    int64_t ignored;
    if (!str_cut(*text, ' ', &first, &rest) || first.len < sizeof("2026-11-21T01:52:54") - 1 || !clock_parse_iso(first, &ignored))
        return false;
    *timestamp = first;
    *text = rest;
    return true;
}

static void read_plain(struct log_line *line, struct str text) {
    struct str rest = text;
    if (str_ends_with(rest, STR("\n")))
        rest.len--;
    text = rest;
    if (str_starts_with(rest, STR("ERROR ")))
        rest = str_from(rest, sizeof("ERROR ") - 1);
    if (takes_time(&rest, &line->timestamp) && rest.ptr != text.ptr) {
        line->level = str_starts_with(text, STR("ERROR ")) ? STR("error") : (struct str){ 0 };
        text = rest;
    }
    line->line = text;
}

/* A copy: the tree that a member comes from is many times as large as what is shown of it. */
static struct str copy_member(const struct json_value *document, struct str name, struct arena *arena) {
    struct str text = json_get_str(document, name);
    return text.ptr == NULL ? text : arena_copy(arena, text);
}

void log_line_read(struct log_line *line, const struct console_line *stored, struct arena *arena) {
    struct str text = stored->line;
    struct arena *scratch;
    struct json_value *document;
    struct err err;

    line->number = stored->number;
    read_plain(line, text);
    if (text.len == 0 || text.ptr[0] != '{')
        return;
    scratch = arena_create();
    if (json_parse(&document, text, JSON_STRICT, scratch, &err) == OK && json_get_str(document, STR("content")).ptr != NULL) {
        line->line = copy_member(document, STR("content"), arena);
        line->level = copy_member(document, STR("level"), arena);
        line->label = copy_member(document, STR("label"), arena);
        line->timestamp = copy_member(document, STR("ts"), arena);
    }
    arena_destroy(scratch);
}

/* A cursor is where the line stands: its number and its stream. */
static struct str write_cursor(const struct console_line *line, struct arena *arena) {
    return arena_printf(arena, "%lld:%.*s", (long long)line->number, STR_ARG(line->stream));
}

static bool read_cursor(struct str cursor, int64_t *number, struct str *stream) {
    struct str digits;
    return str_cut(cursor, ':', &digits, stream) && str_to_i64(digits, number);
}

READING_RESOLVER(lines) {
    const struct run *run = call->parent;
    struct connection *connection = connection_create(run->owner, call->arena);
    int64_t last = gql_arg_int(call, "last", 0), after_number = -1;
    size_t first = (size_t)connection_first(call, PAGE_DEFAULT, PAGE_MAX), count;
    struct str after = gql_arg_str(call, "after"), after_stream = { 0 };
    struct console_line *found;

    if (after.len > 0 && !read_cursor(after, &after_number, &after_stream))
        return err_set(err, ERR_BAD_INPUT, "'%.*s' is not a cursor of this list", STR_ARG(str_slice(after, 0, 100)));
    if (last > 0)
        TRY(console_read_last(tx, run->id, last > PAGE_MAX ? PAGE_MAX : (size_t)last, call->arena, &found, &count, err));
    else
        TRY(console_read(tx, run->id, after_stream, after_number, first + 1, call->arena, &found, &count, err));
    connection->page_info.has_next = last <= 0 && count > first;
    for (size_t i = 0; i < count && (last > 0 || i < first); i++) {
        struct log_line *line = ARENA_NEW(call->arena, struct log_line);
        line->owner = run->owner;
        log_line_read(line, &found[i], call->arena);
        connection_add(connection, line, NULL, write_cursor(&found[i], call->arena), call->arena);
    }
    TRY(console_line_count(tx, run->id, &connection->total_count, err));
    gql_object(call, connection);
    return OK;
}

enum err_code console_type_answer_lines(struct gql_call *call, struct err *err) {
    return lines(call, err);
}

READING_RESOLVER(change) {
    const struct run *run = call->parent;
    int64_t last;
    TRY(console_last_change(tx, run->id, &last, err));
    json_int(call->out, last);
    return OK;
}

enum err_code console_type_answer_change(struct gql_call *call, struct err *err) {
    return change(call, err);
}

struct log_stream {
    struct owner owner;
    struct str name, label;
    int64_t line_count;
};

READING_RESOLVER(streams) {
    const struct run *run = call->parent;
    struct list found = { 0 };
    TRY(console_list_streams(tx, run->id, STREAMS_MAX, call->arena, &found, err));
    gql_list_begin(call);
    for (size_t i = 0; i < found.count; i++) {
        const struct console_stream *stored = found.items[i];
        const struct console_line last = { .line = stored->last_line };
        struct log_line line = { 0 };
        log_line_read(&line, &last, call->arena);
        struct log_stream stream = { run->owner, stored->name, line.label, stored->line_count };
        gql_list_add(call, &stream);
    }
    return OK;
}

enum err_code console_type_answer_streams(struct gql_call *call, struct err *err) {
    return streams(call, err);
}

#define THE_LINE ((const struct log_line *)call->parent)

static enum err_code answer_label(struct gql_call *call, struct err *err) {
    (void)err;
    gql_str(call, THE_LINE->label);
    return OK;
}

static enum err_code answer_level(struct gql_call *call, struct err *err) {
    (void)err;
    gql_str(call, THE_LINE->level);
    return OK;
}

static enum err_code answer_line(struct gql_call *call, struct err *err) {
    (void)err;
    gql_str(call, THE_LINE->line);
    return OK;
}

static enum err_code answer_number(struct gql_call *call, struct err *err) {
    (void)err;
    json_int(call->out, THE_LINE->number);
    return OK;
}

static enum err_code answer_timestamp(struct gql_call *call, struct err *err) {
    (void)err;
    gql_str(call, THE_LINE->timestamp);
    return OK;
}

static const struct gql_field log_line_fields[] = {
    { "label", "", "String", CAN_READ, answer_label, "Which of several writers printed it." },
    { "level", "", "String", CAN_READ, answer_level, "error: it went to standard error." },
    { "line", "", "String", CAN_READ, answer_line, NULL },
    { "number", "", "Int64", CAN_READ, answer_number, NULL },
    { "timestamp", "", "String", CAN_READ, answer_timestamp, "As the client gave it." },
};
const struct gql_type log_line_type = GQL_TYPE("LogLine", log_line_fields);

#define THE_STREAM ((const struct log_stream *)call->parent)

static enum err_code answer_stream_label(struct gql_call *call, struct err *err) {
    (void)err;
    gql_str(call, THE_STREAM->label);
    return OK;
}

static enum err_code answer_stream_line_count(struct gql_call *call, struct err *err) {
    (void)err;
    json_int(call->out, THE_STREAM->line_count);
    return OK;
}

static enum err_code answer_stream_name(struct gql_call *call, struct err *err) {
    (void)err;
    gql_str(call, THE_STREAM->name);
    return OK;
}

static const struct gql_field log_stream_fields[] = {
    { "label", "", "String", CAN_READ, answer_stream_label, "What the writer calls itself." },
    { "lineCount", "", "Int64!", CAN_READ, answer_stream_line_count, "The highest number plus one." },
    { "name", "", "String!", CAN_READ, answer_stream_name, "As it stands in the cursor of a line, behind its number." },
};
const struct gql_type log_stream_type = GQL_TYPE("LogStream", log_stream_fields);
CONNECTION_TYPES(log_line, "LogLine", CAN_READ);
