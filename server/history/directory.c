/* directory.c - the encoded form of a segment's directory, version 1. */
#include "server/history/directory.h"

#include "server/history/bytes.h"

enum { HAS_LINES = 1, HAS_STREAMS = 2 };
enum { DIRECTORY_VERSION = 1, COLUMN_IS_MONOTONIC = 1, COLUMN_HAS_TEXT = 2, COLUMN_BYTES_MIN = 8 };

static void put_value(struct buf *out, union value value) {
    uint64_t word;
    memcpy(&word, &value, 8);
    buf_append_u64(out, word);
}

static union value take_value(struct byte_reader *in) {
    uint64_t word = bytes_u64(in);
    union value value;
    memcpy(&value, &word, 8);
    return value;
}

static void put_column(struct buf *out, const struct segment_column *column, uint32_t page_count) {
    buf_append_sized(out, column->path);
    buf_append_char(out, (char)column->type);
    buf_append_char(out, (char)((column->is_monotonic ? COLUMN_IS_MONOTONIC : 0) |
                                (column->last_text.ptr != NULL ? COLUMN_HAS_TEXT : 0)));
    buf_append_varint(out, column->count);
    buf_append_varint(out, column->null_count);
    buf_append_varint(out, column->nonfinite_count);
    buf_append_zigzag(out, column->last_step);
    buf_append_varint(out, column->text_bytes);
    if (column_is_numeric(column->type)) {
        put_value(out, column->min);
        put_value(out, column->max);
        put_value(out, column->first);
        put_value(out, column->last);
    } else if (column->last_text.ptr != NULL) {
        buf_append_sized(out, column->last_text);
    }
    buf_append_varint(out, column->overview_offset);
    buf_append_varint(out, column->overview_size);
    buf_append_varint(out, page_count > 0 ? column->pages[0].offset : 0);
    for (uint32_t i = 0; i < page_count; i++) {
        buf_append_varint(out, column->pages[i].size_bytes);
        buf_append_varint(out, column->pages[i].count);
    }
}

void directory_encode(struct buf *out, const struct segment_directory *directory) {
    buf_append_char(out, DIRECTORY_VERSION);
    buf_append_varint(out, directory->row_count);
    buf_append_varint(out, directory->column_count);
    buf_append_char(out, (char)((directory->lines.count > 0 ? HAS_LINES : 0) | (directory->streams.count > 0 ? HAS_STREAMS : 0)));
    buf_append_zigzag(out, directory->last_step);
    buf_append_zigzag(out, directory->first_line);
    for (uint32_t i = 0; i < directory->page_count; i++)
        buf_append_zigzag(out, directory->page_steps[i]);
    put_column(out, &directory->steps, directory->page_count);
    if (directory->lines.count > 0)
        put_column(out, &directory->lines, directory->page_count);
    if (directory->streams.count > 0)
        put_column(out, &directory->streams, directory->page_count);
    for (uint32_t i = 0; i < directory->column_count; i++)
        put_column(out, &directory->columns[i], directory->page_count);
}

static bool take_pages(struct byte_reader *in, struct segment_column *column, uint32_t page_count, struct arena *arena) {
    uint64_t offset = bytes_varint(in), values = 0;

    if (page_count > bytes_left(in) / 2 || offset > INT64_MAX)
        return false;
    column->pages = ARENA_ARRAY(arena, struct segment_page, page_count);
    for (uint32_t i = 0; i < page_count; i++) {
        column->pages[i].offset = offset;
        column->pages[i].size_bytes = bytes_count(in, INT32_MAX);
        column->pages[i].count = bytes_count(in, SEGMENT_PAGE_ROWS);
        offset += column->pages[i].size_bytes;
        values += column->pages[i].count;
    }
    return !in->failed && values == column->count;
}

static bool take_column(struct byte_reader *in, struct segment_column *column, const struct segment_directory *directory,
                        struct arena *arena) {
    *column = (struct segment_column){ 0 };
    column->path = arena_copy(arena, bytes_take(in, bytes_count(in, HISTORY_KEY_BYTES_MAX)));
    column->type = (enum history_type)bytes_u8(in);
    uint8_t flags = bytes_u8(in);
    column->is_monotonic = (flags & COLUMN_IS_MONOTONIC) != 0;
    column->count = bytes_count(in, directory->row_count);
    column->null_count = bytes_count(in, directory->row_count);
    column->nonfinite_count = bytes_count(in, directory->row_count);
    column->last_step = bytes_zigzag(in);
    column->text_bytes = bytes_varint(in);
    if (column->type < HISTORY_INT || column->type > HISTORY_JSON)
        return false;
    if (column_is_numeric(column->type)) {
        column->min = take_value(in);
        column->max = take_value(in);
        column->first = take_value(in);
        column->last = take_value(in);
    } else if ((flags & COLUMN_HAS_TEXT) != 0) {
        column->last_text = arena_copy(arena, bytes_take(in, bytes_varint(in)));
    }
    column->overview_offset = bytes_varint(in);
    column->overview_size = bytes_count(in, INT32_MAX);
    return !in->failed && take_pages(in, column, directory->page_count, arena);
}

enum err_code directory_decode(struct segment_directory *out, struct str encoded, struct arena *arena, struct err *err) {
    struct byte_reader in = bytes_from(encoded);
    struct segment_directory directory = { 0 };
    bool is_good = bytes_u8(&in) == DIRECTORY_VERSION;

    directory.row_count = bytes_count(&in, SEGMENT_ROWS_MAX);
    directory.column_count = bytes_count(&in, SEGMENT_COLUMNS_MAX);
    directory.page_count = directory_page_count(directory.row_count);
    uint8_t flags = bytes_u8(&in);
    directory.last_step = bytes_zigzag(&in);
    directory.first_line = bytes_zigzag(&in);
    if (!is_good || in.failed || directory.page_count > bytes_left(&in) || directory.column_count > bytes_left(&in) / COLUMN_BYTES_MIN)
        return err_set(err, ERR_CORRUPT, "a segment's directory is damaged");
    directory.page_steps = ARENA_ARRAY(arena, int64_t, directory.page_count);
    for (uint32_t i = 0; i < directory.page_count; i++)
        directory.page_steps[i] = bytes_zigzag(&in);
    directory.columns = ARENA_ARRAY(arena, struct segment_column, directory.column_count);
    is_good = take_column(&in, &directory.steps, &directory, arena);
    if (is_good && (flags & HAS_LINES) != 0)
        is_good = take_column(&in, &directory.lines, &directory, arena);
    if (is_good && (flags & HAS_STREAMS) != 0)
        is_good = take_column(&in, &directory.streams, &directory, arena);
    for (uint32_t i = 0; i < directory.column_count && is_good; i++)
        is_good = take_column(&in, &directory.columns[i], &directory, arena);
    if (!is_good || in.failed || bytes_left(&in) > 0)
        return err_set(err, ERR_CORRUPT, "a segment's directory is damaged");
    *out = directory;
    return OK;
}
