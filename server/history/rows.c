/* rows.c - rows as JSON text. */
#include "server/history/rows.h"

#include "server/history/history_state.h"

/* More rows than the second could not be answered within the first, and finding them takes 40 bytes each. */
enum { ANSWER_MAX = 512 << 20, ROWS_MAX = 1 << 24 };

int row_ref_compare(const void *left, const void *right) {
    const struct row_ref *a = left, *b = right;
    if (a->step != b->step)
        return a->step < b->step ? -1 : 1;
    if (a->line != b->line)
        return a->line < b->line ? -1 : 1;
    return a->stream < b->stream ? -1 : a->stream > b->stream;
}

/* What a source has between the steps. */
struct span {
    uint32_t first, end;
};

static size_t add_rows(const struct source *source, uint32_t at, const struct row_places *places, struct span span,
                       struct row_ref *out) {
    size_t count = 0;

    for (uint32_t i = 0; i < span.end - span.first; i++) {
        int64_t stream = places->streams != NULL ? places->streams[i] : source->stream;
        if (source->mask_count == 0 || !source_is_masked(source, stream, places->lines[i]))
            out[count++] = (struct row_ref){ places->steps[i], places->lines[i], stream, at, span.first + i };
    }
    return count;
}

/* Where each source's rows begin and end. They are counted before there is room for them: a list that grows would take
 * three times the memory of a compaction. */
static enum err_code find_spans(struct view *view, int64_t first_step, int64_t last_step, struct span *spans, size_t *total,
                                struct err *err) {
    *total = 0;
    for (uint32_t i = 0; i < view->source_count; i++) {
        TRY(source_find_rows(&view->sources[i], first_step, last_step, &spans[i].first, &spans[i].end, view->arena, err));
        *total += spans[i].end - spans[i].first;
        if (*total > ROWS_MAX)
            return err_set(err, ERR_TOO_LARGE, "this asks for more than %d rows; ask for fewer steps at a time", ROWS_MAX);
    }
    return OK;
}

enum err_code rows_find(struct view *view, int64_t first_step, int64_t last_step, struct row_ref **out, size_t *count,
                        struct err *err) {
    struct span *spans = ARENA_ARRAY(view->arena, struct span, view->source_count);
    bool is_sorted = true;
    size_t total, used = 0;

    TRY(find_spans(view, first_step, last_step, spans, &total, err));
    struct row_ref *refs = arena_alloc(view->arena, total * sizeof(*refs));
    for (uint32_t i = 0; i < view->source_count; i++) {
        struct row_places places;
        if (spans[i].first == spans[i].end)
            continue;
        TRY(source_read_places(&view->sources[i], spans[i].first, spans[i].end, &places, view->arena, err));
        used += add_rows(&view->sources[i], i, &places, spans[i], refs + used);
    }
    for (size_t i = 1; i < used && is_sorted; i++)
        is_sorted = row_ref_compare(&refs[i - 1], &refs[i]) <= 0;
    if (!is_sorted)
        qsort(refs, used, sizeof(*refs), row_ref_compare);
    *out = refs;
    *count = used;
    return OK;
}

/* ---- writing ---- */

struct cursor {
    struct column column;
    uint32_t at, null_at;
};

struct source_columns {
    struct cursor *cursors;
    uint32_t count;
};

struct row_writer {
    struct json_writer json;
    struct buf text;
    struct str previous; /* the path that was written last in this row: its objects are open */
    enum json_flags flags;
};

static size_t count_separators(struct str path) {
    size_t count = 0;
    for (size_t i = 0; i < path.len; i++)
        count += path.ptr[i] == PATH_SEPARATOR;
    return count;
}

/* The length of the objects that both paths stand in, with their last separator. */
static size_t shared_objects(struct str a, struct str b) {
    size_t shared = 0;
    for (size_t i = 0; i < a.len && i < b.len && a.ptr[i] == b.ptr[i]; i++)
        if (a.ptr[i] == PATH_SEPARATOR)
            shared = i + 1;
    return shared;
}

/* Closes and opens objects until a member of this path can be written, and writes its key. */
static void go_to(struct row_writer *writer, struct str path) {
    size_t shared = shared_objects(writer->previous, path);
    struct str rest = str_from(path, shared), name;

    for (size_t i = count_separators(str_from(writer->previous, shared)); i > 0; i--)
        json_object_end(&writer->json);
    while (str_cut(rest, PATH_SEPARATOR, &name, &rest)) {
        json_key(&writer->json, name);
        json_object_begin(&writer->json);
    }
    json_key(&writer->json, name);
    writer->previous = path;
}

static void write_row(struct row_writer *writer, const struct row_ref *ref, struct source_columns *columns, bool has_step) {
    struct buf *out = writer->json.out;

    writer->previous = STR_EMPTY;
    json_object_begin(&writer->json);
    if (has_step) {
        json_key(&writer->json, STR("_step"));
        json_int(&writer->json, ref->step);
    }
    for (uint32_t i = 0; i < columns->count; i++) {
        struct cursor *cursor = &columns->cursors[i];
        const struct column *column = &cursor->column;
        if (cursor->at < column->count && column->rows[cursor->at] == ref->row) {
            go_to(writer, column->path);
            buf_reset(&writer->text);
            column_value_to_json(&writer->text, column, cursor->at++, writer->flags);
            json_raw(&writer->json, buf_str(&writer->text));
        } else if (cursor->null_at < column->null_count && column->null_rows[cursor->null_at] == ref->row) {
            cursor->null_at++;
            go_to(writer, column->path);
            json_null(&writer->json);
        }
    }
    for (size_t i = count_separators(writer->previous); i > 0; i--)
        json_object_end(&writer->json);
    json_object_end(&writer->json);
    out->failed |= writer->text.failed;
}

