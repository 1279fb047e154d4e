/* test_hosts.c */
#include "server/http/hosts.h"

#include "../../base/fixture.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

static struct hosts *make(void) {
    const struct http_options options = {
        .listen = STR("0.0.0.0:8080"),
        .public_url = STR("https://track.example.com:8443/base"),
        .hosts = STR("lab, tracker.local:9000 ,"),
        .trusted_proxies = STR("10.0.0.0/8, 2001:db8::/33, 192.168.1.1"),
    };
    struct hosts *hosts = NULL;
    struct err err = { 0 };
    if (hosts_create(&hosts, &options, &err) != OK)
        fail_msg("%s", err.message);
    return hosts;
}

static void hosts__knows_its_names(void **state) {
    static const char *const ours[] = { "localhost", "LOCALHOST",     "127.0.0.1",
                                        "127.9.9.9", "::1",           "lab",
                                        "LAB",       "tracker.local", "track.example.com",
                                        "192.0.2.7" };
    static const char *const others[] = { "evil.example", "localhost.evil.example",
                                          "0.0.0.0",      "192.0.2.8",
                                          "example.com",  "" };
    struct hosts *hosts = make();
    (void)state;
    for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++)
        if (!hosts_has(hosts, str_from_c(ours[i]), STR("192.0.2.7")))
            fail_msg("'%s' was refused", ours[i]);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (hosts_has(hosts, str_from_c(others[i]), STR("192.0.2.7")))
            fail_msg("'%s' was taken", others[i]);
    hosts_destroy(hosts);
}

static void hosts__reads_a_host_header(void **state) {
    struct str name;
    (void)state;
    assert_true(hosts_parse(STR("a.b-c_d:80"), &name));
    assert_str(name, "a.b-c_d");
    assert_true(hosts_parse(STR("[::1]:80"), &name));
    assert_str(name, "::1");
    assert_true(hosts_parse(STR("[::1]"), &name));
}

static void hosts__refuses_malformed_host_headers(void **state) {
    static const char *const refused[] = { "",          ":80",     "a b",  "a:b", "a:99999",
                                           "a/b",       "a@b",     "[::1", "[x]", "[::1]x",
                                           "[1.2.3.4]", "a:80:80", "a\"b", "a,b", "<x>" };
    struct str name;
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        if (hosts_parse(str_from_c(refused[i]), &name))
            fail_msg("'%s' was taken", refused[i]);
}

static void hosts__trusts_addresses_inside_its_networks(void **state) {
    struct hosts *hosts = make();
    (void)state;
    assert_true(hosts_trusts(hosts, STR("10.255.0.1")));
    assert_true(hosts_trusts(hosts, STR("192.168.1.1")));
    assert_true(hosts_trusts(hosts, STR("2001:db8:7fff::1")));
    assert_false(hosts_trusts(hosts, STR("11.0.0.1")));
    assert_false(hosts_trusts(hosts, STR("192.168.1.2")));
    assert_false(hosts_trusts(hosts, STR("2001:db8:8000::1")));
    assert_false(hosts_trusts(hosts, STR("")));
    hosts_destroy(hosts);
}

static void hosts__believes_only_the_nearest_untrusted_address(void **state) {
    struct hosts *hosts = make();
    (void)state;
    assert_str(hosts_forwarded_for(hosts, STR("1.1.1.1, 8.8.8.8, 10.0.0.2"), STR("10.0.0.1")), "8.8.8.8");
    assert_str(hosts_forwarded_for(hosts, STR("10.0.0.3, 10.0.0.2"), STR("10.0.0.1")), "10.0.0.3");
    assert_str(hosts_forwarded_for(hosts, STR("1.1.1.1, rubbish"), STR("10.0.0.1")), "10.0.0.1");
    assert_str(hosts_forwarded_for(hosts, STR(""), STR("10.0.0.1")), "10.0.0.1");
    hosts_destroy(hosts);
}

static void hosts__names_the_option_that_is_wrong(void **state) {
    static const struct http_options wrong[] = {
        { .listen = STR_INIT("[::]:1"), .trusted_proxies = STR_INIT("10.0.0.0/33") },
        { .listen = STR_INIT("[::]:1"), .trusted_proxies = STR_INIT("proxy.local") },
        { .listen = STR_INIT("[::]:1"), .hosts = STR_INIT("a b") },
        { .listen = STR_INIT("[::]:1"), .public_url = STR_INIT("track.example.com") },
    };
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct hosts *hosts = NULL;
        struct err err = { 0 };
        assert_int_equal(hosts_create(&hosts, &wrong[i], &err), ERR_BAD_INPUT);
        assert_null(hosts);
    }
}

static void hosts__writes_mapped_addresses_as_ipv4(void **state) {
    struct sockaddr_storage storage = { .ss_family = AF_INET6 };
    char text[ADDRESS_TEXT_MAX];
    (void)state;
    assert_int_equal(
        inet_pton(AF_INET6, "::ffff:192.0.2.1", &((struct sockaddr_in6 *)(void *)&storage)->sin6_addr), 1);
    address_format(text, &storage);
    assert_string_equal(text, "192.0.2.1");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(hosts__believes_only_the_nearest_untrusted_address),
        TEST(hosts__knows_its_names),
        TEST(hosts__names_the_option_that_is_wrong),
        TEST(hosts__reads_a_host_header),
        TEST(hosts__refuses_malformed_host_headers),
        TEST(hosts__trusts_addresses_inside_its_networks),
        TEST(hosts__writes_mapped_addresses_as_ipv4),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
