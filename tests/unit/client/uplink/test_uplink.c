/* test_uplink.c - what the uplink makes of a server's answers: each test plays the server, one answer a request. */
#include "client/uplink/uplink.h"

#include "base/protobuf.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

enum { REQUESTS_MAX = 8, TEXT_MAX = 64 << 10 };

struct server {
    int fd;
    char url[64];
    pthread_t thread;
    const char *answers[REQUESTS_MAX + 1]; /* "STATUS\nHEADER\nBODY" */
    char requests[REQUESTS_MAX][TEXT_MAX];
    size_t request_count;
};

/* Until the body is there, as long as its head says. */
static bool read_request(int fd, char *out) {
    size_t len = 0;
    for (;;) {
        ssize_t got = read(fd, out + len, TEXT_MAX - 1 - len);
        if (got <= 0)
            return false;
        len += (size_t)got;
        out[len] = '\0';
        const char *body = strstr(out, "\r\n\r\n"), *length = strstr(out, "Content-Length: ");
        if (body != NULL && length != NULL && out + len >= body + 4 + strtoul(length + 16, NULL, 10))
            return true;
    }
}

static void send_answer(int fd, const char *answer) {
    char head[1024];
    const char *fields = strchr(answer, '\n') + 1, *body = strchr(fields, '\n') + 1;
    int len = snprintf(head, sizeof head, "HTTP/1.1 %.*s X\r\n%.*s%sContent-Length: %zu\r\n\r\n", (int)(fields - answer - 1), answer,
                       (int)(body - fields - 1), fields, body - fields > 1 ? "\r\n" : "", strlen(body));
    assert_int_equal(write(fd, head, (size_t)len), len);
    assert_int_equal(write(fd, body, strlen(body)), (ssize_t)strlen(body));
}

static void *serve(void *context) {
    struct server *server = context;
    while (server->answers[server->request_count] != NULL) {
        int fd = accept(server->fd, NULL, NULL);
        while (fd >= 0 && server->answers[server->request_count] != NULL &&
               read_request(fd, server->requests[server->request_count])) {
            size_t at = server->request_count++;
            send_answer(fd, server->answers[at]);
        }
        if (fd >= 0)
            close(fd);
    }
    return NULL;
}

static struct server *start(const char *const *answers, size_t count) {
    struct server *server = calloc(1, sizeof *server);
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof address;
    assert_non_null(server);
    memcpy(server->answers, answers, count * sizeof *answers);
    server->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(server->fd, (struct sockaddr *)&address, len), 0);
    assert_int_equal(listen(server->fd, 8), 0);
    assert_int_equal(getsockname(server->fd, (struct sockaddr *)&address, &len), 0);
    (void)snprintf(server->url, sizeof server->url, "http://127.0.0.1:%u/base", ntohs(address.sin_port));
    assert_int_equal(pthread_create(&server->thread, NULL, serve, server), 0);
    return server;
}

static void stop(struct server *server) {
    (void)pthread_join(server->thread, NULL);
    close(server->fd);
    free(server);
}

static struct uplink *connect_to(const struct server *server) {
    const struct uplink_options options = { .base_url = str_from_c(server->url),
                                            .api_key = STR_INIT("key"),
                                            .entity = STR_INIT(""),
                                            .project = STR_INIT(""),
                                            .client_id = STR_INIT(""),
                                            .files_dir = STR_INIT("/nowhere"),
                                            .owner = -1 };
    struct uplink *uplink = NULL;
    struct err err = { 0 };
    assert_int_equal(uplink_create(&uplink, &options, &err), OK);
    return uplink;
}

static void begin_run(struct run_state *state) {
    struct buf record = BUF_INIT(TEXT_MAX);
    struct err err;
    const struct record_run run = { .run_id = STR_INIT("r1"), .entity = STR_INIT(""), .project = STR_INIT("p") };
    assert_int_equal(run_state_init(state, &err), OK);
    record_put_run(&record, 1, &run);
    run_state_take(state, buf_str(&record));
    buf_finish(&record);
}

static void add_row(struct run_state *state) {
    struct buf body = BUF_INIT(TEXT_MAX), record = BUF_INIT(TEXT_MAX);
    struct str key = STR("a");
    record_put_item(&body, 1, &key, 1, STR("1"));
    record_put_body(&record, 2, RECORD_HISTORY, buf_str(&body));
    run_state_take(state, buf_str(&record));
    buf_finish(&body);
    buf_finish(&record);
}

#define BUCKET                                                                                                          \
    "{\"data\":{\"upsertBucket\":{\"bucket\":{\"id\":\"ID\",\"name\":\"r1\",\"displayName\":\"n\",\"project\":{\"name\":"  \
    "\"p\",\"entity\":{\"name\":\"e f\"}},\"historyLineCount\":7},\"inserted\":true}}}"

