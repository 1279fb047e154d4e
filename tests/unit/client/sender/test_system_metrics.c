/* test_system_metrics.c - samples of this very machine and process. */
#include "client/sender/system_metrics.h"
#include "tests/unit/client/sample.h"

#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>

#include <cmocka.h>

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
    assert_true(sample_value(buf_str(&first), "proc.memory.rssMB") > 0.5);
    assert_true(sample_value(buf_str(&first), "proc.cpu.threads") >= 1);
    assert_true(sample_value(buf_str(&first), "memory_percent") > 0 && sample_value(buf_str(&first), "memory_percent") < 100);
    assert_true(isnan(sample_value(buf_str(&first), "cpu.percent")));
    usleep(50000);
    system_metrics_sample(metrics, &second);
    assert_true(sample_value(buf_str(&second), "network.recv") >= 0);
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
    assert_true(isnan(sample_value(buf_str(&out), "proc.memory.rssMB")));
    assert_true(sample_value(buf_str(&out), "memory_percent") > 0);
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
