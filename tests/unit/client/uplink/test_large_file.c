/* test_large_file.c - how a file is cut, and what is remembered of its parts. */
#include "client/uplink/large_file.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static const uint64_t mib = 1 << 20, gib = 1 << 30;

static void large_file__cuts_into_parts_that_fit(void **unused) {
    (void)unused;
    assert_int_equal(large_file_part_bytes(5 * gib, 2 * gib), 100 * mib);
    /* A limit below that is one for each part, too. */
    assert_int_equal(large_file_part_bytes(5 * gib, 50 * mib), 50 * mib);
    /* No more than 10,000, in whole pages. */
    uint64_t part = large_file_part_bytes(2000 * gib, 2 * gib);
    assert_true(part > 100 * mib && part % 4096 == 0);
    assert_true((2000 * gib + part - 1) / part <= LARGE_FILE_PARTS_MAX);
}

static void large_file__takes_its_limit_from_the_environment(void **unused) {
    (void)unused;
    assert_int_equal(unsetenv("BAROGRAPH_MULTIPART_BYTES"), 0);
    assert_int_equal(large_file_from_bytes(), 2 * gib);
    assert_int_equal(setenv("BAROGRAPH_MULTIPART_BYTES", "3000000", 1), 0);
    assert_int_equal(large_file_from_bytes(), 3000000);
    assert_int_equal(setenv("BAROGRAPH_MULTIPART_BYTES", "10", 1), 0);
    assert_int_equal(large_file_from_bytes(), mib);
    assert_int_equal(setenv("BAROGRAPH_MULTIPART_BYTES", "a lot", 1), 0);
    assert_int_equal(large_file_from_bytes(), 2 * gib);
    assert_int_equal(unsetenv("BAROGRAPH_MULTIPART_BYTES"), 0);
}

static int open_temporary(const char *content, size_t len) {
    char path[] = "/tmp/large_file.XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(write(fd, content, len), (ssize_t)len);
    return fd;
}

static void large_file__knows_each_parts_place_and_digest(void **unused) {
    char *content = calloc(1, 2 * mib + 7);
    unsigned char md5[MD5_BYTES];
    struct large_file *file = NULL;
    struct err err;
    (void)unused;
    assert_non_null(content);
    memset(content + mib, 'b', mib);
    memset(content + 2 * mib, 'c', 7);
    int fd = open_temporary(content, 2 * mib + 7);
    assert_int_equal(large_file_measure(&file, "key", fd, mib, &err), OK);
    assert_int_equal(file->part_count, 3);
    assert_int_equal(file->parts[2].offset, 2 * mib);
    assert_int_equal(file->parts[2].length, 7);
    for (size_t i = 0; i < 3; i++) {
        hash_md5(md5, (struct str){ content + i * mib, i == 2 ? 7 : mib });
        assert_memory_equal(md5, file->parts[i].md5, MD5_BYTES);
    }
    large_file_destroy(file);
    close(fd);
    free(content);
}

static void large_file__remembers_arrivals_of_the_same_file_only(void **unused) {
    struct large_file *file = NULL;
    struct err err;
    (void)unused;
    int fd = open_temporary("some content", 12);
    assert_int_equal(large_file_measure(&file, "a", fd, mib, &err), OK);
    file->parts[0].etag[0] = 't';
    assert_int_equal(large_file_measure(&file, "a", fd, mib, &err), OK);
    assert_string_equal(file->parts[0].etag, "t");
    assert_int_equal(large_file_measure(&file, "b", fd, mib, &err), OK);
    assert_string_equal(file->parts[0].etag, "");
    file->parts[0].etag[0] = 't';
    assert_int_equal(write(fd, "!", 1), 1);
    assert_int_equal(large_file_measure(&file, "b", fd, mib, &err), OK);
    assert_string_equal(file->parts[0].etag, "");
    assert_int_equal(file->parts[0].length, 13);
    large_file_destroy(file);
    close(fd);
}

static void large_file__is_begun_anew_once(void **unused) {
    struct large_file *file = NULL;
    struct err err;
    (void)unused;
    int fd = open_temporary("x", 1);
    assert_int_equal(large_file_measure(&file, "a", fd, mib, &err), OK);
    file->parts[0].etag[0] = 't';
    assert_true(large_file_begin_anew(file));
    assert_string_equal(file->parts[0].etag, "");
    assert_false(large_file_begin_anew(file));
    large_file_destroy(file);
    close(fd);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(large_file__cuts_into_parts_that_fit),
        cmocka_unit_test(large_file__takes_its_limit_from_the_environment),
        cmocka_unit_test(large_file__knows_each_parts_place_and_digest),
        cmocka_unit_test(large_file__remembers_arrivals_of_the_same_file_only),
        cmocka_unit_test(large_file__is_begun_anew_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
