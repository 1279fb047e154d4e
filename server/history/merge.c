/* merge.c - several sources become one segment, column by column, so that memory holds one column at a time. */
#include "server/history/merge.h"

#include "base/log.h"
#include "server/history/history_state.h"
#include "server/history/overview.h"
#include "server/history/parquet.h"
#include "server/history/rows.h"

#include <math.h>

enum { NO_ROW = UINT32_MAX, TEXT_MAX = 1 << 30, OVERVIEWS_MAX = 1 << 30, DIRECTORY_MAX = 1 << 28, LAST_TEXT_MAX = 256 };

struct merge {
    struct view *view;
    struct arena *arena;   /* the merge's: its result's too */
    struct arena *scratch; /* of one column */
    uint32_t row_count;
    int64_t *steps;
    uint32_t **new_rows; /* for each source and row: its row in the segment, or NO_ROW */
    uint32_t *cursors;   /* for each source: the first column that is not merged yet */
    struct parquet_writer *writer;
    struct segment_directory directory;
    uint32_t column_room;
    struct buf overviews;
};

/* A column that is being put together. */
struct collected {
    struct column column;
    struct buf text;
    bool is_sorted;
};

/* ---- rows ---- */

static enum err_code write_integers(struct merge *merge, struct str name, const int64_t *values, struct segment_column *out,
                                    struct err *err) {
    uint32_t *rows = ARENA_ARRAY(merge->scratch, uint32_t, merge->row_count);
    struct column column = { .path = name, .type = HISTORY_INT, .count = merge->row_count, .rows = rows };

    for (uint32_t i = 0; i < merge->row_count; i++)
        rows[i] = i;
    column.values = ARENA_ARRAY(merge->scratch, union value, merge->row_count);
    memcpy(column.values, values, merge->row_count * sizeof(*values));
    enum err_code code = parquet_write_column(merge->writer, &column, true, out, err);
    arena_reset(merge->scratch);
    return code;
}

/* Writes where rows stand. Lines that just count up are not written: most runs have no others, and a reader that shows
 * every column would show them. */
static enum err_code write_places(struct merge *merge, const struct row_ref *refs, struct merged *out, struct err *err) {
    int64_t *lines = ARENA_ARRAY(merge->arena, int64_t, merge->row_count);
    int64_t *streams = ARENA_ARRAY(merge->arena, int64_t, merge->row_count);
    bool has_streams = false, has_lines = false;

    out->segment.last_line = -1;
    merge->steps = ARENA_ARRAY(merge->arena, int64_t, merge->row_count);
    merge->directory.first_line = refs[0].line;
    for (uint32_t i = 0; i < merge->row_count; i++) {
        merge->steps[i] = refs[i].step;
        lines[i] = refs[i].line;
        streams[i] = refs[i].stream;
        has_streams |= refs[i].stream != 0;
        has_lines |= refs[i].line - i != refs[0].line;
        if (refs[i].line > out->segment.last_line)
            out->segment.last_line = refs[i].line;
    }
    if (has_lines)
        TRY(write_integers(merge, STR("_line"), lines, &merge->directory.lines, err));
    if (has_streams)
        TRY(write_integers(merge, STR("_stream"), streams, &merge->directory.streams, err));
    return write_integers(merge, STR("_step"), merge->steps, &merge->directory.steps, err);
}

static void map_rows(struct merge *merge, const struct row_ref *refs) {
    merge->new_rows = ARENA_ARRAY(merge->arena, uint32_t *, merge->view->source_count);
    for (size_t i = 0; i < merge->view->source_count; i++) {
        uint32_t count = merge->view->sources[i].row_count;
        merge->new_rows[i] = arena_alloc(merge->arena, count * sizeof(uint32_t));
        memset(merge->new_rows[i], 0xff, count * sizeof(uint32_t));
    }
    for (uint32_t i = 0; i < merge->row_count; i++)
        merge->new_rows[refs[i].source][refs[i].row] = i;
}

/* ---- putting a column together ---- */

