/* test_password.c */
#include "server/store/accounts/password.h"

#include "base/clock.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdatomic.h>
#include <unistd.h>

#include <cmocka.h>

static void password__is_right_only_when_it_is_the_same(void **state) {
    struct arena *arena = arena_create();
    struct err err = { 0 };
    struct str hash;
    bool is_right;
    (void)state;

    assert_int_equal(password_hash(STR("correct horse"), arena, &hash, &err), OK);
    assert_true(str_starts_with(hash, STR("$argon2id$v=19$m=65536,")));
    assert_int_equal(password_verify(STR("correct horse"), hash, &is_right, &err), OK);
    assert_true(is_right);
    assert_int_equal(password_verify(STR("correct horsf"), hash, &is_right, &err), OK);
    assert_false(is_right);
    arena_destroy(arena);
}

static void password__is_never_right_for_nobody_and_takes_as_long(void **state) {
    struct err err = { 0 };
    bool is_right = true;
    (void)state;
    int64_t before = clock_mono_ms();
    assert_int_equal(password_verify(STR("correct horse"), (struct str){ NULL, 0 }, &is_right, &err), OK);
    assert_false(is_right);
    assert_true(clock_mono_ms() - before >= 10);
}

static void password__has_a_least_and_a_greatest_length(void **state) {
    static char longest[PASSWORD_MAX + 1];
    struct err err = { 0 };
    struct str hash;
    bool is_right;
    (void)state;
    assert_int_equal(password_hash(STR("1234567"), NULL, &hash, &err), ERR_BAD_INPUT);
    assert_string_equal(err.message, "a password must have 8 to 1024 bytes, got 7");
    memset(longest, 'x', sizeof longest);
    assert_int_equal(password_hash((struct str){ longest, sizeof longest }, NULL, &hash, &err), ERR_BAD_INPUT);
    assert_int_equal(password_verify((struct str){ longest, sizeof longest }, STR("x"), &is_right, &err), OK);
    assert_false(is_right);
}

static atomic_int refused;

static void *log_in(void *context) {
    struct err err = { 0 };
    bool is_right;
    (void)context;
    if (password_verify(STR("guess"), (struct str){ NULL, 0 }, &is_right, &err) == ERR_TOO_MANY)
        refused++;
    return NULL;
}

/* 60 at once: two are computed, one waits, and memory stays at two times 64 MiB. */
static void password__is_not_computed_for_everybody_at_once(void **state) {
    enum { COUNT = 60 };
    pthread_t threads[COUNT];
    (void)state;
    for (int i = 0; i < COUNT; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, log_in, NULL), 0);
    for (int i = 0; i < COUNT; i++)
        (void)pthread_join(threads[i], NULL);
    assert_in_range(refused, 1, COUNT - PASSWORDS_AT_A_TIME - PASSWORDS_WAITING_MAX);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(password__is_right_only_when_it_is_the_same),
        cmocka_unit_test(password__is_never_right_for_nobody_and_takes_as_long),
        cmocka_unit_test(password__has_a_least_and_a_greatest_length),
        cmocka_unit_test(password__is_not_computed_for_everybody_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
