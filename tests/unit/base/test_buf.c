/* test_buf.c */
#include "base/buf.h"
#include "tests/unit/base/fixture.h"

static void buf__keeps_what_was_appended(void **state) {
    struct buf buf = BUF_INIT(1000);
    (void)state;
    buf_append(&buf, "ab", 2);
    buf_append_str(&buf, STR("cd"));
    buf_append_char(&buf, 'e');
    buf_printf(&buf, "%d%s", 12, "!");
    buf_append_u16(&buf, 0x0201);
    buf_append_u32(&buf, 0x06050403);
    buf_append_u64(&buf, 0x0E0D0C0B0A090807U);
    assert_str(buf_str(&buf), "abcde12!\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0A\x0B\x0C\x0D\x0E");
    buf_finish(&buf);
    assert_null(buf.ptr);
    assert_int_equal(buf.max, 1000);
}

static void buf__takes_exactly_its_maximum(void **state) {
    (void)state;
    for (size_t max = 0; max < 300; max++) {
        struct buf buf = BUF_INIT(max);
        struct err err = { 0 };
        for (size_t i = 0; i < max; i++)
            buf_append_char(&buf, 'x');
        assert_int_equal(buf_check(&buf, "text", &err), OK);
        buf_append_char(&buf, 'y');
        assert_int_equal(buf_check(&buf, "text", &err), ERR_TOO_LARGE);
        assert_int_equal(buf.len, max);
        buf_finish(&buf);
    }
}

static void buf__prints_up_to_its_maximum(void **state) {
    (void)state;
    for (size_t max = 60; max < 70; max++) {
        struct buf buf = BUF_INIT(max);
        buf_printf(&buf, "%*s", (int)max, "x");
        assert_false(buf.failed);
        assert_int_equal(buf.len, max);
        buf_printf(&buf, "%s", "y");
        assert_true(buf.failed);
        assert_int_equal(buf.len, max);
        buf_finish(&buf);
    }
}

static void buf__stays_failed_and_says_so(void **state) {
    struct buf buf = BUF_INIT(4);
    struct err err = { 0 };
    (void)state;
    buf_append_str(&buf, STR("12345"));
    buf_append_str(&buf, STR("1"));
    assert_int_equal(buf.len, 0);
    assert_null(buf_reserve(&buf, 1));
    assert_int_equal(buf_check(&buf, "reply", &err), ERR_TOO_LARGE);
    assert_string_equal(err.message, "reply is larger than 4 bytes");
    buf_reset(&buf);
    buf_append_str(&buf, STR("1"));
    assert_str(buf_str(&buf), "1");
    assert_int_equal(buf_check(&buf, "reply", &err), OK);
    buf_finish(&buf);
}

static void buf__refuses_a_length_that_overflows(void **state) {
    struct buf buf = BUF_INIT(SIZE_MAX);
    (void)state;
    buf_append_char(&buf, 'a');
    assert_null(buf_reserve(&buf, SIZE_MAX));
    assert_true(buf.failed);
    buf_finish(&buf);
}

static void buf__reserves_room_and_takes_what_was_used(void **state) {
    struct buf buf = BUF_INIT(100);
    (void)state;
    assert_non_null(buf_reserve(&buf, 0));
    memcpy(buf_reserve(&buf, 50), "used", 4);
    buf_commit(&buf, 4);
    assert_str(buf_str(&buf), "used");
    buf_finish(&buf);
}

static void buf__drops_from_the_front(void **state) {
    struct buf buf = BUF_INIT(100);
    (void)state;
    buf_drop_front(&buf, 0);
    buf_append_str(&buf, STR("abcdef"));
    buf_drop_front(&buf, 2);
    assert_str(buf_str(&buf), "cdef");
    buf_drop_front(&buf, 4);
    assert_int_equal(buf_str(&buf).len, 0);
    assert_non_null(buf_str(&buf).ptr);
    buf_finish(&buf);
    buf_finish(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(buf__keeps_what_was_appended),         TEST(buf__takes_exactly_its_maximum),
        TEST(buf__prints_up_to_its_maximum),        TEST(buf__stays_failed_and_says_so),
        TEST(buf__refuses_a_length_that_overflows), TEST(buf__reserves_room_and_takes_what_was_used),
        TEST(buf__drops_from_the_front),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
