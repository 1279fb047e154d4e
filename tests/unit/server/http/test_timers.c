/* test_timers.c */
#include "server/http/timers.h"

#include "../../base/fixture.h"

static void timers__come_due_in_order(void **state) {
    struct timers timers = { 0 };
    struct timer rows[1000] = { 0 };
    int64_t last_ms = -1;
    size_t taken = 0;
    (void)state;
    for (size_t i = 0; i < 1000; i++)
        timers_set(&timers, &rows[i], (int64_t)(i * 7919 % 1000));
    for (size_t i = 0; i < 1000; i += 3) /* some move */
        timers_set(&timers, &rows[i], (int64_t)(i * 104729 % 1000));
    for (size_t i = 1; i < 1000; i += 3) /* some are taken back */
        timers_clear(&timers, &rows[i]);
    for (struct timer *due; (due = timers_take_due(&timers, 2000)) != NULL; taken++) {
        assert_true(due->at_ms >= last_ms);
        assert_int_equal(due->place, 0);
        last_ms = due->at_ms;
    }
    assert_int_equal(taken, 667);
    timers_finish(&timers);
}

static void timers__wait_for_the_next_one(void **state) {
    struct timers timers = { 0 };
    struct timer early = { 0 }, late = { 0 };
    (void)state;
    assert_int_equal(timers_wait_ms(&timers, 0), -1);
    timers_set(&timers, &late, 500);
    timers_set(&timers, &early, 100);
    assert_int_equal(timers_wait_ms(&timers, 40), 60);
    assert_null(timers_take_due(&timers, 99));
    assert_ptr_equal(timers_take_due(&timers, 100), &early);
    assert_int_equal(timers_wait_ms(&timers, 600), 0);
    timers_clear(&timers, &early); /* not set any more: fine */
    timers_finish(&timers);
}

int main(void) {
    const struct CMUnitTest tests[] = { TEST(timers__come_due_in_order),
                                        TEST(timers__wait_for_the_next_one) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
