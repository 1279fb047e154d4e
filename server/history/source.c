/* source.c - batches and segments under one face. */
#include "server/history/source.h"

#include "server/history/history_state.h"

/* ---- opening a view ---- */

struct load {
    struct view *view;
    struct history_wanted wanted;
};

static enum err_code hold_segment(struct view *view, struct db_tx *tx, struct source *source, struct err *err) {
    struct history *history = view->history;
    struct str directory;

    source->segment = segment_cache_hold(history->cache, source->stored->name);
    if (source->segment != NULL)
        return OK;
    TRY(history_store_get_directory(tx, source->stored->id, &directory, view->arena, err));
    return segment_cache_add(history->cache, history->files, source->stored->name, directory, &source->segment, err);
}

static enum err_code decode_batch(struct view *view, struct source *source, struct str data, struct err *err) {
    source->batch = ARENA_NEW(view->arena, struct batch_rows);
    TRY(batch_decode(source->batch, data, view->arena, err));
    if (source->batch->row_count != source->row_count)
        return err_set(err, ERR_CORRUPT, "a batch of the tail has %u rows, its record says %u", source->batch->row_count,
                       source->row_count);
    return OK;
}

static void find_masks(struct view *view, struct source *source) {
    struct stored_lines *masks = ARENA_ARRAY(view->arena, struct stored_lines, view->stored.mask_count);

    for (size_t i = 0; i < view->stored.mask_count; i++) {
        const struct stored_lines *mask = &view->stored.masks[i];
        bool other_stream = source->stored == NULL && mask->stream != source->stream;
        if (mask->seq > source->seq && !other_stream && mask->first <= source->last_line)
            masks[source->mask_count++] = *mask;
    }
    source->masks = masks;
}

static int64_t last_visible_step(const struct view *view, int64_t seq) {
    int64_t last = INT64_MAX;
    for (size_t i = 0; i < view->stored.cut_count; i++)
        if (view->stored.cuts[i].seq > seq && view->stored.cuts[i].last_step < last)
            last = view->stored.cuts[i].last_step;
    return last;
}

/* Adds a source unless a cut hides all of it. */
static struct source *add_source(struct view *view, struct source source, int64_t first_step) {
    source.last_visible_step = last_visible_step(view, source.seq);
    if (source.last_visible_step < source.first_step || source.last_visible_step < first_step)
        return NULL;
    struct source *added = &view->sources[view->source_count++];
    *added = source;
    find_masks(view, added);
    return added;
}

static enum err_code load_view(struct db_tx *tx, void *context, struct err *err) {
    struct load *load = context;
    struct view *view = load->view;
    struct stored_history *stored = &view->stored;

    view_finish(view); /* when the transaction runs again */
    TRY(history_store_load(tx, view->id, &load->wanted, stored, view->arena, err));
    view->sources = ARENA_ARRAY(view->arena, struct source, stored->batch_count + stored->segment_count);
    for (size_t i = 0; i < stored->segment_count; i++) {
        const struct stored_segment *segment = &stored->segments[i];
        struct source *source = add_source(view,
                                           (struct source){ .seq = segment->seq,
                                                            .row_count = (uint32_t)segment->row_count,
                                                            .first_step = segment->first_step,
                                                            .last_step = segment->last_step,
                                                            .last_line = segment->last_line,
                                                            .stored = segment },
                                           load->wanted.first_step);
        if (source != NULL)
            TRY(hold_segment(view, tx, source, err));
    }
    for (size_t i = 0; i < stored->batch_count && load->wanted.wants_data; i++) {
        const struct stored_batch *batch = &stored->batches[i];
        struct source *source = add_source(view,
                                           (struct source){ .seq = batch->seq,
                                                            .stream = batch->stream,
                                                            .row_count = (uint32_t)batch->row_count,
                                                            .first_step = batch->first_step,
                                                            .last_step = batch->last_step,
                                                            .last_line = batch->last_line },
                                           load->wanted.first_step);
        if (source != NULL)
            TRY(decode_batch(view, source, batch->data, err));
    }
    return OK;
}

enum err_code view_open_in(struct view *view, struct history *history, struct db_tx *tx, struct history_id id,
                           const struct history_wanted *wanted, struct arena *arena, struct err *err) {
    struct load load = { view, *wanted };
    *view = (struct view){ .history = history, .arena = arena, .id = id };
    enum err_code code = load_view(tx, &load, err);
    if (code != OK)
        view_finish(view);
    return code;
}