static void add_value(struct collected *collected, uint32_t row, union value value) {
    struct column *column = &collected->column;

    collected->is_sorted &= column->count == 0 || column->rows[column->count - 1] < row;
    column->rows[column->count] = row;
    column->values[column->count++] = value;
}

static void add_null(struct collected *collected, uint32_t row) {
    struct column *column = &collected->column;

    collected->is_sorted &= column->null_count == 0 || column->null_rows[column->null_count - 1] < row;
    column->null_rows[column->null_count++] = row;
}

static union value add_text(struct collected *collected, struct str text) {
    union value value = { .text = { (uint32_t)collected->text.len, (uint32_t)text.len } };
    buf_append_str(&collected->text, text);
    return value;
}

/* A value of a part's type in the column's type. */
static union value convert(struct collected *collected, const struct column *part, uint32_t at) {
    enum history_type type = collected->column.type;

    if (column_is_text(type) && part->type == type)
        return add_text(collected, column_text(part, at));
    if (type == HISTORY_JSON) {
        union value value = { .text = { (uint32_t)collected->text.len, 0 } };
        column_value_to_json(&collected->text, part, at, JSON_EXTENDED);
        value.text.size = (uint32_t)(collected->text.len - value.text.offset);
        return value;
    }
    if (type == HISTORY_DOUBLE && part->type == HISTORY_INT)
        return (union value){ .number = (double)part->values[at].integer };
    return part->values[at];
}

static void add_part(struct collected *collected, const struct column *part, const uint32_t *new_rows) {
    for (uint32_t i = 0; i < part->count; i++)
        if (new_rows[part->rows[i]] != NO_ROW)
            add_value(collected, new_rows[part->rows[i]], convert(collected, part, i));
    for (uint32_t i = 0; i < part->null_count; i++)
        if (new_rows[part->null_rows[i]] != NO_ROW)
            add_null(collected, new_rows[part->null_rows[i]]);
}

/* Room for all that the parts have. */
static void make_room(struct column *column, const struct column *parts, uint32_t count, struct arena *arena) {
    size_t values = 0, nulls = 0;

    for (uint32_t i = 0; i < count; i++) {
        values += parts[i].count;
        nulls += parts[i].null_count;
    }
    column->rows = arena_alloc(arena, values * sizeof(*column->rows));
    column->values = arena_alloc(arena, values * sizeof(*column->values));
    column->null_rows = arena_alloc(arena, nulls * sizeof(*column->null_rows));
}

struct placed {
    uint32_t row;
    union value value;
};

static int compare_placed(const void *left, const void *right) {
    const struct placed *a = left, *b = right;
    return a->row < b->row ? -1 : a->row > b->row;
}

static int compare_rows(const void *left, const void *right) {
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    return a < b ? -1 : a > b;
}

static void sort_column(struct column *column, struct arena *arena) {
    struct placed *placed = ARENA_ARRAY(arena, struct placed, column->count);

    for (uint32_t i = 0; i < column->count; i++)
        placed[i] = (struct placed){ column->rows[i], column->values[i] };
    qsort(placed, column->count, sizeof(*placed), compare_placed);
    for (uint32_t i = 0; i < column->count; i++) {
        column->rows[i] = placed[i].row;
        column->values[i] = placed[i].value;
    }
    if (column->null_count > 0)
        qsort(column->null_rows, column->null_count, sizeof(*column->null_rows), compare_rows);
}

/* The type that holds all parts; parts without values (nothing but nulls) have no say. */
static enum history_type join_parts(const struct column *parts, uint32_t count) {
    enum history_type type = (enum history_type)0;
    bool all_fit = true;

    for (uint32_t i = 0; i < count; i++) {
        if (parts[i].count == 0)
            continue;
        type = type == (enum history_type)0 ? parts[i].type : column_join_types(type, parts[i].type);
        for (uint32_t k = 0; parts[i].type == HISTORY_INT && k < parts[i].count && all_fit; k++)
            all_fit = int_fits_double(parts[i].values[k].integer);
    }
    if (type == (enum history_type)0)
        return HISTORY_JSON;
    return type == HISTORY_DOUBLE && !all_fit ? HISTORY_JSON : type;
}

/* ---- what the directory says of it ---- */

