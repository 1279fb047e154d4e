/* live_world.h - what one page said, for the tests of what reads it. */
#ifndef TESTS_UNIT_SERVER_API_CHARTS_LIVE_WORLD_H
#define TESTS_UNIT_SERVER_API_CHARTS_LIVE_WORLD_H

#include "base/err.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "server/api/charts/live_chart.h"
#include "server/api/charts/live_log.h"

struct world {
    struct arena *arena;
    struct live_watches watches;
    struct live_charts charts;
    struct live_logs logs;
    struct err err;
};

static inline int set_up(void **state) {
    static struct world world;
    world = (struct world){ .arena = arena_create() };
    *state = &world;
    return 0;
}

static inline int tear_down(void **state) {
    struct world *w = *state;
    live_watches_finish(&w->watches);
    live_charts_finish(&w->charts);
    live_logs_finish(&w->logs);
    arena_destroy(w->arena);
    return 0;
}

#define WORLD_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

#endif
