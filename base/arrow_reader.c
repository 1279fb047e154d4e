/* arrow_reader.c - Arrow's messages read in place: nothing is copied but what says where the columns lie. */
#include "base/arrow.h"

#include <stdlib.h>
#include <string.h>

enum {
    HEADER_SCHEMA = 1,
    HEADER_RECORD_BATCH = 3,
    TYPE_INT = 2,
    TYPE_FLOATING_POINT = 3,
    TYPE_BOOL = 6,
    TYPE_LARGE_UTF8 = 20,
    PRECISION_DOUBLE = 2,
    PREFIX_BYTES = 8,
    PAIRS_MAX = 64, /* of a field or a schema: fields may name the same list, which is looked through for each of them */
};

/* ---- flatbuffers ---- */

/* A message's metadata. Positions count from its first byte; 0 means "not there", as no table or field lies there. */
struct flat {
    const char *ptr;
    size_t len;
};

static uint64_t number_at(const struct flat *flat, size_t at, size_t size) {
    uint64_t value = 0;
    if (at <= flat->len && size <= flat->len - at)
        memcpy(&value, flat->ptr + at, size);
    return value;
}

/* What the four bytes at `at` refer to; 0 when that is outside. */
static size_t follow(const struct flat *flat, size_t at) {
    size_t distance = (size_t)number_at(flat, at, 4);
    return at == 0 || distance == 0 || distance >= flat->len || at >= flat->len - distance ? 0 : at + distance;
}

/* Where a table's field lies; 0 when the table leaves it out. */
static size_t field_at(const struct flat *flat, size_t table, size_t index) {
    if (table == 0 || table + 4 > flat->len)
        return 0;
    int64_t layout = (int64_t)table - (int32_t)number_at(flat, table, 4);
    if (layout < 0 || (uint64_t)layout + 4 > flat->len)
        return 0;
    size_t layout_bytes = (size_t)number_at(flat, (size_t)layout, 2);
    if (layout_bytes < 4 + 2 * (index + 1) || (size_t)layout + layout_bytes > flat->len)
        return 0;
    size_t offset = (size_t)number_at(flat, (size_t)layout + 4 + 2 * index, 2);
    return offset == 0 || offset >= flat->len - table ? 0 : table + offset;
}

static uint64_t field_number(const struct flat *flat, size_t table, size_t index, size_t size) {
    size_t at = field_at(flat, table, index);
    return at == 0 ? 0 : number_at(flat, at, size);
}

static size_t field_table(const struct flat *flat, size_t table, size_t index) {
    return follow(flat, field_at(flat, table, index));
}

/* The first item of a list, whose count items of item_bytes all lie inside; count 0 otherwise. */
static size_t field_list(const struct flat *flat, size_t table, size_t index, size_t item_bytes, size_t *count) {
    size_t list = field_table(flat, table, index);
    *count = list == 0 ? 0 : (size_t)number_at(flat, list, 4);
    if (list == 0 || list + 4 > flat->len || *count > (flat->len - list - 4) / item_bytes)
        *count = 0;
    return list + 4;
}

static struct str field_text(const struct flat *flat, size_t table, size_t index) {
    size_t len, at = field_list(flat, table, index, 1, &len);
    return len == 0 ? STR_EMPTY : (struct str){ flat->ptr + at, len };
}

/* ---- the schema ---- */

static enum err_code corrupt(struct err *err, const char *what) {
    return err_set(err, ERR_CORRUPT, "the columns cannot be read: %s", what);
}

static struct str pair_value(const struct flat *flat, size_t table, size_t index, struct str key) {
    size_t count, first = field_list(flat, table, index, 4, &count);
    for (size_t i = 0; i < count && i < PAIRS_MAX; i++) {
        size_t pair = follow(flat, first + 4 * i);
        if (str_eq(field_text(flat, pair, 0), key))
            return field_text(flat, pair, 1);
    }
    return STR_EMPTY;
}

static bool read_type(const struct flat *flat, size_t field, enum arrow_type *out) {
    size_t type = field_table(flat, field, 3);
    switch (field_number(flat, field, 2, 1)) {
    case TYPE_INT:
        *out = ARROW_INT64;
        return field_number(flat, type, 0, 4) == 64 && field_number(flat, type, 1, 1) == 1;
    case TYPE_FLOATING_POINT:
        *out = ARROW_DOUBLE;
        return field_number(flat, type, 0, 2) == PRECISION_DOUBLE;
    case TYPE_BOOL:
        *out = ARROW_BOOL;
        return true;
    case TYPE_LARGE_UTF8:
        *out = ARROW_TEXT;
        return true;
    default:
        return false;
    }
}

