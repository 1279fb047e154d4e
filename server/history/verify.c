/* verify.c - see verify.h. */
#include "server/history/verify.h"

#include "server/history/history_state.h"
#include "server/history/parquet.h"
#include "server/history/source.h"

#include <math.h>
#include <unistd.h>

enum { SLICE_ROWS = 4 * SEGMENT_PAGE_ROWS, FOOTER_MAX_BYTES = 256 << 20, OVERVIEW_MAX = 1 << 28 };

struct verifying {
    struct view *view;
    struct history_verified *out;
    void (*complain)(void *context, const char *what);
    void *context;
    int64_t rows; /* that are not hidden */
};

static void say(struct verifying *verifying, const struct source *source, const char *what) {
    char text[ERR_MESSAGE_MAX * 2];
    struct str name = source->segment != NULL ? source->segment->name : STR("a batch of the tail");
    (void)snprintf(text, sizeof text, "run %lld: %.*s: %s", (long long)verifying->view->id.run, STR_ARG(name), what);
    verifying->complain(verifying->context, text);
}

static enum err_code read_footer(const struct segment *segment, uint64_t size, struct arena *arena, struct err *err) {
    unsigned char tail[PARQUET_TAIL_BYTES];
    struct parquet_footer footer;

    if (size < PARQUET_TAIL_BYTES)
        return err_set(err, ERR_CORRUPT, "the file is too short");
    TRY(segment_files_read(segment->files, segment->name, size - sizeof tail, sizeof tail, tail, err));
    uint32_t len = (uint32_t)tail[0] | (uint32_t)tail[1] << 8 | (uint32_t)tail[2] << 16 | (uint32_t)tail[3] << 24;
    if (memcmp(tail + 4, "PAR1", 4) != 0 || len > FOOTER_MAX_BYTES || len > size - PARQUET_TAIL_BYTES)
        return err_set(err, ERR_CORRUPT, "the file does not end as a Parquet file does");
    char *bytes = arena_alloc(arena, len + 1);
    TRY(segment_files_read(segment->files, segment->name, size - sizeof tail - len, len, bytes, err));
    TRY(parquet_read_footer(&footer, (struct str){ bytes, len }, size, arena, err));
    if (footer.row_count != segment->directory.row_count)
        return err_set(err, ERR_CORRUPT, "the file has %lld rows, the database says %u", (long long)footer.row_count,
                       segment->directory.row_count);
    return OK;
}

static enum err_code check_file(const struct source *source, struct arena *arena, struct err *err) {
    int fd;
    TRY(segment_files_open(source->segment->files, source->segment->name, &fd, err));
    int64_t size = lseek(fd, 0, SEEK_END);
    (void)close(fd);
    if (size != source->stored->size_bytes)
        return err_set(err, ERR_CORRUPT, "the file has %lld bytes, the database says %lld", (long long)size,
                       (long long)source->stored->size_bytes);
    return read_footer(source->segment, (uint64_t)size, arena, err);
}

static enum err_code count_rows(struct verifying *verifying, struct source *source, uint32_t first, uint32_t end,
                                int64_t *previous_step, struct arena *arena, struct err *err) {
    struct row_places places;
    TRY(source_read_places(source, first, end, &places, arena, err));
    for (uint32_t i = 0; i < end - first; i++) {
        if (places.steps[i] < *previous_step)
            return err_set(err, ERR_CORRUPT, "steps go down at row %u", first + i);
        *previous_step = places.steps[i];
        int64_t stream = places.streams != NULL ? places.streams[i] : source->stream;
        if (places.steps[i] <= source->last_visible_step && !source_is_masked(source, stream, places.lines[i]))
            verifying->rows++;
    }
    return OK;
}

/* ---- overviews ---- */

static bool same(const void *a, const void *b, uint32_t count, size_t item_bytes) {
    return memcmp(a, b, count * item_bytes) == 0;
}

/* Means are sums, which another compiler may round in another way. */
static bool same_means(const double *a, const double *b, uint32_t count) {
    for (uint32_t i = 0; i < count; i++)
        if (!(fabs(a[i] - b[i]) <= fabs(b[i]) * 1e-9) && !(isnan(a[i]) && isnan(b[i])))
            return false;
    return true;
}

