/* test_chart_compact.c - what a series becomes in at most four bytes a bucket, read back by a reader of its own. */
#include "server/api/charts/chart_compact.h"

#include "tests/unit/base/fixture.h"

#include <math.h>

enum { MANY = 1000 };

/* ---- a reader, after docs/web-api.md ---- */

struct reading {
    const uint8_t *at, *end;
    uint32_t n, kind, x_code, y_code;
    uint64_t rows;
    double span[4];
    uint8_t marks[70000];
    double x[70000], y[70000], low[70000], high[70000], step[70000]; /* step: how far apart two values may lie */
};

static void take(struct reading *r, void *out, size_t size) {
    assert_true(r->at + size <= r->end);
    memcpy(out, r->at, size);
    r->at += size;
}

static int64_t take_signed(struct reading *r) {
    uint64_t value = 0;
    uint8_t byte = 0x80;
    for (int shift = 0; byte & 0x80; shift += 7) {
        take(r, &byte, 1);
        value |= (uint64_t)(byte & 0x7f) << shift;
    }
    return (int64_t)(value >> 1) ^ -(int64_t)(value & 1);
}

static void take_column(struct reading *r, int64_t *out, size_t count) {
    uint8_t shape;
    take(r, &shape, 1);
    int width = shape & 0x7f;
    int64_t base = take_signed(r), before = shape & 0x80 ? take_signed(r) : 0;
    size_t packed = shape & 0x80 ? count - 1 : count, bits = 0;
    const uint8_t *bytes = r->at;
    r->at += (packed * (size_t)width + 7) / 8;
    assert_true(r->at <= r->end);
    for (size_t i = 0; i < count; i++) {
        int64_t value = 0;
        if ((shape & 0x80) && i == 0) {
            out[0] = before;
            continue;
        }
        for (int b = 0; b < width; b++, bits++)
            value |= (int64_t)(bytes[bits / 8] >> (bits % 8) & 1) << b;
        out[i] = value + base + (shape & 0x80 ? out[i - 1] : 0);
    }
}

static double unit_of(uint32_t code, int exponent) {
    return code == 2 ? 1 / pow(10, exponent) : ldexp(1, exponent);
}

static double value_of(uint32_t code, int exponent, int64_t whole) {
    return code == 2 ? (double)whole / pow(10, exponent) : ldexp((double)whole, exponent);
}

static void take_x(struct reading *r) {
    int16_t exponent;
    int64_t whole[128];
    if (r->x_code == 0) {
        take(r, r->x, r->n * sizeof(double));
        return;
    }
    uint32_t parts = 0;
    take(r, r->x_code == 4 ? (void *)&parts : &exponent, r->x_code == 4 ? 4 : 2);
    for (uint32_t i = 0; i < r->n; i += 128) {
        size_t count = r->n - i < 128 ? r->n - i : 128;
        take_column(r, whole, count);
        for (size_t k = 0; k < count; k++)
            r->x[i + k] = r->x_code == 4 ? r->span[2] + ((double)whole[k] + 0.5) * (r->span[3] - r->span[2]) / parts
                                         : value_of(r->x_code, exponent, whole[k]);
    }
}

static void take_y(struct reading *r) {
    int16_t exponent;
    int64_t y[128], low[128] = { 0 }, high[128];
    if (r->y_code == 0) {
        take(r, r->y, r->n * sizeof(double));
        return;
    }
    for (uint32_t i = 0; i < r->n; i += 128) {
        size_t count = r->n - i < 128 ? r->n - i : 128;
        take(r, &exponent, 2);
        if (r->kind == 1) {
            take_column(r, low, count);
            take_column(r, high, count);
        }
        take_column(r, y, count);
        for (size_t k = 0; k < count; k++) {
            r->y[i + k] = value_of(r->y_code, exponent, y[k] + low[k]);
            r->low[i + k] = value_of(r->y_code, exponent, low[k]);
            r->high[i + k] = value_of(r->y_code, exponent, high[k] + low[k]);
            r->step[i + k] = unit_of(r->y_code, exponent);
        }
    }
}

