/* arrow_writer.c - Arrow's messages: flatbuffers written from front to back, then the columns' bytes.
 *
 * In a flatbuffer a table begins with the distance back to its layout, and points forward to what it refers to, with
 * distances that are filled in when that is written.
 */
#include "base/arrow.h"

#include <string.h>

enum {
    CONTINUATION = -1,
    METADATA_V5 = 4,
    HEADER_SCHEMA = 1,
    HEADER_RECORD_BATCH = 3,
    TYPE_INT = 2,
    TYPE_FLOATING_POINT = 3,
    TYPE_BOOL = 6,
    TYPE_LARGE_UTF8 = 20,
    PRECISION_DOUBLE = 2,
    TABLE_FIELDS_MAX = 8,
    BODY_ALIGNMENT = 64,
};

/* ---- flatbuffers ---- */

struct flat {
    struct buf *out;
    size_t base;
};

/* A table that was begun: where each of its fields lies, counted from the base. */
struct flat_table {
    size_t at[TABLE_FIELDS_MAX];
};

static size_t flat_here(const struct flat *flat) {
    return flat->out->len - flat->base;
}

static void flat_align(struct flat *flat, size_t alignment) {
    while (!flat->out->failed && flat_here(flat) % alignment != 0)
        buf_append_char(flat->out, 0);
}

static void flat_set(struct flat *flat, size_t at, uint64_t value, size_t size) {
    if (!flat->out->failed)
        memcpy(flat->out->ptr + flat->base + at, &value, size);
}

/* What is written next is what the field at `at` refers to. */
static void flat_refer(struct flat *flat, size_t at) {
    flat_align(flat, 4);
    flat_set(flat, at, flat_here(flat) - at, 4);
}

/* sizes: of each field, 0 for one that is left out. `at`: the field that refers to the table. */
static struct flat_table flat_begin(struct flat *flat, size_t at, const char *sizes) {
    struct flat_table table = { { 0 } };
    uint16_t layout[2 + TABLE_FIELDS_MAX] = { 0 };
    size_t count = 0, end = 4;

    for (; sizes[count] != 0; count++) {
        size_t size = (size_t)(sizes[count] - '0');
        if (size == 0)
            continue;
        end = (end + size - 1) / size * size;
        layout[2 + count] = (uint16_t)end;
        end += size;
    }
    layout[0] = (uint16_t)(4 + 2 * count);
    layout[1] = (uint16_t)end;
    flat_align(flat, 8);
    size_t layout_at = flat_here(flat);
    buf_append(flat->out, layout, layout[0]);
    flat_align(flat, 8);
    size_t table_at = flat_here(flat);
    flat_set(flat, at, table_at - at, 4);
    buf_append_u32(flat->out, (uint32_t)(table_at - layout_at));
    for (size_t i = 4; i < end; i++)
        buf_append_char(flat->out, 0);
    for (size_t i = 0; i < count; i++)
        table.at[i] = table_at + layout[2 + i];
    return table;
}

static void flat_string(struct flat *flat, size_t at, struct str text) {
    flat_refer(flat, at);
    buf_append_u32(flat->out, (uint32_t)text.len);
    buf_append_str(flat->out, text);
    buf_append_char(flat->out, 0);
}

/* A list of references; the first of them is answered, the others lie behind it. */
static size_t flat_references(struct flat *flat, size_t at, size_t count) {
    flat_refer(flat, at);
    buf_append_u32(flat->out, (uint32_t)count);
    size_t first = flat_here(flat);
    for (size_t i = 0; i < count; i++)
        buf_append_u32(flat->out, 0);
    return first;
}

/* ---- messages ---- */

/* Begins a message; answers the field that refers to its header. */
static size_t begin_message(struct flat *flat, struct buf *out, uint8_t header_type, uint64_t body_bytes) {
    buf_append_u32(out, (uint32_t)CONTINUATION);
    buf_append_u32(out, 0);
    *flat = (struct flat){ out, out->len };
    buf_append_u32(out, 0);
    struct flat_table message = flat_begin(flat, 0, "2148");
    flat_set(flat, message.at[0], METADATA_V5, 2);
    flat_set(flat, message.at[1], header_type, 1);
    flat_set(flat, message.at[3], body_bytes, 8);
    return message.at[2];
}

static void end_message(struct flat *flat) {
    flat_align(flat, 8);
    uint32_t size = (uint32_t)flat_here(flat);
    if (!flat->out->failed)
        memcpy(flat->out->ptr + flat->base - 4, &size, sizeof size);
}

static void write_pairs(struct flat *flat, size_t at, const struct arrow_pair *pairs, size_t count) {
    size_t slot = flat_references(flat, at, count);
    for (size_t i = 0; i < count; i++) {
        struct flat_table pair = flat_begin(flat, slot + 4 * i, "44");
        flat_string(flat, pair.at[0], pairs[i].key);
        flat_string(flat, pair.at[1], pairs[i].value);
    }
}

static void write_type(struct flat *flat, const struct flat_table *field, enum arrow_type type) {
    static const uint8_t numbers[] = { [ARROW_INT64] = TYPE_INT, [ARROW_DOUBLE] = TYPE_FLOATING_POINT,
                                       [ARROW_BOOL] = TYPE_BOOL, [ARROW_TEXT] = TYPE_LARGE_UTF8 };
    flat_set(flat, field->at[2], numbers[type], 1);
    struct flat_table table = flat_begin(flat, field->at[3], type == ARROW_INT64 ? "41" : type == ARROW_DOUBLE ? "2" : "");
    if (type == ARROW_INT64) {
        flat_set(flat, table.at[0], 64, 4);
        flat_set(flat, table.at[1], 1, 1);
    }
    if (type == ARROW_DOUBLE)
        flat_set(flat, table.at[0], PRECISION_DOUBLE, 2);
}

