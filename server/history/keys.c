/* keys.c - which keys a history has, and what they hold. */
#include "server/history/history_state.h"
#include "server/history/source.h"

#include <math.h>

/* One path of the view: what is known of it so far. Sources come in the order in which they were made. */
struct known_key {
    struct str path;
    struct history_key key;
    double last_number; /* for monotonic across sources */
    bool has_number;
};

struct key_list {
    struct view *view;
    struct known_key *keys;
    size_t count, room;
    struct buf text;
};

static void note_type(struct history_key *key, enum history_type type, uint32_t count, uint32_t null_count) {
    key->nulls += null_count;
    switch (type) {
    case HISTORY_INT:
    case HISTORY_DOUBLE:
        key->numbers += count;
        break;
    case HISTORY_BOOL:
        key->bools += count;
        break;
    case HISTORY_STRING:
        key->strings += count;
        break;
    case HISTORY_JSON:
        key->jsons += count;
        break;
    }
}

static void note_last(struct key_list *list, struct history_key *key, const struct column *column, uint32_t at, int64_t step) {
    if (key->last_json.ptr != NULL && step < key->last_step)
        return;
    buf_reset(&list->text);
    column_value_to_json(&list->text, column, at, JSON_EXTENDED);
    key->last_json = arena_copy(list->view->arena, buf_str(&list->text));
    key->last_step = step;
}

static void note_order(struct known_key *known, double first, double last, bool is_monotonic) {
    known->key.is_monotonic &= is_monotonic && (!known->has_number || first >= known->last_number);
    known->last_number = last;
    known->has_number = true;
}

static void note_segment(struct key_list *list, struct known_key *known, const struct segment_column *column) {
    struct column one = { .type = column->type, .text = column->last_text.ptr };
    union value value = column->last;

    if (column_is_text(column->type))
        value.text.offset = 0, value.text.size = (uint32_t)column->last_text.len;
    one.values = &value;
    one.count = 1;
    if (column->count > 0 && (column_is_numeric(column->type) || column->last_text.ptr != NULL))
        note_last(list, &known->key, &one, 0, column->last_step);
    if (column_is_numeric(column->type))
        note_order(known, value_as_double(column->type, column->first), value_as_double(column->type, column->last),
                   column->is_monotonic);
    else
        known->key.is_monotonic = false;
}

static void note_batch(struct key_list *list, struct known_key *known, const struct source *source, const struct column *column) {
    double previous = -INFINITY;
    bool is_monotonic = true;

    if (column->count == 0)
        return;
    note_last(list, &known->key, column, column->count - 1, source->batch->steps[column->rows[column->count - 1]]);
    if (!column_is_numeric(column->type)) {
        known->key.is_monotonic = false;
        return;
    }
    for (uint32_t i = 0; i < column->count; i++) {
        double number = value_as_double(column->type, column->values[i]);
        is_monotonic &= number >= previous;
        previous = number;
    }
    note_order(known, value_as_double(column->type, column->values[0]), previous, is_monotonic);
}

static struct known_key *add_key(struct key_list *list, struct str path) {
    if (list->count == list->room) {
        size_t room = list->room == 0 ? 64 : list->room * 2;
        list->keys = arena_grow(list->view->arena, list->keys, list->room, room, sizeof(*list->keys));
        list->room = room;
    }
    list->keys[list->count] = (struct known_key){ .path = path, .key = { .is_monotonic = true, .last_step = INT64_MIN } };
    return &list->keys[list->count++];
}

/* The next path in order over all sources; notes what each source says of it. */
static enum err_code take_path(struct key_list *list, uint32_t *cursors, struct str path, struct err *err) {
    struct known_key *known = add_key(list, path);

    for (uint32_t i = 0; i < list->view->source_count; i++) {
        struct source *source = &list->view->sources[i];
        uint32_t at = cursors[i];
        if (at == source_column_count(source) || !str_eq(source_path(source, at), path))
            continue;
        cursors[i]++;
        note_type(&known->key, source_type(source, at), source_value_count(source, at), source_null_count(source, at));
        if (source->segment != NULL) {
            note_segment(list, known, &source->segment->directory.columns[at]);
        } else {
            TRY(batch_load_column(source->batch, at, err));
            note_batch(list, known, source, &source->batch->columns[at]);
        }
    }
    known->key.name = path_to_name(path, list->view->arena);
    return OK;
}

static bool least_path(const struct view *view, const uint32_t *cursors, struct str *path) {
    bool found = false;

    for (uint32_t i = 0; i < view->source_count; i++) {
        if (cursors[i] == source_column_count(&view->sources[i]))
            continue;
        struct str candidate = source_path(&view->sources[i], cursors[i]);
        if (!found || str_compare(candidate, *path) < 0)
            *path = candidate;
        found = true;
    }
    return found;
}

static int compare_names(const void *left, const void *right) {
    return str_compare(((const struct history_key *)left)->name, ((const struct history_key *)right)->name);
}

static enum err_code read_keys(struct view *view, struct history_keys *out, struct err *err) {
    struct key_list list = { .view = view, .text = BUF_INIT(2 * HISTORY_LINE_BYTES_MAX) };
    uint32_t *cursors = ARENA_ARRAY(view->arena, uint32_t, view->source_count);
    const struct stored_counters *counters = &view->stored.counters;
    enum err_code code = OK;
    struct str path;

    while (code == OK && least_path(view, cursors, &path))
        code = take_path(&list, cursors, path, err);
    out->keys = ARENA_ARRAY(view->arena, struct history_key, list.count);
    out->count = list.count;
    out->last_step = counters->first_step <= counters->last_step ? counters->last_step : -1;
    for (size_t i = 0; i < list.count; i++)
        out->keys[i] = list.keys[i].key;
    if (list.count > 0)
        qsort(out->keys, list.count, sizeof(*out->keys), compare_names);
    buf_finish(&list.text);
    return code;
}

enum err_code history_read_keys(struct history *history, int64_t run, enum history_kind kind, struct history_keys *out,
                                struct arena *arena, struct err *err) {
    struct view view;

    TRY(view_open(&view, history, (struct history_id){ run, kind }, INT64_MIN, INT64_MAX, arena, err));
    enum err_code code = read_keys(&view, out, err);
    view_finish(&view);
    return code;
}
