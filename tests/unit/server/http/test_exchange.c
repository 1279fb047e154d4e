/* test_exchange.c - bodies: whole, streamed, compressed; through a loopback connection. */
#include "http_fixture.h"

#include "base/gzip.h"
#include "base/hash.h"

#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define HOST "Host: localhost\r\n"

static int start(void **state) {
    *state = fixture_start(NULL);
    return 0;
}

static int stop(void **state) {
    fixture_stop(*state);
    return 0;
}

/* Bytes that do not compress. */
static struct buf make_noise(size_t len) {
    struct buf noise = BUF_INIT(64 << 20);
    char *room = buf_reserve(&noise, len);
    hash_random(room, len);
    buf_commit(&noise, len);
    return noise;
}

static struct buf compress(struct str bytes) {
    struct buf out = BUF_INIT(64 << 20);
    struct err err = { 0 };
    assert_int_equal(gzip_compress(&out, bytes, 6, &err), OK);
    return out;
}

static int begin_body(const struct fixture *fixture, const char *request_line, size_t len, const char *more) {
    char head[300];
    int fd = fixture_connect(fixture);
    (void)snprintf(head, sizeof head, "%s HTTP/1.1\r\n" HOST "Content-Length: %zu\r\n%s\r\n", request_line,
                   len, more);
    send_text(fd, head);
    return fd;
}

static struct reply send_body(const struct fixture *fixture, const char *request_line, struct str body,
                              const char *more) {
    int fd = begin_body(fixture, request_line, body.len, more);
    send_bytes(fd, body.ptr, body.len);
    struct reply reply = read_reply(fd);
    (void)close(fd);
    return reply;
}

static void assert_is_digest_of(const struct reply *reply, struct str bytes) {
    struct arena *arena = arena_create();
    unsigned char digest[SHA256_BYTES];
    hash_sha256(digest, bytes);
    struct str hex = hash_hex(digest, sizeof digest, arena);
    assert_int_equal(reply->status, 200);
    assert_int_equal(reply->body_len, hex.len);
    assert_memory_equal(reply->body, hex.ptr, hex.len);
    arena_destroy(arena);
}

static void exchange__streams_an_upload_in_bounded_pieces(void **state) {
    struct buf noise = make_noise(5 * 1000 * 1000 + 7);
    struct reply reply = send_body(*state, "PUT /upload/x", buf_str(&noise), "");
    assert_is_digest_of(&reply, buf_str(&noise));
    assert_int_equal(fixture_log(*state).sink_bytes, noise.len);
    assert_true(fixture_log(*state).sink_largest_piece <= 256 * 1024);
    reply_free(&reply);
    buf_finish(&noise);
}

static void exchange__takes_an_empty_upload(void **state) {
    struct reply reply = send_body(*state, "PUT /upload/x", STR_EMPTY, "");
    assert_is_digest_of(&reply, STR_EMPTY);
    reply_free(&reply);
}

static void exchange__streams_a_chunked_upload(void **state) {
    struct buf noise = make_noise(3 * 1000 * 1000);
    int fd = fixture_connect(*state);
    send_text(fd, "PUT /upload/x HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n");
    for (size_t at = 0, len = 1; at < noise.len; at += len, len = len * 7 % 50021) {
        char size_line[32];
        if (len > noise.len - at)
            len = noise.len - at;
        (void)snprintf(size_line, sizeof size_line, "%zx\r\n", len);
        send_text(fd, size_line);
        send_bytes(fd, noise.ptr + at, len);
        send_text(fd, "\r\n");
    }
    send_text(fd, "0\r\n\r\nPOST /echo HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\nok");
    struct reply reply = read_reply(fd), next = read_reply(fd);
    assert_is_digest_of(&reply, buf_str(&noise));
    assert_string_equal(next.body, "ok");
    reply_free(&reply);
    reply_free(&next);
    buf_finish(&noise);
    (void)close(fd);
}

static void exchange__inflates_whole_and_streamed_bodies(void **state) {
    struct buf noise = make_noise(500 * 1000), packed = compress(buf_str(&noise));
    struct reply reply = send_body(*state, "POST /echo", buf_str(&packed), "Content-Encoding: gzip\r\n");
    assert_int_equal(reply.body_len, noise.len);
    assert_memory_equal(reply.body, noise.ptr, noise.len);
    reply_free(&reply);
    reply = send_body(*state, "PUT /upload/x", buf_str(&packed), "Content-Encoding: gzip\r\n");
    assert_is_digest_of(&reply, buf_str(&noise));
    reply_free(&reply);
    buf_finish(&noise);
    buf_finish(&packed);
}

static void exchange__inflates_a_body_whose_last_chunk_comes_alone(void **state) {
    struct buf packed = compress(STR("hello"));
    char size_line[32];
    int fd = fixture_connect(*state);
    send_text(fd, "PUT /upload/x HTTP/1.1\r\n" HOST
                  "Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n");
    (void)snprintf(size_line, sizeof size_line, "%zx\r\n", packed.len);
    send_text(fd, size_line);
    send_bytes(fd, packed.ptr, packed.len);
    usleep(50 * 1000);
    send_text(fd, "\r\n0\r\n\r\n");
    struct reply reply = read_reply(fd);
    assert_is_digest_of(&reply, STR("hello"));
    reply_free(&reply);
    buf_finish(&packed);
    (void)close(fd);
}

