/* test_arrow_writer.c - the bytes of Arrow's stream format; that other programs read them, tests/python/api tests. */
#include "base/arrow.h"
#include "tests/unit/base/fixture.h"

static uint32_t number_at(const struct buf *out, size_t at) {
    uint32_t value;
    memcpy(&value, out->ptr + at, sizeof value);
    return value;
}

static void arrow_writer__frames_each_message_with_its_padded_length(void **state) {
    struct buf out = BUF_INIT(1 << 16);
    const struct arrow_field field = { .name = STR("loss"), .type = ARROW_DOUBLE };
    (void)state;

    arrow_write_schema(&out, &field, 1, NULL, 0);
    assert_int_equal(number_at(&out, 0), UINT32_MAX);
    assert_int_equal(number_at(&out, 4) % 8, 0);
    assert_int_equal(out.len, 8 + number_at(&out, 4));
    size_t schema_len = out.len;
    const double values[3] = { 1, 2, 3 };
    const struct arrow_column column = { .values = values };
    arrow_write_batch(&out, &field, &column, 1, 3);
    /* The body holds nothing for a validity that is not needed, and the values padded to 64 bytes. */
    assert_int_equal(out.len, schema_len + 8 + number_at(&out, schema_len + 4) + 64);
    arrow_write_end(&out);
    assert_int_equal(number_at(&out, out.len - 8), UINT32_MAX);
    assert_int_equal(number_at(&out, out.len - 4), 0);
    buf_finish(&out);
}

static void arrow_writer__says_when_there_is_no_room(void **state) {
    struct buf out = BUF_INIT(100);
    const struct arrow_field field = { .name = STR("loss"), .type = ARROW_DOUBLE, .is_json = false };
    (void)state;

    arrow_write_schema(&out, &field, 1, NULL, 0);
    assert_true(out.failed);
    buf_finish(&out);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arrow_writer__frames_each_message_with_its_padded_length),
        cmocka_unit_test(arrow_writer__says_when_there_is_no_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
