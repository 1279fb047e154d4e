/* test_http_client.c - the client against the real server, over loopback. */
#include "../server/http/http_fixture.h"

#include "base/http_client.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

static int start(void **state) {
    (void)unsetenv("http_proxy");
    (void)unsetenv("HTTP_PROXY");
    *state = fixture_start(NULL);
    return 0;
}

static int stop(void **state) {
    fixture_stop(*state);
    return 0;
}

static struct http_client *client_of_port(uint16_t port, const char *prefix, const char *key) {
    char base[64];
    struct http_client *client = NULL;
    struct err err = { 0 };
    (void)snprintf(base, sizeof base, "http://127.0.0.1:%u%s", port, prefix);
    struct http_client_options options = { .base_url = str_from_c(base), .authorization = str_from_c(key) };
    if (http_client_create(&client, &options, &err) != OK)
        fail_msg("%s", err.message);
    return client;
}

static struct http_client *client_of(const struct fixture *fixture) {
    return client_of_port(fixture_port(fixture), "", NULL);
}

static struct http_response send_ok(struct http_client *client, const struct http_request *request) {
    struct http_response response;
    struct err err = { 0 };
    if (http_client_send(client, request, &response, &err) != OK)
        fail_msg("%s", err.message);
    return response;
}

static void assert_body(const struct http_response *response, const char *text) {
    assert_int_equal(response->body.len, strlen(text));
    assert_memory_equal(response->body.ptr, text, response->body.len);
}

static void http_client__posts_and_reads(void **state) {
    struct http_client *client = client_of(*state);
    struct http_request request = { .method = STR("POST"), .url = STR("/echo"), .body = STR("hello") };
    for (int i = 0; i < 3; i++) { /* the second and third on the kept connection */
        struct http_response response = send_ok(client, &request);
        assert_int_equal(response.status, 200);
        assert_body(&response, "hello");
        assert_non_null(http_head_find(&response.head, STR("x-request-id")).ptr);
        http_response_finish(&response);
    }
    http_client_destroy(client);
}

static void http_client__puts_its_prefix_before_paths(void **state) {
    struct http_client *client = client_of_port(fixture_port(*state), "/parts/one/", NULL);
    struct http_request request = { .method = STR("GET"), .url = STR("/two/three") };
    struct http_response response = send_ok(client, &request);
    assert_body(&response, "[one][two/three]");
    http_response_finish(&response);
    http_client_destroy(client);
}

static void http_client__sends_its_key_to_its_own_origin_only(void **state) {
    struct http_client *client = client_of_port(fixture_port(*state), "", "Bearer good");
    char elsewhere[64];
    (void)snprintf(elsewhere, sizeof elsewhere, "http://localhost:%u/private", fixture_port(*state));
    struct http_request request = { .method = STR("POST"), .url = STR("/private") };
    struct http_response response = send_ok(client, &request);
    assert_int_equal(response.status, 200);
    http_response_finish(&response);
    request.url = str_from_c(elsewhere);
    response = send_ok(client, &request);
    assert_int_equal(response.status, 401);
    http_response_finish(&response);
    http_client_destroy(client);
}

static void http_client__streams_a_file_up_and_down(void **state) {
    struct http_client *client = client_of(*state);
    char up[] = "/tmp/http_clientXXXXXX", down[] = "/tmp/http_clientXXXXXX";
    int up_fd = mkstemp(up), down_fd = mkstemp(down);
    assert_int_equal(ftruncate(up_fd, 5 << 20), 0);
    struct http_file_part part = { .fd = up_fd, .offset = 1 << 20, .length = 4 << 20 };
    struct http_request put = { .method = STR("PUT"), .url = STR("/upload/x"), .body_file = &part };
    struct http_response response = send_ok(client, &put);
    assert_int_equal(response.status, 200);
    assert_int_equal(fixture_log(*state).sink_bytes, 4 << 20);
    http_response_finish(&response);

    struct http_request get = { .method = STR("GET"), .url = STR("/stream?count=7"), .output_fd = &down_fd };
    response = send_ok(client, &get);
    assert_int_equal(response.body.len, 0);
    assert_int_equal(response.body_bytes, 700 * 1000);
    assert_int_equal(lseek(down_fd, 0, SEEK_END), 700 * 1000);
    http_response_finish(&response);
    (void)close(up_fd);
    (void)close(down_fd);
    (void)unlink(up);
    (void)unlink(down);
    http_client_destroy(client);
}

static void http_client__hears_a_refusal_before_it_sends_a_large_body(void **state) {
    struct http_client *client = client_of(*state);
    char up[] = "/tmp/http_clientXXXXXX";
    int fd = mkstemp(up);
    assert_int_equal(ftruncate(fd, (off_t)4 << 30), 0); /* a hole: nothing on the disk */
    struct http_file_part part = { .fd = fd, .length = (uint64_t)4 << 30 };
    struct http_request put = { .method = STR("PUT"), .url = STR("/upload/x?refuse=1"), .body_file = &part };
    struct http_response response = send_ok(client, &put);
    assert_int_equal(response.status, 403);
    http_response_finish(&response);
    (void)close(fd);
    (void)unlink(up);
    http_client_destroy(client);
}

static void http_client__hears_a_refusal_in_the_middle_of_a_body(void **state) {
    struct http_client *client = client_of(*state);
    char up[] = "/tmp/http_clientXXXXXX";
    int fd = mkstemp(up);
    assert_int_equal(write(fd, "poison", 6), 6);
    assert_int_equal(ftruncate(fd, (off_t)1 << 30), 0);
    struct http_file_part part = { .fd = fd, .length = (uint64_t)1 << 30 };
    struct http_request put = { .method = STR("PUT"), .url = STR("/upload/x"), .body_file = &part };
    struct http_response response = send_ok(client, &put);
    assert_int_equal(response.status, 503);
    http_response_finish(&response);
    (void)close(fd);
    (void)unlink(up);
    http_client_destroy(client);
}

