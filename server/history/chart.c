/* chart.c - the envelope of one key over another: exact points, exact buckets, or buckets out of overviews, whichever
 * the number of values asks for. */
#include "server/history/history_state.h"
#include "server/history/rows.h"

#include <math.h>

enum { BUCKETS_MAX = 65536 };

struct chart {
    struct view *view;
    const struct history_chart_spec *spec;
    struct arena *arena;
    bool x_is_step;
    double x_first, x_last; /* the range that is cut into buckets */
    double per_x;           /* buckets */
    uint64_t values;        /* of the key, in all sources */
    /* exact values */
    double *x, *y;
    size_t count, room;
    struct history_bucket *buckets;
    double *last_x; /* of each bucket's `last` */
};

/* ---- finding the columns ---- */

struct pair {
    uint32_t source, y, x; /* columns; x means nothing for _step */
};

static bool find_pair(const struct chart *chart, uint32_t at, struct pair *out) {
    const struct source *source = &chart->view->sources[at];
    uint32_t y[SAME_NAME_MAX], x[SAME_NAME_MAX] = { 0 };

    if (source_find_columns(source, chart->spec->key, y) == 0 || !column_is_numeric(source_type(source, y[0])))
        return false;
    if (!chart->x_is_step &&
        (source_find_columns(source, chart->spec->x_key, x) == 0 || !column_is_numeric(source_type(source, x[0]))))
        return false;
    *out = (struct pair){ at, y[0], x[0] };
    return true;
}

/* ---- exact values ---- */

static void make_room(struct chart *chart, size_t more) {
    size_t room = chart->room * 2 > chart->count + more ? chart->room * 2 : chart->count + more;
    if (chart->count + more <= chart->room)
        return;
    chart->x = arena_grow(chart->arena, chart->x, chart->count, room, sizeof(*chart->x));
    chart->y = arena_grow(chart->arena, chart->y, chart->count, room, sizeof(*chart->y));
    chart->room = room;
}

/* There is room. */
static void add_point(struct chart *chart, double x, double y) {
    if (!(x >= chart->spec->x_first && x <= chart->spec->x_last))
        return;
    chart->x[chart->count] = x;
    chart->y[chart->count++] = y;
}

static int64_t step_of_double(double x) {
    return x <= -0x1p63 ? INT64_MIN : x >= 0x1p63 ? INT64_MAX : (int64_t)x;
}

/* Whether a value in each row of [first, end), and no row outside of what was asked for: steps do not go down. */
static bool is_whole(const struct chart *chart, const struct column *y, const int64_t *steps, uint32_t first, uint32_t end) {
    return y->count == end - first && (double)steps[0] >= chart->spec->x_first &&
           (double)steps[end - first - 1] <= chart->spec->x_last;
}

/* All values over all steps. There is room. */
static void add_whole(struct chart *chart, const struct column *y, const int64_t *steps) {
    double *restrict xs = chart->x + chart->count, *restrict ys = chart->y + chart->count;
    uint32_t count = y->count;
    for (uint32_t i = 0; i < count; i++)
        xs[i] = (double)steps[i];
    if (y->type == HISTORY_DOUBLE)
        memcpy(ys, y->values, count * sizeof *ys);
    else
        for (uint32_t i = 0; i < count; i++)
            ys[i] = (double)y->values[i].integer;
    chart->count += count;
}

/* The points of rows [first, end) of a source. */
static enum err_code add_points(struct chart *chart, const struct pair *pair, uint32_t first, uint32_t end, struct err *err) {
    struct source *source = &chart->view->sources[pair->source];
    struct row_places places = { 0 };
    struct column y, x = { 0 };
    uint32_t at = 0;

