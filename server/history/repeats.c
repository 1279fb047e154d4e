/* repeats.c - see repeats.h. */
#include "server/history/repeats.h"

#include "base/log.h"
#include "server/history/rows.h"

#include <math.h>
#include <stdlib.h>

/* How many stored rows are compared with a batch of n rows: FACTOR * n + AT_LEAST; each with so many of its step. */
enum { CANDIDATES_FACTOR = 4, CANDIDATES_AT_LEAST = 1 << 16, SAME_STEP_MAX = 64, RANGES_MAX = 1024 };

/* Rows of a view with their time stamps; NaN: none. */
struct timed_rows {
    struct view *view;
    struct row_ref *refs;
    double *times;
    size_t count;
};

struct search {
    struct view stored_view, own_view;
    struct source own_source;
    struct timed_rows stored, own;
    struct row_ref *stored_pairs, *own_pairs; /* of the same step and time */
    size_t pair_count;
    int64_t stream;
    const struct batch_summary *batch;
    struct arena *arena;
};

/* ---- candidates ---- */

static enum err_code read_source_times(struct timed_rows *rows, uint32_t at, const uint32_t *wanted, const size_t *places,
                                       uint32_t count, struct err *err) {
    struct source *source = &rows->view->sources[at];
    uint32_t found[SAME_NAME_MAX];
    struct column column;

    if (count == 0 || source_find_columns(source, STR("_timestamp"), found) == 0)
        return OK;
    TRY(source_pick(source, found[0], wanted, count, false, &column, rows->view->arena, err));
    if (!column_is_numeric(column.type))
        return OK;
    for (uint32_t i = 0, k = 0; i < column.count; i++) {
        while (wanted[k] != column.rows[i])
            k++;
        rows->times[places[k]] = value_as_double(column.type, column.values[i]);
    }
    return OK;
}

static enum err_code read_times(struct timed_rows *rows, struct err *err) {
    struct arena *arena = rows->view->arena;
    uint32_t *wanted = ARENA_ARRAY(arena, uint32_t, rows->count + 1);
    size_t *places = ARENA_ARRAY(arena, size_t, rows->count + 1);

    rows->times = ARENA_ARRAY(arena, double, rows->count + 1);
    for (size_t i = 0; i < rows->count; i++)
        rows->times[i] = NAN;
    for (uint32_t at = 0; at < rows->view->source_count; at++) {
        uint32_t count = 0;
        for (size_t i = 0; i < rows->count; i++)
            if (rows->refs[i].source == at) {
                places[count] = i;
                wanted[count++] = rows->refs[i].row;
            }
        TRY(read_source_times(rows, at, wanted, places, count, err));
    }
    return OK;
}

static enum err_code open_own(struct search *search, struct err *err) {
    const struct batch_summary *batch = search->batch;
    struct batch_rows *rows = ARENA_NEW(search->arena, struct batch_rows);

    TRY(batch_decode(rows, batch->encoded, search->arena, err));
    search->own_source = (struct source){
        .stream = search->stream,
        .row_count = rows->row_count,
        .first_step = batch->first_step,
        .last_step = batch->last_step,
        .last_line = batch->last_line,
        .last_visible_step = INT64_MAX,
        .batch = rows,
    };
    search->own_view = (struct view){
        .arena = search->arena, .id = search->stored_view.id, .sources = &search->own_source, .source_count = 1,
    };
    search->own.view = &search->own_view;
    TRY(rows_find(&search->own_view, INT64_MIN, INT64_MAX, &search->own.refs, &search->own.count, err));
    return read_times(&search->own, err);
}

static enum err_code count_stored(struct search *search, size_t *count, struct err *err) {
    *count = 0;
    for (size_t i = 0; i < search->stored_view.source_count; i++) {
        uint32_t first, end;
        TRY(source_find_rows(&search->stored_view.sources[i], search->batch->first_step, search->batch->last_step, &first, &end,
                             search->arena, err));
        *count += end - first;
    }
    return OK;
}

/* What the batch writes itself is replaced, not repeated. */
static bool is_candidate(const struct search *search, const struct row_ref *ref) {
    const struct batch_summary *batch = search->batch;
    bool is_own_line = ref->line >= batch->first_line && ref->line - batch->first_line < batch->line_count;
    return ref->stream == search->stream && !is_own_line;
}

static enum err_code open_stored(struct search *search, struct err *err) {
    const struct batch_summary *batch = search->batch;
    struct timed_rows *stored = &search->stored;
    size_t count;

    stored->view = &search->stored_view;
    TRY(count_stored(search, &count, err));
    if (count == 0 || count > CANDIDATES_FACTOR * (size_t)batch->rows + CANDIDATES_AT_LEAST)
        return OK;
    TRY(rows_find(stored->view, batch->first_step, batch->last_step, &stored->refs, &count, err));
    for (size_t i = 0; i < count; i++)
        if (is_candidate(search, &stored->refs[i]))
            stored->refs[stored->count++] = stored->refs[i];
    return stored->count == 0 ? OK : read_times(stored, err);
}

/* ---- pairs ---- */

