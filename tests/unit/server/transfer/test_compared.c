/* test_compared.c - what was compared is remembered by whoever comes next, for the same target only. */
#include "base/file.h"
#include "server/transfer/compared.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static const struct place_file file = { STR_INIT("history/1/a.parquet"), 4 }, longer = { STR_INIT("history/1/a.parquet"), 5 };

struct fixture {
    char path[64];
    struct err err;
};

static int set_up(void **state) {
    struct fixture *f = calloc(1, sizeof *f);
    (void)snprintf(f->path, sizeof f->path, "/tmp/barograph-test-XXXXXX");
    *state = f;
    int fd = mkstemp(f->path);
    return fd >= 0 ? close(fd) : -1;
}

static int tear_down(void **state) {
    struct fixture *f = *state;
    int result = unlink(f->path);
    free(f);
    return result;
}

static bool is_known(struct fixture *f, const char *target, const struct place_file *of) {
    struct compared *compared;
    assert_int_equal(compared_open(&compared, f->path, str_from_c(target), &f->err), OK);
    bool has = compared_has(compared, of);
    compared_close(compared);
    return has;
}

static void add(struct fixture *f, const char *target) {
    struct compared *compared;
    assert_int_equal(compared_open(&compared, f->path, str_from_c(target), &f->err), OK);
    assert_int_equal(compared_add(compared, &file, &f->err), OK);
    assert_true(compared_has(compared, &file) && !compared_has(compared, &longer));
    compared_close(compared);
}

static void compared__knows_what_was_added_before(void **state) {
    add(*state, "there");
    assert_true(is_known(*state, "there", &file));
    assert_false(is_known(*state, "there", &longer));
}

static void compared__forgets_what_was_of_another_target(void **state) {
    add(*state, "there");
    assert_false(is_known(*state, "elsewhere", &file));
    assert_false(is_known(*state, "there", &file));
}

static void compared__begins_anew_when_its_end_was_cut_off(void **state) {
    struct fixture *f = *state;
    uint64_t size;
    add(f, "there");
    assert_int_equal(file_size(&size, f->path, &f->err), OK);
    assert_int_equal(truncate(f->path, (off_t)size - 1), 0);
    assert_false(is_known(f, "there", &file));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(compared__knows_what_was_added_before, set_up, tear_down),
        cmocka_unit_test_setup_teardown(compared__forgets_what_was_of_another_target, set_up, tear_down),
        cmocka_unit_test_setup_teardown(compared__begins_anew_when_its_end_was_cut_off, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
