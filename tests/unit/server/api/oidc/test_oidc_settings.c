/* test_oidc_settings.c - what an administrator may say about a provider. */
#include "server/api/oidc/oidc_settings.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static int set_up(void **state) {
    *state = arena_create();
    return 0;
}

static int tear_down(void **state) {
    arena_destroy(*state);
    return 0;
}

static void oidc_settings__read_groups_and_roles(void **state) {
    struct oidc_settings settings = { 0 };
    struct err err;
    assert_int_equal(oidc_parse_teams(&settings, STR("vision=ml, audio = cn=all:people : viewer ,vision=lead:admin"), ',', *state, &err), OK);
    assert_int_equal(settings.team_count, 3);
    assert_true(str_eq_c(settings.teams[0].team, "vision") && str_eq_c(settings.teams[0].group, "ml"));
    assert_int_equal(settings.teams[0].role, ROLE_MEMBER);
    assert_true(str_eq_c(settings.teams[1].group, "cn=all:people"));
    assert_int_equal(settings.teams[1].role, ROLE_VIEWER);
    assert_int_equal(settings.teams[2].role, ROLE_ADMIN);
    assert_int_equal(oidc_parse_teams(&settings, STR("# people\n\nnlp=a, b\r\n"), '\n', *state, &err), OK);
    assert_int_equal(settings.team_count, 4);
    assert_true(str_eq_c(settings.teams[3].group, "a, b"));
}

static void oidc_settings__refuse_entries_that_say_nothing(void **state) {
    static const char *const wrong[] = { "vision", "=ml", "vision=", "vision=:admin", "a/b=ml" };
    struct err err;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct oidc_settings settings = { 0 };
        assert_int_equal(oidc_parse_teams(&settings, str_from_c(wrong[i]), ',', *state, &err), ERR_BAD_INPUT);
    }
}

static void oidc_settings__give_each_team_the_highest_role(void **state) {
    static const struct str groups[] = { STR_INIT("ml"), STR_INIT("lead") };
    struct oidc_settings settings = { .admin_group = STR("ops") };
    struct oidc_team *teams;
    struct err err;
    assert_int_equal(oidc_parse_teams(&settings, STR("vision=lead:admin,audio=sound,vision=ml"), ',', *state, &err), OK);
    assert_int_equal(oidc_list_roles(&settings, groups, 2, &teams, *state), 2);
    assert_true(str_eq_c(teams[0].team, "vision"));
    assert_int_equal(teams[0].role, ROLE_ADMIN);
    assert_int_equal(teams[1].role, ROLE_NONE);
    assert_true(oidc_is_mapped(&settings, groups, 1));
    assert_true(oidc_is_mapped(&settings, &settings.admin_group, 1));
    assert_false(oidc_is_mapped(&settings, groups, 0));
}

static void oidc_settings__want_https_beyond_this_machine(void **state) {
    struct err err;
    (void)state;
    assert_int_equal(oidc_check_issuer(STR("https://sso.example/realms/ml"), &err), OK);
    assert_int_equal(oidc_check_issuer(STR("http://127.0.0.1:9000"), &err), OK);
    assert_int_equal(oidc_check_issuer(STR("http://sso.example"), &err), ERR_BAD_INPUT);
    assert_int_equal(oidc_check_issuer(STR("https://sso.example/?x"), &err), ERR_BAD_INPUT);
    assert_int_equal(oidc_check_issuer(STR("ftp://sso.example"), &err), ERR_BAD_INPUT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(oidc_settings__read_groups_and_roles, set_up, tear_down),
        cmocka_unit_test_setup_teardown(oidc_settings__refuse_entries_that_say_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(oidc_settings__give_each_team_the_highest_role, set_up, tear_down),
        cmocka_unit_test_setup_teardown(oidc_settings__want_https_beyond_this_machine, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
