/* sweep_fixture.h - an arena for each test, and configurations written as text. */
#ifndef TESTS_UNIT_SERVER_SWEEP_FIXTURE_H
#define TESTS_UNIT_SERVER_SWEEP_FIXTURE_H

#include "server/sweep/sweep_config.h"
#include "server/sweep/yaml.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static inline int arena_set_up(void **state) {
    *state = arena_create();
    return 0;
}

static inline int arena_tear_down(void **state) {
    arena_destroy(*state);
    return 0;
}

#define ARENA_TEST(function) cmocka_unit_test_setup_teardown(function, arena_set_up, arena_tear_down)

#define assert_near(found, expected, distance)                                                               \
    do {                                                                                                     \
        double found_value = (found), expected_value = (expected);                                           \
        if (!(fabs(found_value - expected_value) <= (distance)))                                             \
            fail_msg("%s is %.12g, expected %.12g", #found, found_value, expected_value);                    \
    } while (0)

static inline struct json_value *parse_yaml(const char *text, struct arena *arena) {
    struct json_value *root;
    struct err err;
    if (yaml_parse(&root, str_from_c(text), arena, &err) != OK)
        fail_msg("%s", err.message);
    return root;
}

static inline struct sweep_config *parse_config(const char *text, struct arena *arena) {
    struct sweep_config *config;
    struct err err;
    if (sweep_config_parse(&config, str_from_c(text), arena, &err) != OK)
        fail_msg("%s", err.message);
    return config;
}

#endif
