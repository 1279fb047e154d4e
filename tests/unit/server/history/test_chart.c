/* test_chart.c - envelopes: exact when few, complete when many, and the same from overviews as from values. */
#include "tests/unit/server/history/far_fixture.h"

#include <math.h>

static struct history_chart chart_of(struct history_fixture *f, const char *key, const char *x, double first, double last, size_t buckets) {
    struct history_chart_spec spec = { str_from_c(key), str_from_c(x), first, last, buckets, false };
    struct history_chart chart;

    expect_ok(f, history_read_chart(f->history, RUN, HISTORY_ROWS, &spec, &chart, f->arena, &f->err));
    return chart;
}

static void chart__gives_exact_points_when_there_are_few(void **state) {
    struct history_fixture *f = *state;

    append(f, 0, "{\"_step\":2,\"t\":0.5,\"y\":1}\n{\"_step\":1,\"t\":0.25,\"y\":NaN}\n{\"_step\":3,\"y\":4}");
    struct history_chart chart = chart_of(f, "y", "_step", -INFINITY, INFINITY, 10);
    assert_true(chart.is_exact);
    assert_int_equal(chart.point_count, 3);
    assert_true(chart.x[0] == 1 && isnan(chart.y[0]) && chart.x[2] == 3 && chart.y[2] == 4);
    chart = chart_of(f, "y", "t", 0, 1, 10);
    assert_int_equal(chart.point_count, 2);
    assert_true(chart.x[0] == 0.25 && chart.x[1] == 0.5);
    assert_int_equal(chart_of(f, "missing", "_step", 0, 1, 10).point_count, 0);
}

static void chart__refuses_too_many_buckets(void **state) {
    struct history_fixture *f = *state;
    struct history_chart_spec spec = { STR("y"), STR("_step"), 0, 1, 65537, false };
    struct history_chart chart;

    assert_int_equal(history_read_chart(f->history, RUN, HISTORY_ROWS, &spec, &chart, f->arena, &f->err), ERR_BAD_INPUT);
}

static void chart__that_stays_near_leaves_what_lies_in_a_bucket(void **state) {
    struct history_fixture *f = *state;
    struct history_chart_spec spec = { STR("loss"), STR("_step"), 0, INFINITY, 16, true };
    struct http_peer bucket;
    struct history_chart chart;

    append_steps(f, 0, 10);
    seal_all(f, RUN);
    append(f, 10, "{\"_step\":10,\"loss\":1}\n{\"_step\":11,\"loss\":2}");
    move_segments_far(f, &bucket, 0);
    http_peer_finish(&bucket);
    expect_ok(f, history_read_chart(f->history, RUN, HISTORY_ROWS, &spec, &chart, f->arena, &f->err));
    assert_true(chart.is_far && chart.point_count + chart.bucket_count == 0);
    spec.key = STR("nobody's");
    expect_ok(f, history_read_chart(f->history, RUN, HISTORY_ROWS, &spec, &chart, f->arena, &f->err));
    assert_false(chart.is_far);
    spec.key = STR("loss");
    spec.x_first = 10; /* these are in the tail */
    expect_ok(f, history_read_chart(f->history, RUN, HISTORY_ROWS, &spec, &chart, f->arena, &f->err));
    assert_true(!chart.is_far && chart.point_count == 2);
    spec.x_first = 0;
    bring_segments_near(f);
    expect_ok(f, history_read_chart(f->history, RUN, HISTORY_ROWS, &spec, &chart, f->arena, &f->err));
    assert_true(!chart.is_far && chart.point_count == 12);
}

enum { MANY = 250000, SPIKE = 123457 };

static void append_many(struct history_fixture *f) {
    struct history_batch *batch = history_batch_create();

    history_batch_begin(batch, HISTORY_ROWS, 0);
    for (int64_t step = 0; step < MANY; step++) {
        char line[160];
        double value = step == SPIKE ? 1e9 : (double)(step % 1000);
        const char *bad = step % 1000 == 7 ? "NaN" : NULL;
        int len = bad != NULL ? snprintf(line, sizeof(line), "{\"_step\":%lld,\"t\":%.2f,\"y\":NaN}", (long long)step, (double)step / 4)
                              : snprintf(line, sizeof(line), "{\"_step\":%lld,\"t\":%.2f,\"y\":%.1f}", (long long)step, (double)step / 4, value);
        expect_ok(f, history_batch_add_line(batch, (struct str){ line, (size_t)len }, &f->err));
    }
    append_batch(f, STR_EMPTY, HISTORY_ROWS, batch);
    history_batch_destroy(batch);
}

static void check_envelope(const struct history_chart *chart, int64_t count, int64_t nonfinite, double spike_x) {
    double least = INFINITY, greatest = -INFINITY, sum = 0;
    int64_t found = 0, bad = 0;

    assert_false(chart->is_exact);
    for (size_t i = 0; i < chart->bucket_count; i++) {
        const struct history_bucket *bucket = &chart->buckets[i];
        found += bucket->count;
        bad += bucket->nonfinite;
        sum += bucket->mean * (double)bucket->count;
        least = bucket->min < least ? bucket->min : least;
        if (bucket->max > greatest) {
            greatest = bucket->max;
            assert_true(bucket->max < 1e9 || (bucket->x_first <= spike_x && bucket->x_last >= spike_x));
        }
        assert_true(bucket->min <= bucket->mean && bucket->mean <= bucket->max);
        assert_true(i == 0 || bucket->x_first >= chart->buckets[i - 1].x_first);
    }
    assert_int_equal(found, count);
    assert_int_equal(bad, nonfinite);
    if (least != 0 || greatest != 1e9)
        fail_msg("from %g to %g", least, greatest);
    assert_true(fabs(sum - (1e9 + 499.5 * (double)count)) < 1e6);
}

static void check_charts(struct history_fixture *f) {
    struct history_chart chart = chart_of(f, "y", "_step", -INFINITY, INFINITY, 400);
    check_envelope(&chart, MANY - MANY / 1000, MANY / 1000, SPIKE);
    chart = chart_of(f, "y", "_step", -INFINITY, INFINITY, 100);
    check_envelope(&chart, MANY - MANY / 1000, MANY / 1000, SPIKE);
    chart = chart_of(f, "y", "_step", 1000, 200999, 100);
    check_envelope(&chart, 200000 - 200, 200, SPIKE);
    chart = chart_of(f, "y", "t", -INFINITY, INFINITY, 100);
    check_envelope(&chart, MANY - MANY / 1000, MANY / 1000, SPIKE / 4.0);
    chart = chart_of(f, "y", "t", 250, 50250, 100);
    check_envelope(&chart, 200001 - 200, 200, SPIKE / 4.0);
}

static void chart__shows_every_value_in_its_envelope(void **state) {
    struct history_fixture *f = *state;

    append_many(f);
    check_charts(f);
    seal_all(f, RUN);
    check_charts(f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        HISTORY_TEST(chart__gives_exact_points_when_there_are_few),
        HISTORY_TEST(chart__refuses_too_many_buckets),
        HISTORY_TEST(chart__that_stays_near_leaves_what_lies_in_a_bucket),
        HISTORY_TEST(chart__shows_every_value_in_its_envelope),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
