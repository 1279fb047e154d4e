/* test_stream_body.c - bodies as clients send them, and as nobody should. */
#include "server/api/runs/stream_body.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

struct fixture {
    struct arena *arena;
    struct stream_body *body;
    struct err err;
};

static int set_up(void **state) {
    struct fixture *fixture = calloc(1, sizeof *fixture);
    fixture->arena = arena_create();
    fixture->body = stream_body_create();
    *state = fixture;
    return 0;
}

static int tear_down(void **state) {
    struct fixture *fixture = *state;
    stream_body_destroy(fixture->body);
    arena_destroy(fixture->arena);
    free(fixture);
    return 0;
}

static enum err_code parse(struct fixture *fixture, const char *json) {
    return stream_body_parse(fixture->body, str_from_c(json), fixture->arena, &fixture->err);
}

static void stream_body__reads_every_member_of_a_request(void **state) {
    struct fixture *fixture = *state;
    const struct stream_body *body = fixture->body;

    assert_int_equal(parse(fixture, "{\"files\":{\"output.log\":{\"offset\":2,\"content\":[\"a\\u00e9\",\"b\"]},"
                                    "\"wandb-history.jsonl\":{\"offset\":10,\"content\":[\"{\\\"loss\\\":9,\\\"nan\\\":NaN,\\\"_step\\\":10}\"]},"
                                    "\"wandb-events.jsonl\":{\"offset\":3,\"content\":[\"{\\\"system.cpu\\\":1.5}\"]},"
                                    "\"wandb-summary.json\":{\"offset\":0,\"content\":[\"{\\\"loss\\\":9}\"]}},"
                                    "\"uploaded\":[\"config.yaml\"],\"preempting\":true,\"complete\":true,\"exitcode\":3,\"dropped\":4}"),
                     OK);
    assert_int_equal(body->batches[HISTORY_ROWS].count, 1);
    assert_int_equal(history_batch_rows(body->batches[HISTORY_ROWS].items[0]), 1);
    assert_int_equal(history_batch_next_line(body->batches[HISTORY_ROWS].items[0]), 11);
    assert_int_equal(body->batches[HISTORY_EVENTS].count, 1);
    assert_true(str_eq(body->summary, STR("{\"loss\":9}")));
    assert_int_equal(body->console_count, 2);
    assert_int_equal(body->console[0].number, 2);
    assert_true(str_eq(body->console[0].line, STR("a\xC3\xA9")));
    assert_int_equal(body->console[1].number, 3);
    assert_true(body->is_complete && body->is_preempting);
    assert_int_equal(body->exit_code, 3);
    assert_int_equal(body->client_dropped_count, 4);
    assert_int_equal(body->set_aside_count, 0);
}

static void stream_body__repairs_bytes_that_are_no_characters(void **state) {
    struct fixture *fixture = *state;
    const struct stream_body *body = fixture->body;

    assert_int_equal(parse(fixture, "{\"files\":{\"output.log\":{\"offset\":0,\"content\":[\"caf\xC3\xA9 \xE2\x82\",\"\xFF\",\"whole\"]}}}"), OK);
    assert_int_equal(body->console_count, 3);
    assert_true(str_eq(body->console[0].line, STR("caf\xC3\xA9 \xEF\xBF\xBD\xEF\xBF\xBD")));
    assert_true(str_eq(body->console[1].line, STR("\xEF\xBF\xBD")));
    assert_true(str_eq(body->console[2].line, STR("whole")));
    assert_int_equal(parse(fixture, "{\"files\":{\"output.log\":{\"offset\":0,\"content\":[\"\xFF"), ERR_BAD_INPUT);
}

static void stream_body__accepts_a_heartbeat(void **state) {
    struct fixture *fixture = *state;
    assert_int_equal(parse(fixture, "{}"), OK);
    assert_int_equal(parse(fixture, " \n"), OK);
    assert_int_equal(fixture->body->batches[HISTORY_ROWS].count, 0);
    assert_null(fixture->body->summary.ptr);
}