    if (first == end)
        return OK;
    TRY(source_read(source, pair->y, first, end, &y, chart->arena, err));
    if (!chart->x_is_step)
        TRY(source_read(source, pair->x, first, end, &x, chart->arena, err));
    if (source->mask_count > 0)
        TRY(source_read_places(source, first, end, &places, chart->arena, err));
    else if (chart->x_is_step)
        TRY(source_read_steps(source, first, end, &places.steps, chart->arena, err));
    make_room(chart, y.count);
    if (chart->x_is_step && source->mask_count == 0 && is_whole(chart, &y, places.steps, first, end)) {
        add_whole(chart, &y, places.steps);
        return OK;
    }
    for (uint32_t i = 0; i < y.count; i++) {
        uint32_t place = y.rows[i] - first;
        double value = value_as_double(y.type, y.values[i]);
        if (source->mask_count > 0 &&
            source_is_masked(source, places.streams != NULL ? places.streams[place] : source->stream, places.lines[place]))
            continue;
        if (chart->x_is_step) {
            add_point(chart, (double)places.steps[place], value);
            continue;
        }
        while (at < x.count && x.rows[at] < y.rows[i])
            at++;
        if (at < x.count && x.rows[at] == y.rows[i])
            add_point(chart, value_as_double(x.type, x.values[at]), value);
    }
    return OK;
}

struct point {
    double x, y;
    size_t order;
};

static int compare_points(const void *left, const void *right) {
    const struct point *a = left, *b = right;
    if (a->x != b->x)
        return a->x < b->x ? -1 : 1;
    return a->order < b->order ? -1 : a->order > b->order;
}

/* By x; of equal x in the order they came. */
static void sort_points(struct chart *chart) {
    bool is_sorted = true;

    for (size_t i = 1; i < chart->count && is_sorted; i++)
        is_sorted = chart->x[i - 1] <= chart->x[i];
    if (is_sorted)
        return;
    struct point *points = ARENA_ARRAY(chart->arena, struct point, chart->count);
    for (size_t i = 0; i < chart->count; i++)
        points[i] = (struct point){ chart->x[i], chart->y[i], i };
    qsort(points, chart->count, sizeof(*points), compare_points);
    for (size_t i = 0; i < chart->count; i++) {
        chart->x[i] = points[i].x;
        chart->y[i] = points[i].y;
    }
}

/* ---- buckets ---- */

static struct history_bucket *bucket_at(struct chart *chart, double x) {
    double place = (x - chart->x_first) * chart->per_x;
    size_t count = chart->spec->bucket_count;
    return &chart->buckets[!(place > 0) ? 0 : place < (double)count ? (size_t)place : count - 1];
}

static void widen(struct history_bucket *bucket, double x) {
    if (x < bucket->x_first)
        bucket->x_first = x;
    if (x > bucket->x_last)
        bucket->x_last = x;
}

/* Lets the envelope reach a value; its weight is added by add_mean. */
static void add_known(struct history_bucket *bucket, double x, double value) {
    widen(bucket, x);
    if (value < bucket->min)
        bucket->min = value;
    if (value > bucket->max)
        bucket->max = value;
}

static void add_last(struct chart *chart, struct history_bucket *bucket, double x, double value) {
    double *last_x = &chart->last_x[bucket - chart->buckets];
    if (x >= *last_x) {
        bucket->last = value;
        *last_x = x;
    }
}

static void add_mean(struct history_bucket *bucket, double mean, int64_t count) {
    bucket->count += count;
    bucket->mean += (mean - bucket->mean) * ((double)count / (double)bucket->count);
}

static void add_value(struct chart *chart, double x, double value) {
    struct history_bucket *bucket = bucket_at(chart, x);
    if (!isfinite(value)) {
        widen(bucket, x);
        bucket->nonfinite++;
        return;
    }
    add_known(bucket, x, value);
    add_last(chart, bucket, x, value);
    add_mean(bucket, value, 1);
}

/* What is left of an overview's bucket when single values were taken out of it. */
struct rest {
    int64_t count;
    double mean;
};