static size_t write_and_read(struct reading *r, const struct history_chart *chart, const struct chart_compact_spec *spec, struct arena *arena) {
    struct buf out = BUF_INIT(8 << 20);
    uint32_t run_key[2], size;
    uint8_t codes[4];
    chart_compact_append(&out, 7, 9, chart, spec, arena);
    r->at = (const uint8_t *)out.ptr;
    r->end = r->at + out.len;
    take(r, run_key, 8);
    take(r, codes, 4);
    take(r, &r->n, 4);
    take(r, &r->rows, 8);
    take(r, &size, 4);
    assert_true(run_key[0] == 7 && run_key[1] == 9 && r->at + size == r->end);
    r->kind = codes[0];
    r->x_code = codes[1];
    r->y_code = codes[2];
    if (r->kind == 1)
        take(r, r->span, sizeof r->span);
    memset(r->marks, 0, sizeof r->marks);
    for (uint32_t i = 0; codes[3] != 0 && i < r->n; i += 4) {
        uint8_t byte;
        take(r, &byte, 1);
        for (uint32_t k = 0; k < 4; k++)
            r->marks[i + k] = byte >> (2 * k) & 3;
    }
    take_x(r);
    take_y(r);
    assert_ptr_equal(r->at, r->end);
    size_t len = out.len;
    buf_finish(&out);
    return len;
}

/* ---- charts to write ---- */

static uint64_t state_of_noise = 1;

static double noise(void) {
    state_of_noise = state_of_noise * 6364136223846793005u + 1442695040888963407u;
    return (double)(state_of_noise >> 11) * 0x1p-53;
}

static const struct chart_compact_spec plain = { .bucket_count = MANY, .low = -INFINITY, .high = INFINITY };

static struct history_chart make_buckets(size_t count, double (*value)(size_t), struct arena *arena) {
    struct history_bucket *buckets = ARENA_ARRAY(arena, struct history_bucket, count);
    for (size_t i = 0; i < count; i++) {
        double a = value(i), b = value(i), c = value(i), low = fmin(a, fmin(b, c)), high = fmax(a, fmax(b, c));
        double x = (double)(i * 100);
        buckets[i] = (struct history_bucket){ x, x + 99, low, high, (a + b + c) / 3, b, 3, 0 };
    }
    return (struct history_chart){ .buckets = buckets, .bucket_count = count, .x_from = 0, .x_to = (double)count * 100 - 1 };
}

static struct history_chart make_points(size_t count, double (*value)(size_t), struct arena *arena) {
    struct history_chart chart = { .is_exact = true, .point_count = count, .x_to = (double)count - 1 };
    chart.x = ARENA_ARRAY(arena, double, count);
    chart.y = ARENA_ARRAY(arena, double, count);
    for (size_t i = 0; i < count; i++) {
        chart.x[i] = (double)i;
        chart.y[i] = value(i);
    }
    return chart;
}

static double of_noise(size_t i) {
    (void)i;
    return noise() - 0.5;
}

static double of_two_decimals(size_t i) {
    return round(10000 * exp(-(double)i / 200) + 100 * noise()) / 100;
}

static double of_spike(size_t i) {
    return i == 500 ? 1e9 : 1 + 1e-3 * noise();
}

static double of_floats(size_t i) {
    (void)i;
    return (float)(0.5 + 0.4 * noise());
}

static double of_decades(size_t i) {
    return exp((double)i / 50 - 10) * (1 + 0.1 * noise());
}

static double of_anything(size_t i) {
    double value = (noise() - 0.5) * exp((noise() - 0.5) * 600);
    return i % 7 == 0 ? 0 : isfinite(value) ? value : -1e300;
}

/* ---- what is claimed ---- */

