/* test_live_log.c - what a page may say of the logs that it shows, and what it is told is new. */
#include "tests/unit/server/api/charts/live_world.h"

#define LOG(run, after) "{\"entity\":\"a\",\"project\":\"p\",\"run\":\"" run "\",\"after\":" after "}"

static enum err_code say(struct world *w, const char *text) {
    return live_logs_read(&w->logs, str_from_c(text), w->arena, &w->err);
}

static void live_log__goes_on_where_it_was(void **state) {
    struct world *w = *state;
    assert_int_equal(say(w, "{\"logs\":[" LOG("r", "7") "]}"), OK);
    assert_true(w->logs.items[0].told == 7 && w->logs.items[0].is_due);
    w->logs.items[0].told = 9;
    w->logs.items[0].is_due = false;
    assert_int_equal(say(w, "{\"logs\":[" LOG("s", "1") "," LOG("r", "7") "]}"), OK);
    assert_int_equal(w->logs.count, 2);
    assert_int_equal(w->logs.items[0].told, 1);
    assert_true(w->logs.items[1].told == 9 && !w->logs.items[1].is_due);
    assert_int_equal(say(w, "{}"), OK);
    assert_int_equal(w->logs.count, 0);
}

static void live_log__keeps_what_it_had_when_the_message_is_wrong(void **state) {
    static const char *const wrong[] = {
        "{\"logs\":3}", "{\"logs\":[1]}", "{\"logs\":[{\"entity\":\"a\",\"project\":\"p\",\"after\":1}]}",
        "{\"logs\":[" LOG("s", "-1") "]}", "{\"logs\":[{\"entity\":\"a\",\"project\":\"p\",\"run\":\"s\"}]}",
        "{\"logs\":[" LOG("s", "1") ",{}]}", "{\"logs\":[1,2,3,4,5,6,7,8,9]}",
    };
    struct world *w = *state;
    assert_int_equal(say(w, "{\"logs\":[" LOG("r", "7") "]}"), OK);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_int_equal(say(w, wrong[i]), ERR_BAD_INPUT);
    assert_int_equal(w->logs.count, 1);
    assert_string_equal(w->logs.items[0].place.run, "r");
}

static void live_log__is_due_when_its_run_is_in_the_news(void **state) {
    struct world *w = *state;
    struct run_news runs[] = { { .name = STR("other") }, { .name = STR("r") } };
    struct live_watch watch = { .entity = (char[]){ "a" }, .project = (char[]){ "p" }, .project_id = 1 };
    assert_int_equal(say(w, "{\"logs\":[" LOG("r", "7") "]}"), OK);
    struct live_log *log = &w->logs.items[0];

    log->is_due = false;
    live_logs_hear(&w->logs, &watch, &(struct live_news){ .runs = runs, .count = 1 });
    assert_false(log->is_due);
    live_logs_hear(&w->logs, &watch, &(struct live_news){ .runs = runs, .count = 2 });
    assert_true(log->is_due);

    log->is_due = false;
    live_logs_hear(&w->logs, &watch, &(struct live_news){ .count = LIVE_RUNS_PER_MESSAGE + 1 });
    assert_true(log->is_due); /* nobody said which */

    log->is_due = false;
    watch.project_id = 0;
    live_logs_hear(&w->logs, &watch, &(struct live_news){ .runs = runs, .count = 2 });
    assert_false(log->is_due);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WORLD_TEST(live_log__goes_on_where_it_was),
        WORLD_TEST(live_log__keeps_what_it_had_when_the_message_is_wrong),
        WORLD_TEST(live_log__is_due_when_its_run_is_in_the_news),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
