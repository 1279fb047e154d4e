/* test_sender.c - a sender over a log and a server that a test plays: the end it writes, its talk, runs gone on with. */
#include "client/log/shared_log.h"
#include "client/sender/orphans.h"
#include "client/sender/sender.h"
#include "client/sender/sender_link.h"

#include "base/clock.h"
#include "base/json.h"
#include "client/log/record.h"
#include "tests/unit/client/fake_server.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { LONG_MS = 20000, SEEN_MAX = 1 << 20 };

#define BUCKET                                                                                                          \
    "200\n\n{\"data\":{\"upsertBucket\":{\"bucket\":{\"id\":\"ID\",\"name\":\"r1\",\"displayName\":\"n\",\"project\":{\"name\":"  \
    "\"p\",\"entity\":{\"name\":\"e\"}},\"historyLineCount\":0},\"inserted\":true}}}"
#define FILES "200\n\n{\"data\":{\"createRunFiles\":{\"runID\":\"r\",\"uploadHeaders\":[],\"files\":[]}}}"

struct scene {
    struct fake_server *server;
    char folder[64], runs[80], log_path[192];
    struct shared_log *log;
    const char *past; /* the answer for the run's past */
    char *seen;       /* bodies of all requests, one behind the other */
    size_t seen_len;
    _Atomic int stream_count;
    struct sender_options options;
    struct sender_result result;
    enum err_code code;
    struct err err;
};

static const char *answer_request(void *context, struct str request, struct str body) {
    struct scene *scene = context;
    size_t len = body.len < SEEN_MAX - scene->seen_len ? body.len : SEEN_MAX - scene->seen_len;
    memcpy(scene->seen + scene->seen_len, body.ptr, len);
    scene->seen_len += len;
    if (str_contains(body, STR("RunResumeStatus")) || str_contains(body, STR("query RunResume")))
        return scene->past;
    if (str_contains(body, STR("upsertBucket")))
        return BUCKET;
    if (str_contains(body, STR("createRunFiles")))
        return FILES;
    if (str_contains(str_slice(request, 0, 200), STR("/file_stream "))) {
        atomic_fetch_add(&scene->stream_count, 1);
        return "200\n\n{}";
    }
    return "200\n\n{\"data\":{}}";
}

static bool has_seen(const struct scene *scene, const char *text) {
    return str_contains((struct str){ scene->seen, scene->seen_len }, str_from_c(text));
}

static void append(struct scene *scene, const struct buf *record) {
    struct err err;
    shared_log_lock(scene->log);
    assert_int_equal(shared_log_append(scene->log, buf_str(record), &err), OK);
    shared_log_unlock(scene->log);
}

static void write_run(struct scene *scene) {
    struct buf record = BUF_INIT(64 << 10), body = BUF_INIT(64 << 10);
    const struct record_run run = { .run_id = STR_INIT("r1"), .entity = STR_INIT(""), .project = STR_INIT("p") };
    struct str key = STR("loss");
    record_put_run(&record, 1, &run);
    append(scene, &record);
    buf_reset(&record);
    record_put_item(&body, 1, &key, 1, STR("0.25"));
    record_put_body(&record, 2, RECORD_HISTORY, buf_str(&body));
    append(scene, &record);
    scene->log->control->next_record = 3;
    scene->log->control->next_step = 1;
    buf_finish(&record);
    buf_finish(&body);
}

static void write_exit(struct scene *scene, int code) {
    struct buf record = BUF_INIT(4096);
    record_put_exit(&record, 3, code, 1);
    append(scene, &record);
    atomic_store(&scene->log->control->is_ended, 1);
    buf_finish(&record);
}

