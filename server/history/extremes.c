/* extremes.c - the lowest and the highest value that a key ever had, of many runs: by what directories say of segments, and
 * by the values themselves where something is hidden or still in the tail. */
#include "server/history/history_state.h"
#include "server/history/source.h"

#include <math.h>
#include <unistd.h>

static void extend(struct run_extremes *extremes, double low, double high) {
    if (!(extremes->min <= low))
        extremes->min = low;
    if (!(extremes->max >= high))
        extremes->max = high;
}

static void extend_by_column(struct run_extremes *extremes, const struct segment_column *column) {
    if (column->count > column->nonfinite_count)
        extend(extremes, value_as_double(column->type, column->min), value_as_double(column->type, column->max));
}

/* Of visible rows only. */
static enum err_code extend_by_values(struct run_extremes *extremes, struct source *source, uint32_t at, struct arena *arena,
                                      struct err *err) {
    struct row_places places = { 0 };
    struct column column;
    uint32_t first, end;

    TRY(source_find_rows(source, INT64_MIN, INT64_MAX, &first, &end, arena, err));
    if (first == end)
        return OK;
    TRY(source_read(source, at, first, end, &column, arena, err));
    if (source->mask_count > 0)
        TRY(source_read_places(source, first, end, &places, arena, err));
    for (uint32_t i = 0; i < column.count; i++) {
        uint32_t place = column.rows[i] - first;
        double value = value_as_double(column.type, column.values[i]);
        bool is_hidden = source->mask_count > 0 &&
                         source_is_masked(source, places.streams != NULL ? places.streams[place] : source->stream, places.lines[place]);
        if (isfinite(value) && !is_hidden)
            extend(extremes, value, value);
    }
    return OK;
}

/* Nothing of it is hidden: its directory says all. */
static bool is_whole(const struct source *source) {
    return source->segment != NULL && source->mask_count == 0 && source->last_visible_step >= source->last_step;
}

static bool find_key(const struct source *source, struct str key, uint32_t *at) {
    uint32_t found[SAME_NAME_MAX];
    if (source_find_columns(source, key, found) == 0 || !column_is_numeric(source_type(source, found[0])))
        return false;
    *at = found[0];
    return true;
}

static enum err_code extend_by_source(struct run_extremes *extremes, struct source *source, struct str key, struct arena *arena,
                                      struct err *err) {
    uint32_t at;

    if (!find_key(source, key, &at))
        return OK;
    if (is_whole(source))
        extend_by_column(extremes, &source->segment->directory.columns[at]);
    else if (source_is_far(source))
        extremes->is_far = true;
    else
        return extend_by_values(extremes, source, at, arena, err);
    return OK;
}

/* Nothing of the run is hidden or in the tail, as it is with most: the directories are asked without being kept. */
static enum err_code read_sealed(struct db_tx *tx, const struct stored_history *stored, struct str key, struct run_extremes *out,
                                 struct arena *arena, struct err *err) {
    for (size_t i = 0; i < stored->segment_count; i++) {
        struct segment segment = { .name = stored->segments[i].name };
        struct source source = { .segment = &segment, .last_visible_step = INT64_MAX };
        struct str directory;
        TRY(history_store_get_directory(tx, stored->segments[i].id, &directory, arena, err));
        TRY(directory_decode(&segment.directory, directory, arena, err));
        TRY(extend_by_source(out, &source, key, arena, err));
    }
    return OK;
}

static enum err_code read_run(struct history *history, struct db_tx *tx, int64_t run, struct str key, struct run_extremes *out,
                              struct arena *arena, struct err *err) {
    struct history_id id = { run, HISTORY_ROWS };
    struct history_wanted wanted = { INT64_MIN, INT64_MAX, INT64_MAX, false };
    struct stored_history stored = { 0 };
    struct view view;

    TRY(history_store_load(tx, id, &wanted, &stored, arena, err));
    if (stored.batch_count + stored.mask_count + stored.cut_count == 0)
        return read_sealed(tx, &stored, key, out, arena, err);
    wanted.wants_data = true;
    TRY(view_open_in(&view, history, tx, id, &wanted, arena, err));
    enum err_code code = OK;
    for (size_t i = 0; code == OK && i < view.source_count; i++)
        code = extend_by_source(out, &view.sources[i], key, arena, err);
    view_finish(&view);
    return code;
}

enum err_code history_read_extremes(void *context, struct db_tx *tx, const int64_t *runs, size_t count, struct str key,
                                    struct run_extremes *out, struct err *err) {
    struct arena *arena = arena_create();
    enum err_code code = OK;

    for (size_t i = 0; code == OK && i < count; i++) {
        out[i] = (struct run_extremes){ .min = NAN, .max = NAN };
        code = read_run(context, tx, runs[i], key, &out[i], arena, err);
        arena_reset(arena);
    }
    arena_destroy(arena);
    return code;
}

/* ---- what lies in a bucket ---- */

static enum err_code fetch_segment(struct history *history, struct str name, struct err *err) {
    int fd;
    TRY(segment_files_open(history->files, name, &fd, err));
    (void)close(fd);
    return OK;
}

typedef bool source_choice(const struct source *source, struct str key);

static enum err_code bring_near(struct history *history, int64_t run, int64_t last_step, source_choice *is_wanted, struct str key,
                                struct err *err) {
    struct arena *arena = arena_create();
    struct view view;
    enum err_code code = view_open(&view, history, (struct history_id){ run, HISTORY_ROWS }, INT64_MIN, last_step, arena, err);

    for (size_t i = 0; code == OK && i < view.source_count; i++)
        if (source_is_far(&view.sources[i]) && is_wanted(&view.sources[i], key))
            code = fetch_segment(history, view.sources[i].segment->name, err);
    view_finish(&view);
    arena_destroy(arena);
    return code;
}

static bool is_read_for_extremes(const struct source *source, struct str key) {
    uint32_t at;
    return !is_whole(source) && find_key(source, key, &at);
}

enum err_code history_bring_extremes_near(void *context, int64_t run, struct str key, struct err *err) {
    return bring_near(context, run, INT64_MAX, is_read_for_extremes, key, err);
}

static bool is_any(const struct source *source, struct str key) {
    (void)source;
    (void)key;
    return true;
}

enum err_code history_bring_near(struct history *history, int64_t run, int64_t last_step, struct err *err) {
    return bring_near(history, run, last_step, is_any, STR_EMPTY, err);
}
