/* test_quota.c - nobody waits with more than a share of the writer's queue. */
#include "server/api/projects/quota.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void quota__lets_one_user_wait_with_a_share_only(void **state) {
    struct quota *quota = quota_create(&(struct quota_limits){ 0, 0 });
    struct err err;
    (void)state;
    for (int i = 0; i < QUOTA_WAITING_MAX; i++)
        assert_int_equal(quota_enter(quota, 7, &err), OK);
    assert_int_equal(quota_enter(quota, 7, &err), ERR_TOO_MANY);
    assert_int_equal(quota_enter(quota, 8, &err), OK); /* others find room */
    quota_leave(quota, 7);
    assert_int_equal(quota_enter(quota, 7, &err), OK);
    assert_int_equal(quota_enter(quota, 7, &err), ERR_TOO_MANY);
    quota_destroy(quota);
}

static void quota__of_nobody_limits_nobody(void **state) {
    const struct owner owner = { 1, 2 };
    struct err err;
    (void)state;
    assert_int_equal(quota_enter(NULL, 7, &err), OK);
    assert_int_equal(quota_check(NULL, &owner, &err), OK);
    quota_leave(NULL, 7);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quota__lets_one_user_wait_with_a_share_only),
        cmocka_unit_test(quota__of_nobody_limits_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
