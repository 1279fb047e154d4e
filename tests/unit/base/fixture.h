/* fixture.h - what the tests of base/ share: cmocka, and an arena in *state. */
#ifndef TESTS_UNIT_BASE_FIXTURE_H
#define TESTS_UNIT_BASE_FIXTURE_H

#include "base/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static inline int make_arena(void **state) {
    *state = arena_create();
    return 0;
}

static inline int end_arena(void **state) {
    arena_destroy(*state);
    return 0;
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, make_arena, end_arena)

/* As assert_string_equal, for a str. */
#define assert_str(actual, expected)                                                                         \
    do {                                                                                                     \
        struct str actual_str = (actual);                                                                    \
        assert_int_equal(actual_str.len, strlen(expected));                                                  \
        assert_memory_equal(actual_str.ptr, expected, actual_str.len);                                       \
    } while (0)

#endif