static void assert_inside(const struct reading *r, const struct history_chart *chart) {
    for (uint32_t i = 0; i < r->n; i++) {
        const struct history_bucket *b = &chart->buckets[i];
        if (b->count == 0)
            continue;
        assert_true(r->low[i] <= b->min && b->min - r->low[i] <= r->step[i]);
        assert_true(r->high[i] >= b->max && r->high[i] - b->max <= r->step[i]);
        assert_true(fabs(r->y[i] - b->last) <= r->step[i] && r->y[i] >= r->low[i] && r->y[i] <= r->high[i]);
    }
}

static void chart_compact__holds_what_was_logged_within_four_bytes(void **state) {
    static double (*const values[])(size_t) = { of_noise, of_two_decimals, of_spike, of_floats, of_decades, of_anything };
    struct reading *r = calloc(1, sizeof *r);
    for (size_t v = 0; v < sizeof values / sizeof values[0]; v++)
        for (size_t count = 1; count <= MANY; count = count * 3 + 1) {
            struct history_chart chart = make_buckets(count, values[v], *state);
            struct chart_compact_spec spec = plain;
            spec.bucket_count = count;
            size_t size = write_and_read(r, &chart, &spec, *state);
            assert_true(size <= (count < 64 ? 256 : 4 * count));
            assert_int_equal(r->rows, 3 * count);
            assert_true(r->x[count - 1] == chart.buckets[count - 1].x_last && r->span[3] == chart.x_to);
            assert_inside(r, &chart);
        }
    free(r);
}

static void chart_compact__is_finer_than_pixels_where_all_is_noise(void **state) {
    struct reading *r = calloc(1, sizeof *r);
    struct history_chart chart = make_buckets(MANY, of_noise, *state);
    (void)write_and_read(r, &chart, &plain, *state);
    for (uint32_t i = 0; i < r->n; i++)
        assert_true(r->step[i] <= 1.0 / 500);
    free(r);
}

static void chart_compact__keeps_the_neighbours_of_a_spike_fine(void **state) {
    struct reading *r = calloc(1, sizeof *r);
    struct history_chart chart = make_buckets(MANY, of_spike, *state);
    (void)write_and_read(r, &chart, &plain, *state);
    assert_true(fabs(r->high[500] - 1e9) <= r->step[500]);
    assert_true(r->step[300] <= 1e-5);
    free(r);
}

static void chart_compact__keeps_points_exact_where_that_fits(void **state) {
    static double (*const values[])(size_t) = { of_two_decimals, of_floats };
    struct reading *r = calloc(1, sizeof *r);
    for (size_t v = 0; v < 2; v++) {
        struct history_chart chart = make_points(MANY, values[v], *state);
        assert_true(write_and_read(r, &chart, &plain, *state) <= 4 * MANY);
        assert_true(r->y_code == 2 || r->y_code == 3);
        assert_memory_equal(r->y, chart.y, MANY * sizeof(double));
        assert_memory_equal(r->x, chart.x, MANY * sizeof(double));
    }
    struct history_chart few = make_points(MANY / 5, of_anything, *state);
    (void)write_and_read(r, &few, &plain, *state);
    assert_memory_equal(r->y, few.y, MANY / 5 * sizeof(double));
    free(r);
}

static void chart_compact__grows_its_steps_with_the_values_for_log_axes(void **state) {
    struct reading *r = calloc(1, sizeof *r);
    struct history_chart chart = make_buckets(MANY, of_decades, *state);
    struct chart_compact_spec spec = plain;
    spec.is_log = true;
    assert_true(write_and_read(r, &chart, &spec, *state) <= 4 * MANY);
    assert_inside(r, &chart);
    for (uint32_t i = 0; i < r->n; i++)
        assert_true(r->step[i] <= chart.buckets[i].last / 50);
    (void)write_and_read(r, &chart, &plain, *state);
    assert_true(r->step[0] > chart.buckets[0].last);
    free(r);
}

