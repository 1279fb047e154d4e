/* overview.h - what makes a chart of ten million points cost as much as one of ten thousand.
 *
 * Of a numeric column in a segment of many rows: buckets of 1,024 values and of 16 times that, and so on, with count,
 * least, greatest, mean and last; and every 128th value, every 2,048th, and so on, with its row and step (of a sparse
 * column every 4th, 64th, ...). Besides, the rows of explicit nulls, which Parquet cannot say. One record per column lies in the segment's file; each of its parts can be
 * read without the others. Version 1; docs/history-format.md.
 *
 * Values are counted per column ("occurrences"): a key that is logged each thousandth row has an overview of its own.
 */
#ifndef SERVER_HISTORY_OVERVIEW_H
#define SERVER_HISTORY_OVERVIEW_H

#include "server/history/bytes.h"
#include "server/history/column.h"

enum {
    OVERVIEW_LEVELS_MAX = 4,
    OVERVIEW_BUCKET = 1024,    /* values in a bucket of the finest level */
    OVERVIEW_STRIDE = 128,     /* of the finest samples ... */
    OVERVIEW_SPARSE_STRIDE = 4, /* ... and of a column that less than one row in 16 has */
    OVERVIEW_FACTOR = 16,      /* from one level to the next */
    OVERVIEW_ROWS_MIN = 4096, /* below, reading the column is as quick */
    OVERVIEW_HEADER_MAX = 256,
};

struct overview_buckets {
    uint32_t count;
    uint32_t stride; /* occurrences in each but the last */
    uint32_t *finite, *nonfinite;
    uint32_t *min_rows, *max_rows, *last_rows;
    int64_t *min_steps, *max_steps, *first_steps, *last_steps;
    union value *min, *max, *last; /* meaningless when finite is 0; last is the last finite one */
    double *mean;
};

struct overview_samples {
    uint32_t count, stride;
    uint32_t *rows;
    int64_t *steps;
    union value *values;
};

/* Appends the record of a column; nothing when there is nothing to say. steps has one for each row. */
void overview_write(struct buf *out, const struct column *column, const int64_t *steps, uint32_t row_count, struct arena *arena);

struct overview_part {
    uint32_t count, raw_size;
    uint64_t offset; /* in the record */
    uint32_t size_bytes;
};
struct overview_header {
    uint32_t bucket_levels, sample_levels;
    uint32_t bucket_stride, sample_stride; /* of the finest level */
    struct overview_part nulls, buckets[OVERVIEW_LEVELS_MAX], samples[OVERVIEW_LEVELS_MAX];
    struct str record; /* all of it; ptr NULL when whoever read the header has not kept it */
};
/* begin: the record's first OVERVIEW_HEADER_MAX bytes, or all of it. value_count and row_count are the column's. */
MUST_CHECK enum err_code overview_read_header(struct overview_header *out, struct str begin, uint64_t record_size,
                                              uint32_t value_count, uint32_t row_count, struct err *err);
MUST_CHECK enum err_code overview_read_nulls(uint32_t **out, const struct overview_part *part, struct str bytes,
                                             uint32_t row_count, struct arena *arena, struct err *err);
MUST_CHECK enum err_code overview_read_buckets(struct overview_buckets *out, const struct overview_header *header, uint32_t level,
                                               struct str bytes, struct arena *arena, struct err *err);
MUST_CHECK enum err_code overview_read_samples(struct overview_samples *out, const struct overview_header *header, uint32_t level,
                                               struct str bytes, struct arena *arena, struct err *err);

static inline uint32_t overview_scale(uint32_t finest, uint32_t level) {
    for (; level > 0; level--)
        finest *= OVERVIEW_FACTOR;
    return finest;
}

#endif
