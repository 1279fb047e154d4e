/* append.c - a batch enters the tail: once, whatever the client repeats, and with a name for what is missing. */
#include "server/history/batch.h"
#include "server/history/history.h"
#include "server/history/repeats.h"
#include "server/store/runs/history_store.h"

enum { MASKS_MAX = 1024 }; /* of one batch; beyond, the lines between its ranges count as written again too */

struct append {
    struct history *history;
    struct db_tx *tx;
    struct history_id id;
    struct batch_summary batch;
    struct repeats repeats;
    struct stored_counters counters;
    struct stored_stream stream;
    int64_t end_line; /* the first line behind the batch */
    struct history_appended *out;
    struct arena *arena;
};

static int64_t overlap(int64_t first, int64_t last, int64_t other_first, int64_t other_last) {
    int64_t from = first > other_first ? first : other_first, to = last < other_last ? last : other_last;
    return to >= from ? to - from + 1 : 0;
}

typedef enum err_code change_lines(struct db_tx *tx, struct history_id id, struct stored_lines lines, struct err *err);

/* Lines that the batch touches are shrunk, split or gone. */
static enum err_code take_out(struct append *append, struct stored_lines lines, change_lines *remove, change_lines *add,
                              struct err *err) {
    struct stored_lines before = lines, after = lines;

    before.last = append->batch.first_line - 1;
    after.first = append->end_line;
    TRY(remove(append->tx, append->id, lines, err));
    if (before.first <= before.last)
        TRY(add(append->tx, append->id, before, err));
    if (after.first <= after.last)
        TRY(add(append->tx, append->id, after, err));
    return OK;
}

/* Lines below the stream's count that have no row: they never came, or brought one again. */
struct empty_lines {
    struct stored_lines *gaps, *repeats;
    size_t gap_count, repeat_count;
};

static enum err_code find_empty(struct append *append, struct empty_lines *out, struct err *err) {
    struct stored_lines within = { .stream = append->stream.number, .first = append->batch.first_line, .last = append->end_line - 1 };
    TRY(history_store_gaps(append->tx, append->id, within, &out->gaps, &out->gap_count, append->arena, err));
    return history_store_repeats(append->tx, append->id, within, &out->repeats, &out->repeat_count, append->arena, err);
}

static int64_t count_rows_at(const struct append *append, const struct empty_lines *empty, int64_t first, int64_t last) {
    int64_t count = overlap(first, last, 0, append->stream.line_count - 1);
    for (size_t i = 0; i < empty->gap_count; i++)
        count -= overlap(first, last, empty->gaps[i].first, empty->gaps[i].last);
    for (size_t i = 0; i < empty->repeat_count; i++)
        count -= overlap(first, last, empty->repeats[i].first, empty->repeats[i].last);
    return count;
}

/* Lines below the stream's count exist, but for those that are empty: the new ones take their place. */
static enum err_code write_over(struct append *append, struct err *err) {
    const struct batch_summary *batch = &append->batch;
    bool is_coarse = batch->range_count > MASKS_MAX;
    struct line_range whole = is_coarse ? (struct line_range){ batch->ranges[0].first, batch->last_line } : (struct line_range){ 0 };
    const struct line_range *ranges = is_coarse ? &whole : batch->ranges;
    size_t range_count = is_coarse ? 1 : batch->range_count;
    struct empty_lines empty;

    TRY(find_empty(append, &empty, err));
    for (size_t i = 0; i < range_count && ranges[i].first < append->stream.line_count; i++) {
        struct stored_lines mask = { append->counters.next_seq, append->stream.number, ranges[i].first, ranges[i].last, STR_EMPTY };
        int64_t existing = count_rows_at(append, &empty, mask.first, mask.last);
        append->out->superseded += existing;
        if (existing > 0)
            TRY(history_store_add_mask(append->tx, append->id, mask, err));
    }
    for (size_t i = 0; i < empty.gap_count; i++)
        TRY(take_out(append, empty.gaps[i], history_store_remove_gap, history_store_add_gap, err));
    for (size_t i = 0; i < empty.repeat_count; i++)
        TRY(take_out(append, empty.repeats[i], history_store_remove_repeat, history_store_add_repeat, err));
    return OK;
}

static enum err_code note_gap(struct append *append, struct err *err) {
    struct stored_lines gap = { .stream = append->stream.number,
                                .first = append->stream.line_count,
                                .last = append->batch.first_line - 1 };

    append->out->gap_first = gap.first;
    append->out->gap_lines = gap.last - gap.first + 1;
    return history_store_add_gap(append->tx, append->id, gap, err);
}

/* Repeats among new rows stay in the batch, which is encoded already, and are hidden as what was written again is. */
static enum err_code hide_repeats(struct append *append, struct err *err) {
    const struct repeats *repeats = &append->repeats;

    for (size_t i = 0; i < repeats->range_count; i++) {
        struct stored_lines mask = { append->counters.next_seq, append->stream.number, repeats->ranges[i].first,
                                     repeats->ranges[i].last, STR_EMPTY };
        TRY(history_store_add_mask(append->tx, append->id, mask, err));
    }
    append->counters.next_seq += repeats->range_count > 0;
    return OK;
}