static int begin(void **state) {
    struct scene *scene = calloc(1, sizeof *scene);
    char run[160];
    struct err err;
    scene->seen = calloc(1, SEEN_MAX);
    scene->server = fake_server_start(answer_request, scene);
    (void)snprintf(scene->folder, sizeof scene->folder, "/tmp/sender.XXXXXX");
    if (mkdtemp(scene->folder) == NULL)
        return -1;
    (void)snprintf(scene->runs, sizeof scene->runs, "%s/wandb", scene->folder);
    (void)snprintf(run, sizeof run, "%s/run-20261121_051954-r1", scene->runs);
    (void)snprintf(scene->log_path, sizeof scene->log_path, "%s/run-r1.wandb", run);
    if (mkdir(scene->runs, 0700) != 0 || mkdir(run, 0700) != 0 || shared_log_create(&scene->log, scene->log_path, &err) != OK)
        return -1;
    write_run(scene);
    scene->options = (struct sender_options){ .log_path = scene->log_path,
                                              .base_url = str_from_c(fake_server_url(scene->server)),
                                              .api_key = STR_INIT("key"),
                                              .link_fd = -1,
                                              .patience_ms = 300 };
    *state = scene;
    return 0;
}

static int end(void **state) {
    struct scene *scene = *state;
    char path[256];
    static const char *const endings[] = { "", ".control", ".synced", ".past" };
    shared_log_close(scene->log);
    fake_server_stop(scene->server);
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        (void)snprintf(path, sizeof path, "%s%s", scene->log_path, endings[i]);
        (void)unlink(path);
    }
    *strrchr(scene->log_path, '/') = '\0';
    (void)rmdir(scene->log_path);
    (void)rmdir(scene->runs);
    (void)rmdir(scene->folder);
    free(scene->seen);
    free(scene);
    return 0;
}

static bool is_there(const struct scene *scene, const char *ending) {
    char path[256];
    (void)snprintf(path, sizeof path, "%s%s", scene->log_path, ending);
    return access(path, F_OK) == 0;
}

static void close_log(struct scene *scene) {
    shared_log_close(scene->log);
    scene->log = NULL;
}

/* ---- a log that nobody writes any more ---- */

static void sender__writes_the_end_that_a_dead_owner_left_out(void **state) {
    struct scene *scene = *state;
    close_log(scene);
    assert_int_equal(sender_run(&scene->options, &scene->result, &scene->err), OK);
    assert_int_equal(scene->result.exit_code, 1);
    assert_int_equal(scene->result.row_count, 1);
    assert_string_equal(scene->result.run_path, "e/p/r1");
    assert_true(has_seen(scene, "\\\"loss\\\":0.25"));
    assert_true(has_seen(scene, "\"complete\":true,\"exitcode\":1"));
    assert_false(is_there(scene, ".control"));
    assert_true(is_there(scene, ".synced"));
}

