/* row_end.c - see row_end.h. */
#include "client/row_end.h"

#include "base/number.h"
#include "base/protobuf.h"

static void put_number(struct buf *out, struct str key, double value) {
    char text[NUMBER_TEXT_MAX];
    record_put_item(out, 1, &key, 1, (struct str){ text, number_from_double(text, value) });
}

void row_end_put_items(struct buf *out, int64_t step, int64_t wall_ns, int64_t start_wall_ns) {
    char text[NUMBER_TEXT_MAX];
    put_number(out, STR("_timestamp"), (double)wall_ns / 1e9);
    put_number(out, STR("_runtime"), (double)(wall_ns - start_wall_ns) / 1e9);
    struct str key = STR("_step");
    record_put_item(out, 1, &key, 1, (struct str){ text, number_from_i64(text, step) });
}

void row_end_put_record(struct buf *out, struct shared_log *log, struct str items, int64_t wall_ns, struct str *all_items) {
    struct shared_log_control *control = log->control;
    protobuf_put_i64(out, 1, control->next_record++);
    size_t history = protobuf_begin(out, RECORD_HISTORY);
    size_t begin = out->len;
    buf_append_str(out, items);
    row_end_put_items(out, control->next_step, wall_ns, control->start_wall_ns);
    size_t end = out->len;
    size_t number = protobuf_begin(out, 2);
    protobuf_put_i64(out, 1, control->next_step);
    protobuf_end(out, number);
    size_t before = out->len;
    protobuf_end(out, history);
    /* The length went before the content, which moved. */
    size_t moved = out->len - before;
    *all_items = out->failed ? STR_EMPTY : str_slice(buf_str(out), begin + moved, end - begin);
}

bool row_end_put_open(struct buf *out, struct shared_log *log) {
    struct str items = shared_log_open_row(log), all_items;
    if (items.len == 0)
        return false;
    row_end_put_record(out, log, items, log->control->open_row_wall_ns, &all_items);
    log->control->next_step++;
    return !out->failed;
}
