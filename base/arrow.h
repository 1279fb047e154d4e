/* arrow.h - tables in Arrow's IPC stream format, written and read: what any Arrow library opens, without one.
 *
 * Flat columns of four types, little endian, not compressed: a schema, record batches, an end. Columns that hold JSON
 * text say so in their field's metadata (barograph.json), nested keys tell their parts (barograph.path, a JSON list).
 * The reader takes what the writer makes, and checks every offset before it looks there.
 *
 * Threads: none. Memory: the writer appends to a buf; a table that was read borrows the bytes it was read from.
 */
#ifndef BASE_ARROW_H
#define BASE_ARROW_H

#include "base/buf.h"

/* Not more fields than this in a table that is read, nor batches. */
enum { ARROW_FIELDS_MAX = 1 << 20, ARROW_BATCHES_MAX = 1 << 20 };

enum arrow_type {
    ARROW_INT64 = 1,
    ARROW_DOUBLE = 2,
    ARROW_BOOL = 3, /* values are bits */
    ARROW_TEXT = 4, /* UTF-8 with 64-bit offsets (LargeUtf8) */
};

struct arrow_field {
    struct str name;
    enum arrow_type type;
    bool is_json;    /* of ARROW_TEXT: each text is a JSON value */
    struct str path; /* a JSON list of the parts of a nested key; empty: the name is the key */
};

/* One column of one batch. Bits count from the lowest. */
struct arrow_column {
    size_t null_count;
    const uint8_t *valid;   /* NULL: all are there */
    const void *values;     /* int64_t, double, bits; of texts: their characters */
    const int64_t *offsets; /* of texts: one more than rows, the first 0 */
};

struct arrow_pair {
    struct str key, value;
};

/* ---- writing ---- */

void arrow_write_schema(struct buf *out, const struct arrow_field *fields, size_t field_count,
                        const struct arrow_pair *metadata, size_t metadata_count);
void arrow_write_batch(struct buf *out, const struct arrow_field *fields, const struct arrow_column *columns,
                       size_t field_count, size_t row_count);
void arrow_write_end(struct buf *out);

static inline bool arrow_bit(const uint8_t *bits, size_t at) {
    return (bits[at / 8] >> (at % 8) & 1) != 0;
}
static inline void arrow_set_bit(uint8_t *bits, size_t at) {
    bits[at / 8] |= (uint8_t)(1u << (at % 8));
}
static inline size_t arrow_bit_bytes(size_t count) {
    return (count + 7) / 8;
}

/* ---- reading ---- */

struct arrow_batch {
    size_t row_count;
    struct arrow_column *columns;
};

struct arrow_table {
    struct arrow_field *fields;
    size_t field_count;
    struct arrow_pair *metadata;
    size_t metadata_count;
    struct arrow_batch *batches;
    size_t batch_count;
    size_t row_count; /* of all batches */
};

/* ERR_CORRUPT for anything that is not such a table; bytes must begin at a multiple of 8. Memory: arrow_table_finish,
 * also after a failure. */
MUST_CHECK enum err_code arrow_table_read(struct arrow_table *out, struct str bytes, struct err *err);
void arrow_table_finish(struct arrow_table *table);

#endif
