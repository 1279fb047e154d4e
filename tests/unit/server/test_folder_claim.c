/* test_folder_claim.c - whose files lie where, when the database is not in the data folder. */
#include "server/folder_claim.h"

#include "base/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

struct fixture {
    struct arena *arena;
    char path[64];
    struct db *db;
    struct data_folder *ours, *theirs;
    struct err err;
};

static struct data_folder *open_folder(struct fixture *f, const char *name) {
    struct data_folder *folder;
    assert_int_equal(data_folder_open(&folder, arena_printf(f->arena, "%s/%s", f->path, name), false, &f->err), OK);
    return folder;
}

static int set_up(void **state) {
    struct fixture *f = *state = calloc(1, sizeof *f);
    f->arena = arena_create();
    (void)snprintf(f->path, sizeof f->path, "/tmp/barograph-folder-XXXXXX");
    assert_non_null(mkdtemp(f->path));
    assert_int_equal(db_open(&f->db, arena_printf(f->arena, "sqlite:%s/shared.db", f->path), &f->err), OK);
    f->ours = open_folder(f, "ours");
    f->theirs = open_folder(f, "theirs");
    return 0;
}

static int tear_down(void **state) {
    struct fixture *f = *state;
    db_close(f->db);
    data_folder_close(f->ours);
    data_folder_close(f->theirs);
    assert_int_equal(file_remove_tree(f->path, &f->err), OK);
    arena_destroy(f->arena);
    free(f);
    return 0;
}

static void folder_claim__is_good_for_one_folder(void **state) {
    struct fixture *f = *state;
    assert_int_equal(folder_claim(f->ours, f->db, &f->err), OK);
    assert_int_equal(folder_claim(f->theirs, f->db, &f->err), ERR_CONFLICT);
    assert_non_null(strstr(f->err.message, "need a bucket"));
    assert_false(file_exists(data_folder_file(f->theirs, FOLDER_CLAIM_FILE, f->arena)));
    assert_int_equal(folder_claim(f->ours, f->db, &f->err), OK);
}

static void folder_claim__goes_with_the_folders_id(void **state) {
    struct fixture *f = *state;
    struct str id;
    assert_int_equal(folder_claim(f->ours, f->db, &f->err), OK);
    assert_int_equal(file_read_all(&id, data_folder_file(f->ours, FOLDER_CLAIM_FILE, f->arena), 256, f->arena, &f->err), OK);
    assert_int_equal(file_replace(data_folder_file(f->theirs, FOLDER_CLAIM_FILE, f->arena), id, 0600, &f->err), OK);
    assert_int_equal(folder_claim(f->theirs, f->db, &f->err), OK);
}

/* As after a kill between the two. */
static void folder_claim__takes_an_id_that_the_database_does_not_know_yet(void **state) {
    struct fixture *f = *state;
    assert_int_equal(file_replace(data_folder_file(f->ours, FOLDER_CLAIM_FILE, f->arena), STR("some words\n"), 0600, &f->err), OK);
    assert_int_equal(folder_claim(f->ours, f->db, &f->err), OK);
    assert_int_equal(folder_claim(f->theirs, f->db, &f->err), ERR_CONFLICT);
    assert_non_null(strstr(f->err.message, "some words"));
}

static void folder_claim__ends_where_files_lie_elsewhere(void **state) {
    struct fixture *f = *state;
    assert_int_equal(folder_claim_end(f->db, &f->err), OK);
    assert_int_equal(folder_claim(f->ours, f->db, &f->err), OK);
    assert_int_equal(folder_claim_end(f->db, &f->err), OK);
    assert_int_equal(folder_claim(f->theirs, f->db, &f->err), OK);
    assert_int_equal(folder_claim(f->ours, f->db, &f->err), ERR_CONFLICT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(folder_claim__is_good_for_one_folder, set_up, tear_down),
        cmocka_unit_test_setup_teardown(folder_claim__goes_with_the_folders_id, set_up, tear_down),
        cmocka_unit_test_setup_teardown(folder_claim__takes_an_id_that_the_database_does_not_know_yet, set_up, tear_down),
        cmocka_unit_test_setup_teardown(folder_claim__ends_where_files_lie_elsewhere, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