static enum err_code add_to_tail(struct append *append, struct err *err) {
    const struct batch_summary *batch = &append->batch;
    struct stored_counters *counters = &append->counters;
    struct stored_batch stored = {
        .seq = counters->next_seq,
        .stream = append->stream.number,
        .row_count = batch->rows,
        .first_step = batch->first_step,
        .last_step = batch->last_step,
        .last_line = batch->last_line,
        .data = batch->encoded,
    };

    counters->tail_rows += batch->rows;
    counters->tail_bytes += (int64_t)batch->encoded.len;
    if (batch->first_step < counters->first_step)
        counters->first_step = batch->first_step;
    if (batch->last_step > counters->last_step)
        counters->last_step = batch->last_step;
    counters->next_seq++;
    TRY(history_store_add_batch(append->tx, append->id, &stored, err));
    return hide_repeats(append, err);
}

static void count_rows(struct append *append) {
    struct stored_counters *counters = &append->counters;
    struct history_appended *out = append->out;

    out->repeated = append->repeats.rows;
    out->rows = append->batch.rows - out->repeated;
    out->points = append->batch.points - append->repeats.points;
    counters->row_count += out->rows - out->superseded;
    counters->point_count += out->points;
    counters->superseded_count += out->superseded;
    counters->repeated_count += out->repeated;
}

/* Only the ordinary writer sends things again under other lines, and only rows that do not go forward can be such. */
static enum err_code find_repeats(struct append *append, struct str stream, struct err *err) {
    bool is_possible = append->id.kind == HISTORY_ROWS && stream.len == 0 && append->batch.rows > 0 &&
                       append->batch.first_step <= append->counters.last_step;
    return is_possible ? repeats_find(&append->repeats, append->history, append->tx, append->id, append->stream.number,
                                      &append->batch, append->arena, err)
                       : OK;
}

static enum err_code note_repeats(struct append *append, struct err *err) {
    for (size_t i = 0; i < append->repeats.range_count; i++) {
        struct stored_lines lines = { .stream = append->stream.number,
                                      .first = append->repeats.ranges[i].first,
                                      .last = append->repeats.ranges[i].last };
        TRY(history_store_add_repeat(append->tx, append->id, lines, err));
    }
    return OK;
}

static enum err_code append_new(struct append *append, struct str stream, struct err *err) {
    struct stored_counters *counters = &append->counters;

    TRY(find_repeats(append, stream, err));
    if (append->batch.first_line > append->stream.line_count)
        TRY(note_gap(append, err));
    else if (append->batch.first_line < append->stream.line_count)
        TRY(write_over(append, err));
    TRY(note_repeats(append, err));
    if (append->end_line > append->stream.line_count) {
        append->stream.line_count = append->end_line;
        TRY(history_store_put_stream(append->tx, append->id, stream, append->end_line, err));
    }
    if (append->end_line > counters->line_count)
        counters->line_count = append->end_line;
    counters->is_finished = false;
    count_rows(append);
    if (append->out->rows > 0)
        TRY(add_to_tail(append, err));
    else if (append->out->superseded > 0)
        counters->next_seq++; /* the masks have taken it */
    if (counters->tail_rows >= HISTORY_SEAL_ROWS || counters->tail_bytes >= HISTORY_SEAL_BYTES)
        counters->has_work = append->out->is_seal_due = true;
    return OK;
}

static enum err_code append_batch(struct append *append, struct str stream, struct err *err) {
    const struct recorded_batch batch = { append->batch.first_line, append->batch.line_count, append->batch.hash };
    struct stored_place place;

    TRY(history_store_open(append->tx, append->id, stream, &batch, &place, err));
    append->counters = place.counters;
    append->stream = place.stream;
    append->out->is_duplicate = place.is_recorded;
    if (place.is_recorded) {
        append->counters.duplicate_count++;
    } else {
        TRY(history_store_record(append->tx, append->id, append->stream.number, &batch, err));
        TRY(append_new(append, stream, err));
    }
    append->out->line_count = append->stream.line_count;
    return history_store_put(append->tx, append->id, &append->counters, err);
}

enum err_code history_append(struct history *history, struct db_tx *tx, int64_t run, struct str stream, enum history_kind kind,
                             const struct history_batch *batch, struct history_appended *out, struct err *err) {
    struct append append = { .history = history, .tx = tx, .id = { run, kind }, .batch = history_batch_summary(batch), .out = out };

    *out = (struct history_appended){ 0 };
    if (append.batch.line_count == 0)
        return OK;
    if (stream.len > HISTORY_STREAM_BYTES_MAX)
        return err_set(err, ERR_BAD_INPUT, "a writer's name must be at most %d bytes, got %zu", HISTORY_STREAM_BYTES_MAX,
                       stream.len);
    if (append.batch.first_line < 0 || append.batch.first_line > INT64_MAX - append.batch.line_count)
        return err_set(err, ERR_BAD_INPUT, "a line number must be from 0 to %lld, got %lld", (long long)INT64_MAX,
                       (long long)append.batch.first_line);
    append.end_line = append.batch.first_line + append.batch.line_count;
    append.arena = arena_create();
    enum err_code code = append_batch(&append, stream, err);
    arena_destroy(append.arena);
    return code;
}