static void chart_compact__is_finer_in_a_part_of_y(void **state) {
    struct reading *r = calloc(1, sizeof *r);
    struct history_chart chart = make_buckets(MANY, of_noise, *state);
    struct chart_compact_spec spec = plain;
    spec.low = 0.1;
    spec.high = 0.101;
    assert_true(write_and_read(r, &chart, &spec, *state) <= 4 * MANY);
    for (uint32_t i = 0; i < r->n; i++) {
        assert_true(r->step[i] <= (spec.high - spec.low) / 300);
        assert_true(chart.buckets[i].max <= 0.101 ? fabs(r->high[i] - chart.buckets[i].max) <= r->step[i] || chart.buckets[i].max < 0.1
                                                  : r->high[i] > 0.101);
    }
    /* Beside a gap a line is long: where it goes must stay right. */
    chart.buckets[500].x_last -= 250;
    chart.buckets[501].x_last += 250;
    chart.buckets[500].max = 0.5;
    (void)write_and_read(r, &chart, &spec, *state);
    assert_true(fabs(r->high[500] - 0.5) <= r->step[500]);
    free(r);
}

static void chart_compact__marks_what_is_no_number(void **state) {
    struct reading *r = calloc(1, sizeof *r);
    struct history_chart points = make_points(900, of_noise, *state);
    points.y[0] = NAN;
    points.y[5] = INFINITY;
    points.y[6] = -INFINITY;
    (void)write_and_read(r, &points, &plain, *state);
    assert_true(r->marks[0] == 1 && r->marks[4] == 0 && r->marks[5] == 2 && r->marks[6] == 3);
    assert_true(fabs(r->y[7] - points.y[7]) < 1e-6);
    struct history_chart buckets = make_buckets(900, of_noise, *state);
    buckets.buckets[3].nonfinite = 1;
    buckets.buckets[4] = (struct history_bucket){ 400, 499, NAN, NAN, NAN, NAN, 0, 12 };
    (void)write_and_read(r, &buckets, &plain, *state);
    assert_true(r->marks[2] == 0 && r->marks[3] == 1 && r->marks[4] == 3 && r->marks[5] == 0);
    assert_inside(r, &buckets);
    free(r);
}

static void chart_compact__rounds_times_within_their_bucket(void **state) {
    struct reading *r = calloc(1, sizeof *r);
    struct history_chart chart = make_buckets(MANY, of_noise, *state);
    for (size_t i = 0; i < MANY; i++)
        chart.buckets[i].x_last = 1.79e9 + (double)i * 0.01 + 0.009 * noise();
    chart.x_from = 1.79e9;
    chart.x_to = 1.79e9 + 10;
    assert_true(write_and_read(r, &chart, &plain, *state) <= 4 * MANY);
    for (size_t i = 0; i < MANY; i++)
        assert_true(fabs(r->x[i] - chart.buckets[i].x_last) <= 0.01 / 32 * 1.001 && floor((r->x[i] - 1.79e9) / 0.01) == (double)i);
    assert_true(r->step[10] <= 1.0 / 100);
    chart.x_to = chart.x_from = 0.1; /* all at the same place */
    for (size_t i = 0; i < MANY; i++)
        chart.buckets[i].x_last = 0.1;
    (void)write_and_read(r, &chart, &plain, *state);
    assert_true(fabs(r->x[5] - 0.1) < 1e-12);
    free(r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(chart_compact__holds_what_was_logged_within_four_bytes),
        TEST(chart_compact__is_finer_than_pixels_where_all_is_noise),
        TEST(chart_compact__keeps_the_neighbours_of_a_spike_fine),
        TEST(chart_compact__keeps_points_exact_where_that_fits),
        TEST(chart_compact__grows_its_steps_with_the_values_for_log_axes),
        TEST(chart_compact__is_finer_in_a_part_of_y),
        TEST(chart_compact__marks_what_is_no_number),
        TEST(chart_compact__rounds_times_within_their_bucket),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