static void describe_numbers(struct segment_column *out, const struct column *column) {
    double previous = -INFINITY;
    bool has_range = false;

    out->first = column->values[0];
    out->last = column->values[column->count - 1];
    out->is_monotonic = true;
    for (uint32_t i = 0; i < column->count; i++) {
        union value value = column->values[i];
        double number = value_as_double(column->type, value);
        out->is_monotonic &= number >= previous; /* false for NaN */
        previous = number;
        if (!isfinite(number)) {
            out->nonfinite_count++;
            continue;
        }
        if (!has_range || number < value_as_double(column->type, out->min))
            out->min = value;
        if (!has_range || number > value_as_double(column->type, out->max))
            out->max = value;
        has_range = true;
    }
}

static void describe_texts(struct merge *merge, struct segment_column *out, const struct column *column) {
    struct str last = column_text(column, column->count - 1);

    for (uint32_t i = 0; i < column->count; i++)
        out->text_bytes += column->values[i].text.size;
    if (last.len <= LAST_TEXT_MAX)
        out->last_text = arena_copy(merge->arena, last);
}

static enum err_code write_column(struct merge *merge, const struct column *column, struct err *err) {
    struct segment_directory *directory = &merge->directory;
    struct segment_column written = { 0 };

    TRY(parquet_write_column(merge->writer, column, false, &written, err));
    written.overview_offset = merge->overviews.len;
    overview_write(&merge->overviews, column, merge->steps, merge->row_count, merge->scratch);
    written.overview_size = (uint32_t)(merge->overviews.len - written.overview_offset);
    if (column->count > 0) {
        written.last_step = merge->steps[column->rows[column->count - 1]];
        if (column_is_numeric(column->type))
            describe_numbers(&written, column);
        else
            describe_texts(merge, &written, column);
    }
    written.path = arena_copy(merge->arena, column->path);
    if (directory->column_count == merge->column_room) {
        uint32_t room = merge->column_room == 0 ? 32 : merge->column_room * 2;
        directory->columns = arena_grow(merge->arena, directory->columns, merge->column_room, room, sizeof(written));
        merge->column_room = room;
    }
    directory->columns[directory->column_count++] = written;
    return buf_check(&merge->overviews, "the overviews of a segment", err);
}

/* ---- all columns ---- */

/* The least path that is not merged yet; false when there is none. */
static bool next_path(const struct merge *merge, struct str *path) {
    bool found = false;

    for (uint32_t i = 0; i < merge->view->source_count; i++) {
        const struct source *source = &merge->view->sources[i];
        if (merge->cursors[i] == source_column_count(source))
            continue;
        struct str candidate = source_path(source, merge->cursors[i]);
        if (!found || str_compare(candidate, *path) < 0)
            *path = candidate;
        found = true;
    }
    return found;
}

static enum err_code read_parts(struct merge *merge, struct str path, struct column *parts, uint32_t *owners, uint32_t *count,
                                struct err *err) {
    *count = 0;
    for (uint32_t i = 0; i < merge->view->source_count; i++) {
        struct source *source = &merge->view->sources[i];
        if (merge->cursors[i] == source_column_count(source) || !str_eq(source_path(source, merge->cursors[i]), path))
            continue;
        TRY(source_read(source, merge->cursors[i], 0, source->row_count, &parts[*count], merge->scratch, err));
        owners[(*count)++] = i;
        merge->cursors[i]++;
    }
    return OK;
}

static enum err_code merge_column(struct merge *merge, struct str path, struct err *err) {
    struct column *parts = ARENA_ARRAY(merge->scratch, struct column, merge->view->source_count);
    uint32_t *owners = ARENA_ARRAY(merge->scratch, uint32_t, merge->view->source_count), count;
    struct collected collected = { .text = BUF_INIT(TEXT_MAX), .is_sorted = true };

