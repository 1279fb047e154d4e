/* test_overview.c - buckets and samples say of a column what the column says. */
#include "server/history/overview.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { ROWS = 40000 };

struct fixture {
    struct arena *arena;
    struct column column;
    int64_t *steps;
    struct buf record;
    struct overview_header header;
    struct err err;
};

/* Every other row has a value: its step, but for some NaN; each tenth of the others a null. */
static int set_up(void **state) {
    struct fixture *f = calloc(1, sizeof(*f));
    if (f == NULL)
        return 1;
    f->arena = arena_create();
    f->steps = ARENA_ARRAY(f->arena, int64_t, ROWS);
    f->column.type = HISTORY_DOUBLE;
    f->column.rows = ARENA_ARRAY(f->arena, uint32_t, ROWS);
    f->column.null_rows = ARENA_ARRAY(f->arena, uint32_t, ROWS);
    f->column.values = ARENA_ARRAY(f->arena, union value, ROWS);
    for (uint32_t row = 0; row < ROWS; row++) {
        f->steps[row] = 3 * (int64_t)row;
        if (row % 2 == 0) {
            f->column.rows[f->column.count] = row;
            f->column.values[f->column.count++].number = row == 5000 ? 1e308 : row == 5002 ? 1.7e308 : row % 200 == 6 ? (double)NAN : (double)row;
        } else if (row % 20 == 1) {
            f->column.null_rows[f->column.null_count++] = row;
        }
    }
    buf_init(&f->record, 1 << 20);
    overview_write(&f->record, &f->column, f->steps, ROWS, f->arena);
    *state = f;
    return overview_read_header(&f->header, str_slice(buf_str(&f->record), 0, OVERVIEW_HEADER_MAX), f->record.len,
                                f->column.count, ROWS, &f->err) != OK;
}

static int tear_down(void **state) {
    struct fixture *f = *state;
    buf_finish(&f->record);
    arena_destroy(f->arena);
    free(f);
    return 0;
}

static struct str part(const struct fixture *f, const struct overview_part *part) {
    return str_slice(buf_str(&f->record), part->offset, part->size_bytes);
}

static void overview__counts_and_bounds_each_bucket(void **state) {
    struct fixture *f = *state;
    struct overview_buckets b;

    assert_int_equal(f->header.bucket_levels, 1);
    assert_int_equal(overview_read_buckets(&b, &f->header, 0, part(f, &f->header.buckets[0]), f->arena, &f->err), OK);
    assert_int_equal(b.count, (f->column.count + 1023) / 1024);
    for (uint32_t i = 0; i < b.count; i++) {
        double least = INFINITY, greatest = -INFINITY, last = NAN, mean = 0;
        uint32_t finite = 0, from = i * 1024, to = from + 1024 < f->column.count ? from + 1024 : f->column.count;
        for (uint32_t k = from; k < to; k++) {
            double value = f->column.values[k].number;
            if (isnan(value))
                continue;
            least = fmin(least, value);
            greatest = fmax(greatest, value);
            last = value;
            finite++;
            mean += value / finite - mean / finite;
        }
        assert_int_equal(b.finite[i], finite);
        assert_int_equal(b.nonfinite[i], to - from - finite);
        assert_true(b.min[i].number == least && b.max[i].number == greatest && b.last[i].number == last);
        assert_true(fabs(b.mean[i] - mean) <= fabs(mean) * 1e-9);
        assert_int_equal(b.first_steps[i], f->steps[f->column.rows[from]]);
        assert_int_equal(b.last_steps[i], f->steps[f->column.rows[to - 1]]);
        assert_int_equal(b.min_steps[i], f->steps[b.min_rows[i]]);
    }
}

static void overview__keeps_every_so_many_values(void **state) {
    struct fixture *f = *state;
    struct overview_samples s;

    assert_int_equal(f->header.sample_stride, OVERVIEW_STRIDE);
    assert_int_equal(f->header.sample_levels, 2);
    for (uint32_t level = 0; level < 2; level++) {
        assert_int_equal(overview_read_samples(&s, &f->header, level, part(f, &f->header.samples[level]), f->arena, &f->err), OK);
        for (uint32_t i = 0; i < s.count; i++) {
            assert_int_equal(s.rows[i], f->column.rows[i * s.stride]);
            assert_int_equal(s.steps[i], f->steps[s.rows[i]]);
            assert_memory_equal(&s.values[i], &f->column.values[i * s.stride], 8);
        }
    }
}

static void overview__remembers_nulls(void **state) {
    struct fixture *f = *state;
    uint32_t *nulls;

    assert_int_equal(f->header.nulls.count, f->column.null_count);
    assert_int_equal(overview_read_nulls(&nulls, &f->header.nulls, part(f, &f->header.nulls), ROWS, f->arena, &f->err), OK);
    assert_memory_equal(nulls, f->column.null_rows, f->column.null_count * sizeof(*nulls));
    assert_int_equal(overview_read_nulls(&nulls, &f->header.nulls, part(f, &f->header.nulls), 100, f->arena, &f->err), ERR_CORRUPT);
}

static void overview__has_nothing_to_say_of_few_rows(void **state) {
    struct fixture *f = *state;
    struct buf out = BUF_INIT(1 << 20);

    f->column.count = 100;
    f->column.null_count = 0;
    overview_write(&out, &f->column, f->steps, 200, f->arena);
    assert_int_equal(out.len, 0);
    buf_finish(&out);
}

static void overview__gives_sparse_keys_finer_samples(void **state) {
    struct fixture *f = *state;
    struct buf out = BUF_INIT(1 << 20);

    f->column.count = 1000;
    f->column.null_count = 0;
    overview_write(&out, &f->column, f->steps, ROWS, f->arena);
    assert_int_equal(overview_read_header(&f->header, str_slice(buf_str(&out), 0, OVERVIEW_HEADER_MAX), out.len, 1000, ROWS, &f->err), OK);
    assert_int_equal(f->header.sample_stride, OVERVIEW_SPARSE_STRIDE);
    assert_int_equal(f->header.samples[0].count, 250);
    buf_finish(&out);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(overview__counts_and_bounds_each_bucket),
        TEST(overview__keeps_every_so_many_values),
        TEST(overview__remembers_nulls),
        TEST(overview__has_nothing_to_say_of_few_rows),
        TEST(overview__gives_sparse_keys_finer_samples),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