/* An extreme that belongs to another bucket of the chart than the rest takes its own weight with it. */
static void add_one(struct chart *chart, struct history_bucket *home, double x, double value, struct rest *rest) {
    if (bucket_at(chart, x) == home || rest->count < 2) {
        add_known(home, x, value);
        return;
    }
    add_value(chart, x, value);
    rest->count--;
    rest->mean += (rest->mean - value) / (double)rest->count;
}

/* ---- overviews ---- */

/* x of a row, read off between the samples of x, which ascend. */
struct x_scale {
    bool is_step;
    struct overview_samples samples;
    enum history_type type;
};

static double x_at(const struct x_scale *scale, int64_t step, uint32_t row) {
    const struct overview_samples *s = &scale->samples;
    if (scale->is_step)
        return (double)step;
    uint32_t after = column_lower_bound(s->rows, s->count, row);
    if (after < s->count && (s->rows[after] == row || after == 0))
        return value_as_double(scale->type, s->values[after]);
    if (after == s->count && s->count < 2)
        return value_as_double(scale->type, s->values[s->count - 1]);
    after = after == s->count ? s->count - 1 : after;
    double x0 = value_as_double(scale->type, s->values[after - 1]), x1 = value_as_double(scale->type, s->values[after]);
    return x0 + (x1 - x0) * ((double)row - s->rows[after - 1]) / ((double)s->rows[after] - s->rows[after - 1]);
}

static void add_overview_bucket(struct chart *chart, const struct overview_buckets *b, uint32_t i, enum history_type type,
                                const struct x_scale *scale) {
    double first = x_at(scale, b->first_steps[i], b->min_rows[i] < b->max_rows[i] ? b->min_rows[i] : b->max_rows[i]);
    double last = x_at(scale, b->last_steps[i], b->last_rows[i]), middle = first + (last - first) / 2;
    struct history_bucket *home = bucket_at(chart, middle);
    struct rest rest = { b->finite[i], b->mean[i] };

    if (rest.count > 0) {
        add_one(chart, home, x_at(scale, b->min_steps[i], b->min_rows[i]), value_as_double(type, b->min[i]), &rest);
        add_one(chart, home, x_at(scale, b->max_steps[i], b->max_rows[i]), value_as_double(type, b->max[i]), &rest);
        add_known(home, bucket_at(chart, first) == home ? first : middle, rest.mean);
        add_last(chart, home, middle, value_as_double(type, b->last[i]));
        widen(home, bucket_at(chart, last) == home ? last : middle);
        add_mean(home, rest.mean, rest.count);
    }
    if (b->nonfinite[i] > 0) {
        widen(home, middle);
        home->nonfinite += b->nonfinite[i];
    }
}

struct overview_plan {
    const struct segment_column *y, *x;
    struct overview_header header;
    struct x_scale scale;
};

/* Whether a source can be charted from its overviews at this many values a bucket. */
static enum err_code plan_overview(struct chart *chart, const struct pair *pair, struct overview_plan *out, bool *is_possible,
                                   struct err *err) {
    struct source *source = &chart->view->sources[pair->source];
    struct overview_header x_header;

    *is_possible = false;
    if (source->segment == NULL || source->mask_count > 0)
        return OK;
    out->y = &source->segment->directory.columns[pair->y];
    out->x = &source->segment->directory.columns[pair->x];
    if (out->y->overview_size == 0)
        return OK;
    TRY(segment_read_overview(source->segment, out->y, &out->header, chart->arena, err));
    if (out->header.bucket_levels == 0)
        return OK;
    out->scale.is_step = chart->x_is_step;
    if (!chart->x_is_step) {
        if (!out->x->is_monotonic || out->x->overview_size == 0)
            return OK;
        TRY(segment_read_overview(source->segment, out->x, &x_header, chart->arena, err));
        if (x_header.sample_levels == 0)
            return OK;
        uint32_t level = x_header.sample_levels > 1 && out->x->count > (uint32_t)(1 << 17);
        out->scale.type = out->x->type;
        TRY(segment_read_samples(source->segment, out->x, &x_header, level, &out->scale.samples, chart->arena, err));
    }
    *is_possible = true;
    return OK;
}

