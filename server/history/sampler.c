/* sampler.c - about n rows of a few keys, keeping the shape of their chart, at a cost that does not grow with the run.
 *
 * Candidates are gathered from each source: all rows when there are few, otherwise the samples of the overview of the
 * sparsest key and the extremes of its buckets. Of the candidates some are chosen, and only for those are the other
 * keys fetched (samples.c).
 */
#include "server/history/sampler.h"

#include <math.h>

enum { SAMPLES_DEFAULT = 500, SAMPLE_KEYS_MAX = 10000, EXACT_FACTOR = OVERVIEW_STRIDE };

/* ---- the spec ---- */

enum err_code history_sample_spec_parse(struct history_sample_spec *out, struct str json, struct arena *arena, struct err *err) {
    struct json_value *spec;

    TRY(json_parse(&spec, json, JSON_STRICT, arena, err));
    const struct json_value *keys = json_get(spec, STR("keys"));
    /* An agent asks for the runs of its sweep with the spec {}: no keys, so no rows. A list that is there names some. */
    static const struct json_value no_keys = { .type = JSON_TYPE_ARRAY };
    if (keys != NULL && (keys->type != JSON_TYPE_ARRAY || keys->array.count == 0 || keys->array.count > SAMPLE_KEYS_MAX))
        return err_set(err, ERR_BAD_INPUT, "spec.keys must be a list of 1 to %d keys", SAMPLE_KEYS_MAX);
    if (keys == NULL)
        keys = &no_keys;
    struct str *names = ARENA_ARRAY(arena, struct str, keys->array.count);
    for (size_t i = 0; i < keys->array.count; i++) {
        if (keys->array.items[i].type != JSON_TYPE_STRING)
            return err_set(err, ERR_BAD_INPUT, "spec.keys[%zu] must be a string", i);
        names[i] = keys->array.items[i].string;
    }
    *out = (struct history_sample_spec){
        .keys = names,
        .key_count = keys->array.count,
        .samples = json_get_int(spec, STR("samples"), SAMPLES_DEFAULT),
        .first_step = json_get_int(spec, STR("minStep"), INT64_MIN),
        .last_step = json_get_int(spec, STR("maxStep"), INT64_MAX),
    };
    if (out->samples < 1 || out->samples > HISTORY_SAMPLES_MAX)
        return err_set(err, ERR_BAD_INPUT, "spec.samples must be from 1 to %d, got %lld", HISTORY_SAMPLES_MAX,
                       (long long)out->samples);
    return OK;
}

/* ---- gathering ---- */

static struct candidate *new_candidate(struct sampling *sampling) {
    if (sampling->count == sampling->room) {
        size_t room = sampling->room == 0 ? 256 : sampling->room * 2;
        sampling->candidates =
            arena_grow(sampling->view->arena, sampling->candidates, sampling->room, room, sizeof(*sampling->candidates));
        sampling->room = room;
    }
    return &sampling->candidates[sampling->count++];
}

static void add_candidate(struct sampling *sampling, struct row_ref ref, enum history_type type, const union value *exact) {
    *new_candidate(sampling) = (struct candidate){
        .ref = ref,
        .value = exact != NULL ? value_as_double(type, *exact) : NAN,
        .exact = exact != NULL ? *exact : (union value){ 0 },
        .has_exact = exact != NULL,
    };
}

static void read_keys(struct sampling *sampling) {
    const struct history_sample_spec *spec = sampling->spec;

    sampling->keys = ARENA_ARRAY(sampling->view->arena, struct str, spec->key_count);
    for (size_t i = 0; i < spec->key_count; i++) {
        bool is_known = false;
        if (sampling->view->id.kind == HISTORY_ROWS && str_eq(spec->keys[i], STR("_step"))) {
            sampling->wants_step = true;
            continue;
        }
        for (size_t k = 0; k < sampling->key_count && !is_known; k++)
            is_known = str_eq(sampling->keys[k], spec->keys[i]);
        if (!is_known)
            sampling->keys[sampling->key_count++] = spec->keys[i];
    }
}

static bool is_sparser(const struct sampling *sampling, const struct source *source, const struct part *part, size_t key,
                       size_t best) {
    uint32_t count = source_value_count(source, part->columns[key]), least = source_value_count(source, part->columns[best]);
    if (count != least)
        return count < least;
    /* All else equal, a key of the user's: a spike of it must not be lost for one of the clock's. */
    return sampling->keys[best].ptr[0] == '_' && sampling->keys[key].ptr[0] != '_';
}

