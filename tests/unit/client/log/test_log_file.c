/* test_log_file.c - the transaction log's framing: what is written is read, and what is damaged is noticed. */
#include "client/log/log_file.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { RECORD_MAX = 1 << 20 };

static struct str filled(char *room, size_t len, char c) {
    memset(room, c, len);
    return (struct str){ room, len };
}

static void append(struct buf *file, struct str record) {
    size_t before = file->len;
    log_file_append(file, before, record);
    assert_int_equal(file->len - before, log_file_record_bytes(before, record.len));
}

static void log_file__begins_as_the_official_client_writes_it(void **state) {
    (void)state;
    static const unsigned char expected[] = { 0x3a, 0x57, 0x26, 0x42, 0xe1, 0xbe, 0x00,
                                              /* crc of 01 'a' 'b', length 2, full */
                                              0xb7, 0xe9, 0xd9, 0x21, 0x02, 0x00, 0x01, 'a', 'b' };
    struct buf file = BUF_INIT(RECORD_MAX);
    log_file_append_header(&file);
    append(&file, STR("ab"));
    assert_int_equal(file.len, sizeof expected);
    assert_memory_equal(file.ptr, expected, sizeof expected);
    buf_finish(&file);
}

static void log_file__reads_back_records_of_every_length_around_a_block(void **state) {
    (void)state;
    static char room[3 * LOG_FILE_BLOCK_BYTES];
    static const size_t lengths[] = { 0, 1, 32740, 5, 32754, 32755, 32761, 32768, 100, 70000, 98304, 3 };
    struct buf file = BUF_INIT(RECORD_MAX);
    struct log_file_reader reader;
    struct str record;

    log_file_append_header(&file);
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++)
        append(&file, filled(room, lengths[i], (char)('a' + i)));
    log_file_reader_init(&reader, RECORD_MAX);
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        assert_int_equal(log_file_next(&reader, str_from(buf_str(&file), reader.offset), &record), LOG_FILE_RECORD);
        assert_int_equal(record.len, lengths[i]);
        assert_true(str_eq(record, filled(room, lengths[i], (char)('a' + i))));
    }
    assert_int_equal(log_file_next(&reader, str_from(buf_str(&file), reader.offset), &record), LOG_FILE_END);
    assert_int_equal(reader.offset, file.len);
    log_file_reader_finish(&reader);
    buf_finish(&file);
}

static void log_file__answers_a_growing_file_once_each_record_is_whole(void **state) {
    (void)state;
    struct buf file = BUF_INIT(RECORD_MAX);
    struct log_file_reader reader;
    struct str record;
    size_t answered = 0;

    log_file_append_header(&file);
    append(&file, STR("first"));
    append(&file, STR("second"));
    log_file_reader_init(&reader, RECORD_MAX);
    for (size_t len = 0; len <= file.len; len++) {
        struct str there = str_slice(str_from(buf_str(&file), reader.offset), 0, len - reader.offset);
        if (log_file_next(&reader, there, &record) == LOG_FILE_RECORD)
            assert_true(str_eq(record, answered++ == 0 ? STR("first") : STR("second")));
    }
    assert_int_equal(answered, 2);
    log_file_reader_finish(&reader);
    buf_finish(&file);
}

static void log_file__stops_at_pages_that_were_not_written_yet(void **state) {
    (void)state;
    static char zeros[4096];
    struct buf file = BUF_INIT(RECORD_MAX);
    struct log_file_reader reader;
    struct str record;

    log_file_append_header(&file);
    append(&file, STR("only"));
    uint64_t end = file.len;
    buf_append(&file, zeros, sizeof zeros);
    log_file_reader_init(&reader, RECORD_MAX);
    assert_int_equal(log_file_next(&reader, buf_str(&file), &record), LOG_FILE_RECORD);
    assert_int_equal(log_file_next(&reader, str_from(buf_str(&file), reader.offset), &record), LOG_FILE_END);
    assert_int_equal(reader.offset, end);
    log_file_reader_finish(&reader);
    buf_finish(&file);
}

static void log_file__notices_a_flipped_bit_and_goes_on_at_the_next_block(void **state) {
    (void)state;
    static char room[40000];
    struct buf file = BUF_INIT(RECORD_MAX);
    struct log_file_reader reader;
    struct str record;

    log_file_append_header(&file);
    append(&file, STR("damaged"));
    append(&file, filled(room, sizeof room, 'x'));
    append(&file, STR("after"));
    file.ptr[16] ^= 1;
    log_file_reader_init(&reader, RECORD_MAX);
    assert_int_equal(log_file_next(&reader, buf_str(&file), &record), LOG_FILE_TORN);
    assert_non_null(reader.message);
    log_file_skip_damage(&reader);
    /* The long record began in the damaged block: its rest is passed over. */
    assert_int_equal(log_file_next(&reader, str_from(buf_str(&file), reader.offset), &record), LOG_FILE_RECORD);
    assert_true(str_eq(record, STR("after")));
    log_file_reader_finish(&reader);
    buf_finish(&file);
}

static void log_file__refuses_a_record_larger_than_is_accepted(void **state) {
    (void)state;
    static char room[1000];
    struct buf file = BUF_INIT(RECORD_MAX);
    struct log_file_reader reader;
    struct str record;

    log_file_append_header(&file);
    append(&file, filled(room, sizeof room, 'x'));
    log_file_reader_init(&reader, 999);
    assert_int_equal(log_file_next(&reader, buf_str(&file), &record), LOG_FILE_TORN);
    log_file_reader_finish(&reader);
    buf_finish(&file);
}

static void log_file__refuses_what_is_no_transaction_log(void **state) {
    (void)state;
    struct log_file_reader reader;
    struct str record;
    log_file_reader_init(&reader, RECORD_MAX);
    assert_int_equal(log_file_next(&reader, STR("PK\x03\x04 something else"), &record), LOG_FILE_TORN);
    log_file_reader_finish(&reader);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(log_file__begins_as_the_official_client_writes_it),
        cmocka_unit_test(log_file__reads_back_records_of_every_length_around_a_block),
        cmocka_unit_test(log_file__answers_a_growing_file_once_each_record_is_whole),
        cmocka_unit_test(log_file__stops_at_pages_that_were_not_written_yet),
        cmocka_unit_test(log_file__notices_a_flipped_bit_and_goes_on_at_the_next_block),
        cmocka_unit_test(log_file__refuses_a_record_larger_than_is_accepted),
        cmocka_unit_test(log_file__refuses_what_is_no_transaction_log),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
