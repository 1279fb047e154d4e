/* test_uplink_lines.c - what goes in which file_stream request, and what is kept for the next. */
#include "tests/unit/client/uplink_scene.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void assert_sent(struct uplink_scene *scene, bool is_last, const char *body) {
    uplink_scene_forget(scene);
    assert_int_equal(uplink_send_lines(scene->uplink, &scene->state, is_last), UPLINK_SENT);
    assert_true(uplink_scene_has_seen(scene, "POST /files/e/p/r1/file_stream "));
    assert_true(uplink_scene_has_seen(scene, body));
}

static void uplink_lines__number_each_row_once(void **state) {
    struct uplink_scene *scene = *state;
    uplink_scene_take(scene, RECORD_HISTORY, "a", "1");
    uplink_scene_take(scene, RECORD_HISTORY, "a", "2");
    assert_sent(scene, false, "\"wandb-history.jsonl\":{\"offset\":0,\"content\":[\"{\\\"a\\\":1}\",\"{\\\"a\\\":2}\"]}");
    uplink_scene_take(scene, RECORD_HISTORY, "a", "3");
    assert_sent(scene, false, "\"wandb-history.jsonl\":{\"offset\":2,\"content\":[\"{\\\"a\\\":3}\"]}");
}

static void uplink_lines__say_nothing_when_there_is_nothing_but_life(void **state) {
    struct uplink_scene *scene = *state;
    assert_sent(scene, false, "\r\n\r\n{}");
}

static void uplink_lines__have_the_summary_when_it_changed(void **state) {
    struct uplink_scene *scene = *state;
    uplink_scene_take(scene, RECORD_SUMMARY, "best", "0.5");
    assert_sent(scene, false, "\"wandb-summary.json\":{\"offset\":0,\"content\":[\"{\\\"best\\\":0.5}\"]}");
    uplink_scene_forget(scene);
    assert_int_equal(uplink_send_lines(scene->uplink, &scene->state, false), UPLINK_SENT);
    assert_false(uplink_scene_has_seen(scene, "wandb-summary.json"));
}

static void uplink_lines__keep_everything_that_a_busy_server_did_not_take(void **state) {
    struct uplink_scene *scene = *state;
    uplink_scene_take(scene, RECORD_HISTORY, "a", "1");
    uplink_scene_take(scene, RECORD_SUMMARY, "a", "1");
    uplink_scene_print(scene, "hello\n");
    uplink_note_uploaded(scene->uplink, STR("\"x.bin\""));
    uplink_note_uploaded(scene->uplink, STR("\"y.bin\""));
    scene->state.is_preempting = true;
    scene->stream_answer = "429\nRetry-After: 7\n{}";
    assert_int_equal(uplink_send_lines(scene->uplink, &scene->state, false), UPLINK_LATER);
    assert_int_equal(uplink_wait_ms(scene->uplink), 7000);
    scene->stream_answer = "200\n\n{}";
    assert_sent(scene, false, "\"wandb-history.jsonl\":{\"offset\":0,");
    assert_true(uplink_scene_has_seen(scene, "\"wandb-summary.json\":{\"offset\":0,"));
    assert_true(uplink_scene_has_seen(scene, "\"output.log\":{\"offset\":0,"));
    assert_true(uplink_scene_has_seen(scene, "\"uploaded\":[\"x.bin\",\"y.bin\"]"));
    assert_true(uplink_scene_has_seen(scene, "\"preempting\":true"));
    assert_sent(scene, false, "\r\n\r\n{}");
}

static void uplink_lines__end_a_run_with_its_exit_code(void **state) {
    struct uplink_scene *scene = *state;
    scene->state.exit_code = 3;
    assert_sent(scene, true, "{\"complete\":true,\"exitcode\":3}");
}

/* Rows are every writer's; the summary and the end are the first one's. */
static void uplink_lines__of_a_second_writer_tell_neither_summary_nor_end(void **state) {
    struct uplink_scene *scene = *state;
    uplink_scene_become_secondary(scene);
    uplink_scene_take(scene, RECORD_HISTORY, "a", "1");
    uplink_scene_take(scene, RECORD_SUMMARY, "a", "1");
    assert_sent(scene, true, "\"wandb-history.jsonl\"");
    assert_false(uplink_scene_has_seen(scene, "wandb-summary.json"));
    assert_false(uplink_scene_has_seen(scene, "\"complete\""));
}

static void uplink_lines__hear_that_the_run_shall_stop(void **state) {
    struct uplink_scene *scene = *state;
    assert_sent(scene, false, "{}");
    assert_false(uplink_was_stopped(scene->uplink));
    scene->stream_answer = "200\n\n{\"stopped\":true}";
    assert_sent(scene, false, "{}");
    assert_true(uplink_was_stopped(scene->uplink));
}

static void uplink_lines__are_refused_with_the_servers_words(void **state) {
    struct uplink_scene *scene = *state;
    scene->stream_answer = "403\n\n{\"error\":\"the run is sealed\"}";
    uplink_scene_take(scene, RECORD_HISTORY, "a", "1");
    assert_int_equal(uplink_send_lines(scene->uplink, &scene->state, false), UPLINK_REFUSED);
    assert_string_equal(uplink_problem(scene->uplink), "the run is sealed");
    assert_true(run_state_pending_bytes(&scene->state) > 0);
}

#define SCENE(test) cmocka_unit_test_setup_teardown(test, uplink_scene_begin, uplink_scene_end)

int main(void) {
    const struct CMUnitTest tests[] = {
        SCENE(uplink_lines__number_each_row_once),
        SCENE(uplink_lines__say_nothing_when_there_is_nothing_but_life),
        SCENE(uplink_lines__have_the_summary_when_it_changed),
        SCENE(uplink_lines__keep_everything_that_a_busy_server_did_not_take),
        SCENE(uplink_lines__end_a_run_with_its_exit_code),
        SCENE(uplink_lines__of_a_second_writer_tell_neither_summary_nor_end),
        SCENE(uplink_lines__hear_that_the_run_shall_stop),
        SCENE(uplink_lines__are_refused_with_the_servers_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
