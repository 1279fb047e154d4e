/* test_transfers.c - the thread of files and artifacts: what arrives is told, what fails is tried again, a stop is soon. */
#include "client/uplink/transfers.h"

#include "base/clock.h"
#include "base/protobuf.h"
#include "tests/unit/client/fake_server.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

enum { LONG_MS = 20000 };

#define PLACE "{\"name\":\"x\",\"uploadUrl\":\"/up\"}"
#define PLACES "{\"data\":{\"createRunFiles\":{\"runID\":\"r\",\"uploadHeaders\":[],\"files\":[" PLACE "," PLACE "," PLACE "]}}}"

struct scene {
    struct fake_server *server;
    struct uplink *leader;
    struct transfers *transfers;
    char folder[64];
    _Atomic int busy_answers; /* so many are 503 */
    const char *busy;
    _Atomic int puts, announcements;
    const char *artifact; /* what createArtifact answers */
};

static const char *answer_request(void *context, struct str request, struct str body) {
    struct scene *scene = context;
    if (atomic_load(&scene->busy_answers) > 0) {
        atomic_fetch_sub(&scene->busy_answers, 1);
        return scene->busy;
    }
    if (str_starts_with(request, STR("PUT "))) {
        atomic_fetch_add(&scene->puts, 1);
        return "200\n\n";
    }
    if (str_contains(body, STR("\"CreateRunFiles\""))) {
        atomic_fetch_add(&scene->announcements, 1);
        return "200\n\n" PLACES;
    }
    return str_contains(body, STR("\"CreateArtifact\"")) ? scene->artifact : "200\n\n{\"data\":{}}";
}

static void write_file(const struct scene *scene, const char *name) {
    char path[128];
    (void)snprintf(path, sizeof path, "%s/%s", scene->folder, name);
    FILE *file = fopen(path, "w");
    (void)fputs("0123456789", file);
    (void)fclose(file);
}

static int begin(void **state) {
    struct scene *scene = calloc(1, sizeof *scene);
    struct err err;
    scene->busy = "503\n\n{}";
    (void)snprintf(scene->folder, sizeof scene->folder, "/tmp/transfers.XXXXXX");
    scene->server = fake_server_start(answer_request, scene);
    if (scene->server == NULL || mkdtemp(scene->folder) == NULL)
        return -1;
    const struct uplink_options options = { .base_url = str_from_c(fake_server_url(scene->server)),
                                            .api_key = STR_INIT("key"),
                                            .files_dir = str_from_c(scene->folder),
                                            .owner = -1 };
    write_file(scene, "a");
    write_file(scene, "b");
    *state = scene;
    if (uplink_create(&scene->leader, &options, &err) != OK)
        return -1;
    return transfers_create(&scene->transfers, &options, scene->leader, &err) == OK ? 0 : -1;
}

static int end(void **state) {
    struct scene *scene = *state;
    char path[128];
    transfers_destroy(scene->transfers);
    uplink_destroy(scene->leader);
    fake_server_stop(scene->server);
    for (const char *name = "ab"; *name != '\0'; name++) {
        (void)snprintf(path, sizeof path, "%s/%c", scene->folder, *name);
        (void)unlink(path);
    }
    (void)rmdir(scene->folder);
    free(scene);
    return 0;
}

static struct transfers_progress progress_of(struct scene *scene) {
    struct transfers_progress progress;
    transfers_progress(scene->transfers, &progress);
    return progress;
}

static void wait_until_done(struct scene *scene) {
    int64_t limit_ms = clock_mono_ms() + LONG_MS;
    while (progress_of(scene).waiting_count > 0 && clock_mono_ms() < limit_ms)
        usleep(2000);
    assert_int_equal(progress_of(scene).waiting_count, 0);
}

static void transfers__tell_what_arrived(void **state) {
    struct scene *scene = *state;
    struct buf names = BUF_INIT(4096);
    assert_true(transfers_add_file(scene->transfers, "a"));
    assert_true(transfers_add_file(scene->transfers, "b"));
    assert_true(transfers_add_file(scene->transfers, "missing"));
    wait_until_done(scene);
    transfers_take_uploaded(scene->transfers, &names);
    assert_true(str_eq_c(buf_str(&names), "\"a\",\"b\""));
    buf_reset(&names);
    transfers_take_uploaded(scene->transfers, &names);
    assert_int_equal(names.len, 0);
    assert_int_equal(atomic_load(&scene->puts), 2);
    assert_int_equal(progress_of(scene).sent_bytes, 20);
    buf_finish(&names);
}