    TRY(read_parts(merge, path, parts, owners, &count, err));
    collected.column = (struct column){ .path = path, .type = join_parts(parts, count) };
    make_room(&collected.column, parts, count, merge->scratch);
    for (uint32_t i = 0; i < count; i++)
        add_part(&collected, &parts[i], merge->new_rows[owners[i]]);
    collected.column.text = collected.text.ptr != NULL ? collected.text.ptr : "";
    if (!collected.is_sorted)
        sort_column(&collected.column, merge->scratch);
    enum err_code code = buf_check(&collected.text, "the texts of a segment's column", err);
    if (code == OK && collected.column.count + collected.column.null_count > 0)
        code = write_column(merge, &collected.column, err);
    buf_finish(&collected.text);
    arena_reset(merge->scratch);
    return code;
}

static enum err_code merge_columns(struct merge *merge, struct err *err) {
    struct str path;

    merge->cursors = ARENA_ARRAY(merge->arena, uint32_t, merge->view->source_count);
    while (next_path(merge, &path)) {
        if (merge->directory.column_count == SEGMENT_COLUMNS_MAX)
            return err_set(err, ERR_TOO_LARGE, "a segment may have at most %d keys", SEGMENT_COLUMNS_MAX);
        TRY(merge_column(merge, path, err));
    }
    return OK;
}

static enum err_code finish_directory(struct merge *merge, struct merged *out, struct err *err) {
    struct segment_directory *directory = &merge->directory;
    struct buf encoded = BUF_INIT(DIRECTORY_MAX);
    uint64_t offset;

    TRY(parquet_write_bytes(merge->writer, buf_str(&merge->overviews), &offset, err));
    for (uint32_t i = 0; i < directory->column_count; i++)
        directory->columns[i].overview_offset += offset;
    directory->row_count = merge->row_count;
    directory->page_count = directory_page_count(merge->row_count);
    directory->last_step = merge->steps[merge->row_count - 1];
    directory->page_steps = ARENA_ARRAY(merge->arena, int64_t, directory->page_count);
    for (uint32_t i = 0; i < directory->page_count; i++)
        directory->page_steps[i] = merge->steps[directory_page_first(i)];
    directory_encode(&encoded, directory);
    enum err_code code = buf_check(&encoded, "a segment's directory", err);
    if (code == OK)
        out->directory = arena_copy(merge->arena, buf_str(&encoded));
    buf_finish(&encoded);
    return code;
}

static enum err_code write_segment(struct merge *merge, const struct row_ref *refs, struct segment_file *file,
                                   struct merged *out, struct err *err) {
    merge->writer = parquet_writer_create(file, merge->row_count, merge->arena);
    map_rows(merge, refs);
    TRY(write_places(merge, refs, out, err));
    TRY(merge_columns(merge, err));
    TRY(finish_directory(merge, out, err));
    TRY(parquet_finish(merge->writer, merge->directory.first_line, err));
    TRY(segment_file_publish(file, err));
    out->segment.row_count = merge->row_count;
    out->segment.size_bytes = (int64_t)segment_file_size(file);
    out->segment.first_step = merge->steps[0];
    out->segment.last_step = merge->steps[merge->row_count - 1];
    out->segment.name = arena_copy(merge->arena, segment_file_name(file));
    return OK;
}

enum err_code merge_sources(struct merged *out, struct view *view, struct arena *arena, struct err *err) {
    struct merge merge = { .view = view, .arena = arena, .scratch = arena_create(), .overviews = BUF_INIT(OVERVIEWS_MAX) };
    struct segment_file *file = NULL;
    struct row_ref *refs;
    size_t count = 0;

    *out = (struct merged){ 0 };
    enum err_code code = rows_find(view, INT64_MIN, INT64_MAX, &refs, &count, err);
    if (code == OK && count > SEGMENT_ROWS_MAX)
        code = err_set(err, ERR_TOO_LARGE, "a segment may have at most %d rows, got %zu", SEGMENT_ROWS_MAX, count);
    if (code == OK && count > 0)
        code = segment_file_create(&file, view->history->files, view->id.run, err);
    if (code == OK && count > 0) {
        merge.row_count = (uint32_t)count;
        code = write_segment(&merge, refs, file, out, err);
    }
    segment_file_destroy(file);
    parquet_writer_destroy(merge.writer);
    buf_finish(&merge.overviews);
    arena_destroy(merge.scratch);
    return code;
}
