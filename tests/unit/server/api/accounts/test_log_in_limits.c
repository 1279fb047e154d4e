/* test_log_in_limits.c */
#include "server/api/accounts/log_in_limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static void fail_often(struct log_in_limits *limits, struct str name, struct str address, int times) {
    for (int i = 0; i < times; i++)
        log_in_limits_count_failure(limits, name, address, 1000);
}

static void log_in_limits__stop_a_name_for_a_while(void **state) {
    struct log_in_limits *limits = log_in_limits_create();
    struct err err = { 0 };
    (void)state;
    fail_often(limits, STR("bob"), STR("a"), LOG_INS_PER_NAME - 1);
    assert_int_equal(log_in_limits_check(limits, STR("bob"), STR("b"), 1000, &err), OK);
    fail_often(limits, STR("bob"), STR("a"), 1);
    assert_int_equal(log_in_limits_check(limits, STR("bob"), STR("b"), 1000, &err), ERR_TOO_MANY);
    assert_int_equal(log_in_limits_check(limits, STR("alice"), STR("b"), 1000, &err), OK);
    assert_int_equal(log_in_limits_check(limits, STR("bob"), STR("b"), 1000 + LOG_IN_WINDOW_MS, &err), OK);
    log_in_limits_destroy(limits);
}

static void log_in_limits__stop_an_address_that_tries_many_names(void **state) {
    struct log_in_limits *limits = log_in_limits_create();
    struct err err = { 0 };
    char name[16];
    (void)state;
    for (int i = 0; i < LOG_INS_PER_ADDRESS; i++) {
        assert_int_equal(log_in_limits_check(limits, STR("x"), STR("a"), 1000, &err), OK);
        (void)snprintf(name, sizeof name, "n%d", i);
        log_in_limits_count_failure(limits, str_from_c(name), STR("a"), 1000);
    }
    assert_int_equal(log_in_limits_check(limits, STR("x"), STR("a"), 1000, &err), ERR_TOO_MANY);
    assert_int_equal(log_in_limits_check(limits, STR("x"), STR("b"), 1000, &err), OK);
    log_in_limits_destroy(limits);
}

/* Wrong keys have no name: they must not lock out all who show one. */
static void log_in_limits__do_not_count_an_empty_name(void **state) {
    struct log_in_limits *limits = log_in_limits_create();
    struct err err = { 0 };
    (void)state;
    fail_often(limits, STR_EMPTY, STR("a"), LOG_INS_PER_NAME + 1);
    assert_int_equal(log_in_limits_check(limits, STR_EMPTY, STR("b"), 1000, &err), OK);
    log_in_limits_destroy(limits);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(log_in_limits__stop_a_name_for_a_while),
        cmocka_unit_test(log_in_limits__stop_an_address_that_tries_many_names),
        cmocka_unit_test(log_in_limits__do_not_count_an_empty_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