static void transfers__try_again_and_say_since_when_they_fail(void **state) {
    struct scene *scene = *state;
    atomic_store(&scene->busy_answers, 1);
    int64_t begun_ms = clock_mono_ms();
    assert_true(transfers_add_file(scene->transfers, "a"));
    while (progress_of(scene).failing_since_ms == 0 && clock_mono_ms() < begun_ms + LONG_MS)
        usleep(1000);
    assert_true(progress_of(scene).failing_since_ms >= begun_ms);
    wait_until_done(scene);
    assert_int_equal(progress_of(scene).failing_since_ms, 0);
    assert_int_equal(atomic_load(&scene->puts), 1);
}

static bool add_artifact(struct scene *scene, const char *client_id) {
    struct buf body = BUF_INIT(4096);
    protobuf_put_bytes(&body, 4, STR("dataset"));
    protobuf_put_bytes(&body, 5, STR("ds"));
    protobuf_put_bytes(&body, 15, str_from_c(client_id));
    bool is_added = transfers_add_artifact(scene->transfers, buf_str(&body));
    buf_finish(&body);
    return is_added;
}

static void transfers__keep_what_became_of_each_artifact(void **state) {
    struct scene *scene = *state;
    struct buf answer = BUF_INIT(4096);
    scene->artifact = "200\n\n{\"data\":{\"createArtifact\":{\"artifact\":{\"id\":\"A1\",\"state\":\"COMMITTED\"}}}}";
    assert_true(add_artifact(scene, "one"));
    wait_until_done(scene);
    scene->artifact = "200\n\n{\"data\":null,\"errors\":[{\"message\":\"no \\\"ds\\\" here\"}]}";
    assert_true(add_artifact(scene, "two"));
    wait_until_done(scene);
    assert_int_equal(transfers_find_artifact(scene->transfers, STR("three"), &answer), ARTIFACT_UNKNOWN);
    assert_int_equal(transfers_find_artifact(scene->transfers, STR("one"), &answer), ARTIFACT_DONE);
    assert_true(str_eq_c(buf_str(&answer), "{\"id\":\"A1\",\"state\":\"COMMITTED\",\"is_new\":false}"));
    buf_reset(&answer);
    assert_int_equal(transfers_find_artifact(scene->transfers, STR("two"), &answer), ARTIFACT_DONE);
    assert_true(str_eq_c(buf_str(&answer), "{\"error\":\"no \\\"ds\\\" here\"}"));
    buf_finish(&answer);
}

static void transfers__are_waited_for_until_they_are_there_or_the_time_is_over(void **state) {
    struct scene *scene = *state;
    transfers_wait(scene->transfers, LONG_MS);
    assert_true(transfers_add_file(scene->transfers, "a"));
    transfers_wait(scene->transfers, LONG_MS);
    assert_int_equal(progress_of(scene).waiting_count, 0);
    assert_int_equal(atomic_load(&scene->puts), 1);
    scene->busy = "503\nRetry-After: 3600\n{}";
    atomic_store(&scene->busy_answers, 1000);
    assert_true(transfers_add_file(scene->transfers, "b"));
    transfers_wait(scene->transfers, 1);
    assert_int_equal(progress_of(scene).waiting_count, 1);
}

/* A server that is away for long makes waits long; an end does not wait for them. */
static void transfers__end_soon_while_they_wait_for_a_server(void **state) {
    struct scene *scene = *state;
    scene->busy = "503\nRetry-After: 3600\n{}";
    atomic_store(&scene->busy_answers, 1000);
    assert_true(transfers_add_file(scene->transfers, "a"));
    while (progress_of(scene).failing_since_ms == 0)
        usleep(1000);
    transfers_destroy(scene->transfers); /* an hour, if it waited */
    scene->transfers = NULL;
}

#define SCENE(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void) {
    const struct CMUnitTest tests[] = {
        SCENE(transfers__tell_what_arrived),
        SCENE(transfers__try_again_and_say_since_when_they_fail),
        SCENE(transfers__keep_what_became_of_each_artifact),
        SCENE(transfers__are_waited_for_until_they_are_there_or_the_time_is_over),
        SCENE(transfers__end_soon_while_they_wait_for_a_server),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
