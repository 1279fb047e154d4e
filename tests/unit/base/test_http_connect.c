/* test_http_connect.c - through proxies. Names of the reserved domain `test` never resolve: only a proxy can
 * reach them. */
#include "../server/http/http_fixture.h"

#include "base/http_client.h"
#include "http_peer.h"

#include <unistd.h>

static void set_proxies(const struct http_peer *peer) {
    char address[100];
    (void)snprintf(address, sizeof address, "http://me:s%%20cret@127.0.0.1:%u", peer->port);
    (void)setenv("http_proxy", address, 1);
    (void)setenv("https_proxy", address, 1);
    (void)setenv("no_proxy", "", 1);
}

static int clear_proxies(void **state) {
    (void)state;
    (void)unsetenv("http_proxy");
    (void)unsetenv("https_proxy");
    (void)unsetenv("no_proxy");
    return 0;
}

static struct http_client *client_of(const char *base, bool ignores_proxies) {
    struct http_client *client = NULL;
    struct err err = { 0 };
    struct http_client_options options = { .base_url = str_from_c(base), .ignores_proxies = ignores_proxies };
    if (http_client_create(&client, &options, &err) != OK)
        fail_msg("%s", err.message);
    return client;
}

static enum err_code get(struct http_client *client, struct http_response *response, struct err *err) {
    struct http_request request = { .method = STR("GET"), .url = STR("/a?b=c") };
    return http_client_send(client, &request, response, err);
}

static bool heard(const struct http_peer *peer, const char *text) {
    return str_contains(buf_str(&peer->heard), str_from_c(text));
}

static void http_connect__asks_a_proxy_with_the_whole_address(void **state) {
    struct http_peer peer = { .says = STR("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"),
                              .connection_count = 1 };
    struct http_response response;
    struct err err = { 0 };
    (void)state;
    http_peer_start(&peer);
    set_proxies(&peer);
    struct http_client *client = client_of("http://tracker.test:81/base", false);
    assert_int_equal(get(client, &response, &err), OK);
    assert_true(heard(&peer, "GET http://tracker.test:81/base/a?b=c HTTP/1.1\r\nHost: tracker.test:81\r\n"));
    assert_true(heard(&peer, "Proxy-Authorization: Basic bWU6cyBjcmV0\r\n")); /* "me:s cret" */
    http_response_finish(&response);
    http_client_destroy(client);
    http_peer_finish(&peer);
}

static void http_connect__opens_a_tunnel_for_https(void **state) {
    struct http_peer peer = { .says = STR("HTTP/1.1 200 Connected\r\n\r\n"), .connection_count = 1 };
    struct http_response response;
    struct err err = { 0 };
    struct fixture *fixture =
        fixture_start(NULL); /* speaks plain: TLS must begin inside the tunnel, and so fails */
    (void)state;
    peer.relays_to = fixture_port(fixture);
    http_peer_start(&peer);
    set_proxies(&peer);
    struct http_client *client = client_of("https://tracker.test", false);
    assert_int_equal(get(client, &response, &err), ERR_IO);
    assert_non_null(strstr(err.message, "cannot speak TLS with 'tracker.test'"));
    assert_true(heard(&peer, "CONNECT tracker.test:443 HTTP/1.1\r\nHost: tracker.test:443\r\n"));
    assert_false(heard(&peer, "/a?b=c"));
    http_response_finish(&response);
    http_client_destroy(client);
    http_peer_finish(&peer);
    fixture_stop(fixture);
}

static void http_connect__says_when_the_proxy_refuses(void **state) {
    struct http_peer peer = { .says = STR(
                                  "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"),
                              .connection_count = 1 };
    struct http_response response;
    struct err err = { 0 };
    (void)state;
    http_peer_start(&peer);
    set_proxies(&peer);
    struct http_client *client = client_of("https://tracker.test", false);
    assert_int_equal(get(client, &response, &err), ERR_IO);
    assert_string_equal(err.message, "the proxy answered with status 407");
    http_response_finish(&response);
    http_client_destroy(client);
    http_peer_finish(&peer);
}

static void assert_goes_direct(const char *base, bool ignores_proxies) {
    struct http_client *client = client_of(base, ignores_proxies);
    struct http_response response;
    struct err err = { 0 };
    enum err_code code = get(client, &response, &err);
    if (code == OK)
        assert_int_equal(response.status, 404); /* our server, which has no such path */
    else
        assert_non_null(strstr(err.message, "cannot find 'tracker.test'"));
    http_response_finish(&response);
    http_client_destroy(client);
}

static void http_connect__leaves_the_proxy_out_when_told(void **state) {
    struct http_peer peer = { .says = STR("HTTP/1.1 502 Bad\r\nContent-Length: 0\r\n\r\n"),
                              .connection_count = 1 };
    struct fixture *fixture = fixture_start(NULL);
    char local[64];
    (void)state;
    http_peer_start(&peer);
    set_proxies(&peer);
    (void)snprintf(local, sizeof local, "http://127.0.0.1:%u", fixture_port(fixture));
    assert_goes_direct(local, false); /* loopback never goes through a proxy */
    assert_goes_direct("http://tracker.test", true);
    (void)setenv("no_proxy", "other,.test", 1);
    assert_goes_direct("http://tracker.test", false);
    assert_int_equal(peer.heard.len, 0);
    http_peer_finish(&peer);
    fixture_stop(fixture);
}

static void http_connect__refuses_a_proxy_it_cannot_use(void **state) {
    struct http_client_options options = { .base_url = STR("http://x") };
    struct http_client *client = NULL;
    struct err err = { 0 };
    (void)state;
    (void)setenv("http_proxy", "socks5://localhost:1080", 1);
    assert_int_equal(http_client_create(&client, &options, &err), ERR_BAD_INPUT);
    assert_int_equal(strncmp(err.message, "HTTP_PROXY: ", 12), 0);
    assert_null(client);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(http_connect__asks_a_proxy_with_the_whole_address, clear_proxies,
                                        clear_proxies),
        cmocka_unit_test_setup_teardown(http_connect__leaves_the_proxy_out_when_told, clear_proxies,
                                        clear_proxies),
        cmocka_unit_test_setup_teardown(http_connect__opens_a_tunnel_for_https, clear_proxies, clear_proxies),
        cmocka_unit_test_setup_teardown(http_connect__refuses_a_proxy_it_cannot_use, clear_proxies,
                                        clear_proxies),
        cmocka_unit_test_setup_teardown(http_connect__says_when_the_proxy_refuses, clear_proxies,
                                        clear_proxies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
