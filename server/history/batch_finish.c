/* batch_finish.c - a batch that is full is put in the readers' order and encoded. */
#include "server/history/batch_state.h"

struct row_place {
    int64_t step;
    uint32_t row;
};

static int compare_places(const void *left, const void *right) {
    const struct row_place *a = left, *b = right;
    if (a->step != b->step)
        return a->step < b->step ? -1 : 1;
    return a->row < b->row ? -1 : a->row > b->row;
}

struct moved_value {
    uint32_t row;
    union value value;
};

static int compare_moved(const void *left, const void *right) {
    const struct moved_value *a = left, *b = right;
    return a->row < b->row ? -1 : a->row > b->row;
}

static int compare_rows(const void *left, const void *right) {
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    return a < b ? -1 : a > b;
}

static void move_column(struct column *column, const uint32_t *new_row, struct arena *arena) {
    struct moved_value *moved = ARENA_ARRAY(arena, struct moved_value, column->count);

    for (uint32_t i = 0; i < column->count; i++)
        moved[i] = (struct moved_value){ new_row[column->rows[i]], column->values[i] };
    if (column->count > 0)
        qsort(moved, column->count, sizeof(*moved), compare_moved);
    for (uint32_t i = 0; i < column->count; i++) {
        column->rows[i] = moved[i].row;
        column->values[i] = moved[i].value;
    }
    for (uint32_t i = 0; i < column->null_count; i++)
        column->null_rows[i] = new_row[column->null_rows[i]];
    if (column->null_count > 0)
        qsort(column->null_rows, column->null_count, sizeof(*column->null_rows), compare_rows);
}

/* Steps that went down within the batch: rows are put in the order readers want. */
static void sort_rows(struct history_batch *batch, struct arena *arena) {
    struct row_place *places = ARENA_ARRAY(arena, struct row_place, batch->row_count);
    uint32_t *new_row = ARENA_ARRAY(arena, uint32_t, batch->row_count);
    int64_t *lines = ARENA_ARRAY(arena, int64_t, batch->row_count);

    for (uint32_t i = 0; i < batch->row_count; i++)
        places[i] = (struct row_place){ batch->steps[i], i };
    qsort(places, batch->row_count, sizeof(*places), compare_places);
    for (uint32_t i = 0; i < batch->row_count; i++) {
        new_row[places[i].row] = i;
        batch->steps[i] = places[i].step;
        lines[i] = batch->lines[places[i].row];
    }
    memcpy(batch->lines, lines, batch->row_count * sizeof(*lines));
    for (uint32_t i = 0; i < batch->column_count; i++)
        move_column(&batch->columns[i].column, new_row, arena);
    batch->steps_ascend = true;
}

/* Lines still ascend here. */
static void find_ranges(struct history_batch *batch) {
    for (uint32_t i = 0; i < batch->row_count; i++) {
        int64_t line = batch->lines[i];
        if (batch->range_count > 0 && batch->ranges[batch->range_count - 1].last == line - 1) {
            batch->ranges[batch->range_count - 1].last = line;
            continue;
        }
        uint32_t capacity = (uint32_t)batch->range_capacity;
        if (batch->range_count == batch->range_capacity)
            batch->ranges = batch_grow(batch->ranges, &capacity, sizeof(*batch->ranges));
        batch->range_capacity = capacity;
        batch->ranges[batch->range_count++] = (struct line_range){ line, line };
    }
}

static int compare_paths(const void *left, const void *right) {
    return str_compare(((const struct column *)left)->path, ((const struct column *)right)->path);
}

/* Bits on the wire are twelve bytes here, and many requests may wait for the writer: what is encoded is all that it needs. */
static void give_back(struct history_batch *batch) {
    batch_drop_columns(batch);
    free(batch->steps);
    free(batch->lines);
    batch->steps = batch->lines = NULL;
    batch->row_capacity = 0;
    buf_finish(&batch->text);
}

enum err_code history_batch_finish(struct history_batch *batch, struct err *err) {
    TRY(buf_check(&batch->text, "the text of a batch", err));
    struct arena *arena = arena_create();
    struct batch_rows rows = { .row_count = batch->row_count };

    batch->points = 0;
    batch->range_count = 0;
    buf_reset(&batch->encoded);
    find_ranges(batch);
    if (!batch->steps_ascend)
        sort_rows(batch, arena);
    rows.steps = batch->steps;
    rows.lines = batch->lines;
    rows.columns = ARENA_ARRAY(arena, struct column, batch->column_count);
    for (uint32_t i = 0; i < batch->column_count; i++) {
        struct column *column = &batch->columns[i].column;
        column->text = batch->text.ptr != NULL ? batch->text.ptr : "";
        if (column->count == 0 && column->null_count > 0)
            column->type = HISTORY_JSON; /* nothing but nulls so far */
        if (column->count + column->null_count > 0)
            rows.columns[rows.column_count++] = *column;
        batch->points += column->count;
    }
    qsort(rows.columns, rows.column_count, sizeof(*rows.columns), compare_paths);
    enum err_code code = batch_encode(&batch->encoded, &rows, err);
    hash_sha256(batch->hash, buf_str(&batch->encoded));
    arena_destroy(arena);
    if (batch->row_count > 0) {
        batch->first_step = batch->steps[0];
        batch->last_step = batch->steps[batch->row_count - 1];
    }
    if (batch->is_table)
        give_back(batch);
    return code;
}

struct batch_summary history_batch_summary(const struct history_batch *batch) {
    struct batch_summary summary = {
        .encoded = buf_str(&batch->encoded),
        .hash = { (const char *)batch->hash, BATCH_HASH_BYTES },
        .first_line = batch->first_line,
        .line_count = batch->next_line - batch->first_line,
        .rows = batch->row_count,
        .points = batch->points,
        .ranges = batch->ranges,
        .range_count = batch->range_count,
    };
    if (batch->row_count > 0) {
        summary.first_step = batch->first_step;
        summary.last_step = batch->last_step;
        summary.last_line = batch->ranges[batch->range_count - 1].last;
    }
    return summary;
}
