/* test_mention.c - who is named in a comment. */
#include "server/api/projects/mention.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static size_t find(const char *text, struct str *names) {
    return mention_find(str_from_c(text), names, MENTION_MAX);
}

static void mention__finds_names_and_leaves_the_stop_to_the_sentence(void **state) {
    struct str names[MENTION_MAX];
    (void)state;
    assert_int_equal(find("@alice, ask @bob.", names), 3);
    assert_true(str_eq_c(names[0], "alice"));
    assert_true(str_eq_c(names[1], "bob.")); /* which may be a name */
    assert_true(str_eq_c(names[2], "bob"));
    assert_int_equal(find("(@a-b_c.d)", names), 1);
    assert_true(str_eq_c(names[0], "a-b_c.d"));
}

static void mention__takes_letters_that_follow_for_the_name_and_for_not(void **state) {
    struct str names[MENTION_MAX];
    (void)state;
    assert_int_equal(find("@alice\xe3\x81\x95\xe3\x82\x93", names), 2);
    assert_true(str_eq_c(names[0], "alice\xe3\x81\x95\xe3\x82\x93"));
    assert_true(str_eq_c(names[1], "alice"));
}

static void mention__is_no_address_and_no_lone_sign(void **state) {
    struct str names[MENTION_MAX];
    (void)state;
    assert_int_equal(find("mail@alice.org, 5 @ 3, @", names), 0);
    assert_int_equal(find("", names), 0);
}

static void mention__stops_when_there_are_enough(void **state) {
    struct str names[3];
    (void)state;
    assert_int_equal(mention_find(STR("@a @b @c @d"), names, 3), 3);
    assert_true(str_eq_c(names[2], "c"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mention__finds_names_and_leaves_the_stop_to_the_sentence),
        cmocka_unit_test(mention__takes_letters_that_follow_for_the_name_and_for_not),
        cmocka_unit_test(mention__is_no_address_and_no_lone_sign),
        cmocka_unit_test(mention__stops_when_there_are_enough),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