/* Buckets of the overview that lie within the range, and exact points of the rows around them. */
static enum err_code add_overview(struct chart *chart, const struct pair *pair, const struct overview_plan *plan,
                                  struct err *err) {
    struct source *source = &chart->view->sources[pair->source];
    uint32_t level = plan->header.bucket_levels - 1, first, end, covered_first = UINT32_MAX, covered_end = 0;
    struct overview_buckets b;

    while (level > 0 && chart->values / overview_scale(plan->header.bucket_stride, level) < 2 * chart->spec->bucket_count)
        level--;
    TRY(segment_read_buckets(source->segment, plan->y, &plan->header, level, &b, chart->arena, err));
    for (uint32_t i = 0; i < b.count; i++) {
        double x0 = x_at(&plan->scale, b.first_steps[i], i > 0 ? b.last_rows[i - 1] : 0), x1 = x_at(&plan->scale, b.last_steps[i], b.last_rows[i]);
        bool is_inside = x0 >= chart->spec->x_first && x1 <= chart->spec->x_last && b.last_steps[i] <= source->last_visible_step;
        if (!is_inside)
            continue;
        add_overview_bucket(chart, &b, i, plan->y->type, &plan->scale);
        covered_first = covered_first == UINT32_MAX ? i : covered_first;
        covered_end = i + 1;
    }
    int64_t low = chart->x_is_step ? step_of_double(ceil(chart->spec->x_first)) : INT64_MIN;
    int64_t high = chart->x_is_step ? step_of_double(floor(chart->spec->x_last)) : INT64_MAX;
    TRY(source_find_rows(source, low, high, &first, &end, chart->arena, err));
    if (covered_first == UINT32_MAX)
        return add_points(chart, pair, first, end, err);
    uint32_t before, after, unused;
    TRY(source_find_rows(source, b.first_steps[covered_first], high, &before, &unused, chart->arena, err));
    if (covered_first > 0 && before <= b.last_rows[covered_first - 1]) /* the same step on both sides */
        before = b.last_rows[covered_first - 1] + 1;
    TRY(source_find_rows(source, low, b.last_steps[covered_end - 1], &unused, &after, chart->arena, err));
    if (covered_first > 0)
        TRY(add_points(chart, pair, first, before < first ? first : before, err));
    if (covered_end < b.count)
        TRY(add_points(chart, pair, after > end ? end : after, end, err));
    return OK;
}

/* ---- putting it together ---- */

static enum err_code add_exact_source(struct chart *chart, const struct pair *pair, struct err *err) {
    int64_t low = chart->x_is_step ? step_of_double(ceil(chart->spec->x_first)) : INT64_MIN;
    int64_t high = chart->x_is_step ? step_of_double(floor(chart->spec->x_last)) : INT64_MAX;
    uint32_t first, end;

    TRY(source_find_rows(&chart->view->sources[pair->source], low, high, &first, &end, chart->arena, err));
    return add_points(chart, pair, first, end, err);
}

static void extend_range(struct chart *chart, double x) {
    if (!isfinite(x))
        return;
    if (x < chart->x_first)
        chart->x_first = x;
    if (x > chart->x_last)
        chart->x_last = x;
}

/* The range of x that the data has, before anything is read: needed when the caller named none. */
static void find_x_range(struct chart *chart) {
    chart->x_first = INFINITY;
    chart->x_last = -INFINITY;
    for (uint32_t i = 0; i < chart->view->source_count; i++) {
        const struct source *source = &chart->view->sources[i];
        struct pair pair;
        if (!find_pair(chart, i, &pair))
            continue;
        if (chart->x_is_step) {
            extend_range(chart, (double)source->first_step);
            extend_range(chart, (double)(source->last_step < source->last_visible_step ? source->last_step : source->last_visible_step));
        } else if (source->segment != NULL) {
            const struct segment_column *x = &source->segment->directory.columns[pair.x];
            extend_range(chart, value_as_double(x->type, x->min));
            extend_range(chart, value_as_double(x->type, x->max));
        }
    }
}

