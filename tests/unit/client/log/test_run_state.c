/* test_run_state.c - what the records of a log become on their way to the server. */
#include "base/protobuf.h"
#include "client/log/run_state.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { TEXT_MAX = 64 << 10 };

static void put_item(struct buf *body, const char *key, const char *json) {
    struct str path = str_from_c(key);
    record_put_item(body, 1, &path, 1, str_from_c(json));
}

static void take_body(struct run_state *state, enum record_kind kind, struct str body) {
    struct buf record = BUF_INIT(TEXT_MAX);
    record_put_body(&record, 1, kind, body);
    run_state_take(state, buf_str(&record));
    buf_finish(&record);
}

static void take_items(struct run_state *state, enum record_kind kind, const char *key, const char *json) {
    struct buf body = BUF_INIT(TEXT_MAX);
    put_item(&body, key, json);
    take_body(state, kind, buf_str(&body));
    buf_finish(&body);
}

static void print(struct run_state *state, bool is_stderr, const char *text) {
    struct buf record = BUF_INIT(TEXT_MAX);
    const struct record_output output = { .is_stderr = is_stderr, .line = str_from_c(text) };
    record_put_output(&record, 1, &output);
    run_state_take(state, buf_str(&record));
    buf_finish(&record);
}

static void begin(struct run_state *state) {
    struct err err;
    assert_int_equal(run_state_init(state, &err), OK);
}

static void assert_content(const struct buf *content, const char *expected) {
    assert_int_equal(content->len, strlen(expected));
    assert_memory_equal(content->ptr, expected, content->len);
}

static void run_state__makes_a_line_of_each_row(void **unused) {
    struct run_state state;
    (void)unused;
    begin(&state);
    take_items(&state, RECORD_HISTORY, "loss", "1.5");
    take_items(&state, RECORD_HISTORY, "loss", "NaN");
    assert_int_equal(state.history.count, 2);
    assert_content(&state.history.content, "\"{\\\"loss\\\":1.5}\",\"{\\\"loss\\\":NaN}\"");
    run_state_sent(&state);
    assert_int_equal(state.history.first_line, 2);
    assert_int_equal(run_state_pending_bytes(&state), 0);
    run_state_finish(&state);
}

static void run_state__passes_over_values_that_are_no_json(void **unused) {
    struct run_state state;
    (void)unused;
    begin(&state);
    take_items(&state, RECORD_CONFIG, "good", "1");
    take_items(&state, RECORD_CONFIG, "bad", "{\"a\":");
    run_state_take(&state, STR("\xff\xff\xff"));
    assert_int_equal(state.damaged_records, 2);
    struct buf config = BUF_INIT(TEXT_MAX);
    run_state_write_config_yaml(&state, &config);
    assert_content(&config, "\"good\":\n    value: 1\n");
    buf_finish(&config);
    run_state_finish(&state);
}

/* Most values are numbers, and are told by themselves. */
static void run_state__tells_numbers_from_what_only_looks_like_one(void **unused) {
    static const char *const numbers[] = { "0", "-0", "7", "-12", "0.5", "-3.25", "10.0", "1e5", "-1.5E-7", "NaN", "-Infinity" };
    static const char *const others[] = { "", "-", "01", "-01", ".5", "1.", "1.e5", "+1", "1 2", "0x1", "1.5.5", "--1", "1e" };
    struct run_state state;
    (void)unused;
    begin(&state);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        take_items(&state, RECORD_CONFIG, "key", numbers[i]);
    assert_int_equal(state.damaged_records, 0);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        take_items(&state, RECORD_CONFIG, "key", others[i]);
        assert_int_equal(state.damaged_records, i + 1);
    }
    run_state_finish(&state);
}

static void run_state__keeps_the_last_state_of_a_progress_bar(void **unused) {
    struct run_state state;
    (void)unused;
    begin(&state);
    print(&state, false, "10%\r");
    print(&state, false, "100%\nnext");
    print(&state, true, "warning\n");
    assert_content(&state.console_text, "100%\nwarning\n");
    struct buf record = BUF_INIT(TEXT_MAX);
    record_put_exit(&record, 9, 3, 1);
    run_state_take(&state, buf_str(&record));
    assert_content(&state.console_text, "100%\nwarning\nnext\n");
    assert_true(state.has_exit);
    assert_int_equal(state.exit_code, 3);
    buf_finish(&record);
    run_state_finish(&state);
}

