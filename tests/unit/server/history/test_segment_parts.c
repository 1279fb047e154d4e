/* test_segment_parts.c - exactly what was kept is found, in as much memory as was given. */
#include "server/history/segment_parts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { ROOM_BYTES = 100, MANY = 1000 };

static int set_up(void **state) {
    *state = segment_parts_create(ROOM_BYTES);
    return 0;
}

static int tear_down(void **state) {
    segment_parts_destroy(*state);
    return 0;
}

static bool has(struct segment_parts *parts, const char *name, uint64_t offset, const char *bytes) {
    char found[ROOM_BYTES];
    size_t size = strlen(bytes);
    if (!segment_parts_get(parts, str_from_c(name), offset, size, found))
        return false;
    assert_memory_equal(found, bytes, size);
    return true;
}

static void segment_parts__are_found_by_name_place_and_size(void **state) {
    segment_parts_keep(*state, STR("1/a"), 7, STR("seven"));
    assert_true(has(*state, "1/a", 7, "seven"));
    assert_false(has(*state, "1/b", 7, "seven"));
    assert_false(has(*state, "1/a", 8, "seven"));
    assert_false(has(*state, "1/a", 7, "seve"));
}

static void segment_parts__make_room_for_new_ones_where_nobody_asked(void **state) {
    char forty[41];
    memset(forty, 'x', 40);
    forty[40] = '\0';
    segment_parts_keep(*state, STR("1/a"), 0, str_from_c(forty));
    segment_parts_keep(*state, STR("1/b"), 0, str_from_c(forty));
    assert_true(has(*state, "1/a", 0, forty));
    segment_parts_keep(*state, STR("1/c"), 0, str_from_c(forty));
    assert_true(has(*state, "1/a", 0, forty) && has(*state, "1/c", 0, forty));
    assert_false(has(*state, "1/b", 0, forty));
}

static void segment_parts__are_only_so_many(void **state) {
    struct segment_parts *parts = segment_parts_create(1 << 20);
    char name[32];
    (void)state;
    for (int i = 0; i < MANY; i++) {
        (void)snprintf(name, sizeof name, "1/%d", i);
        segment_parts_keep(parts, str_from_c(name), 0, STR("x"));
    }
    assert_true(has(parts, "1/999", 0, "x"));
    assert_false(has(parts, "1/0", 0, "x"));
    segment_parts_destroy(parts);
}

static void segment_parts__that_are_too_large_are_not_kept(void **state) {
    char large[ROOM_BYTES + 1] = { 0 };
    char found[ROOM_BYTES + 1];
    segment_parts_keep(*state, STR("1/small"), 0, STR("small"));
    segment_parts_keep(*state, STR("1/a"), 0, (struct str){ large, sizeof large });
    assert_false(segment_parts_get(*state, STR("1/a"), 0, sizeof large, found));
    assert_true(has(*state, "1/small", 0, "small"));
}

static void segment_parts__of_one_segment_are_forgotten(void **state) {
    segment_parts_keep(*state, STR("1/a"), 0, STR("one"));
    segment_parts_keep(*state, STR("1/b"), 0, STR("other"));
    segment_parts_keep(*state, STR("1/a"), 9, STR("two"));
    segment_parts_forget(*state, STR("1/a"));
    assert_false(has(*state, "1/a", 0, "one"));
    assert_false(has(*state, "1/a", 9, "two"));
    assert_true(has(*state, "1/b", 0, "other"));
}

#define PARTS_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        PARTS_TEST(segment_parts__are_found_by_name_place_and_size),
        PARTS_TEST(segment_parts__make_room_for_new_ones_where_nobody_asked),
        PARTS_TEST(segment_parts__are_only_so_many),
        PARTS_TEST(segment_parts__that_are_too_large_are_not_kept),
        PARTS_TEST(segment_parts__of_one_segment_are_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
