/* test_oidc_options.c - options about a provider, from the command line and from files. */
#include "server/oidc_options.h"

#include "base/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static int set_up(void **state) {
    *state = arena_create();
    return 0;
}

static int tear_down(void **state) {
    arena_destroy(*state);
    return 0;
}

static const struct config given = {
    .oidc_issuer = STR_INIT("https://sso.example"),
    .oidc_client = STR_INIT("us"),
    .oidc_accounts = STR_INIT("mapped"),
    .oidc_teams = STR_INIT("vision=ml"),
    .oidc_session_hours = 2,
};

/* A file of that text; its name lives in the arena. */
static struct str write_file(struct arena *arena, const char *text) {
    char *path = arena_copy_c(arena, STR("/tmp/barograph-test-XXXXXX"));
    int fd = mkstemp(path);
    struct err err;
    assert_true(fd >= 0);
    assert_int_equal(file_write_all(fd, str_from_c(text), path, &err), OK);
    (void)close(fd);
    return str_from_c(path);
}

static void oidc_options__are_read_with_their_files(void **state) {
    struct config config = given;
    struct oidc_settings settings;
    struct err err;
    config.oidc_secret_file = write_file(*state, "open sesame\n");
    config.oidc_teams_file = write_file(*state, "# more\naudio=a, b:viewer\n");
    assert_int_equal(oidc_options_read(&settings, &config, *state, &err), OK);
    assert_true(str_eq_c(settings.secret, "open sesame"));
    assert_int_equal(settings.accounts, OIDC_ACCOUNTS_MAPPED);
    assert_int_equal(settings.session_ms, 2 * 3600 * 1000);
    assert_int_equal(settings.team_count, 2);
    assert_true(str_eq_c(settings.teams[1].group, "a, b"));
    (void)unlink(config.oidc_secret_file.ptr);
    (void)unlink(config.oidc_teams_file.ptr);
}

static void oidc_options__are_none_without_an_issuer(void **state) {
    struct config config = { .oidc_client = STR("us") };
    struct oidc_settings settings;
    struct err err;
    assert_int_equal(oidc_options_read(&settings, &config, *state, &err), OK);
    assert_int_equal(settings.issuer.len, 0);
}

static void oidc_options__name_what_is_wrong(void **state) {
    struct config config = given;
    struct oidc_settings settings;
    struct err err;
    config.oidc_secret = config.oidc_secret_file = STR("x");
    assert_int_equal(oidc_options_read(&settings, &config, *state, &err), ERR_BAD_INPUT);
    assert_string_equal(err.message, "--oidc-secret and --oidc-secret-file say the same thing: give one of them");
    config = given;
    config.oidc_teams = STR("vision");
    assert_int_equal(oidc_options_read(&settings, &config, *state, &err), ERR_BAD_INPUT);
    assert_string_equal(err.message, "--oidc-teams: 'vision' is not TEAM=GROUP or TEAM=GROUP:ROLE");
    config = given;
    config.oidc_session_hours = 9000;
    assert_int_equal(oidc_options_read(&settings, &config, *state, &err), ERR_BAD_INPUT);
    assert_string_equal(err.message, "--oidc-session-hours must be from 1 to 8760, got 9000");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(oidc_options__are_read_with_their_files, set_up, tear_down),
        cmocka_unit_test_setup_teardown(oidc_options__are_none_without_an_issuer, set_up, tear_down),
        cmocka_unit_test_setup_teardown(oidc_options__name_what_is_wrong, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