static bool same_buckets(const struct overview_buckets *a, const struct overview_buckets *b) {
    uint32_t n = b->count;
    return a->count == n && same(a->finite, b->finite, n, 4) && same(a->nonfinite, b->nonfinite, n, 4) &&
           same(a->min_rows, b->min_rows, n, 4) && same(a->max_rows, b->max_rows, n, 4) &&
           same(a->last_rows, b->last_rows, n, 4) && same(a->min_steps, b->min_steps, n, 8) &&
           same(a->max_steps, b->max_steps, n, 8) && same(a->first_steps, b->first_steps, n, 8) &&
           same(a->last_steps, b->last_steps, n, 8) && same(a->min, b->min, n, 8) && same(a->max, b->max, n, 8) &&
           same(a->last, b->last, n, 8) && same_means(a->mean, b->mean, n);
}

static bool same_samples(const struct overview_samples *a, const struct overview_samples *b) {
    return a->count == b->count && same(a->rows, b->rows, b->count, 4) && same(a->steps, b->steps, b->count, 8) &&
           same(a->values, b->values, b->count, 8);
}

/* An overview that is there and one that was made anew. */
struct two_overviews {
    const struct segment *segment;
    const struct segment_column *column;
    struct overview_header found, expected; /* expected has its record */
    struct arena *arena;
};

static struct str expected_part(const struct two_overviews *two, const struct overview_part *part) {
    return str_slice(two->expected.record, part->offset, part->size_bytes);
}

static enum err_code compare_levels(const struct two_overviews *two, bool *is_same, struct err *err) {
    struct overview_buckets buckets, expected_buckets;
    struct overview_samples samples, expected_samples;

    *is_same = two->found.bucket_levels == two->expected.bucket_levels && two->found.sample_levels == two->expected.sample_levels;
    for (uint32_t i = 0; i < two->expected.bucket_levels && *is_same; i++) {
        TRY(segment_read_buckets(two->segment, two->column, &two->found, i, &buckets, two->arena, err));
        TRY(overview_read_buckets(&expected_buckets, &two->expected, i, expected_part(two, &two->expected.buckets[i]), two->arena, err));
        *is_same = same_buckets(&buckets, &expected_buckets);
    }
    for (uint32_t i = 0; i < two->expected.sample_levels && *is_same; i++) {
        TRY(segment_read_samples(two->segment, two->column, &two->found, i, &samples, two->arena, err));
        TRY(overview_read_samples(&expected_samples, &two->expected, i, expected_part(two, &two->expected.samples[i]), two->arena, err));
        *is_same = same_samples(&samples, &expected_samples);
    }
    return OK;
}

/* The nulls are in `values`: they were read from the overview. A null where there is a value gives it away. */
static bool nulls_are_plausible(const struct column *values) {
    uint32_t at = 0;
    for (uint32_t i = 0; i < values->null_count; i++) {
        while (at < values->count && values->rows[at] < values->null_rows[i])
            at++;
        if (at < values->count && values->rows[at] == values->null_rows[i])
            return false;
    }
    return true;
}

static enum err_code compare_overview(const struct segment *segment, const struct segment_column *column,
                                      const struct column *values, struct str expected, bool *is_same, struct arena *arena,
                                      struct err *err) {
    struct two_overviews two = { .segment = segment, .column = column, .arena = arena };

    *is_same = expected.len > 0 && nulls_are_plausible(values);
    if (!*is_same)
        return OK;
    TRY(segment_read_overview(segment, column, &two.found, arena, err));
    TRY(overview_read_header(&two.expected, str_slice(expected, 0, OVERVIEW_HEADER_MAX), expected.len, values->count,
                             segment->directory.row_count, err));
    two.expected.record = expected;
    return compare_levels(&two, is_same, err);
}

static enum err_code check_overview(struct source *source, uint32_t at, const struct column *values, struct arena *arena,
                                    struct err *err) {
    const struct segment *segment = source->segment;
    const struct segment_column *column = &segment->directory.columns[at];
    struct buf expected = BUF_INIT(OVERVIEW_MAX);
    bool is_same = false;
    int64_t *steps;

    TRY(source_read_steps(source, 0, source->row_count, &steps, arena, err));
    overview_write(&expected, values, steps, source->row_count, arena);
    enum err_code code = buf_check(&expected, "an overview", err);
    if (code == OK)
        code = compare_overview(segment, column, values, buf_str(&expected), &is_same, arena, err);
    buf_finish(&expected);
    struct str name = str_slice(path_to_name(column->path, arena), 0, 100);
    if (code == OK && !is_same)
        code = err_set(err, ERR_CORRUPT, "the overview of '%.*s' does not say what its column says", STR_ARG(name));
    return code;
}