static enum err_code read_field(const struct flat *flat, size_t at, struct arrow_field *out, struct err *err) {
    out->name = field_text(flat, at, 0);
    out->path = pair_value(flat, at, 6, STR("barograph.path"));
    if (!read_type(flat, at, &out->type))
        return corrupt(err, "a column is of a type that this reader does not know");
    out->is_json = out->type == ARROW_TEXT && pair_value(flat, at, 6, STR("barograph.json")).len > 0;
    return OK;
}

static enum err_code read_schema(struct arrow_table *table, const struct flat *flat, size_t schema, struct err *err) {
    size_t count, first = field_list(flat, schema, 1, 4, &count);
    size_t pair_count, first_pair = field_list(flat, schema, 2, 4, &pair_count);
    if (table->fields != NULL || count > ARROW_FIELDS_MAX || pair_count > PAIRS_MAX)
        return corrupt(err, "there are two schemas, or too many columns or words about them");
    table->fields = calloc(count + 1, sizeof *table->fields);
    table->metadata = calloc(pair_count + 1, sizeof *table->metadata);
    if (table->fields == NULL || table->metadata == NULL)
        return err_set(err, ERR_TOO_LARGE, "out of memory");
    for (; table->field_count < count; table->field_count++)
        TRY(read_field(flat, follow(flat, first + 4 * table->field_count), &table->fields[table->field_count], err));
    for (size_t i = 0; i < pair_count; i++) {
        size_t pair = follow(flat, first_pair + 4 * i);
        table->metadata[table->metadata_count++] = (struct arrow_pair){ field_text(flat, pair, 0), field_text(flat, pair, 1) };
    }
    return OK;
}

/* ---- a batch ---- */

struct batch_reader {
    const struct flat *flat;
    struct str body;
    size_t buffers, buffer_count, next;
    size_t used; /* bytes of the body, by buffers before */
    size_t rows;
};

/* The next buffer of the body, which must be at least so long; false when it is not. Each lies behind those before it: a few
 * bytes that were a million columns would be looked through a million times. */
static bool take_buffer(struct batch_reader *reader, size_t least, struct str *out) {
    if (reader->next == reader->buffer_count)
        return false;
    size_t at = reader->buffers + 16 * reader->next++;
    uint64_t offset = number_at(reader->flat, at, 8), size = number_at(reader->flat, at + 8, 8);
    if (offset > reader->body.len || size > reader->body.len - offset || size < least || offset % 8 != 0 ||
        (size > 0 && offset < reader->used))
        return false;
    reader->used = size > 0 ? (size_t)(offset + size) : reader->used;
    *out = (struct str){ reader->body.ptr + offset, (size_t)size };
    return true;
}

static bool offsets_ascend(const int64_t *offsets, size_t rows, size_t text_bytes) {
    if (offsets[0] != 0 || offsets[rows] < 0 || (uint64_t)offsets[rows] > text_bytes)
        return false;
    for (size_t i = 0; i < rows; i++)
        if (offsets[i] > offsets[i + 1])
            return false;
    return true;
}

static bool read_column(struct batch_reader *reader, enum arrow_type type, struct arrow_column *out) {
    struct str valid, values, offsets;
    size_t rows = reader->rows, bit_bytes = arrow_bit_bytes(rows);

    if (!take_buffer(reader, 0, &valid) || (valid.len > 0 && valid.len < bit_bytes) || (valid.len == 0 && out->null_count > 0))
        return false;
    out->valid = valid.len == 0 ? NULL : (const uint8_t *)valid.ptr;
    if (type == ARROW_TEXT) {
        if (!take_buffer(reader, (rows + 1) * sizeof(int64_t), &offsets) || !take_buffer(reader, 0, &values))
            return false;
        out->offsets = (const void *)offsets.ptr;
        out->values = values.ptr;
        return offsets_ascend(out->offsets, rows, values.len);
    }
    if (!take_buffer(reader, type == ARROW_BOOL ? bit_bytes : rows * 8, &values))
        return false;
    out->values = values.ptr;
    return true;
}

