/* test_live_watch.c - what a page may say that it watches. */
#include "tests/unit/server/api/charts/live_world.h"

static enum err_code say(struct world *w, const char *text) {
    return live_watches_read(&w->watches, str_from_c(text), w->arena, &w->err);
}

static void live_watch__goes_on_where_it_was(void **state) {
    struct world *w = *state;
    assert_int_equal(say(w, "{\"watch\":[{\"entity\":\"a\",\"project\":\"p\"}]}"), OK);
    w->watches.items[0].version = 7;
    w->watches.items[0].project_id = 3;
    assert_int_equal(say(w, "{\"watch\":[{\"entity\":\"a\",\"project\":\"q\"},{\"entity\":\"a\",\"project\":\"p\"}]}"), OK);
    assert_int_equal(w->watches.count, 2);
    assert_int_equal(w->watches.items[0].version, 0);
    assert_int_equal(w->watches.items[1].version, 7);
    assert_int_equal(w->watches.items[1].project_id, 3);
}

static void live_watch__of_a_run_is_another_than_of_its_project(void **state) {
    struct world *w = *state;
    assert_int_equal(say(w, "{\"watch\":[{\"entity\":\"a\",\"project\":\"p\"}]}"), OK);
    w->watches.items[0].version = 7;
    assert_int_equal(say(w, "{\"watch\":[{\"entity\":\"a\",\"project\":\"p\",\"run\":\"r\"}]}"), OK);
    assert_int_equal(w->watches.items[0].version, 0);
    assert_string_equal(w->watches.items[0].run, "r");
}

static void live_watch__keeps_what_it_had_when_the_message_is_wrong(void **state) {
    static const char *const wrong[] = {
        "", "{", "[]", "{}", "{\"watch\":3}", "{\"watch\":[1]}", "{\"watch\":[{}]}", "{\"watch\":[{\"entity\":\"a\"}]}",
        "{\"watch\":[{\"entity\":\"a\\u0000b\",\"project\":\"p\"}]}",
        "{\"watch\":[{\"entity\":\"a\",\"project\":\"p\"},{\"entity\":\"a\"}]}",
        "{\"watch\":[{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}]}",
    };
    struct world *w = *state;
    assert_int_equal(say(w, "{\"watch\":[{\"entity\":\"a\",\"project\":\"p\"}]}"), OK);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_int_equal(say(w, wrong[i]), ERR_BAD_INPUT);
    assert_int_equal(w->watches.count, 1);
    assert_string_equal(w->watches.items[0].project, "p");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WORLD_TEST(live_watch__goes_on_where_it_was),
        WORLD_TEST(live_watch__of_a_run_is_another_than_of_its_project),
        WORLD_TEST(live_watch__keeps_what_it_had_when_the_message_is_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
