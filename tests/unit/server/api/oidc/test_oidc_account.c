/* test_oidc_account.c - who a provider says somebody is; what becomes of him here is tested in tests/api. */
#include "server/api/oidc/oidc_account.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const struct oidc_settings settings = { .groups_claim = STR_INIT("groups"), .admin_group = STR_INIT("ops") };

static int set_up(void **state) {
    *state = arena_create();
    return 0;
}

static int tear_down(void **state) {
    arena_destroy(*state);
    return 0;
}

static const struct json_value *json(struct arena *arena, const char *text) {
    struct json_value *value;
    struct err err;
    assert_int_equal(json_parse(&value, str_from_c(text), JSON_STRICT, arena, &err), OK);
    return value;
}

static struct oidc_person read(struct arena *arena, const char *token, const char *more) {
    struct oidc_person person;
    oidc_person_read(&person, &settings, json(arena, token), more == NULL ? NULL : json(arena, more), arena);
    return person;
}

static void oidc_person__is_named_by_what_may_be_a_name(void **state) {
    static const char *const names[][2] = {
        { "{\"preferred_username\": \"maria.rossi@example.org\"}", "maria.rossi" },
        { "{\"email\": \"jo+x@example.org\"}", "jo-x" },
        { "{\"preferred_username\": \"../../etc\"}", "etc" },
        { "{\"preferred_username\": \"DOMAIN\\\\jo\"}", "DOMAIN-jo" },
        { "{\"preferred_username\": \"\\u00e9va\"}", "va" },
        { "{\"preferred_username\": \"\\u5c71\"}", "user" },
        { "{\"preferred_username\": 7}", "user" },
        { "{}", "user" },
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        assert_true(str_eq_c(read(*state, names[i][0], NULL).username, names[i][1]));
}

static void oidc_person__has_an_address_only_when_it_is_verified(void **state) {
    assert_int_equal(read(*state, "{\"email\": \"a@b.c\"}", NULL).email.len, 0);
    assert_int_equal(read(*state, "{\"email\": \"a@b.c\", \"email_verified\": \"true\"}", NULL).email.len, 0);
    assert_true(str_eq_c(read(*state, "{\"email\": \"a@b.c\", \"email_verified\": true}", NULL).email, "a@b.c"));
    /* Not one's word for the other's address. */
    assert_int_equal(read(*state, "{\"email\": \"a@b.c\"}", "{\"email_verified\": true}").email.len, 0);
    assert_true(str_eq_c(read(*state, "{}", "{\"email\": \"a@b.c\", \"email_verified\": true}").email, "a@b.c"));
    assert_int_equal(read(*state, "{\"email\": \"a b\", \"email_verified\": true}", NULL).email.len, 0);
}

static void oidc_person__has_groups_as_a_list_or_as_one(void **state) {
    struct oidc_person person = read(*state, "{\"sub\": \"1\", \"groups\": [\"a\", 7, \"b\"]}", "{\"groups\": [\"c\"]}");
    assert_int_equal(person.group_count, 2);
    assert_true(str_eq_c(person.groups[1], "b"));
    assert_true(str_eq_c(person.subject, "1"));
    assert_int_equal(read(*state, "{\"groups\": \"one\"}", NULL).group_count, 1);
    assert_int_equal(read(*state, "{}", "{\"groups\": [\"c\"]}").group_count, 1);
    assert_int_equal(read(*state, "{\"groups\": {\"a\": 1}}", NULL).group_count, 0);
}

static void oidc_person__is_asked_after_when_something_is_missing(void **state) {
    assert_true(oidc_person_is_complete(&settings, json(*state, "{\"preferred_username\": \"a\", \"email\": \"b\", \"groups\": []}")));
    assert_false(oidc_person_is_complete(&settings, json(*state, "{\"preferred_username\": \"a\", \"email\": \"b\"}")));
    assert_false(oidc_person_is_complete(&settings, json(*state, "{\"groups\": []}")));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(oidc_person__is_named_by_what_may_be_a_name, set_up, tear_down),
        cmocka_unit_test_setup_teardown(oidc_person__has_an_address_only_when_it_is_verified, set_up, tear_down),
        cmocka_unit_test_setup_teardown(oidc_person__has_groups_as_a_list_or_as_one, set_up, tear_down),
        cmocka_unit_test_setup_teardown(oidc_person__is_asked_after_when_something_is_missing, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