/* Reads the columns of one source, for the rows that are wanted of it. */
static enum err_code open_columns(struct view *view, uint32_t at, const struct row_ref *refs, size_t count,
                                  struct source_columns *out, struct err *err) {
    struct source *source = &view->sources[at];
    uint32_t *rows = ARENA_ARRAY(view->arena, uint32_t, count), row_count = 0;

    for (size_t i = 0; i < count; i++)
        if (refs[i].source == at)
            rows[row_count++] = refs[i].row;
    if (row_count == 0)
        return OK;
    out->count = source_column_count(source);
    out->cursors = ARENA_ARRAY(view->arena, struct cursor, out->count);
    for (uint32_t i = 0; i < out->count; i++)
        TRY(source_pick(source, i, rows, row_count, true, &out->cursors[i].column, view->arena, err));
    return OK;
}

enum err_code rows_to_json(struct view *view, const struct row_ref *refs, size_t count, enum json_flags flags,
                           struct history_rows *out, struct err *err) {
    struct source_columns *columns = ARENA_ARRAY(view->arena, struct source_columns, view->source_count);
    struct buf text = BUF_INIT(ANSWER_MAX);
    struct row_writer writer = { .text = BUF_INIT(2 * HISTORY_LINE_BYTES_MAX), .flags = flags };
    enum err_code code = OK;

    out->json = ARENA_ARRAY(view->arena, struct str, count);
    out->count = count;
    for (uint32_t i = 0; i < view->source_count && code == OK; i++)
        code = open_columns(view, i, refs, count, &columns[i], err);
    for (size_t i = 0; i < count && code == OK; i++) {
        size_t begin = text.len;
        json_writer_init(&writer.json, &text, flags);
        write_row(&writer, &refs[i], &columns[refs[i].source], view->id.kind == HISTORY_ROWS);
        out->json[i].len = text.len - begin;
    }
    if (code == OK)
        code = buf_check(&text, "the answer", err);
    if (code == OK) {
        const char *at = arena_copy(view->arena, buf_str(&text)).ptr;
        for (size_t i = 0; i < count; at += out->json[i++].len)
            out->json[i].ptr = at;
    }
    buf_finish(&text);
    buf_finish(&writer.text);
    return code;
}

/* ---- what readers ask for ---- */

static enum err_code read_rows(struct view *view, int64_t first_step, int64_t last_step, size_t limit, enum json_flags flags,
                               struct history_rows *out, struct err *err) {
    struct row_ref *refs;
    size_t count;

    TRY(rows_find(view, first_step, last_step, &refs, &count, err));
    if (limit > 0 && count > limit)
        count = limit;
    return rows_to_json(view, refs, count, flags, out, err);
}

enum err_code history_read_rows(struct history *history, int64_t run, enum history_kind kind, int64_t first_step,
                                int64_t last_step, size_t limit, enum json_flags flags, struct history_rows *out,
                                struct arena *arena, struct err *err) {
    struct view view;

    TRY(view_open(&view, history, (struct history_id){ run, kind }, first_step, last_step, arena, err));
    enum err_code code = read_rows(&view, first_step, last_step, limit, flags, out, err);
    view_finish(&view);
    return code;
}

/* Of the source with the highest line, the row that has it; of equal ones the newest source counts. */
static enum err_code find_last_line(struct view *view, struct row_ref *last, bool *found, struct err *err) {
    int64_t highest = -1;

    for (uint32_t i = 0; i < view->source_count; i++)
        highest = view->sources[i].last_line > highest ? view->sources[i].last_line : highest;
    *found = false;
    for (uint32_t i = (uint32_t)view->source_count; i > 0; i--) {
        struct source *source = &view->sources[i - 1];
        struct row_places places;
        uint32_t first, end;
        if (*found && source->last_line <= last->line)
            continue;
        TRY(source_find_rows(source, INT64_MIN, INT64_MAX, &first, &end, view->arena, err));
        TRY(source_read_places(source, first, end, &places, view->arena, err));
        for (uint32_t row = first; row < end; row++) {
            int64_t line = places.lines[row - first];
            int64_t stream = places.streams != NULL ? places.streams[row - first] : source->stream;
            if ((*found && line <= last->line) || source_is_masked(source, stream, line))
                continue;
            *last = (struct row_ref){ places.steps[row - first], line, stream, i - 1, row };
            *found = true;
        }
        if (*found && last->line == highest)
            break;
    }
    return OK;
}

static enum err_code last_row(struct view *view, struct str *out, struct err *err) {
    struct history_rows rows;
    struct row_ref last;
    bool found;

    TRY(find_last_line(view, &last, &found, err));
    if (!found)
        return OK;
    TRY(rows_to_json(view, &last, 1, JSON_EXTENDED, &rows, err));
    *out = rows.json[0];
    return OK;
}

enum err_code history_last_row(struct history *history, int64_t run, enum history_kind kind, struct str *out,
                               struct arena *arena, struct err *err) {
    struct view view;

    *out = (struct str){ NULL, 0 };
    TRY(view_open(&view, history, (struct history_id){ run, kind }, INT64_MIN, INT64_MAX, arena, err));
    enum err_code code = last_row(&view, out, err);
    view_finish(&view);
    return code;
}
