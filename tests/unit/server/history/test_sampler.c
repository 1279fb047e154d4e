/* test_sampler.c - few rows stand for many, and nothing that a chart must show is lost. */
#include "tests/unit/server/history/history_fixture.h"

static const char *sample(struct history_fixture *f, const char *spec_json, size_t *count) {
    struct history_sample_spec spec;
    struct history_rows rows;

    expect_ok(f, history_sample_spec_parse(&spec, str_from_c(spec_json), f->arena, &f->err));
    expect_ok(f, history_sample(f->history, RUN, HISTORY_ROWS, &spec, JSON_STRICT, &rows, f->arena, &f->err));
    if (count != NULL)
        *count = rows.count;
    return join_rows(f, &rows);
}

static void sampler__gives_rows_that_have_all_keys(void **state) {
    struct history_fixture *f = *state;

    append(f, 0, "{\"_step\":0,\"a\":1,\"b\":{\"c\":NaN}}\n{\"_step\":1,\"a\":2}\n{\"_step\":2,\"b\":{\"c\":3}}\n{\"_step\":3,\"a\":4,\"b\":{\"c\":\"x\"},\"d\":5}");
    const char *expected = "{\"_step\":0,\"b.c\":\"NaN\",\"a\":1}\n{\"_step\":3,\"b.c\":\"x\",\"a\":4}";
    assert_string_equal(sample(f, "{\"keys\":[\"_step\",\"b.c\",\"a\",\"_step\"],\"samples\":10}", NULL), expected);
    seal_all(f, RUN);
    assert_string_equal(sample(f, "{\"keys\":[\"_step\",\"b.c\",\"a\",\"_step\"],\"samples\":10}", NULL), expected);
    assert_string_equal(sample(f, "{\"keys\":[\"missing\"]}", NULL), "");
    assert_string_equal(sample(f, "{\"keys\":[\"a\"],\"minStep\":1,\"maxStep\":3,\"samples\":10}", NULL), "{\"a\":2}\n{\"a\":4}");
    assert_string_equal(sample(f, "{\"keys\":[\"_step\"],\"minStep\":1,\"maxStep\":2}", NULL), "{\"_step\":1}\n{\"_step\":2}");
}

static void sampler__gives_every_row_when_there_are_few_steps(void **state) {
    struct history_fixture *f = *state;

    append(f, 0, "{\"_step\":0,\"a\":1}\n{\"_step\":0,\"a\":2}\n{\"_step\":0,\"a\":3}\n{\"_step\":1,\"a\":4}");
    assert_string_equal(sample(f, "{\"keys\":[\"a\"],\"samples\":2}", NULL), "{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n{\"a\":4}");
}

static void sampler__refuses_a_spec_that_makes_no_sense(void **state) {
    struct history_fixture *f = *state;
    struct history_sample_spec spec;

    assert_int_equal(history_sample_spec_parse(&spec, STR("{\"keys\":[\"a\"],\"samples\":0}"), f->arena, &f->err), ERR_BAD_INPUT);
    assert_string_equal(f->err.message, "spec.samples must be from 1 to 10000000, got 0");
    assert_int_equal(history_sample_spec_parse(&spec, STR("{\"keys\":[]}"), f->arena, &f->err), ERR_BAD_INPUT);
    assert_int_equal(history_sample_spec_parse(&spec, STR("{\"keys\":[1]}"), f->arena, &f->err), ERR_BAD_INPUT);
    assert_int_equal(history_sample_spec_parse(&spec, STR("nonsense"), f->arena, &f->err), ERR_BAD_INPUT);
}

static void sampler__takes_a_spec_without_keys_for_one_of_none(void **state) {
    struct history_fixture *f = *state;
    struct history_sample_spec spec;

    assert_int_equal(history_sample_spec_parse(&spec, STR("{}"), f->arena, &f->err), OK);
    assert_int_equal(spec.key_count, 0);
}

enum { MANY = 200000, SPIKE = 123457, DIP = 17, SPARSE = 1000 };