enum err_code view_open(struct view *view, struct history *history, struct history_id id, int64_t first_step,
                        int64_t last_step, struct arena *arena, struct err *err) {
    struct load load = { view, { first_step, last_step, INT64_MAX, true } };
    *view = (struct view){ .history = history, .arena = arena, .id = id };
    enum err_code code = db_read(history->db, load_view, &load, err);
    if (code != OK)
        view_finish(view);
    return code;
}

void view_finish(struct view *view) {
    for (size_t i = 0; i < view->source_count; i++)
        if (view->sources[i].segment != NULL)
            segment_release(view->history->cache, view->sources[i].segment);
    view->source_count = 0;
}

bool source_is_far(const struct source *source) {
    return source->segment != NULL && segment_files_is_far(source->segment->files, source->segment->name);
}

/* ---- rows ---- */

static uint32_t lower_bound(const int64_t *steps, uint32_t count, int64_t step) {
    uint32_t first = 0;
    while (count > 0) {
        uint32_t half = count / 2;
        if (steps[first + half] < step) {
            first += half + 1;
            count -= half + 1;
        } else {
            count = half;
        }
    }
    return first;
}

static enum err_code find_step(struct source *source, int64_t step, uint32_t *row, struct arena *arena, struct err *err) {
    if (source->segment != NULL)
        return segment_find_step(source->segment, step, row, arena, err);
    *row = lower_bound(source->batch->steps, source->row_count, step);
    return OK;
}

enum err_code source_find_rows(struct source *source, int64_t first_step, int64_t last_step, uint32_t *first, uint32_t *end,
                               struct arena *arena, struct err *err) {
    if (last_step > source->last_visible_step)
        last_step = source->last_visible_step;
    *first = 0;
    *end = source->row_count;
    if (first_step > source->first_step)
        TRY(find_step(source, first_step, first, arena, err));
    if (last_step < source->last_step)
        TRY(find_step(source, last_step + 1, end, arena, err));
    if (*end < *first)
        *end = *first;
    return OK;
}

enum err_code source_read_steps(struct source *source, uint32_t first, uint32_t end, int64_t **out, struct arena *arena,
                                struct err *err) {
    if (source->segment != NULL)
        return segment_read_integers(source->segment, &source->segment->directory.steps, first, end, out, arena, err);
    *out = source->batch->steps + first;
    return OK;
}

enum err_code source_read_places(struct source *source, uint32_t first, uint32_t end, struct row_places *out,
                                 struct arena *arena, struct err *err) {
    *out = (struct row_places){ 0 };
    TRY(source_read_steps(source, first, end, &out->steps, arena, err));
    if (source->segment == NULL) {
        out->lines = source->batch->lines + first;
        return OK;
    }
    const struct segment_directory *directory = &source->segment->directory;
    TRY(segment_read_lines(source->segment, first, end, &out->lines, arena, err));
    if (directory->streams.count == 0)
        return OK;
    return segment_read_integers(source->segment, &directory->streams, first, end, &out->streams, arena, err);
}

bool source_is_masked(const struct source *source, int64_t stream, int64_t line) {
    for (size_t i = 0; i < source->mask_count; i++) {
        const struct stored_lines *mask = &source->masks[i];
        if (mask->stream == stream && mask->first <= line && line <= mask->last)
            return true;
    }
    return false;
}

/* ---- columns ---- */

uint32_t source_column_count(const struct source *source) {
    return source->segment != NULL ? source->segment->directory.column_count : source->batch->column_count;
}

struct str source_path(const struct source *source, uint32_t at) {
    return source->segment != NULL ? source->segment->directory.columns[at].path : source->batch->columns[at].path;
}

enum history_type source_type(const struct source *source, uint32_t at) {
    return source->segment != NULL ? source->segment->directory.columns[at].type : source->batch->columns[at].type;
}

uint32_t source_value_count(const struct source *source, uint32_t at) {
    return source->segment != NULL ? source->segment->directory.columns[at].count : source->batch->columns[at].count;
}

uint32_t source_null_count(const struct source *source, uint32_t at) {
    return source->segment != NULL ? source->segment->directory.columns[at].null_count
                                   : source->batch->columns[at].null_count;
}

