/* test_sweep_schedule.c - what a controller may write; what is done of it is in tests/api/test_sweeps.py. */
#include "server/api/sweeps/sweep_schedule.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void assert_check(const char *controller, const char *message) {
    struct arena *arena = arena_create();
    struct err err;
    enum err_code code = sweep_schedule_check(str_from_c(controller), arena, &err);
    assert_int_equal(code, message == NULL ? OK : ERR_BAD_INPUT);
    if (message != NULL)
        assert_string_equal(err.message, message);
    arena_destroy(arena);
}

static void sweep_schedule__takes_what_controllers_write(void **state) {
    (void)state;
    assert_check("", NULL);
    assert_check("{}", NULL);
    assert_check("{\"schedule\":[{\"id\":\"a\",\"data\":{\"args\":{\"x\":{\"value\":1}}}}],\"earlystop\":[\"run\"]}", NULL);
    assert_check("{\"schedule\":[{\"id\":\"a\",\"data\":{\"args\":null}}]}", NULL);
}

static void sweep_schedule__refuses_the_rest(void **state) {
    static const char message[] = "controller.schedule[0]: needs an id, and data.args that are an object or null";
    (void)state;
    assert_check("[]", "controller: must be a JSON object");
    assert_check("{\"schedule\":[{\"data\":{\"args\":null}}]}", message);
    assert_check("{\"schedule\":[{\"id\":\"a\"}]}", message);
    assert_check("{\"schedule\":[{\"id\":\"a\",\"data\":{\"args\":[1]}}]}", message);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sweep_schedule__takes_what_controllers_write),
        cmocka_unit_test(sweep_schedule__refuses_the_rest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
