/* test_protobuf.c - bytes as protocol buffers' documentation gives them, and every way to be malformed. */
#include "base/protobuf.h"
#include "tests/unit/base/fixture.h"

#include <float.h>

static struct protobuf_field first_field(struct str bytes) {
    struct protobuf_reader reader;
    struct protobuf_field field;
    protobuf_reader_init(&reader, bytes);
    assert_true(protobuf_next(&reader, &field));
    return field;
}

static void protobuf__reads_the_documented_examples(void **state) {
    struct protobuf_field field = first_field(STR("\x08\x96\x01"));
    (void)state;
    assert_int_equal(field.number, 1);
    assert_int_equal(protobuf_u64(&field), 150);
    field = first_field(STR("\x12\x07testing"));
    assert_int_equal(field.number, 2);
    assert_str(protobuf_bytes(&field), "testing");
}

static void protobuf__reads_back_every_kind(void **state) {
    struct buf out = BUF_INIT(1 << 16);
    struct protobuf_reader reader;
    struct protobuf_field field;
    struct err err = { 0 };
    (void)state;

    protobuf_put_u64(&out, 1, UINT64_MAX);
    protobuf_put_i64(&out, 2, INT64_MIN);
    protobuf_put_sint(&out, 3, INT64_MIN);
    protobuf_put_sint(&out, 4, -1);
    protobuf_put_bool(&out, 5, true);
    protobuf_put_double(&out, 6, DBL_MIN);
    protobuf_put_float(&out, 7, 0.5f);
    protobuf_put_fixed32(&out, 8, UINT32_MAX);
    protobuf_put_fixed64(&out, PROTOBUF_LAST_FIELD, 0x0102030405060708U);
    protobuf_put_bytes(&out, 10, STR_EMPTY);

    protobuf_reader_init(&reader, buf_str(&out));
    assert_true(protobuf_next(&reader, &field) && protobuf_u64(&field) == UINT64_MAX);
    assert_true(protobuf_next(&reader, &field) && protobuf_i64(&field) == INT64_MIN);
    assert_true(protobuf_next(&reader, &field) && protobuf_sint(&field) == INT64_MIN);
    assert_true(protobuf_next(&reader, &field) && protobuf_sint(&field) == -1);
    assert_int_equal(field.value, 1);
    assert_true(protobuf_next(&reader, &field) && protobuf_bool(&field));
    assert_true(protobuf_next(&reader, &field) && protobuf_double(&field) == DBL_MIN);
    assert_true(protobuf_next(&reader, &field) && protobuf_double(&field) == 0.5);
    assert_true(protobuf_next(&reader, &field) && protobuf_u64(&field) == UINT32_MAX);
    assert_int_equal(protobuf_i64(&field), -1);
    assert_true(protobuf_next(&reader, &field) && protobuf_u64(&field) == 0x0102030405060708U);
    assert_int_equal(field.number, PROTOBUF_LAST_FIELD);
    assert_true(protobuf_next(&reader, &field) && protobuf_bytes(&field).len == 0);
    assert_false(protobuf_next(&reader, &field));
    assert_int_equal(protobuf_check(&reader, "record", &err), OK);
    buf_finish(&out);
}

static void protobuf__answers_nothing_for_another_wire_type(void **state) {
    struct protobuf_field bytes = first_field(STR("\x0A\x01z")), varint = first_field(STR("\x08\x03")),
                          fixed = first_field(STR("\x09\x01\0\0\0\0\0\0\0"));
    (void)state;
    assert_int_equal(protobuf_u64(&bytes), 0);
    assert_int_equal(protobuf_i64(&bytes), 0);
    assert_int_equal(protobuf_sint(&fixed), 0);
    assert_false(protobuf_bool(&fixed));
    assert_true(protobuf_double(&varint) == 0);
    assert_int_equal(protobuf_bytes(&varint).len, 0);
}

