/* test_err.c */
#include "base/err.h"
#include "tests/unit/base/fixture.h"

#include <errno.h>

static void err__sets_code_and_message(void **state) {
    struct err err = { 0 };
    (void)state;
    assert_int_equal(err_set(&err, ERR_CONFLICT, "name '%s' is taken", "x"), ERR_CONFLICT);
    assert_int_equal(err.code, ERR_CONFLICT);
    assert_string_equal(err.message, "name 'x' is taken");
}

static void err__adds_context_in_front(void **state) {
    struct err err = { 0 };
    (void)state;
    (void)err_set(&err, ERR_IO, "inner");
    assert_int_equal(err_add_context(&err, "middle %d", 1), ERR_IO);
    assert_int_equal(err_add_context(&err, "outer"), ERR_IO);
    assert_string_equal(err.message, "outer: middle 1: inner");
}

static void err__cuts_long_messages_and_terminates_them(void **state) {
    char text[2 * ERR_MESSAGE_MAX];
    struct err err = { 0 };
    (void)state;
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    (void)err_set(&err, ERR_IO, "%s", text);
    assert_int_equal(strlen(err.message), ERR_MESSAGE_MAX - 1);
    (void)err_add_context(&err, "y");
    assert_int_equal(strlen(err.message), ERR_MESSAGE_MAX - 1);
    assert_memory_equal(err.message, "y: xxx", 6);
    (void)err_add_context(&err, "%s", text);
    assert_int_equal(strlen(err.message), ERR_MESSAGE_MAX - 1);
    (void)err_set_errno(&err, ENOSPC, "%s", text);
    assert_int_equal(strlen(err.message), ERR_MESSAGE_MAX - 1);
}

static void err__knows_the_kinds_of_system_errors(void **state) {
    struct err err = { 0 };
    (void)state;
    assert_int_equal(err_from_errno(ENOSPC), ERR_FULL);
    assert_int_equal(err_from_errno(EDQUOT), ERR_FULL);
    assert_int_equal(err_from_errno(ENOENT), ERR_NOT_FOUND);
    assert_int_equal(err_from_errno(EACCES), ERR_IO);
    assert_int_equal(err_set_errno(&err, ENOENT, "cannot open '%s'", "x"), ERR_NOT_FOUND);
    assert_string_equal(err.message, "cannot open 'x': No such file or directory");
}

static void err__gives_every_code_a_status_and_a_name_of_its_own(void **state) {
    static const char *names[] = {
#define X(code, status, name) [code] = name,
        ERR_CODES(X)
#undef X
    };
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        int status = err_http_status((enum err_code)i);
        assert_true(i == OK ? status == 200 : status >= 400 && status < 600);
        assert_string_equal(err_name((enum err_code)i), names[i]);
        for (size_t other = 0; other < i; other++)
            assert_string_not_equal(names[i], names[other]);
    }
    assert_int_equal(err_http_status(ERR_TOO_LARGE), 413);
    assert_string_equal(err_name(ERR_BAD_INPUT), "BAD_USER_INPUT");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(err__sets_code_and_message),
        TEST(err__adds_context_in_front),
        TEST(err__cuts_long_messages_and_terminates_them),
        TEST(err__knows_the_kinds_of_system_errors),
        TEST(err__gives_every_code_a_status_and_a_name_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
