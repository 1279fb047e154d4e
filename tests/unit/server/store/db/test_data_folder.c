/* test_data_folder.c */
#include "server/store/db/data_folder.h"

#include "base/file.h"

#include <setjmp.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

struct place {
    char root[64];
    struct arena *arena;
    struct str path;
    struct err err;
};

static int set_up(void **state) {
    static struct place place;
    place = (struct place){ .root = "/tmp/barograph-test-XXXXXX", .arena = arena_create() };
    *state = &place;
    if (mkdtemp(place.root) == NULL)
        return -1;
    place.path = arena_printf(place.arena, "%s/a/data", place.root);
    return 0;
}

static int tear_down(void **state) {
    struct place *place = *state;
    enum err_code code = file_remove_tree(place->root, &place->err);
    arena_destroy(place->arena);
    return code == OK ? 0 : -1;
}

static void data_folder__is_made_for_its_owner_alone(void **state) {
    struct place *place = *state;
    struct data_folder *folder = NULL;
    struct stat info;

    assert_int_equal(data_folder_open(&folder, place->path, false, &place->err), OK);
    assert_int_equal(stat(place->path.ptr, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0700);
    data_folder_close(folder);
}

static void data_folder__closes_one_that_was_open_to_others(void **state) {
    struct place *place = *state;
    struct data_folder *folder = NULL;
    struct stat info;

    assert_int_equal(file_make_folders(place->path.ptr, 0755, &place->err), OK);
    assert_int_equal(data_folder_open(&folder, place->path, false, &place->err), OK);
    assert_int_equal(stat(place->path.ptr, &info), 0);
    assert_int_equal(info.st_mode & 077, 0);
    data_folder_close(folder);
}

static void data_folder__belongs_to_one_process(void **state) {
    struct place *place = *state;
    struct data_folder *folder = NULL, *second = NULL;

    assert_int_equal(data_folder_open(&folder, place->path, false, &place->err), OK);
    assert_int_equal(data_folder_open(&second, place->path, false, &place->err), ERR_CONFLICT);
    struct str sentence = arena_printf(place->arena, "the data folder '%s' is in use by another barograph (process %d)",
                                       place->path.ptr, (int)getpid());
    assert_string_equal(place->err.message, sentence.ptr);
    data_folder_close(folder);
    assert_int_equal(data_folder_open(&second, place->path, false, &place->err), OK);
    data_folder_close(second);
}

/* However the process ends, its lock goes with it. */
static void data_folder__is_free_when_its_process_was_killed(void **state) {
    struct place *place = *state;
    struct data_folder *folder = NULL;
    pid_t child = fork();
    if (child == 0) {
        enum err_code code = data_folder_open(&folder, place->path, false, &place->err);
        _exit(code == OK ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(data_folder_open(&folder, place->path, false, &place->err), OK);
    data_folder_close(folder);
}

static void data_folder__is_not_made_where_a_file_stands(void **state) {
    struct place *place = *state;
    struct data_folder *folder = NULL;
    assert_int_equal(data_folder_open(&folder, STR("/dev/null/data"), false, &place->err), ERR_IO);
    assert_null(folder);
}

#define FOLDER_TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        FOLDER_TEST(data_folder__is_made_for_its_owner_alone),
        FOLDER_TEST(data_folder__closes_one_that_was_open_to_others),
        FOLDER_TEST(data_folder__belongs_to_one_process),
        FOLDER_TEST(data_folder__is_free_when_its_process_was_killed),
        FOLDER_TEST(data_folder__is_not_made_where_a_file_stands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
