/* test_uploads.c - bytes to addresses: several at a time, tried again, parts of files, and what must not be sent. */
#include "client/uplink/uploads.h"

#include "tests/unit/client/fake_server.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

enum { PUTS_MAX = 64 };

/* What arrived, and what is answered. */
struct peer {
    struct fake_server *server;
    struct uploads *uploads;
    struct upload_counters counters;
    char folder[64], path[96];
    const char *answers[PUTS_MAX]; /* in their order; then "200" */
    char puts[PUTS_MAX][2048];
    size_t put_count;
};

static const char *answer_put(void *context, struct str request, struct str body) {
    struct peer *peer = context;
    (void)body;
    assert_true(peer->put_count < PUTS_MAX);
    (void)snprintf(peer->puts[peer->put_count], sizeof peer->puts[0], "%.*s", STR_ARG(request));
    const char *answer = peer->answers[peer->put_count++];
    return answer == NULL ? "200\nETag: \"tag\"\n" : answer[0] == '-' ? NULL : answer;
}

static int start(void **state) {
    struct peer *peer = calloc(1, sizeof *peer);
    if (peer == NULL)
        return -1;
    (void)snprintf(peer->folder, sizeof peer->folder, "/tmp/uploads.XXXXXX");
    peer->server = fake_server_start(answer_put, peer);
    if (peer->server == NULL || mkdtemp(peer->folder) == NULL)
        return -1;
    (void)snprintf(peer->path, sizeof peer->path, "%s/file", peer->folder);
    FILE *file = fopen(peer->path, "w");
    (void)fputs("0123456789", file);
    (void)fclose(file);
    peer->uploads = uploads_create(str_from_c(fake_server_url(peer->server)));
    *state = peer;
    return peer->uploads == NULL ? -1 : 0;
}

static int stop(void **state) {
    struct peer *peer = *state;
    uploads_destroy(peer->uploads);
    fake_server_stop(peer->server);
    (void)unlink(peer->path);
    (void)rmdir(peer->folder);
    free(peer);
    return 0;
}

static struct upload of_file(const struct peer *peer) {
    return (struct upload){ .name = STR_INIT("file"),
                            .path = peer->path,
                            .owner = -1,
                            .url_json = STR_INIT("\"/up\\/load?x=1\""),
                            .headers_json = STR_INIT("[\"Content-MD5: abc==\", \"X-Kind:a:b\"]") };
}

static void uploads__puts_a_file_with_the_servers_headers(void **state) {
    struct peer *peer = *state;
    struct upload upload = of_file(peer);
    uploads_send(peer->uploads, &upload, 1, &peer->counters);
    assert_int_equal(upload.result, UPLINK_SENT);
    assert_int_equal(peer->put_count, 1);
    assert_non_null(strstr(peer->puts[0], "PUT /up/load?x=1 HTTP/1.1"));
    assert_non_null(strstr(peer->puts[0], "Content-MD5: abc==\r\n"));
    assert_non_null(strstr(peer->puts[0], "X-Kind: a:b\r\n"));
    assert_non_null(strstr(peer->puts[0], "\r\n\r\n0123456789"));
    assert_int_equal(atomic_load(&peer->counters.sent_bytes), 10);
    assert_int_equal(atomic_load(&peer->counters.total_bytes), 10);
}

static void uploads__puts_a_part_of_a_file_and_keeps_its_tag(void **state) {
    struct peer *peer = *state;
    char etag[UPLOAD_ETAG_MAX] = "";
    struct upload upload = of_file(peer);
    upload.headers_json = STR("[\"Content-Type:a/b\"]");
    upload.offset = 3;
    upload.length = 4;
    upload.content_md5 = STR("part==");
    upload.etag = etag;
    uploads_send(peer->uploads, &upload, 1, &peer->counters);
    assert_int_equal(upload.result, UPLINK_SENT);
    assert_string_equal(etag, "\"tag\"");
    assert_non_null(strstr(peer->puts[0], "Content-Length: 4\r\n"));
    assert_non_null(strstr(peer->puts[0], "Content-MD5: part==\r\n"));
    assert_non_null(strstr(peer->puts[0], "Content-Type: a/b\r\n"));
    assert_non_null(strstr(peer->puts[0], "\r\n\r\n3456"));
    assert_int_equal(atomic_load(&peer->counters.total_bytes), 4);
}

