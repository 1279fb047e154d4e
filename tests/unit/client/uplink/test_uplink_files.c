/* test_uplink_files.c - a run's files: which are announced, where they are put, and which are passed over. */
#include "client/uplink/uploads.h"
#include "tests/unit/client/uplink_scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/stat.h>

#include <cmocka.h>

#define PLACES(files) "200\n\n{\"data\":{\"createRunFiles\":{\"runID\":\"r\",\"uploadHeaders\":[\"X-Part:one\"],\"files\":[" files "]}}}"

static void write_file(const struct uplink_scene *scene, const char *name, const char *text) {
    char path[128];
    (void)snprintf(path, sizeof path, "%s/%s", scene->folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static enum uplink_result send_files(struct uplink_scene *scene, const char *const *names, size_t count, struct buf *uploaded) {
    struct upload_counters counters = { 0 };
    return uplink_send_files(scene->uplink, names, count, uploaded, &counters);
}

static void uplink_files__are_put_where_the_server_says(void **state) {
    static const char *const names[] = { "a.txt", "sub/b.txt" };
    struct uplink_scene *scene = *state;
    struct buf uploaded = BUF_INIT(4096);
    char folder[96];
    (void)snprintf(folder, sizeof folder, "%s/sub", scene->folder);
    assert_int_equal(mkdir(folder, 0700), 0);
    write_file(scene, "a.txt", "content of a");
    write_file(scene, "sub/b.txt", "content of b");
    scene->files_answer = PLACES("{\"name\":\"a.txt\",\"uploadUrl\":\"/put/a?x=1\"},{\"name\":\"sub/b.txt\",\"uploadUrl\":\"/put/b\"}");
    assert_int_equal(send_files(scene, names, 2, &uploaded), UPLINK_SENT);
    assert_true(uplink_scene_has_seen(scene, "\"entity\":\"e\",\"project\":\"p\",\"run\":\"r1\",\"files\":[\"a.txt\",\"sub/b.txt\"]"));
    assert_true(uplink_scene_has_seen(scene, "PUT /put/a?x=1 "));
    assert_true(uplink_scene_has_seen(scene, "\r\nX-Part: one\r\n"));
    assert_true(uplink_scene_has_seen(scene, "content of a"));
    assert_true(uplink_scene_has_seen(scene, "content of b"));
    assert_true(str_eq_c(buf_str(&uploaded), "\"a.txt\",\"sub/b.txt\""));
    buf_finish(&uploaded);
}

/* A name from a log is no reason to read what lies beside the run's folder. */
static void uplink_files__outside_of_the_folder_are_not_even_announced(void **state) {
    static const char *const names[] = { "../secret", "/etc/passwd", "a/../../b", "" };
    struct uplink_scene *scene = *state;
    struct buf uploaded = BUF_INIT(4096);
    assert_int_equal(send_files(scene, names, 4, &uploaded), UPLINK_SENT);
    assert_int_equal(scene->seen_len, 0);
    assert_int_equal(uploaded.len, 0);
}

static void uplink_files__that_are_missing_or_refused_are_passed_over(void **state) {
    static const char *const names[] = { "missing", "here" };
    struct uplink_scene *scene = *state;
    struct buf uploaded = BUF_INIT(4096);
    write_file(scene, "here", "x");
    scene->files_answer = PLACES("{\"name\":\"missing\",\"uploadUrl\":\"/put/m\"},{\"name\":\"here\",\"uploadUrl\":\"/put/h\"}");
    assert_int_equal(send_files(scene, names, 2, &uploaded), UPLINK_SENT);
    assert_true(str_eq_c(buf_str(&uploaded), "\"here\""));
    buf_reset(&uploaded);
    scene->put_answer = "403\n\n";
    assert_int_equal(send_files(scene, names, 2, &uploaded), UPLINK_SENT);
    assert_int_equal(uploaded.len, 0);
    scene->files_answer = PLACES(""); /* fewer places than files */
    assert_int_equal(send_files(scene, names, 2, &uploaded), UPLINK_SENT);
    assert_int_equal(uploaded.len, 0);
    buf_finish(&uploaded);
}

static void uplink_files__wait_for_a_server_that_is_busy(void **state) {
    static const char *const names[] = { "here" };
    struct uplink_scene *scene = *state;
    struct buf uploaded = BUF_INIT(4096);
    write_file(scene, "here", "x");
    scene->files_answer = "503\nRetry-After: 2\n{}";
    assert_int_equal(send_files(scene, names, 1, &uploaded), UPLINK_LATER);
    assert_int_equal(uplink_wait_ms(scene->uplink), 2000);
    scene->files_answer = "200\n\n{\"data\":{}}";
    assert_int_equal(send_files(scene, names, 1, &uploaded), UPLINK_REFUSED);
    buf_finish(&uploaded);
}

static void uplink_files__that_every_run_has_are_made_of_its_state(void **state) {
    struct uplink_scene *scene = *state;
    uplink_scene_take(scene, RECORD_CONFIG, "lr", "0.1");
    uplink_scene_take(scene, RECORD_SUMMARY, "loss", "0.5");
    scene->files_answer = PLACES("{\"uploadUrl\":\"/put/config\"},{\"uploadUrl\":\"/put/summary\"},{\"uploadUrl\":\"/put/metadata\"},"
                                 "{\"uploadUrl\":\"/put/output\"}");
    assert_int_equal(uplink_send_standard_files(scene->uplink, &scene->state), UPLINK_SENT);
    assert_true(uplink_scene_has_seen(scene, "[\"config.yaml\",\"wandb-summary.json\",\"wandb-metadata.json\"]"));
    assert_true(uplink_scene_has_seen(scene, "\"lr\":\n    value: 0.1\n"));
    assert_true(uplink_scene_has_seen(scene, "{\"loss\":0.5}"));
    assert_false(uplink_scene_has_seen(scene, "/put/output"));
    uplink_scene_print(scene, "hello\nyou\n");
    uplink_scene_forget(scene);
    assert_int_equal(uplink_send_standard_files(scene->uplink, &scene->state), UPLINK_SENT);
    assert_true(uplink_scene_has_seen(scene, "PUT /put/output "));
    assert_true(uplink_scene_has_seen(scene, "hello\nyou\n"));
    uplink_scene_forget(scene);
    assert_int_equal(uplink_send_lines(scene->uplink, &scene->state, false), UPLINK_SENT);
    assert_true(uplink_scene_has_seen(scene, "\"uploaded\":[\"config.yaml\",\"wandb-summary.json\",\"wandb-metadata.json\","));
}

#define SCENE(test) cmocka_unit_test_setup_teardown(test, uplink_scene_begin, uplink_scene_end)

int main(void) {
    const struct CMUnitTest tests[] = {
        SCENE(uplink_files__are_put_where_the_server_says),
        SCENE(uplink_files__outside_of_the_folder_are_not_even_announced),
        SCENE(uplink_files__that_are_missing_or_refused_are_passed_over),
        SCENE(uplink_files__wait_for_a_server_that_is_busy),
        SCENE(uplink_files__that_every_run_has_are_made_of_its_state),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
