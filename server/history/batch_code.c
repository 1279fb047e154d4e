/* batch_code.c - the encoded form of a batch, version 1: what one row of the tail holds. */
#include "server/history/batch.h"

#include "server/history/encoding.h"
#include "server/history/inflate.h"

#include <zstd.h>

enum {
    BATCH_VERSION = 1,
    COLUMN_IS_DENSE = 1,      /* every row has a value: no list of rows */
    COLUMN_IS_COMPRESSED = 2, /* with zstd */
    COLUMN_FLAGS = 3,
    COLUMN_HEADER_MIN = 5,
    COMPRESS_FROM = 128, /* bytes; below, a zstd frame's own header eats the gain */
    RAW_MAX = 128 << 20,
    ZSTD_LEVEL = 1,
};

struct batch_chunk {
    uint8_t flags;
    uint32_t raw_size;
    struct str stored;
};

/* ---- writing ---- */

static void encode_rows(struct buf *out, const uint32_t *rows, uint32_t count, int64_t *scratch) {
    for (uint32_t i = 0; i < count; i++)
        scratch[i] = rows[i];
    encode_deltas(out, scratch, count);
}

static void encode_texts(struct buf *out, const struct column *column, int64_t *scratch) {
    for (uint32_t i = 0; i < column->count; i++)
        scratch[i] = column->values[i].text.size;
    encode_deltas(out, scratch, column->count);
    for (uint32_t i = 0; i < column->count; i++)
        buf_append_str(out, column_text(column, i));
}

static void encode_values(struct buf *out, const struct column *column, int64_t *scratch) {
    switch (column->type) {
    case HISTORY_INT:
        for (uint32_t i = 0; i < column->count; i++)
            scratch[i] = column->values[i].integer;
        encode_deltas(out, scratch, column->count);
        break;
    case HISTORY_DOUBLE: {
        char *split = buf_reserve(out, (size_t)column->count * 8);
        if (split == NULL)
            return;
        memcpy(scratch, column->values, (size_t)column->count * 8);
        encode_split(split, (const uint64_t *)scratch, column->count);
        buf_commit(out, (size_t)column->count * 8);
        break;
    }
    case HISTORY_BOOL: {
        bool *bits = (bool *)scratch;
        for (uint32_t i = 0; i < column->count; i++)
            bits[i] = column->values[i].integer != 0;
        encode_bits(out, bits, column->count);
        break;
    }
    case HISTORY_STRING:
    case HISTORY_JSON:
        encode_texts(out, column, scratch);
        break;
    }
}

struct column_encoder {
    struct buf raw, packed, data; /* data: all columns' stored bytes */
    ZSTD_CCtx *zstd;
    int64_t *scratch;
    uint32_t row_count;
};

/* True when packed holds a smaller form of raw. */
static bool compress_raw(struct column_encoder *encoder) {
    size_t bound = ZSTD_compressBound(encoder->raw.len);

    if (encoder->raw.len < COMPRESS_FROM)
        return false;
    if (encoder->zstd == NULL)
        encoder->zstd = ZSTD_createCCtx();
    buf_reset(&encoder->packed);
    char *out = buf_reserve(&encoder->packed, bound);
    if (encoder->zstd == NULL || out == NULL)
        return false;
    size_t size = ZSTD_compressCCtx(encoder->zstd, out, bound, encoder->raw.ptr, encoder->raw.len, ZSTD_LEVEL);
    if (ZSTD_isError(size) || size >= encoder->raw.len)
        return false;
    buf_commit(&encoder->packed, size);
    return true;
}

static void encode_column(struct buf *out, struct column_encoder *encoder, const struct column *column) {
    bool is_dense = column->count == encoder->row_count;

    buf_reset(&encoder->raw);
    if (!is_dense)
        encode_rows(&encoder->raw, column->rows, column->count, encoder->scratch);
    if (column->null_count > 0)
        encode_rows(&encoder->raw, column->null_rows, column->null_count, encoder->scratch);
    encode_values(&encoder->raw, column, encoder->scratch);

    bool is_compressed = compress_raw(encoder);
    const struct buf *stored = is_compressed ? &encoder->packed : &encoder->raw;
    buf_append_sized(out, column->path);
    buf_append_char(out, (char)column->type);
    buf_append_char(out, (char)((is_dense ? COLUMN_IS_DENSE : 0) | (is_compressed ? COLUMN_IS_COMPRESSED : 0)));
    buf_append_varint(out, column->count);
    buf_append_varint(out, column->null_count);
    buf_append_varint(out, encoder->raw.len);
    buf_append_varint(out, stored->len);
    buf_append_str(&encoder->data, buf_str(stored));
    encoder->data.failed |= encoder->raw.failed;
}