static void protobuf__nests_messages_with_short_lengths(void **state) {
    struct buf out = BUF_INIT(1 << 16);
    char text[300];
    (void)state;
    memset(text, 't', sizeof text);
    size_t outer = protobuf_begin(&out, 1);
    size_t empty = protobuf_begin(&out, 2);
    protobuf_end(&out, empty);
    size_t inner = protobuf_begin(&out, 3);
    protobuf_put_bytes(&out, 1, (struct str){ text, sizeof text });
    protobuf_end(&out, inner);
    protobuf_end(&out, outer);
    assert_int_equal(out.len, 3 + 2 + 3 + 3 + 300);
    struct protobuf_field field = first_field(buf_str(&out));
    struct protobuf_reader reader;
    protobuf_reader_init(&reader, protobuf_bytes(&field));
    assert_true(protobuf_next(&reader, &field) && field.number == 2 && field.bytes.len == 0);
    assert_true(protobuf_next(&reader, &field) && field.number == 3);
    field = first_field(protobuf_bytes(&field));
    assert_int_equal(field.bytes.len, 300);
    buf_finish(&out);
}

static void protobuf__stops_at_what_is_malformed(void **state) {
    static const struct str rows[] = {
        STR_INIT("\x08"),                                             /* no value */
        STR_INIT("\x08\x80"),                                         /* half a varint */
        STR_INIT("\x08\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x02"),     /* more than 64 bits */
        STR_INIT("\x08\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01"), /* more than ten bytes */
        STR_INIT("\x80"),                                             /* half a tag */
        STR_INIT("\x00\x01"),                                         /* field 0 */
        STR_INIT("\x80\x80\x80\x80\x10\x01"),                         /* field 2^29 */
        STR_INIT("\x09\0\0\0\0\0\0\0"),                               /* 7 of 8 bytes */
        STR_INIT("\x0D\0\0\0"),                                       /* 3 of 4 bytes */
        STR_INIT("\x0A\x02z"),                                        /* longer than what is left */
        STR_INIT("\x0A\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01z"),    /* longer than any memory */
        STR_INIT("\x0B\x0C"),                                         /* a group */
        STR_INIT("\x0E"), STR_INIT("\x0F"),                           /* wire types that do not exist */
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct protobuf_reader reader;
        struct protobuf_field field;
        struct err err = { 0 };
        protobuf_reader_init(&reader, rows[i]);
        assert_false(protobuf_next(&reader, &field));
        assert_false(protobuf_next(&reader, &field));
        assert_int_equal(protobuf_check(&reader, "record", &err), ERR_CORRUPT);
        assert_string_equal(err.message, "malformed record");
    }
}

static void protobuf__takes_packed_numbers(void **state) {
    struct str packed = STR("\x03\x8E\x02\x9E\xA7\x05");
    uint64_t value;
    (void)state;
    assert_true(protobuf_take_varint(&packed, &value) && value == 3);
    assert_true(protobuf_take_varint(&packed, &value) && value == 270);
    assert_true(protobuf_take_varint(&packed, &value) && value == 86942);
    assert_false(protobuf_take_varint(&packed, &value));
}

static void protobuf__leaves_a_full_buf_failed(void **state) {
    struct buf out = BUF_INIT(8);
    (void)state;
    size_t begin = protobuf_begin(&out, 1);
    protobuf_put_bytes(&out, 1, STR("longer than eight"));
    protobuf_end(&out, begin);
    assert_true(out.failed);
    buf_reset(&out);
    begin = protobuf_begin(&out, 1);
    protobuf_put_bytes(&out, 1, STR("12345"));
    protobuf_end(&out, begin);
    assert_true(out.failed);
    buf_finish(&out);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(protobuf__reads_the_documented_examples),
        TEST(protobuf__reads_back_every_kind),
        TEST(protobuf__answers_nothing_for_another_wire_type),
        TEST(protobuf__nests_messages_with_short_lengths),
        TEST(protobuf__stops_at_what_is_malformed),
        TEST(protobuf__takes_packed_numbers),
        TEST(protobuf__leaves_a_full_buf_failed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
