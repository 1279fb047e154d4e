/* test_ballast.c - the ballast goes when the disk fills, and comes back when there is room. */
#include "server/ballast.h"

#include "base/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

struct fixture {
    char folder[64], path[128];
    _Atomic bool is_low;
    struct ballast ballast;
};

static int set_up(void **state) {
    struct fixture *f = calloc(1, sizeof *f);
    (void)snprintf(f->folder, sizeof f->folder, "/tmp/barograph-ballast-XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    (void)snprintf(f->path, sizeof f->path, "%s/ballast", f->folder);
    f->ballast = (struct ballast){ f->folder, f->path, &f->is_low };
    *state = f;
    return 0;
}

static int tear_down(void **state) {
    struct fixture *f = *state;
    struct err err;
    assert_int_equal(file_remove_tree(f->folder, &err), OK);
    free(f);
    return 0;
}

static int64_t room_taken(struct fixture *f) {
    struct stat facts;
    return stat(f->path, &facts) == 0 ? (int64_t)facts.st_blocks * 512 : 0;
}

static void ballast__takes_room_while_there_is_some(void **state) {
    struct fixture *f = *state;
    ballast_look_at(&f->ballast, INT64_C(1) << 40);
    assert_true(room_taken(f) >= BALLAST_BYTES);
    assert_false(f->is_low);
}

static void ballast__goes_when_the_disk_is_nearly_full_and_comes_back(void **state) {
    struct fixture *f = *state;
    ballast_look_at(&f->ballast, INT64_C(1) << 40);
    ballast_look_at(&f->ballast, BALLAST_LOW_BYTES - 1);
    assert_int_equal(room_taken(f), 0);
    assert_true(f->is_low);
    ballast_look_at(&f->ballast, BALLAST_LOW_BYTES + BALLAST_BYTES); /* its own room is no room */
    assert_true(f->is_low);
    assert_int_equal(room_taken(f), 0);
    ballast_look_at(&f->ballast, 3 * BALLAST_BYTES);
    assert_false(f->is_low);
    assert_true(room_taken(f) >= BALLAST_BYTES);
}

static void ballast__is_not_taken_on_a_small_disk(void **state) {
    struct fixture *f = *state;
    ballast_look_at(&f->ballast, BALLAST_BYTES);
    assert_int_equal(room_taken(f), 0);
    assert_false(f->is_low); /* it is small, not full */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(ballast__takes_room_while_there_is_some, set_up, tear_down),
        cmocka_unit_test_setup_teardown(ballast__goes_when_the_disk_is_nearly_full_and_comes_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(ballast__is_not_taken_on_a_small_disk, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