static void exchange__refuses_bombs(void **state) {
    struct buf zeros = BUF_INIT(64 << 20);
    memset(buf_reserve(&zeros, 40 << 20), 0, 40 << 20);
    buf_commit(&zeros, 40 << 20);
    struct buf packed = compress(buf_str(&zeros));
    struct reply reply = send_body(*state, "POST /echo", buf_str(&packed), "Content-Encoding: gzip\r\n");
    assert_int_equal(reply.status, 413);
    reply_free(&reply);
    reply = send_body(*state, "PUT /upload/x", buf_str(&packed),
                      "Content-Encoding: gzip\r\n"); /* a limit of 16 GiB: the ratio */
    assert_int_equal(reply.status, 413);
    assert_non_null(strstr(reply.body, "200 times"));
    assert_true(fixture_log(*state).sink_bytes < 12 << 20);
    assert_int_equal(fixture_log(*state).cancel_count, 1);
    reply_free(&reply);
    buf_finish(&zeros);
    buf_finish(&packed);
}

static void exchange__refuses_malformed_gzip(void **state) {
    struct buf noise = make_noise(300 * 1000), packed = compress(buf_str(&noise));
    static const char *const lines[] = { "POST /echo", "PUT /upload/x" };
    for (size_t i = 0; i < 2; i++) {
        struct reply reply =
            send_body(*state, lines[i], STR("not gzip at all"), "Content-Encoding: gzip\r\n");
        assert_int_equal(reply.status, 400);
        reply_free(&reply);
        reply = send_body(*state, lines[i], str_slice(buf_str(&packed), 0, packed.len - 9),
                          "Content-Encoding: gzip\r\n");
        assert_int_equal(reply.status, 400);
        reply_free(&reply);
    }
    buf_finish(&noise);
    buf_finish(&packed);
}

static void exchange__cancels_an_upload_whose_client_has_gone(void **state) {
    struct buf noise = make_noise(1 << 20);
    int fd = begin_body(*state, "PUT /upload/x", 2 << 20, "");
    send_bytes(fd, noise.ptr, noise.len);
    while (fixture_log(*state).sink_bytes == 0)
        usleep(1000);
    (void)close(fd);
    for (int i = 0; i < 1000 && fixture_log(*state).cancel_count == 0; i++)
        usleep(5000);
    assert_int_equal(fixture_log(*state).cancel_count, 1);
    assert_int_equal(fixture_log(*state).end_count, 0);
    buf_finish(&noise);
}

static void exchange__answers_an_upload_that_fails_in_its_middle(void **state) {
    struct buf noise = make_noise(20 << 20);
    memcpy(noise.ptr + 1000, "poison", 6);
    struct reply reply = send_body(*state, "PUT /upload/x", buf_str(&noise), "");
    assert_int_equal(reply.status, 503);
    assert_int_equal(fixture_log(*state).cancel_count, 1);
    assert_int_equal(fixture_log(*state).end_count, 0);
    reply_free(&reply);
    buf_finish(&noise);
}

static void exchange__cancels_an_upload_with_malformed_chunks(void **state) {
    int fd = fixture_connect(*state);
    send_text(fd, "PUT /upload/x HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
    while (fixture_log(*state).begin_count == 0)
        usleep(1000);
    send_text(fd, "rubbish\r\n");
    struct reply reply = read_reply(fd);
    assert_int_equal(reply.status, 400);
    assert_int_equal(fixture_log(*state).cancel_count, 1);
    reply_free(&reply);
    (void)close(fd);
}

static void exchange__uses_little_memory_for_a_large_upload(void **state) {
    struct rusage before, after;
    struct buf noise = make_noise(1 << 20);
    size_t count = 300;
    int fd = begin_body(*state, "PUT /upload/x", count << 20, "");
    send_bytes(fd, noise.ptr, noise.len);
    (void)getrusage(RUSAGE_SELF, &before);
    for (size_t i = 1; i < count; i++)
        send_bytes(fd, noise.ptr, noise.len);
    struct reply reply = read_reply(fd);
    (void)getrusage(RUSAGE_SELF, &after);
    assert_int_equal(reply.status, 200);
    assert_int_equal(fixture_log(*state).sink_bytes, count << 20);
    assert_true(after.ru_maxrss - before.ru_maxrss <
                8 * 1024); /* KiB; the socket's own buffers are the kernel's */
    reply_free(&reply);
    buf_finish(&noise);
    (void)close(fd);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, start, stop)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(exchange__answers_an_upload_that_fails_in_its_middle),
        TEST(exchange__cancels_an_upload_whose_client_has_gone),
        TEST(exchange__cancels_an_upload_with_malformed_chunks),
        TEST(exchange__inflates_a_body_whose_last_chunk_comes_alone),
        TEST(exchange__inflates_whole_and_streamed_bodies),
        TEST(exchange__refuses_bombs),
        TEST(exchange__refuses_malformed_gzip),
        TEST(exchange__streams_a_chunked_upload),
        TEST(exchange__streams_an_upload_in_bounded_pieces),
        TEST(exchange__takes_an_empty_upload),
        TEST(exchange__uses_little_memory_for_a_large_upload),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
