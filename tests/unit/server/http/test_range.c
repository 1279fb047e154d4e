/* test_range.c */
#include "server/http/range.h"

#include "../../base/fixture.h"

static void assert_range(const char *value, enum range_kind kind, uint64_t first, uint64_t length) {
    struct range range = range_parse(str_from_c(value), 100);
    if (range.kind != kind || (kind == RANGE_PART && (range.first != first || range.length != length)))
        fail_msg("'%s' was read as kind %d, %llu + %llu", value, range.kind, (unsigned long long)range.first,
                 (unsigned long long)range.length);
}

static void range__reads_one_part(void **state) {
    (void)state;
    assert_range("bytes=0-0", RANGE_PART, 0, 1);
    assert_range("bytes=10-19", RANGE_PART, 10, 10);
    assert_range("bytes=90-", RANGE_PART, 90, 10);
    assert_range("bytes=90-1000", RANGE_PART, 90, 10);
    assert_range("bytes=-10", RANGE_PART, 90, 10);
    assert_range("bytes=-1000", RANGE_PART, 0, 100);
}

static void range__tells_what_lies_outside(void **state) {
    (void)state;
    assert_range("bytes=100-", RANGE_UNSATISFIABLE, 0, 0);
    assert_range("bytes=18446744073709551615-", RANGE_UNSATISFIABLE, 0, 0);
    assert_range("bytes=-0", RANGE_UNSATISFIABLE, 0, 0);
    assert_int_equal(range_parse(STR("bytes=0-"), 0).kind, RANGE_UNSATISFIABLE);
    assert_int_equal(range_parse(STR("bytes=-5"), 0).kind, RANGE_UNSATISFIABLE);
}

static void range__refuses_more_than_one(void **state) {
    (void)state;
    assert_range("bytes=0-1,2-3", RANGE_REFUSED, 0, 0);
    assert_range("bytes=0-,0-,0-", RANGE_REFUSED, 0, 0);
}

static void range__ignores_what_it_does_not_understand(void **state) {
    (void)state;
    assert_range("lines=0-1", RANGE_WHOLE, 0, 0);
    assert_range("bytes=5-4", RANGE_WHOLE, 0, 0);
    assert_range("bytes=a-b", RANGE_WHOLE, 0, 0);
    assert_range("bytes=+1-2", RANGE_WHOLE, 0, 0);
    assert_range("bytes=", RANGE_WHOLE, 0, 0);
    assert_int_equal(range_parse((struct str){ NULL, 0 }, 100).kind, RANGE_WHOLE);
}

static void range__compares_tags_weakly(void **state) {
    (void)state;
    assert_true(etag_matches_any(STR("\"a\", W/\"b\""), STR("\"b\"")));
    assert_true(etag_matches_any(STR("*"), STR("\"b\"")));
    assert_false(etag_matches_any(STR("\"a\""), STR("\"b\"")));
    assert_false(etag_matches_any(STR("*"), STR_EMPTY));
    assert_false(etag_matches_any((struct str){ NULL, 0 }, STR("\"b\"")));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(range__compares_tags_weakly),    TEST(range__ignores_what_it_does_not_understand),
        TEST(range__reads_one_part),          TEST(range__refuses_more_than_one),
        TEST(range__tells_what_lies_outside),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
