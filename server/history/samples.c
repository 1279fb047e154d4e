/* samples.c - the keys of the rows that sampler.c chose are fetched, of those rows only, and handed over: as lines of
 * JSON, as values, or as whole rows.
 */
#include "server/history/sampler.h"

enum { ANSWER_MAX = 512 << 20 };

/* The primary key's values came with the candidates; false when one did not. */
static bool take_exact(struct sampling *sampling, const struct part *part, enum history_type type, struct column *out) {
    struct arena *arena = sampling->view->arena;

    *out = (struct column){ .type = type, .text = "" };
    out->rows = ARENA_ARRAY(arena, uint32_t, sampling->count);
    out->values = ARENA_ARRAY(arena, union value, sampling->count);
    for (size_t i = 0; i < sampling->count; i++) {
        const struct candidate *candidate = &sampling->candidates[i];
        if (candidate->ref.source != part->source)
            continue;
        if (!candidate->has_exact)
            return false;
        out->rows[out->count] = candidate->ref.row;
        out->values[out->count++] = candidate->exact;
    }
    for (uint32_t i = 1; i < out->count; i++)
        if (out->rows[i] <= out->rows[i - 1])
            return false; /* steps that repeat: candidates are not in the order of rows */
    return true;
}

/* A key's values at the chosen rows of a source, from its overview's samples where they have them. */
static enum err_code fetch(struct sampling *sampling, struct source *source, uint32_t at, const uint32_t *rows, uint32_t count,
                           struct column *out, struct err *err) {
    struct arena *arena = sampling->view->arena;
    uint32_t *missing = ARENA_ARRAY(arena, uint32_t, count), missing_count = 0, from = 0;
    const struct segment_column *column;
    struct overview_samples samples;
    struct overview_header header;
    struct column rest;

    if (source->segment == NULL || source->segment->directory.columns[at].overview_size == 0 || count * 2 < source->row_count / SEGMENT_PAGE_ROWS)
        return source_pick(source, at, rows, count, false, out, arena, err);
    column = &source->segment->directory.columns[at];
    TRY(segment_read_overview(source->segment, column, &header, arena, err));
    if (header.sample_levels == 0)
        return source_pick(source, at, rows, count, false, out, arena, err);
    TRY(segment_read_samples(source->segment, column, &header,
                             sampling_level(sampling->occurrences, header.sample_stride, header.sample_levels,
                                            (uint64_t)sampling->spec->samples),
                             &samples, arena, err));
    *out = (struct column){ .path = column->path, .type = column->type, .text = "" };
    out->rows = ARENA_ARRAY(arena, uint32_t, count);
    out->values = ARENA_ARRAY(arena, union value, count);
    union value *found = ARENA_ARRAY(arena, union value, count);
    bool *is_found = ARENA_ARRAY(arena, bool, count);
    for (uint32_t i = 0; i < count; i++) {
        from += column_lower_bound(samples.rows + from, samples.count - from, rows[i]);
        is_found[i] = from < samples.count && samples.rows[from] == rows[i];
        if (is_found[i])
            found[i] = samples.values[from];
        else
            missing[missing_count++] = rows[i];
    }
    TRY(source_pick(source, at, missing, missing_count, false, &rest, arena, err));
    for (uint32_t i = 0, k = 0; i < count; i++) {
        while (k < rest.count && rest.rows[k] < rows[i])
            k++;
        if (!is_found[i] && (k == rest.count || rest.rows[k] != rows[i]))
            continue;
        out->rows[out->count] = rows[i];
        out->values[out->count++] = is_found[i] ? found[i] : rest.values[k];
    }
    return OK;
}

struct fetched {
    struct column *columns; /* for each key */
    uint32_t *at;           /* for each key: the next value */
};

static int compare_rows(const void *left, const void *right) {
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    return a < b ? -1 : a > b;
}

static enum err_code fetch_part(struct sampling *sampling, const struct part *part, struct fetched *out, struct err *err) {
    struct arena *arena = sampling->view->arena;
    uint32_t *rows = ARENA_ARRAY(arena, uint32_t, sampling->count), count = 0;

