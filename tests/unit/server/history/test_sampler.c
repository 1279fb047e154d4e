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

/* ---- several segments, and ranges that cut them ---- */

enum { LONG = 4 * HISTORY_SEAL_ROWS, RARELY = 20 };

static int64_t noise_at(int64_t step) {
    return (int64_t)(((uint64_t)step * 2654435761u + 12345) % 1000003);
}

/* Three segments of `noise`, and of `rare` in every 20th row, but for the last thousand. */
static void append_long(struct history_fixture *f) {
    const struct history_options uncompacted = { .compact_factor = 8, .has_no_worker = true };
    struct history_batch *batch = history_batch_create();

    history_destroy(f->history);
    expect_ok(f, history_create(&f->history, f->db, f->depot, &uncompacted, &f->err));
    for (int64_t first = 0; first < LONG; first += HISTORY_SEAL_ROWS) {
        history_batch_begin(batch, HISTORY_ROWS, first);
        for (int64_t step = first; step < first + HISTORY_SEAL_ROWS; step++) {
            char line[160];
            int len = snprintf(line, sizeof(line), "{\"_step\":%lld,\"noise\":%lld,\"other\":%lld", (long long)step, (long long)noise_at(step), (long long)step);
            if (step % RARELY == 0 && step < LONG - 1000)
                len += snprintf(line + len, sizeof(line) - (size_t)len, ",\"rare\":%lld", (long long)(step / RARELY));
            line[len++] = '}';
            expect_ok(f, history_batch_add_line(batch, (struct str){ line, (size_t)len }, &f->err));
        }
        append_batch(f, STR_EMPTY, HISTORY_ROWS, batch);
        if (first > 0) /* the first segment is of two batches */
            expect_ok(f, history_work(f->history, &f->err));
    }
    history_batch_destroy(batch);
}

static void expect_step(struct history_fixture *f, const char *rows, int64_t step, const char *why, int64_t first, int64_t last) {
    const char *row = arena_printf(f->arena, "{\"_step\":%lld,\"noise\":%lld}", (long long)step, (long long)noise_at(step)).ptr;
    if (strstr(rows, row) == NULL)
        fail_msg("the %s of %lld to %lld is missing: %s", why, (long long)first, (long long)last, row);
}

static void check_range(struct history_fixture *f, int64_t first, int64_t last) {
    int64_t least = first, greatest = first;
    size_t count;

    for (int64_t step = first; step <= last; step++) {
        least = noise_at(step) < noise_at(least) ? step : least;
        greatest = noise_at(step) > noise_at(greatest) ? step : greatest;
    }
    const char *rows = sample(f, arena_printf(f->arena, "{\"keys\":[\"_step\",\"noise\"],\"samples\":50,\"minStep\":%lld,\"maxStep\":%lld}",
                                              (long long)first, (long long)last).ptr, &count);
    assert_true(count <= 54 && (count >= 30 || last - first < 40));
    expect_step(f, rows, first, "first row", first, last);
    expect_step(f, rows, last, "last row", first, last);
    expect_step(f, rows, least, "least", first, last);
    expect_step(f, rows, greatest, "greatest", first, last);
}

static void sampler__keeps_ends_and_extremes_wherever_a_range_cuts(void **state) {
    struct history_fixture *f = *state;
    uint32_t random = 7;

    append_long(f);
    assert_int_equal(counts_of(f, RUN).segments, 3);
    assert_int_equal(counts_of(f, RUN).tail_rows, 0);
    check_range(f, 0, LONG - 1);
    check_range(f, HISTORY_SEAL_ROWS, 2 * HISTORY_SEAL_ROWS - 1);
    check_range(f, HISTORY_SEAL_ROWS - 1, 2 * HISTORY_SEAL_ROWS);
    for (int64_t edge = 1024; edge < LONG; edge *= 2) /* where buckets begin and end */
        for (int64_t shift = -1; shift <= 1; shift++) {
            check_range(f, edge + shift, LONG - 5000);
            check_range(f, 500, edge + shift);
        }
    for (int i = 0; i < 60; i++) {
        random = random * 1664525u + 1013904223u;
        int64_t first = random % LONG;
        random = random * 1664525u + 1013904223u;
        int64_t last = first + random % (i % 2 == 0 ? 5000 : LONG);
        check_range(f, first, last < LONG ? last : LONG - 1);
    }
}

