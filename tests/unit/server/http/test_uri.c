/* test_uri.c */
#include "server/http/uri.h"

#include "../../base/fixture.h"

static void uri__decodes_percent_and_plus(void **state) {
    struct str out;
    assert_true(uri_decode(&out, STR("a%20b+c%C3%A9"), false, *state));
    assert_str(out, "a b+c\xC3\xA9");
    assert_true(uri_decode(&out, STR("a+b"), true, *state));
    assert_str(out, "a b");
}

static void uri__refuses_nul_half_escapes_and_broken_utf8(void **state) {
    static const struct str refused[] = { STR_INIT("%00"), STR_INIT("%"),   STR_INIT("%a"),
                                          STR_INIT("%g0"), STR_INIT("%c3"), STR_INIT("%c0%80") };
    struct str out;
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        assert_false(uri_decode(&out, refused[i], false, *state));
}

static void uri__finds_query_parameters(void **state) {
    struct str query = STR("a=1&b=%26&a=2&empty&c=x=y");
    assert_str(uri_query_find(query, STR("a"), *state), "1");
    assert_str(uri_query_find(query, STR("b"), *state), "&");
    assert_str(uri_query_find(query, STR("empty"), *state), "");
    assert_str(uri_query_find(query, STR("c"), *state), "x=y");
    assert_null(uri_query_find(query, STR("d"), *state).ptr);
    assert_null(uri_query_find(STR("a=%00"), STR("a"), *state).ptr);
}

static void uri__finds_cookies(void **state) {
    struct str cookies = STR("a=1; session=abc=; b=2");
    (void)state;
    assert_str(uri_cookie_find(cookies, STR("session")), "abc=");
    assert_str(uri_cookie_find(cookies, STR("a")), "1");
    assert_null(uri_cookie_find(cookies, STR("ession")).ptr);
}

static void uri__leaves_signatures_out(void **state) {
    assert_str(uri_without_signatures(STR("/f?exp=1&sig=secret&SIG=s2&x=sig"), *state),
               "/f?exp=1&sig=-&sig=-&x=sig");
    assert_str(uri_without_signatures(STR("/f?s%69g=secret"), *state), "/f?sig=-");
    assert_str(uri_without_signatures(STR("/f"), *state), "/f");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(uri__decodes_percent_and_plus),
        TEST(uri__finds_cookies),
        TEST(uri__finds_query_parameters),
        TEST(uri__leaves_signatures_out),
        TEST(uri__refuses_nul_half_escapes_and_broken_utf8),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