static void uploads__tries_again_what_may_succeed_later(void **state) {
    struct peer *peer = *state;
    struct upload upload = of_file(peer);
    peer->answers[0] = "-";
    peer->answers[1] = "503\n\n";
    uploads_send(peer->uploads, &upload, 1, &peer->counters);
    assert_int_equal(upload.result, UPLINK_SENT);
    assert_true(peer->put_count >= 3);
    /* What was sent in vain does not count. */
    assert_int_equal(atomic_load(&peer->counters.sent_bytes), 10);
}

static void uploads__gives_up_what_is_refused(void **state) {
    struct peer *peer = *state;
    struct upload upload = of_file(peer);
    peer->answers[0] = "403\n\n";
    uploads_send(peer->uploads, &upload, 1, &peer->counters);
    assert_int_equal(upload.result, UPLINK_REFUSED);
    assert_int_equal(peer->put_count, 1);
}

static void uploads__passes_over_what_the_server_has(void **state) {
    struct peer *peer = *state;
    struct upload upload = of_file(peer);
    upload.url_json = STR("null");
    uploads_send(peer->uploads, &upload, 1, &peer->counters);
    assert_int_equal(upload.result, UPLINK_SENT);
    assert_int_equal(peer->put_count, 0);
    assert_int_equal(atomic_load(&peer->counters.total_bytes), 0);
}

static void uploads__sends_no_links_folders_or_files_of_others(void **state) {
    struct peer *peer = *state;
    char link_path[128];
    struct upload list[4] = { of_file(peer), of_file(peer), of_file(peer), of_file(peer) };
    (void)snprintf(link_path, sizeof link_path, "%s/link", peer->folder);
    assert_int_equal(symlink(peer->path, link_path), 0);
    list[0].path = link_path;
    list[1].path = peer->folder;
    list[2].owner = (int64_t)geteuid() + 1;
    list[3].path = link_path;
    list[3].follows_links = true;
    uploads_send(peer->uploads, list, 4, &peer->counters);
    (void)unlink(link_path);
    assert_int_equal(list[0].result, UPLINK_REFUSED);
    assert_int_equal(list[1].result, UPLINK_REFUSED);
    assert_int_equal(list[2].result, UPLINK_REFUSED);
    assert_int_equal(list[3].result, UPLINK_SENT);
    assert_int_equal(peer->put_count, 1);
}

static void uploads__sends_all_of_many(void **state) {
    struct peer *peer = *state;
    struct upload list[40];
    for (size_t i = 0; i < 40; i++)
        list[i] = of_file(peer);
    peer->answers[7] = "403\n\n";
    uploads_send(peer->uploads, list, 40, &peer->counters);
    size_t refused = 0;
    for (size_t i = 0; i < 40; i++)
        refused += list[i].result == UPLINK_REFUSED;
    assert_int_equal(refused, 1);
    assert_int_equal(peer->put_count, 40);
}

static void uploads__begins_nothing_once_it_is_told_to_stop(void **state) {
    struct peer *peer = *state;
    struct upload upload = of_file(peer);
    atomic_store(&peer->counters.stops, true);
    uploads_send(peer->uploads, &upload, 1, &peer->counters);
    assert_int_equal(upload.result, UPLINK_LATER);
    assert_int_equal(peer->put_count, 0);
}

#define PEERED(test) cmocka_unit_test_setup_teardown(test, start, stop)

int main(void) {
    const struct CMUnitTest tests[] = {
        PEERED(uploads__puts_a_file_with_the_servers_headers),
        PEERED(uploads__puts_a_part_of_a_file_and_keeps_its_tag),
        PEERED(uploads__tries_again_what_may_succeed_later),
        PEERED(uploads__gives_up_what_is_refused),
        PEERED(uploads__passes_over_what_the_server_has),
        PEERED(uploads__sends_no_links_folders_or_files_of_others),
        PEERED(uploads__sends_all_of_many),
        PEERED(uploads__begins_nothing_once_it_is_told_to_stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
