/* test_oidc_provider.c - what a provider says of itself; how it is asked is tested on real ones in tests/api. */
#include "server/api/oidc/oidc_provider.h"

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

#define DOCUMENT(more)                                                                                                    \
    "{\"issuer\": \"https://sso.example\", \"authorization_endpoint\": \"https://sso.example/a\", \"token_endpoint\": "    \
    "\"https://sso.example/t\", \"jwks_uri\": \"https://keys.example/k\"" more "}"

static void oidc_provider__takes_its_description(void **state) {
    struct oidc_endpoints endpoints;
    struct err err;
    struct str issuer = STR("https://sso.example");
    assert_int_equal(oidc_endpoints_parse(&endpoints, STR(DOCUMENT("")), issuer, *state, &err), OK);
    assert_true(str_eq_c(endpoints.keys, "https://keys.example/k"));
    assert_int_equal(endpoints.userinfo.len + endpoints.end_session.len, 0);
    assert_false(endpoints.takes_secret_in_body);
    struct str more = STR(DOCUMENT(", \"userinfo_endpoint\": \"https://sso.example/u\", \"end_session_endpoint\": \"https://sso.example/o\", \"authorization_response_iss_parameter_supported\": "
                                   "true, \"token_endpoint_auth_methods_supported\": [1, \"client_secret_post\"]"));
    assert_int_equal(oidc_endpoints_parse(&endpoints, more, issuer, *state, &err), OK);
    assert_true(endpoints.names_issuer && endpoints.takes_secret_in_body);
    assert_true(str_eq_c(endpoints.userinfo, "https://sso.example/u"));
    assert_true(str_eq_c(endpoints.end_session, "https://sso.example/o"));
}

static void oidc_provider__refuses_a_description_of_another_or_without_https(void **state) {
    static const char *const wrong[] = {
        DOCUMENT(", \"issuer\": \"https://sso.example/\""),
        DOCUMENT(", \"issuer\": null"),
        DOCUMENT(", \"token_endpoint\": \"http://sso.example/t\""),
        DOCUMENT(", \"token_endpoint\": \"http://127.0.0.1/t\""),
        DOCUMENT(", \"jwks_uri\": 7"),
        DOCUMENT(", \"userinfo_endpoint\": \"ftp://sso.example/u\""),
        DOCUMENT(", \"end_session_endpoint\": \"javascript:alert(1)\""),
        "[]",
        "",
    };
    struct oidc_endpoints endpoints;
    struct err err;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_int_equal(oidc_endpoints_parse(&endpoints, str_from_c(wrong[i]), STR("https://sso.example"), *state, &err), ERR_BAD_INPUT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(oidc_provider__takes_its_description, set_up, tear_down),
        cmocka_unit_test_setup_teardown(oidc_provider__refuses_a_description_of_another_or_without_https, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