static void finish_range(struct chart *chart) {
    for (size_t i = 0; i < chart->count; i++)
        extend_range(chart, chart->x[i]);
    if (isfinite(chart->spec->x_first))
        chart->x_first = chart->spec->x_first;
    if (isfinite(chart->spec->x_last))
        chart->x_last = chart->spec->x_last;
    double span = chart->x_last - chart->x_first;
    chart->per_x = span > 0 ? (double)chart->spec->bucket_count / span : 0;
}

/* Where the next bucket begins in what is sorted: the nearest power of two behind, then by halves. */
static size_t end_of_bucket(struct chart *chart, const struct history_bucket *bucket, size_t first) {
    size_t inside = first, step = 1;
    while (first + step < chart->count && bucket_at(chart, chart->x[first + step]) == bucket) {
        inside = first + step;
        step *= 2;
    }
    size_t outside = first + step < chart->count ? first + step : chart->count;
    while (outside - inside > 1) {
        size_t middle = inside + (outside - inside) / 2;
        if (bucket_at(chart, chart->x[middle]) == bucket)
            inside = middle;
        else
            outside = middle;
    }
    return outside;
}

/* Values [first, end) of one bucket, some of which are not finite, or whose sum is not. */
static void add_odd_values(struct chart *chart, struct history_bucket *bucket, size_t first, size_t end) {
    double sum = 0;
    int64_t finite = 0;
    size_t last = SIZE_MAX;
    for (size_t i = first; i < end; i++) {
        double value = chart->y[i];
        if (!isfinite(value)) {
            bucket->nonfinite++;
            continue;
        }
        bucket->min = value < bucket->min ? value : bucket->min;
        bucket->max = value > bucket->max ? value : bucket->max;
        sum += value;
        finite++;
        last = i;
    }
    if (finite == 0)
        return;
    add_last(chart, bucket, chart->x[last], chart->y[last]);
    add_mean(bucket, isfinite(sum) ? sum / (double)finite : bucket->min / 2 + bucket->max / 2, finite);
}

/* Sorted ones: those of one bucket come in a row, and are added together. */
static void add_values(struct chart *chart) {
    for (size_t first = 0, end; first < chart->count; first = end) {
        struct history_bucket *bucket = bucket_at(chart, chart->x[first]);
        double sum = 0, min = bucket->min, max = bucket->max;
        end = end_of_bucket(chart, bucket, first);
        widen(bucket, chart->x[first]);
        widen(bucket, chart->x[end - 1]);
        for (size_t i = first; i < end; i++) {
            double value = chart->y[i];
            min = value < min ? value : min;
            max = value > max ? value : max;
            sum += value;
        }
        if (!isfinite(sum)) {
            add_odd_values(chart, bucket, first, end);
            continue;
        }
        bucket->min = min;
        bucket->max = max;
        add_last(chart, bucket, chart->x[end - 1], chart->y[end - 1]);
        add_mean(bucket, sum / (double)(end - first), (int64_t)(end - first));
    }
}

static void count_values(struct chart *chart) {
    struct pair pair;
    for (uint32_t i = 0; i < chart->view->source_count; i++)
        if (find_pair(chart, i, &pair))
            chart->values += source_value_count(&chart->view->sources[i], pair.y);
}

static bool has_far_source(const struct chart *chart) {
    struct pair pair;
    for (uint32_t i = 0; i < chart->view->source_count; i++)
        if (find_pair(chart, i, &pair) && source_is_far(&chart->view->sources[i]))
            return true;
    return false;
}