/* A flat line with one spike and one dip of one step each, and a key that comes each thousandth row. */
static void append_many(struct history_fixture *f) {
    struct history_batch *batch = history_batch_create();

    history_batch_begin(batch, HISTORY_ROWS, 0);
    for (int64_t step = 0; step < MANY; step++) {
        char line[160];
        double value = step == SPIKE ? 1e9 : step == DIP ? -1e9 : (double)(step % 100);
        int len = snprintf(line, sizeof(line), "{\"_step\":%lld,\"flat\":%.1f,\"other\":%lld%s", (long long)step, value,
                           (long long)step, "");
        if (step % SPARSE == 0)
            len += snprintf(line + len, sizeof(line) - (size_t)len, ",\"rare\":%lld", (long long)(step / SPARSE));
        line[len++] = '}';
        expect_ok(f, history_batch_add_line(batch, (struct str){ line, (size_t)len }, &f->err));
    }
    append_batch(f, STR_EMPTY, HISTORY_ROWS, batch);
    history_batch_destroy(batch);
}

static void check_shape(struct history_fixture *f) {
    size_t count;
    const char *rows = sample(f, "{\"keys\":[\"_step\",\"flat\"],\"samples\":500}", &count);

    assert_in_range(count, 300, 504);
    assert_memory_equal(rows, "{\"_step\":0,", 11);
    assert_non_null(strstr(rows, "{\"_step\":199999,"));
    assert_non_null(strstr(rows, "{\"_step\":123457,\"flat\":1e+09}"));
    assert_non_null(strstr(rows, "{\"_step\":17,\"flat\":-1e+09}"));
    rows = sample(f, "{\"keys\":[\"_step\",\"flat\"],\"samples\":50,\"minStep\":10,\"maxStep\":130000}", &count);
    assert_in_range(count, 30, 54);
    assert_memory_equal(rows, "{\"_step\":10,", 12);
    assert_non_null(strstr(rows, "{\"_step\":130000,"));
    assert_non_null(strstr(rows, "{\"_step\":123457,"));
    assert_non_null(strstr(rows, "{\"_step\":17,"));
    (void)sample(f, "{\"keys\":[\"_step\",\"flat\",\"other\"],\"samples\":100}", &count);
    assert_in_range(count, 60, 104);
    assert_string_equal(sample(f, "{\"keys\":[\"_step\",\"rare\"],\"samples\":3,\"minStep\":1000,\"maxStep\":3000}", &count),
                        "{\"_step\":1000,\"rare\":1}\n{\"_step\":2000,\"rare\":2}\n{\"_step\":3000,\"rare\":3}");
    rows = sample(f, "{\"keys\":[\"_step\",\"rare\",\"flat\"],\"samples\":20}", &count);
    assert_in_range(count, 10, 24);
    assert_non_null(strstr(rows, "{\"_step\":199000,\"rare\":199,\"flat\":0.0}"));
}

static void sampler__keeps_a_one_step_spike(void **state) {
    struct history_fixture *f = *state;

    append_many(f);
    check_shape(f);
    seal_all(f, RUN);
    check_shape(f);
}

static void sampler__thins_whole_rows(void **state) {
    struct history_fixture *f = *state;
    struct history_rows rows;

    append_many(f);
    seal_all(f, RUN);
    expect_ok(f, history_sample_rows(f->history, RUN, HISTORY_ROWS, 11, JSON_EXTENDED, &rows, f->arena, &f->err));
    assert_int_equal(rows.count, 11);
    assert_true(str_eq_c(rows.json[0], "{\"_step\":0,\"flat\":0.0,\"other\":0,\"rare\":0}"));
    assert_true(str_eq_c(rows.json[10], "{\"_step\":199999,\"flat\":99.0,\"other\":199999}"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        HISTORY_TEST(sampler__gives_rows_that_have_all_keys),
        HISTORY_TEST(sampler__gives_every_row_when_there_are_few_steps),
        HISTORY_TEST(sampler__refuses_a_spec_that_makes_no_sense),
        HISTORY_TEST(sampler__takes_a_spec_without_keys_for_one_of_none),
        HISTORY_TEST(sampler__keeps_a_one_step_spike),
        HISTORY_TEST(sampler__thins_whole_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