enum err_code batch_encode(struct buf *out, const struct batch_rows *rows, struct err *err) {
    struct arena *arena = arena_create();
    struct column_encoder encoder = {
        .raw = BUF_INIT(RAW_MAX),
        .packed = BUF_INIT(2 * (size_t)RAW_MAX),
        .data = BUF_INIT(out->max),
        .scratch = ARENA_ARRAY(arena, int64_t, rows->row_count),
        .row_count = rows->row_count,
    };

    buf_append_char(out, BATCH_VERSION);
    buf_append_varint(out, rows->row_count);
    buf_append_varint(out, rows->column_count);
    encode_deltas(out, rows->steps, rows->row_count);
    encode_deltas(out, rows->lines, rows->row_count);
    for (uint32_t i = 0; i < rows->column_count; i++)
        encode_column(out, &encoder, &rows->columns[i]);
    buf_append_str(out, buf_str(&encoder.data));
    out->failed |= encoder.data.failed;

    ZSTD_freeCCtx(encoder.zstd);
    buf_finish(&encoder.raw);
    buf_finish(&encoder.packed);
    buf_finish(&encoder.data);
    arena_destroy(arena);
    return buf_check(out, "a batch", err);
}

/* ---- reading ---- */

static enum err_code malformed(struct err *err, const char *what) {
    return err_set(err, ERR_CORRUPT, "a batch of the tail is malformed: %s", what);
}

static bool decode_header(struct byte_reader *in, struct column *column, struct batch_chunk *chunk,
                          uint64_t *stored_size, uint32_t row_count) {
    column->path = bytes_take(in, bytes_count(in, HISTORY_KEY_BYTES_MAX));
    column->type = (enum history_type)bytes_u8(in);
    chunk->flags = bytes_u8(in);
    column->count = bytes_count(in, row_count);
    column->null_count = bytes_count(in, row_count);
    chunk->raw_size = bytes_count(in, RAW_MAX);
    *stored_size = bytes_varint(in);
    bool is_dense = (chunk->flags & COLUMN_IS_DENSE) != 0, is_compressed = (chunk->flags & COLUMN_IS_COMPRESSED) != 0;
    return !in->failed && column->type >= HISTORY_INT && column->type <= HISTORY_JSON &&
           (chunk->flags & ~COLUMN_FLAGS) == 0 && is_dense == (column->count == row_count) &&
           (is_compressed || chunk->raw_size == *stored_size);
}

enum err_code batch_decode(struct batch_rows *out, struct str encoded, struct arena *arena, struct err *err) {
    struct byte_reader in = bytes_from(encoded);
    struct batch_rows rows = { .arena = arena };

    uint8_t version = bytes_u8(&in);
    if (version != BATCH_VERSION)
        return err_set(err, ERR_CORRUPT, "a batch of the tail has version %d, this program knows %d", version,
                       BATCH_VERSION);
    rows.row_count = bytes_count(&in, HISTORY_BATCH_ROWS_MAX);
    rows.column_count = bytes_count(&in, BATCH_COLUMNS_MAX);
    if (in.failed || rows.column_count > bytes_left(&in) / COLUMN_HEADER_MIN)
        return malformed(err, "its counts do not fit");
    rows.steps = ARENA_ARRAY(arena, int64_t, rows.row_count);
    rows.lines = ARENA_ARRAY(arena, int64_t, rows.row_count);
    if (!decode_deltas(&in, rows.steps, rows.row_count) || !decode_deltas(&in, rows.lines, rows.row_count))
        return malformed(err, "steps and lines");

    rows.columns = ARENA_ARRAY(arena, struct column, rows.column_count);
    struct batch_chunk *chunks = ARENA_ARRAY(arena, struct batch_chunk, rows.column_count);
    uint64_t *sizes = ARENA_ARRAY(arena, uint64_t, rows.column_count);
    for (uint32_t i = 0; i < rows.column_count; i++) {
        if (!decode_header(&in, &rows.columns[i], &chunks[i], &sizes[i], rows.row_count))
            return malformed(err, "a column's header");
        if (i > 0 && str_compare(rows.columns[i - 1].path, rows.columns[i].path) >= 0)
            return malformed(err, "its columns are not in order");
    }
    for (uint32_t i = 0; i < rows.column_count; i++)
        chunks[i].stored = bytes_take(&in, sizes[i]);
    if (in.failed || bytes_left(&in) > 0)
        return malformed(err, "its size");
    rows.chunks = chunks;
    *out = rows;
    return OK;
}