static void sampler__keeps_the_last_value_of_a_rare_key(void **state) {
    struct history_fixture *f = *state;
    size_t count;

    append_long(f);
    int64_t last = (LONG - 1001) / RARELY;
    const char *rows = sample(f, "{\"keys\":[\"_step\",\"rare\"],\"samples\":50}", &count);
    assert_in_range(count, 30, 54);
    assert_memory_equal(rows, "{\"_step\":0,\"rare\":0}", 20);
    assert_non_null(strstr(rows, arena_printf(f->arena, "{\"_step\":%lld,\"rare\":%lld}", (long long)last * RARELY, (long long)last).ptr));
}

static void sampler__keeps_the_extremes_of_all_segments_with_several_keys(void **state) {
    struct history_fixture *f = *state;
    int64_t least = 0, greatest = 0;
    size_t count;

    append_long(f);
    for (int64_t step = 0; step < LONG; step++) {
        least = noise_at(step) < noise_at(least) ? step : least;
        greatest = noise_at(step) > noise_at(greatest) ? step : greatest;
    }
    const char *rows = sample(f, "{\"keys\":[\"noise\",\"other\"],\"samples\":50}", &count);
    assert_in_range(count, 30, 54);
    assert_non_null(strstr(rows, arena_printf(f->arena, "{\"noise\":%lld,\"other\":%lld}", (long long)noise_at(least), (long long)least).ptr));
    assert_non_null(strstr(rows, arena_printf(f->arena, "{\"noise\":%lld,\"other\":%lld}", (long long)noise_at(greatest), (long long)greatest).ptr));
    assert_non_null(strstr(rows, arena_printf(f->arena, "\"other\":%lld}", (long long)LONG - 1).ptr));
}

struct visited {
    size_t count;
    int64_t last_step;
};

static void check_row(void *context, const struct history_value *values) {
    struct visited *visited = context;
    assert_true(values[0].type == HISTORY_DOUBLE && values[1].type == HISTORY_INT && values[2].type == HISTORY_INT);
    assert_true(values[1].integer > visited->last_step && values[2].integer == values[1].integer);
    assert_true(values[0].number == (double)values[1].integer + 0.5);
    visited->last_step = values[1].integer;
    visited->count++;
}

/* The keys come as they were asked for, the step among them. */
static void sampler__visits_the_rows_that_it_writes(void **state) {
    struct history_fixture *f = *state;
    const struct str keys[] = { STR("loss"), STR("_step"), STR("n") };
    const struct history_sample_spec spec = { keys, 3, 100, INT64_MIN, INT64_MAX };
    struct visited visited = { .last_step = -1 };
    const struct history_visitor visitor = { check_row, &visited };
    struct history_rows rows;

    append_steps(f, 0, 5000);
    seal_all(f, RUN);
    append_steps(f, 5000, 10);
    expect_ok(f, history_sample(f->history, RUN, HISTORY_ROWS, &spec, JSON_STRICT, &rows, f->arena, &f->err));
    expect_ok(f, history_visit_samples(f->history, RUN, HISTORY_ROWS, &spec, &visitor, f->arena, &f->err));
    assert_int_equal(visited.count, rows.count);
    assert_int_equal(visited.last_step, 5009);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        HISTORY_TEST(sampler__gives_rows_that_have_all_keys),
        HISTORY_TEST(sampler__gives_every_row_when_there_are_few_steps),
        HISTORY_TEST(sampler__refuses_a_spec_that_makes_no_sense),
        HISTORY_TEST(sampler__takes_a_spec_without_keys_for_one_of_none),
        HISTORY_TEST(sampler__keeps_a_one_step_spike),
        HISTORY_TEST(sampler__thins_whole_rows),
        HISTORY_TEST(sampler__keeps_ends_and_extremes_wherever_a_range_cuts),
        HISTORY_TEST(sampler__keeps_the_last_value_of_a_rare_key),
        HISTORY_TEST(sampler__keeps_the_extremes_of_all_segments_with_several_keys),
        HISTORY_TEST(sampler__visits_the_rows_that_it_writes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