static void uplink__learns_where_the_run_is_and_sends_lines_there(void **unused) {
    static const char *const answers[] = { "200\n\n" BUCKET, "200\n\n{\"stopped\":true}" };
    struct server *server = start(answers, 2);
    struct uplink *uplink = connect_to(server);
    struct run_state state;
    (void)unused;
    begin_run(&state);
    add_row(&state);
    assert_int_equal(uplink_send_run(uplink, &state), UPLINK_SENT);
    assert_int_equal(uplink_line_count(uplink), 7);
    assert_true(str_eq_c(uplink_entity(uplink), "e f"));
    assert_int_equal(uplink_send_lines(uplink, &state, true), UPLINK_SENT);
    assert_true(uplink_was_stopped(uplink));
    assert_int_equal(run_state_pending_bytes(&state), 0);
    uplink_destroy(uplink);
    assert_non_null(strstr(server->requests[0], "POST /base/graphql "));
    assert_non_null(strstr(server->requests[0], "Authorization: Basic YXBpOmtleQ=="));
    assert_non_null(strstr(server->requests[1], "POST /base/files/e%20f/p/r1/file_stream "));
    assert_non_null(strstr(server->requests[1], "\"complete\":true,\"exitcode\":0"));
    stop(server);
    run_state_finish(&state);
}

static void uplink__keeps_lines_that_a_busy_server_did_not_take(void **unused) {
    static const char *const answers[] = { "200\n\n" BUCKET, "503\nRetry-After: 3\n{}", "429\n\n{}", "200\n\n{}" };
    struct server *server = start(answers, 4);
    struct uplink *uplink = connect_to(server);
    struct run_state state;
    (void)unused;
    begin_run(&state);
    add_row(&state);
    assert_int_equal(uplink_send_run(uplink, &state), UPLINK_SENT);
    assert_int_equal(uplink_send_lines(uplink, &state, false), UPLINK_LATER);
    assert_int_equal(uplink_wait_ms(uplink), 3000);
    assert_int_equal(uplink_send_lines(uplink, &state, false), UPLINK_LATER);
    assert_int_equal(uplink_wait_ms(uplink), -1);
    assert_true(run_state_pending_bytes(&state) > 0);
    assert_int_equal(uplink_send_lines(uplink, &state, false), UPLINK_SENT);
    uplink_destroy(uplink);
    stop(server);
    run_state_finish(&state);
}

static void uplink__says_why_it_was_refused(void **unused) {
    static const char *const answers[] = { "200\n\n{\"data\":{\"upsertBucket\":null},\"errors\":[{\"message\":\"no \\u00e9ntry\"}]}",
                                           "401\n\n{\"error\":\"who are you\"}" };
    struct server *server = start(answers, 2);
    struct uplink *uplink = connect_to(server);
    struct run_state state;
    (void)unused;
    begin_run(&state);
    assert_int_equal(uplink_send_run(uplink, &state), UPLINK_REFUSED);
    assert_string_equal(uplink_problem(uplink), "no \xc3\xa9ntry");
    assert_int_equal(uplink_send_run(uplink, &state), UPLINK_REFUSED);
    assert_string_equal(uplink_problem(uplink), "who are you");
    uplink_destroy(uplink);
    stop(server);
    run_state_finish(&state);
}

static void uplink__finds_the_past_of_a_run(void **unused) {
    static const char *const answers[] = {
        "200\n\n{\"data\":{\"model\":{\"bucket\":{\"id\":\"ID\",\"summaryMetrics\":\"{\\\"_step\\\":9,\\\"a\\\":NaN}\","
        "\"logLineCount\":2,\"historyLineCount\":10,\"eventsLineCount\":1,\"historyTail\":\"[\\\"{\\\\\\\"_step\\\\\\\":12,"
        "\\\\\\\"_runtime\\\\\\\":4.5}\\\"]\",\"eventsTail\":\"[]\",\"config\":\"{\\\"lr\\\":{\\\"value\\\":1},\\\"_wandb\\\":"
        "{\\\"value\\\":{}}}\",\"tags\":[\"t\"],\"notes\":null,\"wandbConfig\":\"{\\\"t\\\":{}}\"}}}}",
        "200\n\n{\"data\":{\"model\":{\"bucket\":null}}}"
    };
    struct server *server = start(answers, 2);
    struct uplink *uplink = connect_to(server);
    struct run_state state;
    struct uplink_past past;
    (void)unused;
    begin_run(&state);
    uplink_past_init(&past);
    assert_int_equal(uplink_find_past(uplink, &state, &past), UPLINK_SENT);
    assert_true(past.is_there);
    assert_int_equal(past.next_step, 13);
    assert_int_equal(past.output_lines, 2);
    assert_true(past.runtime_s == 4.5);
    assert_true(str_eq_c(buf_str(&past.config), "{\"lr\":1}"));
    assert_true(str_eq_c(buf_str(&past.facts), "\"tags\":[\"t\"]"));
    uplink_past_finish(&past);
    uplink_past_init(&past);
    assert_int_equal(uplink_find_past(uplink, &state, &past), UPLINK_SENT);
    assert_false(past.is_there);
    uplink_past_finish(&past);
    uplink_destroy(uplink);
    stop(server);
    run_state_finish(&state);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(uplink__learns_where_the_run_is_and_sends_lines_there),
        cmocka_unit_test(uplink__keeps_lines_that_a_busy_server_did_not_take),
        cmocka_unit_test(uplink__says_why_it_was_refused),
        cmocka_unit_test(uplink__finds_the_past_of_a_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