static void http_client__refuses_an_answer_that_is_too_large(void **state) {
    struct http_client *client = client_of(*state);
    struct http_request request = { .method = STR("GET"), .url = STR("/long"), .max_body_bytes = 1000 };
    struct http_response response;
    struct err err = { 0 };
    assert_int_equal(http_client_send(client, &request, &response, &err), ERR_TOO_LARGE);
    http_response_finish(&response);
    request.max_body_bytes = 0; /* and the connection is not confused by what was left unread */
    response = send_ok(client, &request);
    assert_int_equal(response.body.len, 1000 * 1000);
    http_response_finish(&response);
    http_client_destroy(client);
}

static void http_client__connects_again_after_the_server_has_closed(void **state) {
    struct http_client *client = client_of(*state);
    struct http_field close_field = { STR("Connection"), STR("close") };
    struct http_request request = {
        .method = STR("GET"), .url = STR("/seen"), .fields = &close_field, .field_count = 1
    };
    for (int i = 0; i < 2; i++) {
        struct http_response response = send_ok(client, &request);
        assert_int_equal(response.status, 200);
        http_response_finish(&response);
    }
    http_client_destroy(client);
}

/* Somebody who listens and never says a word: however late this thread wakes, there is no answer. */
static void assert_gives_up(const struct http_request *request) {
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof address;
    struct http_response response;
    struct err err = { 0 };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(fd, 1), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    struct http_client *client = client_of_port(ntohs(address.sin_port), "", NULL);
    assert_int_equal(http_client_send(client, request, &response, &err), ERR_TIMEOUT);
    http_response_finish(&response);
    http_client_destroy(client);
    assert_int_equal(close(fd), 0);
}

static void http_client__keeps_its_deadline(void **unused) {
    (void)unused;
    assert_gives_up(&(struct http_request){ .method = STR("GET"), .url = STR("/"), .timeout_ms = 50 });
}

static void http_client__bears_a_silence_as_long_as_the_request_says(void **unused) {
    (void)unused;
    assert_gives_up(&(struct http_request){ .method = STR("GET"), .url = STR("/"), .silence_timeout_ms = 50 });
}

static void http_client__says_where_it_could_not_connect(void **state) {
    struct http_client *client = client_of_port(1, "", NULL);
    struct http_request request = { .method = STR("GET"), .url = STR("/") };
    struct http_response response;
    struct err err = { 0 };
    (void)state;
    assert_int_equal(http_client_send(client, &request, &response, &err), ERR_IO);
    assert_string_equal(err.message, "cannot connect to '127.0.0.1' port 1: Connection refused");
    http_response_finish(&response);
    http_client_destroy(client);
}

static void http_client__refuses_to_split_a_header(void **state) {
    struct http_client *client = client_of(*state);
    struct http_field field = { STR("X"), STR("a\r\nY: b") };
    struct http_request request = {
        .method = STR("GET"), .url = STR("/seen"), .fields = &field, .field_count = 1
    };
    struct http_response response;
    struct err err = { 0 };
    assert_int_equal(http_client_send(client, &request, &response, &err), ERR_BAD_INPUT);
    http_response_finish(&response);
    http_client_destroy(client);
}

static bool refuse_all(void *context, const struct sockaddr *address) {
    (void)context;
    (void)address;
    return false;
}

static void http_client__asks_before_it_connects(void **state) {
    char base[64];
    struct http_client *client = NULL;
    struct http_response response;
    struct err err = { 0 };
    (void)snprintf(base, sizeof base, "http://127.0.0.1:%u", fixture_port(*state));
    struct http_client_options options = { .base_url = str_from_c(base), .may_connect = refuse_all };
    assert_int_equal(http_client_create(&client, &options, &err), OK);
    struct http_request request = { .method = STR("GET"), .url = STR("/seen") };
    assert_int_equal(http_client_send(client, &request, &response, &err), ERR_FORBIDDEN);
    http_response_finish(&response);
    http_client_destroy(client);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(http_client__asks_before_it_connects, start, stop),
        cmocka_unit_test_setup_teardown(http_client__connects_again_after_the_server_has_closed, start, stop),
        cmocka_unit_test_setup_teardown(http_client__hears_a_refusal_before_it_sends_a_large_body, start,
                                        stop),
        cmocka_unit_test_setup_teardown(http_client__hears_a_refusal_in_the_middle_of_a_body, start, stop),
        cmocka_unit_test_setup_teardown(http_client__keeps_its_deadline, start, stop),
        cmocka_unit_test_setup_teardown(http_client__bears_a_silence_as_long_as_the_request_says, start, stop),
        cmocka_unit_test_setup_teardown(http_client__posts_and_reads, start, stop),
        cmocka_unit_test_setup_teardown(http_client__puts_its_prefix_before_paths, start, stop),
        cmocka_unit_test_setup_teardown(http_client__refuses_an_answer_that_is_too_large, start, stop),
        cmocka_unit_test_setup_teardown(http_client__refuses_to_split_a_header, start, stop),
        cmocka_unit_test_setup_teardown(http_client__says_where_it_could_not_connect, start, stop),
        cmocka_unit_test_setup_teardown(http_client__sends_its_key_to_its_own_origin_only, start, stop),
        cmocka_unit_test_setup_teardown(http_client__streams_a_file_up_and_down, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