    for (size_t i = 0; i < sampling->count; i++)
        if (sampling->candidates[i].ref.source == part->source)
            rows[count++] = sampling->candidates[i].ref.row;
    if (count > 1)
        qsort(rows, count, sizeof(*rows), compare_rows);
    out->columns = ARENA_ARRAY(arena, struct column, sampling->key_count);
    out->at = ARENA_ARRAY(arena, uint32_t, sampling->key_count);
    for (size_t i = 0; i < sampling->key_count && count > 0; i++) {
        enum history_type type = source_type(&sampling->view->sources[part->source], part->columns[i]);
        if (part->columns[i] == part->primary && take_exact(sampling, part, type, &out->columns[i]))
            continue;
        TRY(fetch(sampling, &sampling->view->sources[part->source], part->columns[i], rows, count, &out->columns[i], err));
    }
    return OK;
}

/* False when the row lacks a key. */
static bool find_values(const struct sampling *sampling, const struct candidate *candidate, struct fetched *fetched) {
    for (size_t i = 0; i < sampling->key_count; i++) {
        const struct column *column = &fetched->columns[i];
        fetched->at[i] = column_lower_bound(column->rows, column->count, candidate->ref.row);
        if (fetched->at[i] == column->count || column->rows[fetched->at[i]] != candidate->ref.row)
            return false;
    }
    return true;
}

static void write_sample(struct sampling *sampling, const struct candidate *candidate, struct fetched *fetched, struct buf *out,
                         struct buf *text, enum json_flags flags) {
    struct json_writer json;

    json_writer_init(&json, out, flags);
    json_object_begin(&json);
    if (sampling->wants_step) {
        json_key(&json, STR("_step"));
        json_int(&json, candidate->ref.step);
    }
    for (size_t i = 0; i < sampling->key_count; i++) {
        buf_reset(text);
        column_value_to_json(text, &fetched->columns[i], fetched->at[i], flags);
        json_key(&json, sampling->keys[i]);
        json_raw(&json, buf_str(text));
        out->failed |= text->failed;
    }
    json_object_end(&json);
}

static enum err_code write_samples(struct sampling *sampling, enum json_flags flags, struct history_rows *out, struct err *err) {
    struct arena *arena = sampling->view->arena;
    struct fetched *fetched = ARENA_ARRAY(arena, struct fetched, sampling->view->source_count);
    struct buf all = BUF_INIT(ANSWER_MAX), text = BUF_INIT(2 * HISTORY_LINE_BYTES_MAX);
    enum err_code code = OK;

    *out = (struct history_rows){ .json = ARENA_ARRAY(arena, struct str, sampling->count) };
    for (size_t i = 0; i < sampling->part_count && code == OK; i++)
        code = fetch_part(sampling, &sampling->parts[i], &fetched[sampling->parts[i].source], err);
    for (size_t i = 0; i < sampling->count && code == OK; i++) {
        const struct candidate *candidate = &sampling->candidates[i];
        size_t begin = all.len;
        if (!find_values(sampling, candidate, &fetched[candidate->ref.source]))
            continue;
        write_sample(sampling, candidate, &fetched[candidate->ref.source], &all, &text, flags);
        out->json[out->count++].len = all.len - begin;
    }
    if (code == OK)
        code = buf_check(&all, "the answer", err);
    if (code == OK) {
        const char *at = arena_copy(arena, buf_str(&all)).ptr;
        for (size_t i = 0; i < out->count; at += out->json[i++].len)
            out->json[i].ptr = at;
    }
    buf_finish(&all);
    buf_finish(&text);
    return code;
}

/* ---- as text ---- */

enum err_code history_sample(struct history *history, int64_t run, enum history_kind kind, const struct history_sample_spec *spec,
                             enum json_flags flags, struct history_rows *out, struct arena *arena, struct err *err) {
    struct view view;

    TRY(view_open(&view, history, (struct history_id){ run, kind }, spec->first_step, spec->last_step, arena, err));
    struct sampling sampling = { .view = &view, .spec = spec };
    enum err_code code = sampling_choose(&sampling, err);
    if (code == OK)
        code = write_samples(&sampling, flags, out, err);
    view_finish(&view);
    return code;
}