static uint32_t occurrences_in(const struct source *source, const struct part *part) {
    uint32_t count = 0;

    if (source->segment == NULL)
        return part->end - part->first;
    const struct segment_column *column = &source->segment->directory.columns[part->primary];
    for (uint32_t page = part->first / SEGMENT_PAGE_ROWS; page <= (part->end - 1) / SEGMENT_PAGE_ROWS; page++)
        count += column->pages[page].count;
    return count < part->end - part->first ? count : part->end - part->first;
}

/* Adds a part when the source has all the keys and rows in the range. */
static enum err_code add_part(struct sampling *sampling, uint32_t at, struct err *err) {
    struct source *source = &sampling->view->sources[at];
    struct part part = { .source = at };
    size_t primary = 0;

    part.columns = ARENA_ARRAY(sampling->view->arena, uint32_t, sampling->key_count + 1);
    for (size_t i = 0; i < sampling->key_count; i++) {
        uint32_t found[SAME_NAME_MAX];
        if (source_find_columns(source, sampling->keys[i], found) == 0)
            return OK;
        part.columns[i] = found[0];
    }
    TRY(source_find_rows(source, sampling->spec->first_step, sampling->spec->last_step, &part.first, &part.end,
                         sampling->view->arena, err));
    if (part.first == part.end)
        return OK;
    for (size_t i = 1; i < sampling->key_count; i++)
        primary = is_sparser(sampling, source, &part, i, primary) ? i : primary;
    part.primary = part.columns[primary];
    part.occurrences = sampling->key_count > 0 ? occurrences_in(source, &part) : part.end - part.first;
    if (source->segment != NULL && sampling->key_count > 0 && source->mask_count == 0)
        part.has_overview = source->segment->directory.columns[part.primary].overview_size > 0 &&
                            column_is_numeric(source_type(source, part.primary));
    if (part.end == source->row_count && source->last_step > sampling->last_step)
        sampling->last_step = source->last_step;
    sampling->rows += part.end - part.first;
    sampling->occurrences += part.occurrences;
    sampling->parts[sampling->part_count++] = part;
    return OK;
}

/* Keeps in rows those that the column has too. */
static uint32_t keep_common(uint32_t *rows, uint32_t count, const struct column *column) {
    uint32_t kept = 0, at = 0;
    for (uint32_t i = 0; i < count; i++) {
        while (at < column->count && column->rows[at] < rows[i])
            at++;
        if (at < column->count && column->rows[at] == rows[i])
            rows[kept++] = rows[i];
    }
    return kept;
}

/* All rows [first, end) of a part that have all keys. */
static enum err_code gather_rows(struct sampling *sampling, const struct part *part, uint32_t first, uint32_t end,
                                 struct err *err) {
    struct arena *arena = sampling->view->arena;
    struct source *source = &sampling->view->sources[part->source];
    struct column primary = { 0 };
    struct row_places places;
    uint32_t *rows = ARENA_ARRAY(arena, uint32_t, end - first), count = 0, at = 0;

    if (first == end)
        return OK;
    if (sampling->key_count == 0)
        for (; count < end - first; count++)
            rows[count] = first + count;
    for (size_t i = 0; i < sampling->key_count; i++) {
        struct column column;
        TRY(source_read(source, part->columns[i], first, end, &column, arena, err));
        if (part->columns[i] == part->primary)
            primary = column;
        if (i == 0)
            memcpy(rows, column.rows, (count = column.count) * sizeof(*rows));
        else
            count = keep_common(rows, count, &column);
    }
    TRY(source_read_places(source, first, end, &places, arena, err));
    for (uint32_t i = 0; i < count; i++) {
        uint32_t place = rows[i] - first;
        int64_t stream = places.streams != NULL ? places.streams[place] : source->stream;
        while (at < primary.count && primary.rows[at] < rows[i])
            at++;
        if (source->mask_count > 0 && source_is_masked(source, stream, places.lines[place]))
            continue;
        add_candidate(sampling, (struct row_ref){ places.steps[place], places.lines[place], stream, part->source, rows[i] },
                      primary.type, at < primary.count && column_is_numeric(primary.type) ? &primary.values[at] : NULL);
    }
    return OK;
}

