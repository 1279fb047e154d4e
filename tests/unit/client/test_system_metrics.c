/* test_system_metrics.c - samples of this very machine and process. */
#include "client/record.h"
#include "client/system_metrics.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

/* NAN when the sample does not have it. */
static double value_of(struct str body, const char *key) {
    const struct record record = { .kind = RECORD_STATS, .body = body };
    struct record_items items;
    struct record_item item;
    struct err err;
    bool is_end = false;
    double value = NAN;
    record_items_init(&items, &record);
    while (record_items_next(&items, &item, &is_end, &err) == OK && !is_end)
        if (item.path_len == 1 && str_eq_c(item.path[0], key))
            value = strtod(item.value_json.ptr, NULL);
    record_items_finish(&items);
    return value;
}

static void system_metrics__tell_of_memory_threads_and_rates(void **state) {
    struct system_metrics *metrics = system_metrics_create(getpid());
    struct buf first = BUF_INIT(64 << 10), second = BUF_INIT(64 << 10);
    struct record_time time;
    struct err err;
    (void)state;
    assert_non_null(metrics);
    system_metrics_sample(metrics, &first);
    assert_int_equal(record_stats_time(&time, buf_str(&first), &err), OK);
    assert_true(time.seconds > 1700000000);
    assert_true(value_of(buf_str(&first), "proc.memory.rssMB") > 0.5);
    assert_true(value_of(buf_str(&first), "proc.cpu.threads") >= 1);
    assert_true(value_of(buf_str(&first), "memory_percent") > 0 && value_of(buf_str(&first), "memory_percent") < 100);
    assert_true(isnan(value_of(buf_str(&first), "cpu.percent")));
    usleep(50000);
    system_metrics_sample(metrics, &second);
    assert_true(value_of(buf_str(&second), "network.recv") >= 0);
    system_metrics_destroy(metrics);
    buf_finish(&first);
    buf_finish(&second);
}

static void system_metrics__describe_the_machine(void **state) {
    struct system_metrics *metrics = system_metrics_create(getpid());
    struct buf out = BUF_INIT(64 << 10);
    (void)state;
    system_metrics_describe_machine(metrics, &out);
    assert_true(str_contains(buf_str(&out), STR("Linux-")));
    system_metrics_destroy(metrics);
    buf_finish(&out);
}

static void system_metrics__pass_over_a_process_that_is_gone(void **state) {
    struct system_metrics *metrics = system_metrics_create(999999999);
    struct buf out = BUF_INIT(64 << 10);
    (void)state;
    system_metrics_sample(metrics, &out);
    assert_true(isnan(value_of(buf_str(&out), "proc.memory.rssMB")));
    assert_true(value_of(buf_str(&out), "memory_percent") > 0);
    system_metrics_destroy(metrics);
    buf_finish(&out);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(system_metrics__tell_of_memory_threads_and_rates),
        cmocka_unit_test(system_metrics__describe_the_machine),
        cmocka_unit_test(system_metrics__pass_over_a_process_that_is_gone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