/* ---- without text ---- */

/* For each key of the spec, which of the sampling's it is; STEP_KEY for the step. */
enum { STEP_KEY = -1 };

static int32_t *match_keys(const struct sampling *sampling) {
    const struct history_sample_spec *spec = sampling->spec;
    int32_t *found = ARENA_ARRAY(sampling->view->arena, int32_t, spec->key_count);
    for (size_t i = 0; i < spec->key_count; i++) {
        found[i] = STEP_KEY;
        for (size_t k = 0; k < sampling->key_count && found[i] == STEP_KEY; k++)
            if (str_eq(spec->keys[i], sampling->keys[k]))
                found[i] = (int32_t)k;
    }
    return found;
}

static struct history_value value_of(const struct column *column, uint32_t at) {
    struct history_value value = { .type = column->type };
    if (column_is_text(column->type))
        value.text = column_text(column, at);
    else if (column->type == HISTORY_DOUBLE)
        value.number = column->values[at].number;
    else
        value.integer = column->values[at].integer;
    return value;
}

static enum err_code visit_samples(struct sampling *sampling, const struct history_visitor *visitor, struct err *err) {
    struct arena *arena = sampling->view->arena;
    struct fetched *fetched = ARENA_ARRAY(arena, struct fetched, sampling->view->source_count);
    struct history_value *values = ARENA_ARRAY(arena, struct history_value, sampling->spec->key_count);
    const int32_t *keys = match_keys(sampling);

    for (size_t i = 0; i < sampling->part_count; i++)
        TRY(fetch_part(sampling, &sampling->parts[i], &fetched[sampling->parts[i].source], err));
    for (size_t i = 0; i < sampling->count; i++) {
        const struct row_ref *ref = &sampling->candidates[i].ref;
        struct fetched *source = &fetched[ref->source];
        if (!find_values(sampling, &sampling->candidates[i], source))
            continue;
        for (size_t k = 0; k < sampling->spec->key_count; k++)
            values[k] = keys[k] == STEP_KEY ? (struct history_value){ .type = HISTORY_INT, .integer = ref->step }
                                            : value_of(&source->columns[keys[k]], source->at[keys[k]]);
        visitor->row(visitor->context, values);
    }
    return OK;
}

enum err_code history_visit_samples(struct history *history, int64_t run, enum history_kind kind, const struct history_sample_spec *spec,
                                    const struct history_visitor *visitor, struct arena *arena, struct err *err) {
    struct view view;

    TRY(view_open(&view, history, (struct history_id){ run, kind }, spec->first_step, spec->last_step, arena, err));
    struct sampling sampling = { .view = &view, .spec = spec };
    enum err_code code = sampling_choose(&sampling, err);
    if (code == OK)
        code = visit_samples(&sampling, visitor, err);
    view_finish(&view);
    return code;
}

static enum err_code write_whole_rows(struct sampling *sampling, enum json_flags flags, struct history_rows *out,
                                      struct err *err) {
    struct row_ref *refs = ARENA_ARRAY(sampling->view->arena, struct row_ref, sampling->count);
    for (size_t i = 0; i < sampling->count; i++)
        refs[i] = sampling->candidates[i].ref;
    return rows_to_json(sampling->view, refs, sampling->count, flags, out, err);
}

enum err_code history_sample_rows(struct history *history, int64_t run, enum history_kind kind, size_t samples,
                                  enum json_flags flags, struct history_rows *out, struct arena *arena, struct err *err) {
    const struct history_sample_spec spec = { .samples = samples < 1 ? 1 : (int64_t)samples, .first_step = INT64_MIN,
                                              .last_step = INT64_MAX };
    struct view view;

    TRY(view_open(&view, history, (struct history_id){ run, kind }, spec.first_step, spec.last_step, arena, err));
    struct sampling sampling = { .view = &view, .spec = &spec };
    enum err_code code = sampling_choose(&sampling, err);
    if (code == OK)
        code = write_whole_rows(&sampling, flags, out, err);
    view_finish(&view);
    return code;
}