uint32_t sampling_level(uint64_t occurrences, uint32_t finest, uint32_t levels, uint64_t wanted) {
    uint32_t level = levels - 1;
    while (level > 0 && occurrences / overview_scale(finest, level) < wanted)
        level--;
    return level;
}

static void add_from_overview(struct sampling *sampling, const struct part *part, int64_t step, uint32_t row,
                              enum history_type type, const union value *value) {
    if (row >= part->first && row < part->end)
        add_candidate(sampling, (struct row_ref){ step, row, 0, part->source, row }, type, value);
}

static enum err_code gather_samples(struct sampling *sampling, const struct part *part, const struct segment_column *column,
                                    const struct overview_header *header, struct err *err) {
    const struct segment *segment = sampling->view->sources[part->source].segment;
    uint32_t level = sampling_level(sampling->occurrences, header->sample_stride, header->sample_levels,
                                    (uint64_t)sampling->spec->samples);
    struct overview_samples samples;

    TRY(segment_read_samples(segment, column, header, level, &samples, sampling->view->arena, err));
    for (uint32_t i = 0; i < samples.count; i++)
        add_from_overview(sampling, part, samples.steps[i], samples.rows[i], column->type, &samples.values[i]);
    return OK;
}

/* The extremes of a bucket. With several keys only those of all buckets, because each costs a page of every other key. */
static void add_extremes(struct sampling *sampling, const struct part *part, enum history_type type,
                         const struct overview_buckets *b, uint32_t at) {
    size_t count = sampling->count;

    if (b->finite[at] == 0)
        return;
    add_from_overview(sampling, part, b->min_steps[at], b->min_rows[at], type, &b->min[at]);
    add_from_overview(sampling, part, b->max_steps[at], b->max_rows[at], type, &b->max[at]);
    if (sampling->key_count == 1)
        return;
    for (size_t i = count; i < sampling->count; i++) {
        const struct candidate *candidate = &sampling->candidates[i];
        if (!sampling->least.is_kept || candidate->value < sampling->least.value)
            sampling->least = *candidate;
        if (!sampling->greatest.is_kept || candidate->value > sampling->greatest.value)
            sampling->greatest = *candidate;
        sampling->least.is_kept = sampling->greatest.is_kept = true;
    }
    sampling->count = count;
}

/* What is read of an overview: its `levels` finest levels of buckets. */
struct bucket_reader {
    const struct part *part;
    const struct segment_column *column;
    const struct overview_header *header;
    uint32_t levels;
    int64_t first_step, last_step; /* of the whole range */
};

static enum err_code gather_between(struct sampling *sampling, struct bucket_reader reader, int64_t first_step, int64_t last_step,
                                    struct err *err);

static enum err_code gather_steps(struct sampling *sampling, const struct part *part, int64_t first_step, int64_t last_step,
                                  struct err *err) {
    struct source *source = &sampling->view->sources[part->source];
    uint32_t first, end;
    TRY(source_find_rows(source, first_step, last_step, &first, &end, sampling->view->arena, err));
    return gather_rows(sampling, part, first, end, err);
}

/* The last value of a bucket with which the range ends, if no other part goes further: the last of all is always kept.
 * So is the first; that of the whole column is a sample. */
static enum err_code gather_last(struct sampling *sampling, struct bucket_reader reader, const struct overview_buckets *b,
                                 uint32_t at, struct err *err) {
    const struct source *source = &sampling->view->sources[reader.part->source];

    if (source->last_step < sampling->last_step)
        return OK;
    if (b->nonfinite[at] > 0) /* it may not be the one that the bucket remembers */
        return gather_steps(sampling, reader.part, b->last_steps[at], b->last_steps[at], err);
    add_from_overview(sampling, reader.part, b->last_steps[at], b->last_rows[at], reader.column->type, &b->last[at]);
    return OK;
}

/* Buckets that the steps cut are taken apart: into those of the next finer level, and in the end into rows. */
static enum err_code gather_edges(struct sampling *sampling, struct bucket_reader finer, const struct overview_buckets *b,
                                  uint32_t first, uint32_t end, int64_t first_step, int64_t last_step, struct err *err) {
    bool is_cut_before = first > 0 && b->last_steps[first - 1] >= first_step;
    bool is_cut_behind = end < b->count && b->first_steps[end] <= last_step;

    if (first == end)
        return is_cut_before || is_cut_behind ? gather_between(sampling, finer, first_step, last_step, err) : OK;
    if (is_cut_before)
        TRY(gather_between(sampling, finer, first_step, b->last_steps[first - 1], err));
    else if (first > 0 && first_step == finer.first_step)
        TRY(gather_steps(sampling, finer.part, b->first_steps[first], b->first_steps[first], err));
    if (is_cut_behind)
        TRY(gather_between(sampling, finer, b->first_steps[end], last_step, err));
    else if (last_step == finer.last_step)
        TRY(gather_last(sampling, finer, b, end - 1, err));
    return OK;
}