static bool decode_rows(struct byte_reader *in, uint32_t **out, uint32_t count, uint32_t row_count,
                        struct arena *arena) {
    uint32_t *rows = ARENA_ARRAY(arena, uint32_t, count);
    int64_t *wide = ARENA_ARRAY(arena, int64_t, count);

    if (!decode_deltas(in, wide, count))
        return false;
    for (uint32_t i = 0; i < count; i++) {
        if (wide[i] < 0 || wide[i] >= row_count || (i > 0 && wide[i] <= wide[i - 1]))
            return false;
        rows[i] = (uint32_t)wide[i];
    }
    *out = rows;
    return true;
}

static bool decode_texts(struct byte_reader *in, struct column *column, struct arena *arena) {
    int64_t *sizes = ARENA_ARRAY(arena, int64_t, column->count);
    uint64_t offset = 0;

    if (!decode_deltas(in, sizes, column->count))
        return false;
    for (uint32_t i = 0; i < column->count; i++) {
        if (sizes[i] < 0 || (uint64_t)sizes[i] > bytes_left(in) - offset)
            return false;
        column->values[i].text.offset = (uint32_t)offset;
        column->values[i].text.size = (uint32_t)sizes[i];
        offset += (uint64_t)sizes[i];
    }
    column->text = bytes_take(in, offset).ptr;
    return true;
}

static bool decode_values(struct byte_reader *in, struct column *column, struct arena *arena) {
    switch (column->type) {
    case HISTORY_INT: {
        int64_t *integers = ARENA_ARRAY(arena, int64_t, column->count);
        if (!decode_deltas(in, integers, column->count))
            return false;
        for (uint32_t i = 0; i < column->count; i++)
            column->values[i].integer = integers[i];
        return true;
    }
    case HISTORY_DOUBLE: {
        uint64_t *bits = ARENA_ARRAY(arena, uint64_t, column->count);
        if (!decode_split(bytes_take(in, (uint64_t)column->count * 8), bits, column->count))
            return false;
        memcpy(column->values, bits, (size_t)column->count * 8);
        return true;
    }
    case HISTORY_BOOL: {
        bool *bits = ARENA_ARRAY(arena, bool, column->count);
        if (!decode_bits(bytes_take(in, (column->count + 7) / 8), bits, column->count))
            return false;
        for (uint32_t i = 0; i < column->count; i++)
            column->values[i].integer = bits[i];
        return true;
    }
    case HISTORY_STRING:
    case HISTORY_JSON:
        return decode_texts(in, column, arena);
    }
    return false;
}

static uint32_t *all_rows(uint32_t count, struct arena *arena) {
    uint32_t *rows = ARENA_ARRAY(arena, uint32_t, count);
    for (uint32_t i = 0; i < count; i++)
        rows[i] = i;
    return rows;
}

enum err_code batch_load_column(struct batch_rows *rows, uint32_t at, struct err *err) {
    struct column *column = &rows->columns[at];
    const struct batch_chunk *chunk = &rows->chunks[at];
    struct str raw = chunk->stored;

    if (column->values != NULL)
        return OK;
    if ((chunk->flags & COLUMN_IS_COMPRESSED) != 0) {
        if (!inflate_exactly(&raw, chunk->stored, chunk->raw_size, rows->arena))
            return malformed(err, "a column does not inflate");
    }
    struct byte_reader in = bytes_from(raw);
    if (column->count == rows->row_count)
        column->rows = all_rows(column->count, rows->arena);
    else if (!decode_rows(&in, &column->rows, column->count, rows->row_count, rows->arena))
        return malformed(err, "a column's rows");
    if (column->null_count > 0 && !decode_rows(&in, &column->null_rows, column->null_count, rows->row_count, rows->arena))
        return malformed(err, "a column's nulls");
    union value *values = ARENA_ARRAY(rows->arena, union value, column->count);
    column->values = values;
    if (!decode_values(&in, column, rows->arena) || in.failed || bytes_left(&in) > 0) {
        column->values = NULL;
        return malformed(err, "a column's values");
    }
    return OK;
}