/* Both lists ascend by step and line, and a copy keeps the order of what it copies: one pass finds the pairs. */
static void pair_up(struct search *search) {
    const struct timed_rows *own = &search->own, *stored = &search->stored;
    size_t from = 0;

    search->own_pairs = ARENA_ARRAY(search->arena, struct row_ref, own->count + 1);
    search->stored_pairs = ARENA_ARRAY(search->arena, struct row_ref, own->count + 1);
    for (size_t i = 0; i < own->count; i++) {
        while (from < stored->count && stored->refs[from].step < own->refs[i].step)
            from++;
        for (size_t k = from; k < stored->count && k < from + SAME_STEP_MAX && stored->refs[k].step == own->refs[i].step; k++)
            if (stored->times[k] == own->times[i]) {
                search->own_pairs[search->pair_count] = own->refs[i];
                search->stored_pairs[search->pair_count++] = stored->refs[k];
                from = k + 1;
                break;
            }
    }
}

/* As documents: nested members come in another order each time, and an integer among fractions is a double. A row that
 * is too large to be looked into counts as new. */
static bool is_same_row(struct str a, struct str b, struct arena *scratch) {
    struct json_value *left, *right;
    struct err err = { 0 };

    if (str_eq(a, b))
        return true;
    arena_reset(scratch);
    return json_parse(&left, a, JSON_EXTENDED, scratch, &err) == OK && json_parse(&right, b, JSON_EXTENDED, scratch, &err) == OK &&
           json_equal(left, right);
}

/* Leaves only the pairs that are equal; answers their own rows' numbers. */
static enum err_code compare_pairs(struct search *search, struct err *err) {
    struct arena *scratch;
    struct history_rows stored, own;
    size_t kept = 0;

    TRY(rows_to_json(&search->stored_view, search->stored_pairs, search->pair_count, JSON_EXTENDED, &stored, err));
    TRY(rows_to_json(&search->own_view, search->own_pairs, search->pair_count, JSON_EXTENDED, &own, err));
    scratch = arena_create();
    for (size_t i = 0; i < search->pair_count; i++)
        if (is_same_row(stored.json[i], own.json[i], scratch))
            search->own_pairs[kept++] = search->own_pairs[i];
    search->pair_count = kept;
    arena_destroy(scratch);
    return OK;
}

/* ---- the result ---- */

static enum err_code count_points(struct search *search, int64_t *points, struct err *err) {
    uint32_t *rows = ARENA_ARRAY(search->arena, uint32_t, search->pair_count);

    *points = 0;
    for (size_t i = 0; i < search->pair_count; i++)
        rows[i] = search->own_pairs[i].row;
    for (uint32_t at = 0; at < source_column_count(&search->own_source); at++) {
        struct column column;
        TRY(source_pick(&search->own_source, at, rows, (uint32_t)search->pair_count, false, &column, search->arena, err));
        *points += column.count;
    }
    return OK;
}

static int compare_lines(const void *left, const void *right) {
    int64_t a = ((const struct row_ref *)left)->line, b = ((const struct row_ref *)right)->line;
    return a < b ? -1 : a > b;
}

static size_t list_ranges(struct search *search, struct line_range *ranges) {
    size_t count = 0;
    qsort(search->own_pairs, search->pair_count, sizeof(*search->own_pairs), compare_lines);
    for (size_t i = 0; i < search->pair_count; i++) {
        int64_t line = search->own_pairs[i].line;
        if (count > 0 && ranges[count - 1].last + 1 == line)
            ranges[count - 1].last = line;
        else
            ranges[count++] = (struct line_range){ line, line };
    }
    return count;
}

static enum err_code find(struct search *search, struct repeats *out, struct err *err) {
    TRY(open_stored(search, err));
    if (search->stored.count == 0)
        return OK;
    TRY(open_own(search, err));
    pair_up(search);
    if (search->pair_count > 0)
        TRY(compare_pairs(search, err));
    if (search->pair_count == 0)
        return OK;
    TRY(count_points(search, &out->points, err));
    struct line_range *ranges = ARENA_ARRAY(search->arena, struct line_range, search->pair_count);
    out->range_count = list_ranges(search, ranges);
    out->ranges = ranges;
    out->rows = (int64_t)search->pair_count;
    if (out->range_count > RANGES_MAX)
        *out = (struct repeats){ 0 };
    return OK;
}

enum err_code repeats_find(struct repeats *out, struct history *history, struct db_tx *tx, struct history_id id, int64_t stream,
                           const struct batch_summary *batch, struct arena *arena, struct err *err) {
    const struct history_wanted wanted = { batch->first_step, batch->last_step, INT64_MAX, true };
    struct search search = { .stream = stream, .batch = batch, .arena = arena };
    struct err failure = { 0 };

    *out = (struct repeats){ 0 };
    enum err_code code = view_open_in(&search.stored_view, history, tx, id, &wanted, arena, &failure);
    if (code == OK)
        code = find(&search, out, &failure);
    view_finish(&search.stored_view);
    if (code == OK)
        return OK;
    *out = (struct repeats){ 0 };
    if (code != ERR_CORRUPT && code != ERR_NOT_FOUND && code != ERR_TOO_LARGE) {
        *err = failure;
        return code;
    }
    /* What is stored cannot be read; that must not keep new rows out. */
    log_warn("run %lld: rows are not compared with those that are stored: %s", (long long)id.run, failure.message);
    return OK;
}