/* The extremes of what lies between two steps. */
static enum err_code gather_between(struct sampling *sampling, struct bucket_reader reader, int64_t first_step, int64_t last_step,
                                    struct err *err) {
    const struct segment *segment = sampling->view->sources[reader.part->source].segment;
    uint32_t first = 0, end;
    struct overview_buckets b;

    if (reader.levels == 0)
        return gather_steps(sampling, reader.part, first_step, last_step, err);
    reader.levels--;
    TRY(segment_read_buckets(segment, reader.column, reader.header, reader.levels, &b, sampling->view->arena, err));
    while (first < b.count && b.first_steps[first] < first_step)
        first++;
    for (end = first; end < b.count && b.last_steps[end] <= last_step; end++)
        add_extremes(sampling, reader.part, reader.column->type, &b, end);
    return gather_edges(sampling, reader, &b, first, end, first_step, last_step, err);
}

static enum err_code gather_overview(struct sampling *sampling, const struct part *part, struct err *err) {
    struct source *source = &sampling->view->sources[part->source];
    const struct segment_column *column = &source->segment->directory.columns[part->primary];
    int64_t last_step = sampling->spec->last_step < source->last_visible_step ? sampling->spec->last_step : source->last_visible_step;
    struct overview_header header;

    TRY(segment_read_overview(source->segment, column, &header, sampling->view->arena, err));
    if (header.sample_levels == 0 || header.bucket_levels == 0)
        return gather_rows(sampling, part, part->first, part->end, err);
    uint32_t level = sampling_level(sampling->occurrences, header.bucket_stride, header.bucket_levels,
                                    (uint64_t)sampling->spec->samples / 3);
    struct bucket_reader reader = { part, column, &header, level + 1, sampling->spec->first_step, last_step };
    TRY(gather_samples(sampling, part, column, &header, err));
    return gather_between(sampling, reader, sampling->spec->first_step, last_step, err);
}

/* Rows at even distances, for keys without an overview that each row has. */
static enum err_code gather_evenly(struct sampling *sampling, const struct part *part, struct err *err) {
    uint64_t rows = part->end - part->first, share = (uint64_t)sampling->spec->samples * rows / sampling->rows + 2;
    struct source *source = &sampling->view->sources[part->source];
    int64_t *steps;

    TRY(source_read_steps(source, part->first, part->end, &steps, sampling->view->arena, err));
    for (uint64_t i = 0; i < share; i++) {
        uint32_t row = part->first + (uint32_t)(i * (rows - 1) / (share - 1));
        add_from_overview(sampling, part, steps[row - part->first], row, HISTORY_JSON, NULL);
    }
    return OK;
}

static bool is_dense(const struct source *source, const struct part *part, size_t key_count) {
    return key_count == 0 || (source->segment != NULL && source_value_count(source, part->primary) == source->row_count);
}

static enum err_code gather(struct sampling *sampling, bool is_exact, struct err *err) {
    for (size_t i = 0; i < sampling->part_count; i++) {
        const struct part *part = &sampling->parts[i];
        const struct source *source = &sampling->view->sources[part->source];
        if (!is_exact && part->has_overview)
            TRY(gather_overview(sampling, part, err));
        else if (!is_exact && source->mask_count == 0 && is_dense(source, part, sampling->key_count))
            TRY(gather_evenly(sampling, part, err));
        else
            TRY(gather_rows(sampling, part, part->first, part->end, err));
    }
    if (sampling->least.is_kept) {
        *new_candidate(sampling) = sampling->least;
        *new_candidate(sampling) = sampling->greatest;
    }
    return OK;
}

/* ---- choosing ---- */

static int compare_candidates(const void *left, const void *right) {
    return row_ref_compare(&((const struct candidate *)left)->ref, &((const struct candidate *)right)->ref);
}

static int compare_rows_of_sources(const void *left, const void *right) {
    const struct row_ref *a = &((const struct candidate *)left)->ref, *b = &((const struct candidate *)right)->ref;
    if (a->source != b->source)
        return a->source < b->source ? -1 : 1;
    return a->row < b->row ? -1 : a->row > b->row;
}

