/* test_joint.c - which part is next, and when what was written is not what is wanted. */
#include "server/api/artifacts/joint.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const unsigned char *digest(unsigned char fill) {
    static unsigned char room[4][SHA256_BYTES];
    memset(room[fill % 4], fill, SHA256_BYTES);
    return room[fill % 4];
}

static struct artifact_blob blob(unsigned char fill) {
    struct artifact_blob blob = { .size_bytes = 1 };
    memset(blob.sha256, fill, SHA256_BYTES);
    return blob;
}

static int set_up(void **state) {
    *state = joint_create(7, STR("big.bin"));
    return 0;
}

static int tear_down(void **state) {
    joint_destroy(*state);
    return 0;
}

static void joint__takes_parts_in_their_order(void **state) {
    struct joint *joint = *state;
    assert_false(joint_has_next_part(joint));
    joint_set_part(joint, 1, digest(2));
    assert_false(joint_has_next_part(joint));
    joint_set_part(joint, 0, digest(1));
    assert_true(joint_has_next_part(joint));
    joint->appended = 2;
    assert_false(joint_has_next_part(joint));
}

static void joint__is_stale_once_a_written_part_is_another(void **state) {
    struct joint *joint = *state;
    joint_set_part(joint, 0, digest(1));
    joint->appended = 1;
    joint_set_part(joint, 0, digest(1));
    assert_false(joint->is_stale);
    joint_set_part(joint, 1, digest(2));
    joint_set_part(joint, 1, digest(3));
    assert_false(joint->is_stale);
    joint->is_appending = true;
    joint_set_part(joint, 1, digest(2));
    assert_true(joint->is_stale);
}

static void joint__is_stale_when_fewer_parts_are_wanted(void **state) {
    const struct artifact_blob parts[] = { blob(1), blob(2) };
    struct joint *joint = *state;
    joint_set_part(joint, 0, digest(1));
    joint_set_part(joint, 1, digest(2));
    joint->appended = 2;
    joint_want(joint, parts, 2);
    assert_false(joint->is_stale);
    assert_true(joint_is_of(joint, parts, 2));
    joint_want(joint, parts, 1);
    assert_true(joint->is_stale);
    assert_false(joint_is_of(joint, parts, 2));
}

static void joint__needs_no_part_after_the_last_wanted(void **state) {
    const struct artifact_blob parts[] = { blob(1) };
    struct joint *joint = *state;
    joint_set_part(joint, 1, digest(2));
    joint_want(joint, parts, 1);
    assert_true(joint_has_next_part(joint));
    joint->appended = 1;
    assert_false(joint_has_next_part(joint));
}

static void joint__forgets_its_parts(void **state) {
    struct joint *joint = *state;
    joint_set_part(joint, 0, digest(1));
    joint_forget_parts(joint);
    assert_false(joint->is_stale);
    joint_set_part(joint, 0, digest(1));
    joint->appended = 1;
    joint_forget_parts(joint);
    assert_true(joint->is_stale);
    joint->appended = 0;
    assert_false(joint_has_next_part(joint));
}

#define JOINT_TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        JOINT_TEST(joint__takes_parts_in_their_order),
        JOINT_TEST(joint__is_stale_once_a_written_part_is_another),
        JOINT_TEST(joint__is_stale_when_fewer_parts_are_wanted),
        JOINT_TEST(joint__needs_no_part_after_the_last_wanted),
        JOINT_TEST(joint__forgets_its_parts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