static void write_field(struct flat *flat, size_t at, const struct arrow_field *field) {
    struct arrow_pair pairs[2];
    size_t pair_count = 0;
    if (field->is_json)
        pairs[pair_count++] = (struct arrow_pair){ STR("barograph.json"), STR("true") };
    if (field->path.len > 0)
        pairs[pair_count++] = (struct arrow_pair){ STR("barograph.path"), field->path };
    struct flat_table table = flat_begin(flat, at, pair_count > 0 ? "4114044" : "411404");
    flat_string(flat, table.at[0], field->name);
    flat_set(flat, table.at[1], 1, 1); /* nullable */
    write_type(flat, &table, field->type);
    flat_references(flat, table.at[5], 0); /* no children */
    if (pair_count > 0)
        write_pairs(flat, table.at[6], pairs, pair_count);
}

void arrow_write_schema(struct buf *out, const struct arrow_field *fields, size_t field_count,
                        const struct arrow_pair *metadata, size_t metadata_count) {
    struct flat flat;
    size_t header = begin_message(&flat, out, HEADER_SCHEMA, 0);
    struct flat_table schema = flat_begin(&flat, header, metadata_count > 0 ? "244" : "24");
    size_t slot = flat_references(&flat, schema.at[1], field_count);
    for (size_t i = 0; i < field_count && !out->failed; i++)
        write_field(&flat, slot + 4 * i, &fields[i]);
    if (metadata_count > 0)
        write_pairs(&flat, schema.at[2], metadata, metadata_count);
    end_message(&flat);
}

/* ---- batches ---- */

static size_t aligned(size_t size) {
    return (size + BODY_ALIGNMENT - 1) / BODY_ALIGNMENT * BODY_ALIGNMENT;
}

struct piece {
    const void *bytes;
    size_t size;
};

/* The buffers of a column, in Arrow's order: validity, offsets of texts, values. */
static size_t pieces_of(const struct arrow_field *field, const struct arrow_column *column, size_t rows, struct piece out[3]) {
    size_t count = 0;
    out[count++] = (struct piece){ column->valid, column->valid == NULL ? 0 : arrow_bit_bytes(rows) };
    if (field->type == ARROW_TEXT) {
        out[count++] = (struct piece){ column->offsets, (rows + 1) * sizeof(int64_t) };
        out[count++] = (struct piece){ column->values, (size_t)column->offsets[rows] };
    } else {
        out[count++] = (struct piece){ column->values, field->type == ARROW_BOOL ? arrow_bit_bytes(rows) : rows * 8 };
    }
    return count;
}

static size_t body_bytes(const struct arrow_field *fields, const struct arrow_column *columns, size_t count, size_t rows,
                         size_t *buffer_count) {
    struct piece pieces[3];
    size_t total = 0;
    *buffer_count = 0;
    for (size_t i = 0; i < count; i++) {
        size_t n = pieces_of(&fields[i], &columns[i], rows, pieces);
        *buffer_count += n;
        for (size_t k = 0; k < n; k++)
            total += aligned(pieces[k].size);
    }
    return total;
}

static void write_body(struct buf *out, const struct arrow_field *fields, const struct arrow_column *columns, size_t count,
                       size_t rows) {
    static const char zeroes[BODY_ALIGNMENT];
    struct piece pieces[3];
    for (size_t i = 0; i < count; i++) {
        size_t n = pieces_of(&fields[i], &columns[i], rows, pieces);
        for (size_t k = 0; k < n; k++) {
            buf_append(out, pieces[k].bytes, pieces[k].size);
            buf_append(out, zeroes, aligned(pieces[k].size) - pieces[k].size);
        }
    }
}

void arrow_write_batch(struct buf *out, const struct arrow_field *fields, const struct arrow_column *columns,
                       size_t field_count, size_t row_count) {
    struct flat flat;
    struct piece pieces[3];
    size_t buffer_count, offset = 0;
    size_t total = body_bytes(fields, columns, field_count, row_count, &buffer_count);
    size_t header = begin_message(&flat, out, HEADER_RECORD_BATCH, total);
    struct flat_table batch = flat_begin(&flat, header, "844");

    flat_set(&flat, batch.at[0], row_count, 8);
    /* The count of a list of 8-byte numbers stands just before a multiple of 8. */
    flat_align(&flat, 8);
    buf_append_u32(out, 0);
    flat_refer(&flat, batch.at[1]);
    buf_append_u32(out, (uint32_t)field_count);
    for (size_t i = 0; i < field_count; i++) {
        buf_append_u64(out, row_count);
        buf_append_u64(out, columns[i].null_count);
    }
    buf_append_u32(out, 0);
    flat_refer(&flat, batch.at[2]);
    buf_append_u32(out, (uint32_t)buffer_count);
    for (size_t i = 0; i < field_count; i++) {
        size_t n = pieces_of(&fields[i], &columns[i], row_count, pieces);
        for (size_t k = 0; k < n; k++) {
            buf_append_u64(out, offset);
            buf_append_u64(out, pieces[k].size);
            offset += aligned(pieces[k].size);
        }
    }
    end_message(&flat);
    write_body(out, fields, columns, field_count, row_count);
}

void arrow_write_end(struct buf *out) {
    buf_append_u32(out, (uint32_t)CONTINUATION);
    buf_append_u32(out, 0);
}
