/* append.c - a batch enters the tail: once, whatever the client repeats, and with a name for what is missing. */
#include "server/history/batch.h"
#include "server/history/history.h"
#include "server/store/history_store.h"

enum { MASKS_MAX = 1024 }; /* of one batch; beyond, the lines between its ranges count as written again too */

struct append {
    struct db_tx *tx;
    struct history_id id;
    struct batch_summary batch;
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

/* A gap that the batch touches shrinks, splits or goes. */
static enum err_code close_gap(struct append *append, struct stored_lines gap, struct err *err) {
    struct stored_lines before = gap, after = gap;

    before.last = append->batch.first_line - 1;
    after.first = append->end_line;
    TRY(history_store_remove_gap(append->tx, append->id, gap, err));
    if (before.first <= before.last)
        TRY(history_store_add_gap(append->tx, append->id, before, err));
    if (after.first <= after.last)
        TRY(history_store_add_gap(append->tx, append->id, after, err));
    return OK;
}

/* Lines below the stream's count exist, but for those in gaps: the new ones take their place. */
static enum err_code write_over(struct append *append, struct err *err) {
    const struct batch_summary *batch = &append->batch;
    struct stored_lines within = { .stream = append->stream.number, .first = batch->first_line, .last = append->end_line - 1 };
    struct stored_lines *gaps;
    size_t gap_count;
    bool is_coarse = batch->range_count > MASKS_MAX;
    struct line_range whole = is_coarse ? (struct line_range){ batch->ranges[0].first, batch->last_line } : (struct line_range){ 0 };
    const struct line_range *ranges = is_coarse ? &whole : batch->ranges;
    size_t range_count = is_coarse ? 1 : batch->range_count;

    TRY(history_store_gaps(append->tx, append->id, within, &gaps, &gap_count, append->arena, err));
    for (size_t i = 0; i < range_count; i++) {
        struct stored_lines mask = { append->counters.next_seq, within.stream, ranges[i].first, ranges[i].last, STR_EMPTY };
        int64_t existing = overlap(mask.first, mask.last, 0, append->stream.line_count - 1);
        if (existing == 0)
            break;
        for (size_t k = 0; k < gap_count; k++)
            existing -= overlap(mask.first, mask.last, gaps[k].first, gaps[k].last);
        append->out->superseded += existing;
        if (existing > 0)
            TRY(history_store_add_mask(append->tx, append->id, mask, err));
    }
    for (size_t k = 0; k < gap_count; k++)
        TRY(close_gap(append, gaps[k], err));
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

    counters->row_count += batch->rows - append->out->superseded;
    counters->point_count += batch->points;
    counters->superseded_count += append->out->superseded;
    counters->tail_rows += batch->rows;
    counters->tail_bytes += (int64_t)batch->encoded.len;
    if (batch->first_step < counters->first_step)
        counters->first_step = batch->first_step;
    if (batch->last_step > counters->last_step)
        counters->last_step = batch->last_step;
    counters->next_seq++;
    append->out->rows = batch->rows;
    append->out->points = batch->points;
    return history_store_add_batch(append->tx, append->id, &stored, err);
}

static enum err_code append_new(struct append *append, struct str stream, struct err *err) {
    struct stored_counters *counters = &append->counters;

    if (append->batch.first_line > append->stream.line_count)
        TRY(note_gap(append, err));
    else if (append->batch.first_line < append->stream.line_count)
        TRY(write_over(append, err));
    if (append->end_line > append->stream.line_count) {
        append->stream.line_count = append->end_line;
        TRY(history_store_put_stream(append->tx, append->id, stream, append->end_line, err));
    }
    if (append->end_line > counters->line_count)
        counters->line_count = append->end_line;
    counters->is_finished = false;
    if (append->batch.rows > 0)
        TRY(add_to_tail(append, err));
    if (counters->tail_rows >= HISTORY_SEAL_ROWS || counters->tail_bytes >= HISTORY_SEAL_BYTES)
        counters->has_work = append->out->is_seal_due = true;
    return OK;
}

static enum err_code append_batch(struct append *append, struct str stream, struct err *err) {
    bool is_new;

    TRY(history_store_get(append->tx, append->id, &append->counters, err));
    TRY(history_store_get_stream(append->tx, append->id, stream, &append->stream, err));
    TRY(history_store_record(append->tx, append->id, append->stream.number, append->batch.first_line,
                             append->batch.line_count, append->batch.hash, &is_new, err));
    if (is_new)
        TRY(append_new(append, stream, err));
    else
        append->counters.duplicate_count++;
    append->out->is_duplicate = !is_new;
    append->out->line_count = append->stream.line_count;
    return history_store_put(append->tx, append->id, &append->counters, err);
}

enum err_code history_append(struct db_tx *tx, int64_t run, struct str stream, enum history_kind kind,
                             const struct history_batch *batch, struct history_appended *out, struct err *err) {
    struct append append = { .tx = tx, .id = { run, kind }, .batch = history_batch_summary(batch), .out = out };

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
