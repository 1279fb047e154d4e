/* test_oidc_token.c - tokens as providers make them, and as they must not be. */
#include "server/api/oidc/oidc_token.h"

#include "base/hash.h"
#include "tests/unit/server/api/oidc/oidc_examples.h"

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

static const struct oidc_expected expected = { STR_INIT("https://sso.example"), STR_INIT("us"), STR_INIT("n-1"), STR_INIT(""), 1500 };

static struct str make(struct arena *arena, const char *header, const char *claims) {
    return arena_printf(arena, "%.*s.%.*s.AAAA", STR_ARG(hash_base64_url(str_from_c(header), arena)),
                        STR_ARG(hash_base64_url(str_from_c(claims), arena)));
}

static void oidc_token__takes_the_parts_apart(void **state) {
    struct oidc_token token;
    struct err err;
    assert_int_equal(oidc_token_parse(&token, str_from_c(example_rs256), *state, &err), OK);
    assert_int_equal(token.algorithm, OIDC_RS256);
    assert_true(str_eq_c(token.key_id, "rsa-1"));
    assert_int_equal(token.signature.len, 256);
    assert_true(str_eq_c(json_get_str(token.claims, STR("sub")), "someone"));
    assert_true(str_starts_with(str_from_c(example_rs256), token.signed_text));
    assert_int_equal(oidc_token_check(&token, &expected, *state, &err), OK);
    assert_int_equal(oidc_token_parse(&token, str_from_c(example_es256), *state, &err), OK);
    assert_int_equal(token.algorithm, OIDC_ES256);
    assert_int_equal(token.signature.len, 64);
}

static void oidc_token__refuses_what_is_no_token(void **state) {
    static const struct {
        const char *header, *claims, *message;
    } wrong[] = {
        { "{\"alg\": \"none\"}", "{}", "the token must be signed with RS256 or ES256, not with 'none'" },
        { "{\"alg\": \"HS256\"}", "{}", "the token must be signed with RS256 or ES256, not with 'HS256'" },
        { "{\"alg\": 7}", "{}", "the token must be signed with RS256 or ES256, not with ''" },
        { "{\"alg\": \"RS256\", \"crit\": []}", "{}", "the token asks for extensions that are not known here" },
        { "[]", "{}", "the token's header is not a JSON object in base64" },
        { "{\"alg\": \"RS256\"}", "{", "the token's payload is not a JSON object in base64" },
    };
    struct oidc_token token;
    struct err err;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_int_equal(oidc_token_parse(&token, make(*state, wrong[i].header, wrong[i].claims), *state, &err), ERR_UNAUTHENTICATED);
        assert_string_equal(err.message, wrong[i].message);
    }
    assert_int_equal(oidc_token_parse(&token, STR("a.b"), *state, &err), ERR_UNAUTHENTICATED);
    assert_int_equal(oidc_token_parse(&token, STR("a.b.c.d"), *state, &err), ERR_UNAUTHENTICATED);
}

static void oidc_token__knows_its_time_with_a_little_leeway(void **state) {
    struct oidc_token token;
    struct err err;
    struct oidc_expected at = expected;
    assert_int_equal(oidc_token_parse(&token, str_from_c(example_rs256), *state, &err), OK);
    at.now_s = 2000 + OIDC_LEEWAY_S - 1;
    assert_int_equal(oidc_token_check(&token, &at, *state, &err), OK);
    at.now_s++;
    assert_int_equal(oidc_token_check(&token, &at, *state, &err), ERR_UNAUTHENTICATED);
    assert_string_equal(err.message, "the token's time is over");
    at.now_s = 1000 - OIDC_LEEWAY_S;
    assert_int_equal(oidc_token_check(&token, &at, *state, &err), OK);
    at.now_s--;
    assert_int_equal(oidc_token_check(&token, &at, *state, &err), ERR_UNAUTHENTICATED);
    assert_string_equal(err.message, "the token was made in the future: compare the clocks");
}

static void oidc_token__holds_the_access_token_against_its_hash(void **state) {
    /* The half of SHA-256("access"), from another program. */
    const char *claims = "{\"iss\": \"https://sso.example\", \"aud\": [\"us\"], \"sub\": \"s\", \"nonce\": \"n-1\", \"iat\": 1000, "
                         "\"exp\": 2000, \"at_hash\": \"oFYf1knNtrqnhAVfBRuteQ\"}";
    struct oidc_expected with = expected;
    struct oidc_token token;
    struct err err;
    assert_int_equal(oidc_token_parse(&token, make(*state, "{\"alg\": \"ES256\"}", claims), *state, &err), OK);
    with.access_token = STR("access");
    assert_int_equal(oidc_token_check(&token, &with, *state, &err), OK);
    with.access_token = STR("acces");
    assert_int_equal(oidc_token_check(&token, &with, *state, &err), ERR_UNAUTHENTICATED);
    assert_string_equal(err.message, "the access token is not the one that belongs to the token");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(oidc_token__takes_the_parts_apart, set_up, tear_down),
        cmocka_unit_test_setup_teardown(oidc_token__refuses_what_is_no_token, set_up, tear_down),
        cmocka_unit_test_setup_teardown(oidc_token__knows_its_time_with_a_little_leeway, set_up, tear_down),
        cmocka_unit_test_setup_teardown(oidc_token__holds_the_access_token_against_its_hash, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