static void sender__leaves_a_log_alone_that_is_still_written(void **state) {
    struct scene *scene = *state;
    pid_t child = fork();
    if (child == 0) {
        /* In the place of another process, whose descriptors are its own. */
        close(scene->log->control_fd);
        _exit(sender_run(&scene->options, &scene->result, &scene->err) == ERR_CONFLICT ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_true(is_there(scene, ".control"));
    assert_int_equal(scene->seen_len, 0);
}

static void sender__gives_up_when_its_patience_ends_and_keeps_the_log(void **state) {
    struct scene *scene = *state;
    close_log(scene);
    scene->options.base_url = STR("http://127.0.0.1:1");
    assert_int_equal(sender_run(&scene->options, &scene->result, &scene->err), ERR_IO);
    assert_true(is_there(scene, ""));
    assert_false(is_there(scene, ".synced"));
}

/* ---- beside an owner ---- */

static void *run_sender(void *context) {
    struct scene *scene = context;
    scene->code = sender_run(&scene->options, &scene->result, &scene->err);
    return NULL;
}

struct beside {
    pthread_t thread;
    struct sender_link link;
    int fds[2];
};

static void start_beside(struct scene *scene, struct beside *beside) {
    assert_int_equal(os_message_pair(beside->fds), 0);
    sender_link_init(&beside->link);
    beside->link.fd = beside->fds[0];
    scene->options.link_fd = beside->fds[1];
    scene->options.follows = true;
    scene->options.owner = getpid();
    assert_int_equal(pthread_create(&beside->thread, NULL, run_sender, scene), 0);
}

static void end_beside(struct beside *beside) {
    assert_int_equal(pthread_join(beside->thread, NULL), 0);
    close(beside->fds[1]);
    sender_link_finish(&beside->link);
}

static void sender__tells_its_owner_and_answers_what_it_is_asked(void **state) {
    struct scene *scene = *state;
    struct beside beside;
    char *answer = NULL;
    struct err err = { 0 };
    start_beside(scene, &beside);
    sender_link_wait_for_run(&beside.link, LONG_MS);
    assert_true(beside.link.knows_run);
    assert_string_equal(beside.link.entity, "e");
    assert_int_equal(sender_link_ask(&beside.link, "status", "{}", LONG_MS, &answer, &err), OK);
    assert_non_null(strstr(answer, "\"is_on_server\":true"));
    free(answer);
    assert_int_equal(sender_link_ask(&beside.link, "weather", "{}", LONG_MS, &answer, &err), ERR_BAD_INPUT);
    assert_string_equal(err.message, "the sender does not know what is asked");
    write_exit(scene, 7);
    sender_link_say(&beside.link, STR("{\"type\":\"finish\"}"));
    sender_link_wait_for_end(&beside.link, LONG_MS);
    assert_true(beside.link.is_done);
    end_beside(&beside);
    assert_int_equal(scene->code, OK);
    assert_int_equal(scene->result.exit_code, 7);
    assert_true(has_seen(scene, "\"complete\":true,\"exitcode\":7"));
}

static void wait_for_streams(struct scene *scene, int count) {
    for (int64_t limit_ms = clock_mono_ms() + LONG_MS; atomic_load(&scene->stream_count) < count && clock_mono_ms() < limit_ms;)
        usleep(5000);
    assert_true(atomic_load(&scene->stream_count) >= count);
}

static void append_row(struct scene *scene, const char *value) {
    struct buf record = BUF_INIT(4096), body = BUF_INIT(4096);
    struct str key = STR("loss");
    record_put_item(&body, 1, &key, 1, str_from_c(value));
    record_put_body(&record, 3, RECORD_HISTORY, buf_str(&body));
    append(scene, &record);
    buf_finish(&record);
    buf_finish(&body);
}

static void sender__says_of_a_followed_log_that_it_lives_only_while_it_grows(void **state) {
    struct scene *scene = *state;
    pthread_t thread;
    scene->options.follows = true;
    scene->options.heartbeat_ms = 20;
    assert_int_equal(pthread_create(&thread, NULL, run_sender, scene), 0);
    wait_for_streams(scene, 1);
    usleep(300000);
    assert_int_equal(atomic_load(&scene->stream_count), 1);
    append_row(scene, "0.5");
    wait_for_streams(scene, 2);
    /* On a shared disk a control file that was removed cannot be read any more. */
    char control[256];
    (void)snprintf(control, sizeof control, "%s.control", scene->log_path);
    write_exit(scene, 3);
    shared_log_trim(scene->log);
    close_log(scene);
    assert_int_equal(truncate(control, 0), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(scene->code, OK);
    assert_int_equal(scene->result.row_count, 2);
    assert_int_equal(scene->result.exit_code, 3);
}

static int64_t processor_ms(void) {
    struct timespec used;
    assert_int_equal(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used), 0);
    return (int64_t)used.tv_sec * 1000 + used.tv_nsec / 1000000;
}

/* A process that gave its run back lives on, and so does its sender while the server is away. */
static void sender__rests_when_its_owner_has_hung_up(void **state) {
    struct scene *scene = *state;
    int fds[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds), 0);
    close(fds[0]);
    write_exit(scene, 0);
    scene->options.owner = getpid();
    scene->options.follows = true;
    scene->options.link_fd = fds[1];
    scene->options.base_url = STR("http://127.0.0.1:1");
    scene->options.patience_ms = 1000;
    int64_t before_ms = processor_ms();
    assert_int_equal(sender_run(&scene->options, &scene->result, &scene->err), ERR_IO);
    assert_true(processor_ms() - before_ms < 50); /* a fifth of a second and more when it does not */
    close(fds[1]);
}

static void sender__goes_behind_the_rows_of_a_run_that_is_gone_on_with(void **state) {
    struct scene *scene = *state;
    struct beside beside;
    scene->past = "200\n\n{\"data\":{\"model\":{\"bucket\":{\"id\":\"ID\",\"summaryMetrics\":\"{\\\"a\\\":1}\",\"logLineCount\":2,"
                  "\"historyLineCount\":10,\"eventsLineCount\":1,\"historyTail\":\"[\\\"{\\\\\\\"_step\\\\\\\":12}\\\"]\",\"eventsTail\":\"[]\","
                  "\"config\":\"{\\\"lr\\\":{\\\"value\\\":1}}\",\"tags\":[],\"notes\":null,\"wandbConfig\":\"{\\\"t\\\":{}}\"}}}}";
    scene->options.resume = SENDER_ALLOW;
    start_beside(scene, &beside);
    sender_link_wait_for_run(&beside.link, LONG_MS);
    assert_true(beside.link.is_resumed);
    shared_log_lock(scene->log);
    assert_int_equal(scene->log->control->next_step, 13);
    shared_log_unlock(scene->log);
    /* For the owner: what it had of config and summary. */
    assert_true(is_there(scene, ".past"));
    write_exit(scene, 0);
    sender_link_wait_for_end(&beside.link, LONG_MS);
    end_beside(&beside);
    assert_int_equal(scene->code, OK);
}

static void sender__refuses_to_go_on_with_a_run_that_is_not_there(void **state) {
    struct scene *scene = *state;
    struct beside beside;
    scene->past = "200\n\n{\"data\":{\"model\":{\"bucket\":null}}}";
    scene->options.resume = SENDER_MUST;
    start_beside(scene, &beside);
    beside.link.insists = true;
    sender_link_wait_for_run(&beside.link, LONG_MS);
    assert_true(beside.link.is_refused);
    assert_non_null(strstr(beside.link.problem, "the run 'r1' is not on the server, and resume is 'must'"));
    end_beside(&beside);
    assert_int_equal(scene->code, ERR_IO);
    assert_int_equal(atomic_load(&scene->stream_count), 0);
}

/* ---- orphans ---- */

/* The finishing process is this one's grandchild: what it did is seen on the disk. */
static void orphans__are_finished_by_the_next_run_of_their_folder(void **state) {
    struct scene *scene = *state;
    char next[192];
#ifdef __SANITIZE_THREAD__
    skip(); /* it lets no child of a process with threads have threads of its own; a sender has none when it forks */
#endif
    (void)snprintf(scene->log->control->server, sizeof scene->log->control->server, "%s", fake_server_url(scene->server));
    close_log(scene);
    (void)snprintf(next, sizeof next, "%s/run-20261121_060000-r2/run-r2.wandb", scene->runs);
    struct sender_options options = scene->options;
    options.log_path = next;
    orphans_finish(&options);
    for (int64_t limit_ms = clock_mono_ms() + LONG_MS; !is_there(scene, ".synced") && clock_mono_ms() < limit_ms;)
        usleep(5000);
    assert_true(is_there(scene, ".synced"));
    assert_true(has_seen(scene, "\"complete\":true,\"exitcode\":1"));
}

static void orphans__of_another_server_are_left_alone(void **state) {
    struct scene *scene = *state;
    char next[192];
    (void)snprintf(scene->log->control->server, sizeof scene->log->control->server, "http://elsewhere");
    close_log(scene);
    (void)snprintf(next, sizeof next, "%s/run-20261121_060000-r2/run-r2.wandb", scene->runs);
    struct sender_options options = scene->options;
    options.log_path = next;
    orphans_finish(&options);
    usleep(300000);
    assert_true(is_there(scene, ".control"));
    assert_int_equal(scene->seen_len, 0);
}

#define SCENE(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void) {
    const struct CMUnitTest tests[] = {
        SCENE(sender__writes_the_end_that_a_dead_owner_left_out),
        SCENE(sender__leaves_a_log_alone_that_is_still_written),
        SCENE(sender__gives_up_when_its_patience_ends_and_keeps_the_log),
        SCENE(sender__tells_its_owner_and_answers_what_it_is_asked),
        SCENE(sender__says_of_a_followed_log_that_it_lives_only_while_it_grows),
        SCENE(sender__rests_when_its_owner_has_hung_up),
        SCENE(sender__goes_behind_the_rows_of_a_run_that_is_gone_on_with),
        SCENE(sender__refuses_to_go_on_with_a_run_that_is_not_there),
        SCENE(orphans__are_finished_by_the_next_run_of_their_folder),
        SCENE(orphans__of_another_server_are_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
