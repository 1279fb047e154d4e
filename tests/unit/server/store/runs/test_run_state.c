/* test_run_state.c */
#include "server/store/runs/run_state.h"
#include "tests/unit/base/fixture.h"

static void run_state__knows_each_state_by_name(void **state) {
    enum run_state parsed;
    (void)state;
    for (int i = 0; i < RUN_STATE_COUNT; i++) {
        assert_true(run_state_parse(&parsed, str_from_c(run_state_name((enum run_state)i))));
        assert_int_equal(parsed, i);
    }
    assert_false(run_state_parse(&parsed, STR("Running")));
    assert_false(run_state_parse(&parsed, STR("")));
}

static void run_state__never_reopens_a_run_that_ended_by_its_own_word(void **state) {
    (void)state;
    assert_int_equal(run_state_after(RUN_FINISHED, RUN_SENDS), RUN_FINISHED);
    assert_int_equal(run_state_after(RUN_FAILED, RUN_SENDS), RUN_FAILED);
    assert_int_equal(run_state_after(RUN_KILLED, RUN_SENDS), RUN_KILLED);
    assert_int_equal(run_state_after(RUN_FINISHED, RUN_PREEMPTS), RUN_FINISHED);
    assert_int_equal(run_state_after(RUN_FINISHED, RUN_IS_SILENT), RUN_FINISHED);
}

static void run_state__revives_what_only_seemed_dead(void **state) {
    (void)state;
    assert_int_equal(run_state_after(RUN_CRASHED, RUN_SENDS), RUN_RUNNING);
    assert_int_equal(run_state_after(RUN_PREEMPTED, RUN_SENDS), RUN_RUNNING);
    assert_int_equal(run_state_after(RUN_FINISHED, RUN_BEGINS), RUN_RUNNING);
    assert_int_equal(run_state_after(RUN_PENDING, RUN_SENDS), RUN_RUNNING);
}

static void run_state__tells_preempted_from_failed(void **state) {
    (void)state;
    assert_int_equal(run_state_after(RUN_RUNNING, RUN_PREEMPTS), RUN_PREEMPTING);
    assert_int_equal(run_state_after(RUN_PREEMPTING, RUN_SENDS), RUN_PREEMPTING);
    assert_int_equal(run_state_after(RUN_PREEMPTING, RUN_ENDS_BADLY), RUN_PREEMPTED);
    assert_int_equal(run_state_after(RUN_PREEMPTING, RUN_ENDS_WELL), RUN_FINISHED);
    assert_int_equal(run_state_after(RUN_PREEMPTING, RUN_IS_SILENT), RUN_PREEMPTED);
    assert_int_equal(run_state_after(RUN_RUNNING, RUN_ENDS_BADLY), RUN_FAILED);
}

static void run_state__leaves_the_queue_alone(void **state) {
    (void)state;
    assert_int_equal(run_state_after(RUN_PENDING, RUN_IS_SILENT), RUN_PENDING);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(run_state__knows_each_state_by_name),
        TEST(run_state__never_reopens_a_run_that_ended_by_its_own_word),
        TEST(run_state__revives_what_only_seemed_dead),
        TEST(run_state__tells_preempted_from_failed),
        TEST(run_state__leaves_the_queue_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