/* ---- columns ---- */

/* A column with an overview is read at once, which takes 20 bytes a row, the others piece by piece. */
static enum err_code check_column(struct verifying *verifying, struct source *source, uint32_t at, struct arena *arena, struct err *err) {
    bool has_overview = source->segment != NULL && source->segment->directory.columns[at].overview_size > 0;
    uint32_t slice = has_overview ? source->row_count : SLICE_ROWS, values = 0, nulls = 0;

    for (uint32_t first = 0; first < source->row_count; first += slice) {
        uint32_t end = source->row_count - first < slice ? source->row_count : first + slice;
        struct column column;
        arena_reset(arena);
        TRY(source_read(source, at, first, end, &column, arena, err));
        values += column.count;
        nulls += column.null_count;
        if (has_overview)
            TRY(check_overview(source, at, &column, arena, err));
    }
    verifying->out->points += values;
    if (values == source_value_count(source, at) && nulls == source_null_count(source, at))
        return OK;
    struct str name = path_to_name(source_path(source, at), arena);
    return err_set(err, ERR_CORRUPT, "'%.*s' has %u values and %u nulls, the directory says %u and %u", STR_ARG(str_slice(name, 0, 100)),
                   values, nulls, source_value_count(source, at), source_null_count(source, at));
}

static enum err_code check_source(struct verifying *verifying, struct source *source, struct arena *arena, struct err *err) {
    int64_t previous_step = INT64_MIN;

    if (source->segment != NULL)
        TRY(check_file(source, arena, err));
    for (uint32_t first = 0; first < source->row_count; first += SLICE_ROWS) {
        uint32_t end = source->row_count - first < SLICE_ROWS ? source->row_count : first + SLICE_ROWS;
        arena_reset(arena);
        TRY(count_rows(verifying, source, first, end, &previous_step, arena, err));
    }
    for (uint32_t at = 0; at < source_column_count(source); at++)
        TRY(check_column(verifying, source, at, arena, err));
    return OK;
}

static bool check_sources(struct verifying *verifying) {
    struct arena *scratch = arena_create();
    bool is_whole = true;
    for (size_t i = 0; i < verifying->view->source_count; i++) {
        struct source *source = &verifying->view->sources[i];
        struct err err = { 0 };
        verifying->out->tail_batches += source->segment == NULL;
        verifying->out->segments += source->segment != NULL;
        verifying->out->segment_bytes += source->stored != NULL ? source->stored->size_bytes : 0;
        arena_reset(scratch);
        if (check_source(verifying, source, scratch, &err) != OK) {
            say(verifying, source, err.message);
            is_whole = false;
        }
    }
    arena_destroy(scratch);
    return is_whole;
}

enum err_code history_verify(struct history *history, int64_t run, enum history_kind kind, struct history_verified *out,
                             void (*complain)(void *context, const char *what), void *context, struct err *err) {
    struct arena *arena = arena_create();
    struct view view = { 0 };
    struct verifying verifying = { .view = &view, .out = out, .complain = complain, .context = context };
    char text[ERR_MESSAGE_MAX * 2];

    enum err_code code = view_open(&view, history, (struct history_id){ run, kind }, INT64_MIN, INT64_MAX, arena, err);
    if (code == ERR_CORRUPT || code == ERR_NOT_FOUND) {
        (void)snprintf(text, sizeof text, "run %lld: %s", (long long)run, err->message);
        complain(context, text);
        code = OK;
    } else if (code == OK && check_sources(&verifying) && verifying.rows != view.stored.counters.row_count) {
        (void)snprintf(text, sizeof text, "run %lld: there are %lld rows, the database says %lld", (long long)run,
                       (long long)verifying.rows, (long long)view.stored.counters.row_count);
        complain(context, text);
    }
    out->rows += verifying.rows;
    view_finish(&view);
    arena_destroy(arena);
    return code;
}
