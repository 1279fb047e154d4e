/* batch_state.h - the inside of a batch, for batch.c that fills it and batch_finish.c that puts it in order. */
#ifndef SERVER_HISTORY_BATCH_STATE_H
#define SERVER_HISTORY_BATCH_STATE_H

#include "base/hash.h"
#include "server/history/batch.h"

struct build_column {
    struct column column;
    uint32_t capacity, null_capacity;
    uint32_t next; /* the column that followed this one last time */
    uint32_t hash;
};

struct history_batch {
    enum history_kind kind;
    int64_t first_line, next_line;
    uint32_t row_count, row_capacity;
    int64_t *steps, *lines;
    bool steps_ascend;
    bool is_table; /* columns came whole */

    struct build_column *columns;
    uint32_t column_count, column_capacity;
    uint32_t *slots, slot_count; /* column + 1; open addressing */
    uint64_t seed;
    uint32_t first_in_row, previous;
    uint64_t value_count;

    /* of the line that is being read */
    int64_t step;
    bool has_step;
    uint32_t *touched, touched_count, touched_capacity;
    struct buf path;

    struct buf text, encoded;
    unsigned char hash[SHA256_BYTES];
    int64_t points;
    int64_t first_step, last_step; /* once it is finished, as are these */
    struct line_range *ranges;
    size_t range_count, range_capacity;
};

/* Doubles an array that is full. */
void *batch_grow(void *items, uint32_t *capacity, size_t item_bytes);
void batch_drop_columns(struct history_batch *batch);

#endif