static void run_state__labels_what_one_of_several_writers_says(void **unused) {
    struct run_state state;
    (void)unused;
    begin(&state);
    state.label = STR("rank1");
    print(&state, false, "hello\n");
    struct str content = buf_str(&state.output.content);
    assert_true(str_contains(content, STR(" rank1 hello")));
    run_state_finish(&state);
}

static void run_state__adds_to_a_metric_that_is_defined_again(void **unused) {
    struct run_state state;
    struct buf record = BUF_INIT(TEXT_MAX), config = BUF_INIT(TEXT_MAX);
    struct record_metric metric = { .name = STR("loss"), .glob_name = STR_EMPTY, .step_metric = STR("epoch"), .modes = METRIC_MIN };
    (void)unused;
    begin(&state);
    record_put_metric(&record, 1, &metric);
    run_state_take(&state, buf_str(&record));
    metric = (struct record_metric){ .name = STR("loss"), .glob_name = STR_EMPTY, .step_metric = STR_EMPTY, .is_hidden = true };
    buf_reset(&record);
    record_put_metric(&record, 2, &metric);
    run_state_take(&state, buf_str(&record));
    assert_int_equal(state.metric_count, 1);
    run_state_write_config(&state, &config);
    assert_true(str_contains(buf_str(&config), STR("\"4\":\"epoch\"")));
    assert_true(str_contains(buf_str(&config), STR("\"6\":[2]")));
    buf_finish(&record);
    buf_finish(&config);
    run_state_finish(&state);
}

static void run_state__sends_a_file_again_that_is_announced_again(void **unused) {
    struct run_state state;
    struct buf record = BUF_INIT(TEXT_MAX);
    (void)unused;
    begin(&state);
    record_put_file(&record, 1, STR("a.txt"), RECORD_NOW);
    run_state_take(&state, buf_str(&record));
    state.files[0].is_queued = true;
    run_state_take(&state, buf_str(&record));
    assert_int_equal(state.file_count, 1);
    assert_false(state.files[0].is_queued);
    buf_finish(&record);
    run_state_finish(&state);
}

static void run_state__tells_of_the_machine(void **unused) {
    struct run_state state;
    struct buf body = BUF_INIT(TEXT_MAX), metadata = BUF_INIT(TEXT_MAX);
    (void)unused;
    begin(&state);
    protobuf_put_bytes(&body, 12, STR("first"));
    protobuf_put_bytes(&body, 12, STR("second"));
    protobuf_put_bytes(&body, 5, STR("--lr"));
    size_t slurm = protobuf_begin(&body, 27);
    protobuf_put_bytes(&body, 1, STR("job_id"));
    protobuf_put_bytes(&body, 2, STR("7"));
    protobuf_end(&body, slurm);
    size_t gpu = protobuf_begin(&body, 24);
    protobuf_put_bytes(&body, 1, STR("H"));
    protobuf_put_u64(&body, 2, 1024);
    protobuf_end(&body, gpu);
    take_body(&state, RECORD_ENVIRONMENT, buf_str(&body));
    run_state_write_metadata(&state, &metadata);
    struct str text = buf_str(&metadata);
    assert_true(str_contains(text, STR("\"host\":\"second\"")));
    assert_false(str_contains(text, STR("first")));
    assert_true(str_contains(text, STR("\"args\":[\"--lr\"]")));
    assert_true(str_contains(text, STR("\"slurm\":{\"job_id\":\"7\"}")));
    assert_true(str_contains(text, STR("\"gpu_nvidia\":[{\"name\":\"H\",\"memoryTotal\":\"1024\"}]")));
    buf_finish(&body);
    buf_finish(&metadata);
    run_state_finish(&state);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(run_state__makes_a_line_of_each_row),
        cmocka_unit_test(run_state__passes_over_values_that_are_no_json),
        cmocka_unit_test(run_state__tells_numbers_from_what_only_looks_like_one),
        cmocka_unit_test(run_state__keeps_the_last_state_of_a_progress_bar),
        cmocka_unit_test(run_state__labels_what_one_of_several_writers_says),
        cmocka_unit_test(run_state__adds_to_a_metric_that_is_defined_again),
        cmocka_unit_test(run_state__sends_a_file_again_that_is_announced_again),
        cmocka_unit_test(run_state__tells_of_the_machine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
