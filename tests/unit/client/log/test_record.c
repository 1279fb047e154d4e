/* test_record.c - records are read as they were written. */
#include "client/log/record.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { BYTES_MAX = 1 << 16 };

static struct record parse(const struct buf *bytes) {
    struct record record;
    struct err err;
    assert_int_equal(record_parse(&record, buf_str(bytes), &err), OK);
    return record;
}

static void record__reads_back_a_run(void **state) {
    (void)state;
    struct buf bytes = BUF_INIT(BYTES_MAX);
    struct record_run out, run = { .run_id = STR("abc"), .project = STR("p"), .notes = STR("n"), .commit = STR("c0ffee"),
                                   .tags = { STR("x"), STR("y") }, .tag_count = 2, .start = { 1795238394, 5 } };
    struct err err;
    record_put_run(&bytes, 7, &run);
    struct record record = parse(&bytes);
    assert_int_equal(record.number, 7);
    assert_int_equal(record.kind, RECORD_RUN);
    assert_int_equal(record_run_parse(&out, record.body, &err), OK);
    assert_true(str_eq_c(out.run_id, "abc") && str_eq_c(out.project, "p") && str_eq_c(out.notes, "n"));
    assert_true(str_eq_c(out.commit, "c0ffee") && out.remote.len == 0);
    assert_int_equal(out.tag_count, 2);
    assert_true(str_eq_c(out.tags[1], "y"));
    assert_int_equal(out.start.seconds, 1795238394);
    assert_int_equal(out.start.nanos, 5);
    buf_finish(&bytes);
}

static void record__reads_items_of_any_depth(void **state) {
    (void)state;
    struct buf items = BUF_INIT(BYTES_MAX);
    struct str path[2] = { STR("n"), STR("a") };
    struct record_items reader;
    struct record_item item;
    struct err err;
    bool is_end;
    record_put_item(&items, 1, path, 1, STR("1.5"));
    record_put_item(&items, 1, path, 2, STR("NaN"));
    const struct record record = { .kind = RECORD_HISTORY, .body = buf_str(&items) };
    record_items_init(&reader, &record);
    assert_int_equal(record_items_next(&reader, &item, &is_end, &err), OK);
    assert_int_equal(item.path_len, 1);
    assert_true(str_eq_c(item.value_json, "1.5"));
    assert_int_equal(record_items_next(&reader, &item, &is_end, &err), OK);
    assert_int_equal(item.path_len, 2);
    assert_true(str_eq_c(item.path[1], "a") && str_eq_c(item.value_json, "NaN"));
    assert_int_equal(record_items_next(&reader, &item, &is_end, &err), OK);
    assert_true(is_end);
    record_items_finish(&reader);
    buf_finish(&items);
}

static void record__reads_back_exits_outputs_files_and_metrics(void **state) {
    (void)state;
    struct buf bytes = BUF_INIT(BYTES_MAX);
    struct record_output output, line = { .is_stderr = false, .time = { 3, 4 }, .line = STR("hello\n") };
    struct record_metric metric, defined = { .name = STR("acc"), .is_defined = true, .modes = METRIC_MAX, .goal = METRIC_MAXIMIZE };
    struct err err;
    struct str body, path;
    enum record_policy policy;
    int exit_code;

    record_put_exit(&bytes, 1, -2, 9);
    assert_int_equal(record_exit_parse(&exit_code, parse(&bytes).body, &err), OK);
    assert_int_equal(exit_code, -2);
    buf_reset(&bytes);
    record_put_output(&bytes, 2, &line);
    assert_int_equal(record_output_parse(&output, parse(&bytes).body, &err), OK);
    assert_true(!output.is_stderr && str_eq_c(output.line, "hello\n") && output.time.nanos == 4);
    buf_reset(&bytes);
    record_put_file(&bytes, 3, STR("a/b.txt"), RECORD_END);
    body = parse(&bytes).body;
    assert_true(record_files_next(&body, &path, &policy));
    assert_true(str_eq_c(path, "a/b.txt") && policy == RECORD_END);
    assert_false(record_files_next(&body, &path, &policy));
    buf_reset(&bytes);
    record_put_metric(&bytes, 4, &defined);
    assert_int_equal(record_metric_parse(&metric, parse(&bytes).body, &err), OK);
    assert_true(str_eq_c(metric.name, "acc") && metric.modes == METRIC_MAX && metric.goal == METRIC_MAXIMIZE);
    buf_finish(&bytes);
}

static void record__refuses_what_is_cut(void **state) {
    (void)state;
    struct buf bytes = BUF_INIT(BYTES_MAX);
    struct record record;
    struct err err;
    record_put_exit(&bytes, 1, 0, 9);
    bytes.len--;
    assert_int_equal(record_parse(&record, buf_str(&bytes), &err), ERR_CORRUPT);
    buf_finish(&bytes);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(record__reads_back_a_run),
        cmocka_unit_test(record__reads_items_of_any_depth),
        cmocka_unit_test(record__reads_back_exits_outputs_files_and_metrics),
        cmocka_unit_test(record__refuses_what_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
