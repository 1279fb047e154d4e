/* test_carry.c - files carried from a folder to a folder: gone on with, and compared. */
#include "base/file.h"
#include "server/transfer/carry.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* The digest of "abc". */
#define ABC "blobs/ba/7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

struct fixture {
    char folder[64];
    struct arena *arena;
    struct place *from, *to;
    struct err err;
};

static void put(struct fixture *f, const char *side, const char *name, const char *content) {
    char *path = file_join(f->arena, file_join(f->arena, f->folder, side), name);
    char *folder = arena_copy_c(f->arena, str_from_c(path));
    *strrchr(folder, '/') = '\0';
    assert_int_equal(file_make_folders(folder, 0700, &f->err), OK);
    assert_int_equal(file_replace(path, str_from_c(content), 0600, &f->err), OK);
}

static int set_up(void **state) {
    struct fixture *f = calloc(1, sizeof *f);
    (void)snprintf(f->folder, sizeof f->folder, "/tmp/barograph-test-XXXXXX");
    if (mkdtemp(f->folder) == NULL)
        return -1;
    f->arena = arena_create();
    put(f, "from", ABC, "abc");
    put(f, "from", "history/1/a.parquet", "rows");
    put(f, "from", "history/staged/half", "not whole");
    put(f, "to", "empty", "");
    *state = f;
    if (place_open_folder(&f->from, file_join(f->arena, f->folder, "from"), &f->err) != OK)
        return -1;
    return place_make_folder(&f->to, file_join(f->arena, f->folder, "to"), &f->err) == OK ? 0 : -1;
}

static int tear_down(void **state) {
    struct fixture *f = *state;
    place_close(f->from);
    place_close(f->to);
    int result = file_remove_tree(f->folder, &f->err) == OK ? 0 : -1;
    arena_destroy(f->arena);
    free(f);
    return result;
}

static void carry__sends_what_is_not_there(void **state) {
    struct fixture *f = *state;
    struct carried_files facts;
    assert_int_equal(carry_files(f->from, f->to, NULL, false, NULL, NULL, &facts, f->arena, &f->err), OK);
    assert_int_equal(facts.file_count, 2);
    assert_int_equal(facts.written_count, 2);
    assert_int_equal(facts.written_bytes, 7);
    put(f, "from", "history/1/b.parquet", "more rows");
    assert_int_equal(carry_files(f->from, f->to, NULL, false, NULL, NULL, &facts, f->arena, &f->err), OK);
    assert_int_equal(facts.written_count, 1);
    assert_int_equal(compare_files(f->from, f->to, NULL, false, NULL, NULL, &facts, f->arena, &f->err), OK);
    assert_int_equal(facts.wrong_count, 0);
}

static void carry__finds_bytes_that_differ_and_files_that_lack(void **state) {
    struct fixture *f = *state;
    struct carried_files facts;
    put(f, "to", ABC, "abc");
    put(f, "to", "history/1/a.parquet", "rowz");
    assert_int_equal(compare_files(f->from, f->to, NULL, false, NULL, NULL, &facts, f->arena, &f->err), OK);
    assert_int_equal(facts.wrong_count, 1);
    assert_true(str_eq_c(facts.first_wrong, "history/1/a.parquet"));
    put(f, "from", "history/1/c.parquet", "lacks");
    assert_int_equal(compare_files(f->from, f->to, NULL, false, NULL, NULL, &facts, f->arena, &f->err), OK);
    assert_int_equal(facts.wrong_count, 2);
}

static void carry__finds_blobs_that_are_not_what_they_are_called(void **state) {
    struct fixture *f = *state;
    struct carried_files facts;
    put(f, "from", ABC, "abd");
    assert_int_equal(carry_files(f->from, f->to, NULL, false, NULL, NULL, &facts, f->arena, &f->err), OK);
    assert_int_equal(compare_files(f->from, f->to, NULL, false, NULL, NULL, &facts, f->arena, &f->err), OK);
    assert_int_equal(facts.wrong_count, 1);
    assert_true(str_eq_c(facts.first_wrong, ABC));
}

/* What was compared while the old server ran is not read again when it is stopped, as long as it is there with its size. */
static void carry__does_not_compare_twice(void **state) {
    struct fixture *f = *state;
    struct carried_files facts;
    struct compared *compared;
    assert_int_equal(compared_open(&compared, file_join(f->arena, f->folder, "compared"), STR("here"), &f->err), OK);
    assert_int_equal(carry_files(f->from, f->to, NULL, true, NULL, NULL, &facts, f->arena, &f->err), OK);
    assert_int_equal(compare_files(f->from, f->to, compared, true, NULL, NULL, &facts, f->arena, &f->err), OK);
    assert_true(facts.known_count == 0 && facts.wrong_count == 0);
    put(f, "from", "history/1/b.parquet", "more rows");
    put(f, "to", "history/1/b.parquet", "more rowz");
    put(f, "to", ABC, "longer than it was");
    assert_int_equal(compare_files(f->from, f->to, compared, false, NULL, NULL, &facts, f->arena, &f->err), OK);
    assert_true(facts.known_count == 1 && facts.wrong_count == 2 && facts.file_count == 3);
    compared_close(compared);
}

/* What was read on both sides while it was carried is compared; a blob that is not what it is called is not remembered as such. */
static void carry__compares_what_it_carries(void **state) {
    struct fixture *f = *state;
    struct carried_files facts;
    struct compared *compared;
    put(f, "from", "blobs/00/00000000000000000000000000000000000000000000000000000000000000", "not these");
    assert_int_equal(compared_open(&compared, NULL, STR("here"), &f->err), OK);
    assert_int_equal(carry_files(f->from, f->to, compared, false, NULL, NULL, &facts, f->arena, &f->err), OK);
    assert_int_equal(facts.written_count, 3);
    assert_int_equal(compare_files(f->from, f->to, compared, false, NULL, NULL, &facts, f->arena, &f->err), OK);
    assert_int_equal(facts.known_count, 2);
    assert_int_equal(facts.wrong_count, 1);
    compared_close(compared);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(carry__sends_what_is_not_there, set_up, tear_down),
        cmocka_unit_test_setup_teardown(carry__finds_bytes_that_differ_and_files_that_lack, set_up, tear_down),
        cmocka_unit_test_setup_teardown(carry__finds_blobs_that_are_not_what_they_are_called, set_up, tear_down),
        cmocka_unit_test_setup_teardown(carry__does_not_compare_twice, set_up, tear_down),
        cmocka_unit_test_setup_teardown(carry__compares_what_it_carries, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
