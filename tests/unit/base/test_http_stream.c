/* test_http_stream.c - deadlines and dead connections. TLS is tested with the server's. */
#include "base/http_stream.h"

#include "base/clock.h"
#include "fixture.h"

#include <sys/socket.h>
#include <unistd.h>

static struct http_stream make(int *other) {
    int ends[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
    *other = ends[1];
    return (struct http_stream){ .fd = ends[0] };
}

static void http_stream__keeps_its_deadline_when_reading(void **state) {
    int other;
    struct http_stream stream = make(&other);
    struct err err = { 0 };
    char bytes[10];
    size_t len;
    int64_t began_ms = clock_mono_ms();
    (void)state;
    assert_int_equal(http_stream_read(&stream, bytes, sizeof bytes, &len, began_ms + 100, &err), ERR_TIMEOUT);
    assert_true(clock_mono_ms() - began_ms >= 99);
    assert_int_equal(http_stream_read(&stream, bytes, sizeof bytes, &len, 0, &err),
                     ERR_TIMEOUT); /* at once */
    assert_true(clock_mono_ms() - began_ms < 5000);
    (void)close(other);
    http_stream_close(&stream);
}

static void http_stream__keeps_its_deadline_when_writing(void **state) {
    static char bytes[8 << 20];
    int other;
    struct http_stream stream = make(&other);
    struct err err = { 0 };
    (void)state;
    assert_int_equal(
        http_stream_write(&stream, (struct str){ bytes, sizeof bytes }, clock_mono_ms() + 50, &err),
        ERR_TIMEOUT);
    (void)close(other);
    assert_int_equal(http_stream_write(&stream, STR("x"), clock_mono_ms() + 50, &err),
                     ERR_IO); /* and no SIGPIPE */
    http_stream_close(&stream);
}

static void http_stream__knows_a_dead_connection(void **state) {
    int other;
    struct http_stream stream = make(&other);
    (void)state;
    assert_false(http_stream_is_stale(&stream));
    (void)close(other);
    assert_true(http_stream_is_stale(&stream));
    http_stream_close(&stream);
    http_stream_close(&stream); /* one that is closed is fine */
}

static void http_stream__names_the_host_it_cannot_find(void **state) {
    struct http_stream stream;
    struct err err = { 0 };
    (void)state;
    assert_int_equal(
        http_stream_open(&stream, STR("nowhere.invalid"), 80, NULL, NULL, clock_mono_ms() + 1000, &err),
        ERR_IO);
    assert_non_null(strstr(err.message, "cannot find 'nowhere.invalid'"));
    assert_int_equal(stream.fd, -1);
}

static void http_stream__names_the_certificates_it_cannot_read(void **state) {
    struct http_trust *trust = NULL;
    struct err err = { 0 };
    (void)state;
    assert_int_equal(http_trust_create(&trust, "/nowhere.pem", &err), ERR_BAD_INPUT);
    assert_string_equal(err.message, "cannot read the certificates in '/nowhere.pem'");
    (void)setenv("SSL_CERT_FILE", "/elsewhere.pem", 1);
    assert_int_equal(http_trust_create(&trust, NULL, &err), ERR_BAD_INPUT);
    assert_string_equal(err.message, "cannot read the certificates in '/elsewhere.pem'");
    (void)unsetenv("SSL_CERT_FILE");
    assert_null(trust);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(http_stream__keeps_its_deadline_when_reading),
        TEST(http_stream__keeps_its_deadline_when_writing),
        TEST(http_stream__knows_a_dead_connection),
        TEST(http_stream__names_the_certificates_it_cannot_read),
        TEST(http_stream__names_the_host_it_cannot_find),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
