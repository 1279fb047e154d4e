/* test_thrift.c - what is written is read, what is unknown is skipped, and nothing goes on for ever. */
#include "server/history/thrift.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void thrift__reads_what_it_wrote_and_skips_the_rest(void **state) {
    struct buf out = BUF_INIT(1 << 16);
    struct thrift_writer writer;
    struct thrift_field field = { 0 };
    int64_t large = 0;
    struct str text = STR_EMPTY;
    uint32_t items = 0;
    enum thrift_type item_type = THRIFT_STOP;

    (void)state;
    thrift_writer_init(&writer, &out);
    thrift_i32(&writer, 1, -5);
    thrift_struct_begin(&writer, 2);
    thrift_bool(&writer, 1, true);
    thrift_list(&writer, 40, THRIFT_I32, 20);
    for (int32_t i = 0; i < 20; i++)
        thrift_item_i32(&writer, i);
    thrift_struct_end(&writer);
    thrift_i64(&writer, 30, INT64_MIN);
    thrift_list(&writer, 31, THRIFT_BINARY, 1);
    thrift_item_binary(&writer, STR("item"));
    thrift_binary(&writer, 32, STR("text"));
    thrift_struct_end(&writer);

    struct byte_reader in = bytes_from(buf_str(&out));
    while (thrift_next_field(&in, &field)) {
        if (field.id == 30) {
            large = thrift_read_int(&in, field.type);
        } else if (field.id == 31) {
            items = thrift_read_list(&in, field.type, &item_type);
            assert_true(str_eq(bytes_take(&in, bytes_varint(&in)), STR("item")));
        } else if (field.id == 32) {
            text = thrift_read_binary(&in, field.type);
        } else {
            thrift_skip(&in, field.type);
        }
    }
    assert_false(in.failed);
    assert_int_equal(bytes_left(&in), 0);
    assert_true(large == INT64_MIN && items == 1 && item_type == THRIFT_BINARY);
    assert_true(str_eq(text, STR("text")));
    buf_finish(&out);
}

static void thrift__fails_on_what_cannot_be(void **state) {
    const struct {
        const char *bytes;
        size_t len;
    } cases[] = {
        { "\x19\xfc\xff\xff\xff\xff\x0f", 7 },                             /* a list of more structs than bytes */
        { "\x1b\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x11\x01\x01", 14 }, /* a map of 2^64 booleans */
        { "\x18\x7f", 2 },                                                /* a text longer than what is left */
        { "\x1c\x1c\x1c\x1c\x1c\x1c\x1c\x1c\x1c\x1c\x1c\x1c\x1c\x1c\x1c\x1c\x1c\x1c\x1c", 19 }, /* too deep */
        { "\x1d\x00", 2 },                                                /* no such type */
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct byte_reader in = bytes_from((struct str){ cases[i].bytes, cases[i].len });
        struct thrift_field field = { 0 };
        while (thrift_next_field(&in, &field))
            thrift_skip(&in, field.type);
        assert_true(in.failed);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(thrift__reads_what_it_wrote_and_skips_the_rest),
        cmocka_unit_test(thrift__fails_on_what_cannot_be),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