static enum err_code grow_batches(struct arrow_table *table, struct err *err) {
    if ((table->batch_count & (table->batch_count - 1)) != 0)
        return OK; /* there is room up to the next power of two */
    size_t room = table->batch_count == 0 ? 1 : table->batch_count * 2;
    /* Asked before it grows: what was moved must not be freed again where it lay. */
    struct arrow_batch *grown = room > ARROW_BATCHES_MAX ? NULL : realloc(table->batches, room * sizeof *grown);
    if (grown == NULL)
        return err_set(err, ERR_TOO_LARGE, "more than %d batches, or no memory for them", ARROW_BATCHES_MAX);
    table->batches = grown;
    return OK;
}

static enum err_code read_batch(struct arrow_table *table, const struct flat *flat, size_t batch, struct str body, struct err *err) {
    size_t node_count, nodes = field_list(flat, batch, 1, 16, &node_count);
    struct batch_reader reader = { .flat = flat, .body = body, .rows = (size_t)field_number(flat, batch, 0, 8) };
    reader.buffers = field_list(flat, batch, 2, 16, &reader.buffer_count);

    if (table->fields == NULL || node_count != table->field_count || field_at(flat, batch, 3) != 0)
        return corrupt(err, "a batch does not fit its schema, or is compressed");
    /* Each row has at least a bit in the body, so a count that the body cannot hold is refused before it is used. */
    if (table->field_count == 0 ? reader.rows > 0 : reader.rows / 8 > body.len)
        return corrupt(err, "a batch is shorter than it says");
    TRY(grow_batches(table, err));
    struct arrow_column *columns = calloc(table->field_count + 1, sizeof *columns);
    if (columns == NULL)
        return err_set(err, ERR_TOO_LARGE, "out of memory");
    table->batches[table->batch_count++] = (struct arrow_batch){ reader.rows, columns };
    table->row_count += reader.rows;
    for (size_t i = 0; i < table->field_count; i++) {
        columns[i].null_count = (size_t)number_at(flat, nodes + 16 * i + 8, 8);
        if (!read_column(&reader, table->fields[i].type, &columns[i]))
            return corrupt(err, "a column is shorter than its batch says");
    }
    return OK;
}

/* ---- the stream ---- */

static enum err_code read_message(struct arrow_table *table, struct str metadata, struct str *rest, struct err *err) {
    struct flat flat = { metadata.ptr, metadata.len };
    /* The first four bytes refer to the message; follow() takes no position 0, so it is done here. */
    size_t message = (size_t)number_at(&flat, 0, 4);
    uint64_t body_bytes = field_number(&flat, message, 3, 8);
    if (message >= flat.len || body_bytes > rest->len || body_bytes % 8 != 0)
        return corrupt(err, "a message is cut short");
    struct str body = str_slice(*rest, 0, (size_t)body_bytes);
    *rest = str_from(*rest, (size_t)body_bytes);
    size_t header = field_table(&flat, message, 2);
    switch (field_number(&flat, message, 1, 1)) {
    case HEADER_SCHEMA:
        return read_schema(table, &flat, header, err);
    case HEADER_RECORD_BATCH:
        return read_batch(table, &flat, header, body, err);
    default:
        return corrupt(err, "a message is neither a schema nor a batch");
    }
}

enum err_code arrow_table_read(struct arrow_table *out, struct str bytes, struct err *err) {
    struct str rest = bytes;

    *out = (struct arrow_table){ 0 };
    for (;;) {
        struct flat prefix = { rest.ptr, rest.len };
        if (rest.len < PREFIX_BYTES || number_at(&prefix, 0, 4) != UINT32_MAX)
            return corrupt(err, "the stream is cut short");
        size_t size = (size_t)number_at(&prefix, 4, 4);
        rest = str_from(rest, PREFIX_BYTES);
        if (size == 0)
            break;
        if (size > rest.len || size % 8 != 0)
            return corrupt(err, "the stream is cut short");
        struct str metadata = str_slice(rest, 0, size);
        rest = str_from(rest, size);
        TRY(read_message(out, metadata, &rest, err));
    }
    return out->fields == NULL ? corrupt(err, "there is no schema") : OK;
}

void arrow_table_finish(struct arrow_table *table) {
    for (size_t i = 0; i < table->batch_count; i++)
        free(table->batches[i].columns);
    free(table->batches);
    free(table->fields);
    free(table->metadata);
    *table = (struct arrow_table){ 0 };
}