static void stream_body__sets_aside_what_a_line_holds_wrong_and_keeps_the_rest(void **state) {
    struct fixture *fixture = *state;
    const struct stream_body *body = fixture->body;

    assert_int_equal(parse(fixture, "{\"files\":{\"wandb-history.jsonl\":{\"offset\":0,\"content\":["
                                    "\"{\\\"_step\\\":0,\\\"a\\\":1}\",\"{broken\",7,\"{\\\"_step\\\":3,\\\"a\\\":2}\"]},"
                                    "\"wandb-summary.json\":{\"offset\":0,\"content\":[\"[1]\"]},"
                                    "\"other.txt\":{\"offset\":5,\"content\":[\"x\"]}}}"),
                     OK);
    int64_t rows = 0;
    for (size_t i = 0; i < body->batches[HISTORY_ROWS].count; i++)
        rows += history_batch_rows(body->batches[HISTORY_ROWS].items[i]);
    assert_int_equal(rows, 2);
    assert_int_equal(body->set_aside_count, 4);
    assert_int_equal(body->set_aside_kept, 4);
    assert_string_equal(body->set_aside[0].file, "wandb-history.jsonl");
    assert_int_equal(body->set_aside[0].line, 1);
    assert_true(str_eq(body->set_aside[0].raw, STR("{broken")));
    assert_int_equal(body->set_aside[1].line, 2);
    assert_true(str_eq(body->set_aside[1].raw, STR("7")));
    assert_null(body->summary.ptr);
    assert_string_equal(body->set_aside[3].file, "other.txt");
    assert_int_equal(body->set_aside[3].line, 5);
}

static void stream_body__reads_a_content_that_stands_before_its_offset(void **state) {
    struct fixture *fixture = *state;
    assert_int_equal(parse(fixture, "{\"files\":{\"output.log\":{\"content\":[\"x\"],\"offset\":7}}}"), OK);
    assert_int_equal(fixture->body->console_count, 1);
    assert_int_equal(fixture->body->console[0].number, 7);
}

static void stream_body__keeps_console_lines_of_labelled_writers(void **state) {
    struct fixture *fixture = *state;
    assert_int_equal(parse(fixture, "{\"files\":{\"output_rank0.log\":{\"offset\":0,\"content\":[\"x\"]}}}"), OK);
    assert_int_equal(fixture->body->console_count, 1);
}

static void stream_body__refuses_a_body_that_is_not_json_of_its_shape(void **state) {
    struct fixture *fixture = *state;
    static const char *const wrong[] = {
        "[]", "{\"files\":[]}", "{\"files\":{\"output.log\":{\"offset\":-1,\"content\":[]}}}", "{\"files\":{\"output.log\":{\"offset\":0,\"content\":[\"a\"",
        "{\"complete\":1}", "{\"exitcode\":\"0\"}", "{} x", "{\"files\":{\"output.log\":{\"offset\":0,\"content\":{}}}}",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_int_equal(parse(fixture, wrong[i]), ERR_BAD_INPUT);
        assert_non_null(strstr(fixture->err.message, "file stream"));
    }
}

static void stream_body__forgets_the_request_before(void **state) {
    struct fixture *fixture = *state;
    assert_int_equal(parse(fixture, "{\"files\":{\"output.log\":{\"offset\":0,\"content\":[\"x\"]},"
                                    "\"wandb-history.jsonl\":{\"offset\":0,\"content\":[\"{\\\"a\\\":1,\\\"_step\\\":0}\",\"{\"]}},\"complete\":true}"),
                     OK);
    assert_int_equal(parse(fixture, "{}"), OK);
    assert_int_equal(fixture->body->console_count, 0);
    assert_int_equal(fixture->body->batches[HISTORY_ROWS].count, 0);
    assert_int_equal(fixture->body->set_aside_count, 0);
    assert_false(fixture->body->is_complete);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(stream_body__reads_every_member_of_a_request, set_up, tear_down),
        cmocka_unit_test_setup_teardown(stream_body__accepts_a_heartbeat, set_up, tear_down),
        cmocka_unit_test_setup_teardown(stream_body__repairs_bytes_that_are_no_characters, set_up, tear_down),
        cmocka_unit_test_setup_teardown(stream_body__sets_aside_what_a_line_holds_wrong_and_keeps_the_rest, set_up, tear_down),
        cmocka_unit_test_setup_teardown(stream_body__reads_a_content_that_stands_before_its_offset, set_up, tear_down),
        cmocka_unit_test_setup_teardown(stream_body__keeps_console_lines_of_labelled_writers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(stream_body__refuses_a_body_that_is_not_json_of_its_shape, set_up, tear_down),
        cmocka_unit_test_setup_teardown(stream_body__forgets_the_request_before, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
