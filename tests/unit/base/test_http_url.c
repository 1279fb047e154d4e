/* test_http_url.c */
#include "base/http_url.h"

#include "fixture.h"

static struct http_url url_of(const char *text) {
    struct http_url url;
    struct err err = { 0 };
    if (http_url_parse(&url, str_from_c(text), &err) != OK)
        fail_msg("%s", err.message);
    return url;
}

static void http_url__reads_all_parts(void **state) {
    struct http_url url = url_of("HTTPS://me:secret@[::1]:8443/a/b?c=d#e");
    (void)state;
    assert_true(url.is_secure);
    assert_str(url.credentials, "me:secret");
    assert_str(url.host, "::1");
    assert_str(url.authority, "[::1]:8443");
    assert_int_equal(url.port, 8443);
    assert_str(url.target, "/a/b?c=d");
}

static void http_url__knows_the_usual_ports(void **state) {
    (void)state;
    assert_int_equal(url_of("http://x").port, 80);
    assert_int_equal(url_of("https://x?q").port, 443);
    assert_str(url_of("https://x?q").target, "?q");
}

static void http_url__refuses_what_cannot_be_asked(void **state) {
    static const char *const refused[] = {
        "",           "x",           "ftp://x",         "http://",     "http:///a",
        "http://x:0", "http://x:y",  "http://x:99999",  "http://[::1", "http://[::1]x",
        "http://x y", "http://x/\n", "http://\xC3\xA9/"
    };
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        struct http_url url;
        struct err err = { 0 };
        if (http_url_parse(&url, str_from_c(refused[i]), &err) != ERR_BAD_INPUT)
            fail_msg("'%s' was not refused", refused[i]);
    }
}

static void http_url__compares_origins(void **state) {
    struct http_url a = url_of("https://x/a"), b = url_of("https://X:443/b"), c = url_of("http://x:443/a");
    struct http_url d = url_of("https://y/a");
    (void)state;
    assert_true(http_url_same_origin(&a, &b));
    assert_false(http_url_same_origin(&a, &c));
    assert_false(http_url_same_origin(&a, &d));
}

static void http_url__matches_no_proxy(void **state) {
    struct http_url url = url_of("https://api.example.com:8443/");
    (void)state;
    assert_true(http_no_proxy_has(STR("other, example.com"), &url));
    assert_true(http_no_proxy_has(STR(".example.com"), &url));
    assert_true(http_no_proxy_has(STR("API.example.com:8443"), &url));
    assert_true(http_no_proxy_has(STR("*"), &url));
    assert_false(http_no_proxy_has(STR("api.example.com:80"), &url));
    assert_false(http_no_proxy_has(STR("ple.com"), &url));
    assert_false(http_no_proxy_has(STR("."), &url));
    assert_false(http_no_proxy_has(STR(""), &url));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(http_url__compares_origins),
        TEST(http_url__knows_the_usual_ports),
        TEST(http_url__matches_no_proxy),
        TEST(http_url__reads_all_parts),
        TEST(http_url__refuses_what_cannot_be_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
