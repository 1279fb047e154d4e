/* test_run_filter.c */
#include "server/store/runs/run_filter.h"
#include "tests/unit/base/fixture.h"

static void run_filter__has_its_words_sorted(void **state) {
    (void)state;
    for (size_t i = 1; i < run_words.count; i++)
        assert_true(strcmp(run_words.items[i - 1].name, run_words.items[i].name) < 0);
}

static size_t find(struct arena *arena, struct filter_keys *keys, const char *path) {
    size_t key;
    struct err err;
    if (filter_key_find(&key, str_from_c(path), &run_words, keys, arena, &err) != OK)
        fail_msg("%s", err.message);
    return key;
}

static void run_filter__knows_the_spellings_of_page_and_client(void **state) {
    static const char *const pairs[][2] = { { "created_at", "createdAt" },  { "display_name", "displayName" },
                                            { "jobType", "job_type" },      { "heartbeat_at", "heartbeatAt" },
                                            { "sweep", "sweepName" },       { "group", "groupName" },
                                            { "username", "user.username" } };
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        struct filter_keys keys = { .count = 0 };
        size_t a = find(*state, &keys, pairs[i][0]), b = find(*state, &keys, pairs[i][1]);
        assert_int_equal(keys.items[a].word, keys.items[b].word);
        assert_int_equal(keys.items[a].kind, keys.items[b].kind);
    }
}

static void run_filter__keeps_what_follows_a_prefix(void **state) {
    struct filter_keys keys = { .count = 0 };
    assert_str(keys.items[find(*state, &keys, "config.a.b/c")].rest, "a.b/c");
    assert_str(keys.items[find(*state, &keys, "summary_metrics.loss")].rest, "loss");
    assert_str(keys.items[find(*state, &keys, "tags.x y")].rest, "x y");
    assert_int_equal(find(*state, &keys, "config.a.b/c"), 0); /* once */
    assert_int_equal(keys.count, 3);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(run_filter__has_its_words_sorted),
        TEST(run_filter__knows_the_spellings_of_page_and_client),
        TEST(run_filter__keeps_what_follows_a_prefix),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