/* The sources that are read exactly come first: only then is the whole range known. */
static enum err_code read_sources(struct chart *chart, bool is_exact, struct err *err) {
    size_t count = chart->view->source_count;
    struct overview_plan *plans = ARENA_ARRAY(chart->arena, struct overview_plan, count);
    struct pair *pairs = ARENA_ARRAY(chart->arena, struct pair, count);
    bool *is_planned = ARENA_ARRAY(chart->arena, bool, count);

    for (uint32_t i = 0; i < count; i++) {
        if (!find_pair(chart, i, &pairs[i]))
            continue;
        if (!is_exact)
            TRY(plan_overview(chart, &pairs[i], &plans[i], &is_planned[i], err));
        if (!is_planned[i])
            TRY(add_exact_source(chart, &pairs[i], err));
    }
    finish_range(chart);
    for (uint32_t i = 0; i < count; i++)
        if (is_planned[i])
            TRY(add_overview(chart, &pairs[i], &plans[i], err));
    return OK;
}

static enum err_code fill(struct chart *chart, struct history_chart *out, struct err *err) {
    size_t bucket_count = chart->spec->bucket_count, kept = 0;
    bool is_exact = chart->values < (uint64_t)bucket_count * OVERVIEW_BUCKET;

    chart->buckets = ARENA_ARRAY(chart->arena, struct history_bucket, bucket_count);
    chart->last_x = ARENA_ARRAY(chart->arena, double, bucket_count);
    for (size_t i = 0; i < bucket_count; i++) {
        chart->buckets[i] = (struct history_bucket){ INFINITY, -INFINITY, INFINITY, -INFINITY, 0, NAN, 0, 0 };
        chart->last_x[i] = -INFINITY;
    }
    find_x_range(chart);
    TRY(read_sources(chart, is_exact, err));
    sort_points(chart);
    if (is_exact && chart->count <= bucket_count) {
        *out = (struct history_chart){ .is_exact = true, .x = chart->x, .y = chart->y, .point_count = chart->count,
                                       .x_from = chart->x_first, .x_to = chart->x_last };
        return OK;
    }
    add_values(chart);
    for (size_t i = 0; i < bucket_count; i++)
        if (chart->buckets[i].count + chart->buckets[i].nonfinite > 0)
            chart->buckets[kept++] = chart->buckets[i];
    for (size_t i = 0; i < kept; i++)
        if (chart->buckets[i].count == 0)
            chart->buckets[i].min = chart->buckets[i].max = chart->buckets[i].mean = NAN;
    *out = (struct history_chart){ .buckets = chart->buckets, .bucket_count = kept, .x_from = chart->x_first, .x_to = chart->x_last };
    return OK;
}

enum err_code history_read_chart(struct history *history, int64_t run, enum history_kind kind,
                                 const struct history_chart_spec *spec, struct history_chart *out, struct arena *arena,
                                 struct err *err) {
    struct view view;

    if (spec->bucket_count < 1 || spec->bucket_count > BUCKETS_MAX)
        return err_set(err, ERR_BAD_INPUT, "a chart has from 1 to %d buckets, got %zu", BUCKETS_MAX, spec->bucket_count);
    bool x_is_step = kind == HISTORY_ROWS && str_eq(spec->x_key, STR("_step"));
    int64_t first = x_is_step ? step_of_double(ceil(spec->x_first)) : INT64_MIN;
    int64_t last = x_is_step ? step_of_double(floor(spec->x_last)) : INT64_MAX;
    TRY(view_open(&view, history, (struct history_id){ run, kind }, first, last, arena, err));
    struct chart chart = { .view = &view, .spec = spec, .arena = arena, .x_is_step = x_is_step };
    enum err_code code = OK;
    count_values(&chart);
    if (spec->stays_near && has_far_source(&chart))
        *out = (struct history_chart){ .is_far = true };
    else
        code = fill(&chart, out, err);
    view_finish(&view);
    return code;
}
