/* test_run_start.c - how a run begins, as its server sees it: the library, the sender in its process, a server that a test
 * plays. */
#include "client/barograph.h"

#include "base/err.h"
#include "tests/unit/client/fake_server.h"

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#define BUCKET                                                                                                          \
    "200\n\n{\"data\":{\"upsertBucket\":{\"bucket\":{\"id\":\"ID\",\"name\":\"r1\",\"displayName\":\"brisk-owl-1\",\"project\":"   \
    "{\"name\":\"p\",\"entity\":{\"name\":\"e\"}},\"historyLineCount\":0},\"inserted\":true}}}"
#define PAST                                                                                                            \
    "200\n\n{\"data\":{\"model\":{\"bucket\":{\"id\":\"ID\",\"name\":\"r1\",\"historyLineCount\":3,\"historyTail\":"               \
    "\"[\\\"{\\\\\\\"_step\\\\\\\":2}\\\"]\",\"eventsTail\":\"[]\",\"summaryMetrics\":\"{\\\"loss\\\":0.5,\\\"_step\\\":2}\","         \
    "\"config\":\"{\\\"lr\\\":{\\\"value\\\":1}}\",\"wandbConfig\":\"{\\\"t\\\":{}}\"}}}}"

struct scene {
    struct fake_server *server;
    char folder[64];
    char *first_upsert; /* its body; NULL: none yet */
    const char *_Atomic upsert_answer;
    struct baro_settings settings;
    struct baro_run *run;
    struct baro_error error;
};

static const char *answer_request(void *context, struct str request, struct str body) {
    struct scene *scene = context;
    (void)request;
    if (str_contains(body, STR("RunResumeStatus")))
        return PAST;
    if (str_contains(body, STR("upsertBucket"))) {
        if (scene->first_upsert == NULL)
            scene->first_upsert = strndup(body.ptr, body.len);
        return scene->upsert_answer;
    }
    if (str_contains(body, STR("createRunFiles")))
        return "200\n\n{\"data\":{\"createRunFiles\":{\"runID\":\"r\",\"uploadHeaders\":[],\"files\":[]}}}";
    return "200\n\n{\"data\":{}}";
}

static int begin(void **state) {
    struct scene *scene = calloc(1, sizeof *scene);
    (void)snprintf(scene->folder, sizeof scene->folder, "/tmp/run_start.XXXXXX");
    scene->server = fake_server_start(answer_request, scene);
    if (scene->server == NULL || mkdtemp(scene->folder) == NULL)
        return -1;
    scene->upsert_answer = BUCKET;
    scene->settings = (struct baro_settings){ .dir = scene->folder,
                                              .base_url = fake_server_url(scene->server),
                                              .api_key = "key",
                                              .project = "p",
                                              .run_id = "r1",
                                              .sender_path = SENDER,
                                              .stats_interval_s = -1 };
    *state = scene;
    return 0;
}

static int remove_one(const char *path, const struct stat *stat, int kind, struct FTW *place) {
    (void)stat, (void)kind, (void)place;
    return remove(path);
}

static int end(void **state) {
    struct scene *scene = *state;
    if (scene->server != NULL)
        fake_server_stop(scene->server);
    (void)nftw(scene->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    free(scene->first_upsert);
    free(scene);
    return 0;
}

/* Says why not. After it nobody else writes to the scene. */
static void finish(struct scene *scene) {
    scene->error.message[0] = '\0';
    (void)baro_finish(scene->run, 0, &scene->error);
    assert_string_equal(scene->error.message, "");
    fake_server_stop(scene->server);
    scene->server = NULL;
}


static void run_start__gives_the_server_the_config_with_the_run(void **state) {
    struct scene *scene = *state;
    scene->settings.config_json = "{\"lr\":0.1,\"net\":{\"layers\":[1,2],\"na\\\"me\":\"x\"},\"none\":null}";
    assert_int_equal(baro_open(&scene->run, &scene->settings, &scene->error), BARO_OK);
    finish(scene);
    struct str body = str_from_c(scene->first_upsert);
    assert_true(str_contains(body, STR("\\\"lr\\\":{\\\"value\\\":0.1}")));
    assert_true(str_contains(body, STR("\\\"net\\\":{\\\"value\\\":{\\\"layers\\\":[1,2],\\\"na\\\\\\\"me\\\":\\\"x\\\"}}")));
    assert_true(str_contains(body, STR("\\\"none\\\":{\\\"value\\\":null}")));
}

static void run_start__refuses_a_config_that_is_no_object(void **state) {
    static const char *const others[] = { "[1]", "{\"a\":", "", "7" };
    struct scene *scene = *state;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        char id[8];
        (void)snprintf(id, sizeof id, "bad%zu", i);
        scene->settings.run_id = id;
        scene->settings.config_json = others[i];
        assert_int_equal(baro_open(&scene->run, &scene->settings, &scene->error), ERR_BAD_INPUT);
        assert_string_equal(scene->error.message, "the config is no JSON object");
    }
}

static void run_start__knows_what_the_server_calls_the_run(void **state) {
    struct scene *scene = *state;
    assert_int_equal(baro_open(&scene->run, &scene->settings, &scene->error), BARO_OK);
    assert_string_equal(baro_get(scene->run, BARO_NAME), "brisk-owl-1");
    assert_string_equal(baro_get(scene->run, BARO_ENTITY), "e");
    assert_false(baro_is_resumed(scene->run));
    assert_int_equal(baro_next_step(scene->run), 0);
    finish(scene);
}

static void run_start__goes_on_with_the_steps_and_the_summary_that_there_were(void **state) {
    struct scene *scene = *state;
    size_t len;
    scene->settings.resume = BARO_MUST;
    assert_int_equal(baro_open(&scene->run, &scene->settings, &scene->error), BARO_OK);
    assert_true(baro_is_resumed(scene->run));
    assert_int_equal(baro_next_step(scene->run), 3);
    char *summary = baro_summary_json(scene->run, &len);
    assert_string_equal(summary, "{\"loss\":0.5,\"_step\":2}");
    baro_free(summary);
    char *past = baro_past_json(scene->run);
    assert_true(str_contains(str_from_c(past), STR("\"config\":{\"lr\":1}")));
    baro_free(past);
    finish(scene);
}

static void run_start__fails_when_the_server_refuses_the_run(void **state) {
    struct scene *scene = *state;
    scene->upsert_answer = "403\n\n{\"errors\":[{\"message\":\"may not write to 'p'\"}]}";
    assert_int_equal(baro_open(&scene->run, &scene->settings, &scene->error), ERR_FORBIDDEN);
    assert_string_equal(scene->error.message, "may not write to 'p'");
}

#define SCENE(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void) {
    const struct CMUnitTest tests[] = {
        SCENE(run_start__gives_the_server_the_config_with_the_run),
        SCENE(run_start__refuses_a_config_that_is_no_object),
        SCENE(run_start__knows_what_the_server_calls_the_run),
        SCENE(run_start__goes_on_with_the_steps_and_the_summary_that_there_were),
        SCENE(run_start__fails_when_the_server_refuses_the_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
