/* test_tar.c - heads of archives; that tar itself reads what we write is tested in tests/faults/test_backup.py. */
#include "base/tar.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct err err;

static struct tar_entry entry_of(const char *name, uint64_t size) {
    struct tar_entry entry = { .size_bytes = size, .mode = 0600, .modified_s = 1700000000 };
    (void)snprintf(entry.name, sizeof entry.name, "%s", name);
    return entry;
}

static void assert_round_trip(const char *name, uint64_t size) {
    struct tar_entry entry = entry_of(name, size), found;
    struct buf out = BUF_INIT(4096);
    bool is_end;
    assert_int_equal(tar_append_head(&out, &entry, &err), OK);
    assert_int_equal(out.len, TAR_BLOCK_BYTES);
    assert_int_equal(tar_read_head(out.ptr, &found, &is_end, &err), OK);
    assert_false(is_end);
    assert_string_equal(found.name, name);
    assert_true(found.size_bytes == size && found.mode == 0600 && found.modified_s == 1700000000);
    buf_finish(&out);
}

static void tar__gives_back_what_was_written(void **state) {
    (void)state;
    assert_round_trip("a.txt", 0);
    assert_round_trip("blobs/ab/0123456789012345678901234567890123456789012345678901234567890", 12345);
    assert_round_trip("large", UINT64_C(1) << 40);
}

static void tar__cuts_long_names_at_a_slash(void **state) {
    char name[200];
    (void)state;
    memset(name, 'x', sizeof name);
    name[120] = '/';
    name[199] = '\0';
    assert_round_trip(name, 1);
    name[120] = 'x';
    struct buf out = BUF_INIT(4096);
    struct tar_entry entry = entry_of(name, 1);
    assert_int_equal(tar_append_head(&out, &entry, &err), ERR_BAD_INPUT);
    buf_finish(&out);
}

static void tar__pads_to_blocks(void **state) {
    struct buf out = BUF_INIT(4096);
    (void)state;
    tar_append_padding(&out, 512);
    assert_int_equal(out.len, 0);
    tar_append_padding(&out, 513);
    assert_int_equal(out.len, 511);
    assert_int_equal(tar_padded(513), 1024);
    buf_finish(&out);
}

static void tar__refuses_what_is_damaged(void **state) {
    struct tar_entry entry = entry_of("a.txt", 5), found;
    struct buf out = BUF_INIT(4096);
    bool is_end;
    (void)state;
    assert_int_equal(tar_append_head(&out, &entry, &err), OK);
    out.ptr[3] ^= 1;
    assert_int_equal(tar_read_head(out.ptr, &found, &is_end, &err), ERR_CORRUPT);
    buf_finish(&out);
}

static void tar__refuses_links(void **state) {
    struct tar_entry entry = entry_of("a.txt", 0), found;
    struct buf out = BUF_INIT(4096);
    bool is_end;
    (void)state;
    assert_int_equal(tar_append_head(&out, &entry, &err), OK);
    unsigned sum = (unsigned)strtoul(out.ptr + 148, NULL, 8);
    (void)snprintf(out.ptr + 148, 7, "%06o", sum + '2' - '0');
    out.ptr[156] = '2';
    assert_int_equal(tar_read_head(out.ptr, &found, &is_end, &err), ERR_BAD_INPUT);
    buf_finish(&out);
}

static void tar__tells_its_end(void **state) {
    struct tar_entry found;
    struct buf out = BUF_INIT(4096);
    bool is_end;
    (void)state;
    tar_append_end(&out);
    assert_int_equal(out.len, 1024);
    assert_int_equal(tar_read_head(out.ptr, &found, &is_end, &err), OK);
    assert_true(is_end);
    buf_finish(&out);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tar__gives_back_what_was_written), cmocka_unit_test(tar__cuts_long_names_at_a_slash),
        cmocka_unit_test(tar__pads_to_blocks),              cmocka_unit_test(tar__refuses_what_is_damaged),
        cmocka_unit_test(tar__refuses_links),               cmocka_unit_test(tar__tells_its_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
