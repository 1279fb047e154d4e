/* test_joint.c - which part is next, and when what was written is not what is wanted. */
#include "server/api/artifacts/joint.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct joint_part blob(unsigned char fill) {
    struct joint_part part = { .is_known = true, .is_blob = true };
    memset(&part.id, fill, sizeof part.id);
    memset(part.md5, fill, MD5_BYTES);
    return part;
}

static struct joint_part placed(unsigned char fill) {
    struct joint_part part = { .is_known = true, .is_placed = true };
    memset(part.md5, fill, MD5_BYTES);
    return part;
}

static void set_blob(struct joint *joint, size_t at, unsigned char fill) {
    struct joint_part part = blob(fill);
    joint_set_part(joint, at, &part);
}

static void set_placed(struct joint *joint, size_t at, unsigned char fill) {
    struct joint_part part = placed(fill);
    joint_set_part(joint, at, &part);
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
    set_blob(joint, 1, 2);
    assert_false(joint_has_next_part(joint));
    set_blob(joint, 0, 1);
    assert_true(joint_has_next_part(joint));
    joint->appended = 2;
    assert_false(joint_has_next_part(joint));
}

static void joint__is_stale_once_a_written_part_is_another(void **state) {
    struct joint *joint = *state;
    set_blob(joint, 0, 1);
    joint->appended = 1;
    set_blob(joint, 0, 1);
    assert_false(joint->is_stale);
    set_blob(joint, 1, 2);
    set_blob(joint, 1, 3);
    assert_false(joint->is_stale);
    joint->is_appending = true;
    set_blob(joint, 1, 2);
    assert_true(joint->is_stale);
}

static void joint__is_stale_when_fewer_parts_are_wanted(void **state) {
    const struct joint_part parts[] = { blob(1), blob(2) };
    struct joint *joint = *state;
    set_blob(joint, 0, 1);
    set_blob(joint, 1, 2);
    joint->appended = 2;
    joint_want(joint, parts, 2);
    assert_false(joint->is_stale);
    assert_true(joint_is_of(joint, parts, 2));
    joint_want(joint, parts, 1);
    assert_true(joint->is_stale);
    assert_false(joint_is_of(joint, parts, 2));
}

static void joint__needs_no_part_after_the_last_wanted(void **state) {
    const struct joint_part parts[] = { blob(1) };
    struct joint *joint = *state;
    set_blob(joint, 1, 2);
    joint_want(joint, parts, 1);
    assert_true(joint_has_next_part(joint));
    joint->appended = 1;
    assert_false(joint_has_next_part(joint));
}

static void joint__forgets_its_parts(void **state) {
    struct joint *joint = *state;
    set_blob(joint, 0, 1);
    joint_forget_parts(joint);
    assert_false(joint->is_stale);
    set_blob(joint, 0, 1);
    joint->appended = 1;
    joint_forget_parts(joint);
    assert_true(joint->is_stale);
    joint->appended = 0;
    assert_false(joint_has_next_part(joint));
}

static void joint__takes_a_part_that_came_again_for_another(void **state) {
    struct joint *joint = *state;
    set_placed(joint, 0, 1);
    joint->appended = 1;
    set_placed(joint, 0, 1);
    assert_false(joint->is_stale);
    set_blob(joint, 0, 1); /* told to have the same md5, but nobody has looked */
    assert_true(joint->is_stale);
}

static void joint__knows_a_blob_that_it_brought_to_its_place(void **state) {
    struct joint *joint = *state;
    const struct joint_part as_blob = blob(1), at_its_place = placed(1);
    set_blob(joint, 0, 1);
    joint_want(joint, &as_blob, 1);
    assert_false(joint_is_of(joint, &at_its_place, 1));
    joint_set_placed(joint, 0, &as_blob);
    assert_true(joint_is_of(joint, &at_its_place, 1));
    assert_true(joint_is_of(joint, &as_blob, 1));
    joint->appended = 1;
    set_placed(joint, 0, 1);
    assert_false(joint->is_stale);
    assert_true(joint_is_of(joint, &as_blob, 1));
}

#define JOINT_TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        JOINT_TEST(joint__takes_parts_in_their_order),
        JOINT_TEST(joint__is_stale_once_a_written_part_is_another),
        JOINT_TEST(joint__is_stale_when_fewer_parts_are_wanted),
        JOINT_TEST(joint__needs_no_part_after_the_last_wanted),
        JOINT_TEST(joint__forgets_its_parts),
        JOINT_TEST(joint__takes_a_part_that_came_again_for_another),
        JOINT_TEST(joint__knows_a_blob_that_it_brought_to_its_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