static void sort_unless_sorted(struct candidate *candidates, size_t count, int (*compare)(const void *, const void *)) {
    for (size_t i = 1; i < count; i++)
        if (compare(&candidates[i - 1], &candidates[i]) > 0) {
            qsort(candidates, count, sizeof(*candidates), compare);
            return;
        }
}

/* Sorted, each row once (it may have come from several places, under its line's number or its own). */
static void sort_candidates(struct sampling *sampling) {
    struct candidate *candidates = sampling->candidates;
    size_t kept = 0;

    if (sampling->count < 2)
        return;
    sort_unless_sorted(candidates, sampling->count, compare_rows_of_sources);
    for (size_t i = 0; i < sampling->count; i++)
        if (kept == 0 || compare_rows_of_sources(&candidates[kept - 1], &candidates[i]) != 0)
            candidates[kept++] = candidates[i];
    sampling->count = kept;
    sort_unless_sorted(candidates, kept, compare_candidates);
}

static void keep_shape(struct candidate *candidates, size_t first, size_t end, bool with_middle) {
    size_t least = first, greatest = first;

    for (size_t i = first; i < end; i++) {
        if (!(candidates[least].value <= candidates[i].value) && !isnan(candidates[i].value))
            least = i;
        if (!(candidates[greatest].value >= candidates[i].value) && !isnan(candidates[i].value))
            greatest = i;
    }
    candidates[least].is_kept = candidates[greatest].is_kept = true;
    if (with_middle)
        candidates[first + (end - first) / 2].is_kept = true;
}

static bool has_numbers(const struct sampling *sampling) {
    for (size_t i = 0; i < sampling->count; i++)
        if (!isnan(sampling->candidates[i].value))
            return true;
    return false;
}

static void thin_evenly(struct sampling *sampling) {
    size_t samples = (size_t)sampling->spec->samples;
    for (size_t i = 1; i < samples; i++)
        sampling->candidates[i] = sampling->candidates[i * (sampling->count - 1) / (samples - 1)];
    sampling->count = samples;
}

/* Keeps about `samples` of them: the first, the last, the extremes of all, and of each group of neighbours the
 * extremes and the middle. */
static void thin(struct sampling *sampling) {
    size_t samples = (size_t)sampling->spec->samples, groups = samples > 4 ? (samples - 4) / 3 : 0, kept = 0;

    if (sampling->count <= samples)
        return;
    if (!has_numbers(sampling)) {
        thin_evenly(sampling);
        return;
    }
    sampling->candidates[0].is_kept = sampling->candidates[sampling->count - 1].is_kept = true;
    keep_shape(sampling->candidates, 0, sampling->count, false);
    for (size_t i = 0; i < groups; i++)
        keep_shape(sampling->candidates, i * sampling->count / groups, (i + 1) * sampling->count / groups, true);
    for (size_t i = 0; i < sampling->count; i++)
        if (sampling->candidates[i].is_kept)
            sampling->candidates[kept++] = sampling->candidates[i];
    sampling->count = kept;
}

/* Whether there are no more steps in the range than samples: then every row is wanted, also of steps that repeat. */
static bool has_few_steps(const struct sampling *sampling) {
    const struct stored_counters *counters = &sampling->view->stored.counters;
    int64_t first = sampling->spec->first_step > counters->first_step ? sampling->spec->first_step : counters->first_step;
    int64_t last = sampling->spec->last_step < counters->last_step ? sampling->spec->last_step : counters->last_step;
    return last < first || (uint64_t)last - (uint64_t)first < (uint64_t)sampling->spec->samples;
}

enum err_code sampling_choose(struct sampling *sampling, struct err *err) {
    uint64_t samples = (uint64_t)sampling->spec->samples;

    sampling->last_step = INT64_MIN;
    read_keys(sampling);
    sampling->parts = ARENA_ARRAY(sampling->view->arena, struct part, sampling->view->source_count);
    for (uint32_t i = 0; i < sampling->view->source_count; i++)
        TRY(add_part(sampling, i, err));
    bool wants_all = has_few_steps(sampling) || sampling->occurrences <= samples;
    TRY(gather(sampling, wants_all || sampling->rows < samples * EXACT_FACTOR, err));
    sort_candidates(sampling);
    if (!wants_all)
        thin(sampling);
    return OK;
}