static void slice_rows(uint32_t **rows, uint32_t *count, uint32_t first, uint32_t end) {
    uint32_t from = column_lower_bound(*rows, *count, first), to = column_lower_bound(*rows, *count, end);
    *rows += from;
    *count = to - from;
}

enum err_code source_read(struct source *source, uint32_t at, uint32_t first, uint32_t end, struct column *out,
                          struct arena *arena, struct err *err) {
    if (source->segment == NULL) {
        TRY(batch_load_column(source->batch, at, err));
        *out = source->batch->columns[at];
        uint32_t *rows = out->rows;
        slice_rows(&out->rows, &out->count, first, end);
        out->values += out->rows - rows;
        if (out->null_count > 0)
            slice_rows(&out->null_rows, &out->null_count, first, end);
        return OK;
    }
    const struct segment_column *column = &source->segment->directory.columns[at];
    TRY(segment_read(source->segment, column, first, end, out, arena, err));
    if (column->null_count == 0)
        return OK;
    out->null_count = column->null_count;
    TRY(segment_read_nulls(source->segment, column, &out->null_rows, arena, err));
    slice_rows(&out->null_rows, &out->null_count, first, end);
    return OK;
}

/* Which of the wanted rows are among those that are there; where[i] gets the place in `there`. */
static uint32_t intersect(const uint32_t *wanted, uint32_t wanted_count, const uint32_t *there, uint32_t there_count,
                          uint32_t *rows, uint32_t *where) {
    uint32_t found = 0, from = 0;
    for (uint32_t i = 0; i < wanted_count && from < there_count; i++) {
        from += column_lower_bound(there + from, there_count - from, wanted[i]);
        if (from < there_count && there[from] == wanted[i]) {
            rows[found] = wanted[i];
            where[found++] = from;
        }
    }
    return found;
}

enum err_code source_pick(struct source *source, uint32_t at, const uint32_t *rows, uint32_t count, bool wants_nulls,
                          struct column *out, struct arena *arena, struct err *err) {
    uint32_t *where = ARENA_ARRAY(arena, uint32_t, count), *null_rows = NULL, null_count = 0;

    if (wants_nulls && source_null_count(source, at) > 0) {
        struct column nulls;
        if (source->segment != NULL) {
            const struct segment_column *column = &source->segment->directory.columns[at];
            nulls.null_count = column->null_count;
            TRY(segment_read_nulls(source->segment, column, &nulls.null_rows, arena, err));
        } else {
            TRY(batch_load_column(source->batch, at, err));
            nulls = source->batch->columns[at];
        }
        null_rows = ARENA_ARRAY(arena, uint32_t, count);
        null_count = intersect(rows, count, nulls.null_rows, nulls.null_count, null_rows, where);
    }
    if (source->segment != NULL) {
        TRY(segment_pick(source->segment, &source->segment->directory.columns[at], rows, count, out, arena, err));
    } else {
        TRY(batch_load_column(source->batch, at, err));
        const struct column *column = &source->batch->columns[at];
        *out = *column;
        out->rows = ARENA_ARRAY(arena, uint32_t, count);
        out->values = ARENA_ARRAY(arena, union value, count);
        out->count = intersect(rows, count, column->rows, column->count, out->rows, where);
        for (uint32_t i = 0; i < out->count; i++)
            out->values[i] = column->values[where[i]];
    }
    out->null_rows = null_rows;
    out->null_count = null_count;
    return OK;
}

static bool find_path(const struct source *source, struct str path, uint32_t *at) {
    uint32_t first = 0, count = source_column_count(source);
    while (count > 0) {
        uint32_t half = count / 2;
        int order = str_compare(source_path(source, first + half), path);
        if (order == 0) {
            *at = first + half;
            return true;
        }
        first = order < 0 ? first + half + 1 : first;
        count = order < 0 ? count - half - 1 : half;
    }
    return false;
}

size_t source_find_columns(const struct source *source, struct str name, uint32_t found[SAME_NAME_MAX]) {
    uint32_t literal;
    size_t count = 0;

    if (find_path(source, name, &literal))
        found[count++] = literal;
    if (memchr(name.ptr, '.', name.len) == NULL)
        return count;
    for (uint32_t i = 0; i < source_column_count(source) && count < SAME_NAME_MAX; i++)
        if (path_matches(source_path(source, i), name) && (count == 0 || i != found[0]))
            found[count++] = i;
    return count;
}
