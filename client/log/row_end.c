/* row_end.c - see row_end.h. */
#include "client/log/row_end.h"

#include "base/number.h"
#include "base/protobuf.h"

/* In microseconds, as exact as a clock's seconds are in a double. */
static void put_seconds(struct buf *out, struct str key, int64_t ns) {
    enum { FRACTION_DIGITS = 6 };
    char text[NUMBER_TEXT_MAX];
    int64_t us = ns / 1000, size_us = us < 0 ? -us : us;
    text[0] = '-';
    size_t len = us < 0;
    len += number_from_i64(text + len, size_us / 1000000);
    text[len++] = '.';
    int64_t left = size_us % 1000000;
    for (size_t i = FRACTION_DIGITS; i-- > 0; left /= 10)
        text[len + i] = (char)('0' + left % 10);
    len += FRACTION_DIGITS;
    while (text[len - 1] == '0' && text[len - 2] != '.')
        len--;
    record_put_item(out, 1, &key, 1, (struct str){ text, len });
}

void row_end_put_items(struct buf *out, int64_t step, int64_t wall_ns, int64_t start_wall_ns) {
    char text[NUMBER_TEXT_MAX];
    put_seconds(out, STR("_timestamp"), wall_ns);
    put_seconds(out, STR("_runtime"), wall_ns - start_wall_ns);
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
