/* export.c - a whole column at once, and the segments' files themselves. */
#include "server/history/history_state.h"
#include "server/history/rows.h"

/* ---- a column ---- */

struct piece {
    struct column column;
    uint32_t source;
    bool is_there;
};

struct entry {
    struct row_ref ref;
    uint32_t at; /* in the piece */
};

static int compare_entries(const void *left, const void *right) {
    return row_ref_compare(&((const struct entry *)left)->ref, &((const struct entry *)right)->ref);
}

struct column_export {
    struct view *view;
    struct str key;
    struct piece *pieces;
    struct entry *entries;
    size_t count, room;
    bool is_sorted;
};

static void add_entry(struct column_export *export, struct row_ref ref, uint32_t at) {
    if (export->count == export->room) {
        size_t room = export->room == 0 ? 1024 : export->room * 2;
        export->entries = arena_grow(export->view->arena, export->entries, export->room, room, sizeof(*export->entries));
        export->room = room;
    }
    export->entries[export->count] = (struct entry){ ref, at };
    export->is_sorted &= export->count == 0 || row_ref_compare(&export->entries[export->count - 1].ref, &ref) <= 0;
    export->count++;
}

static enum err_code read_piece(struct column_export *export, uint32_t at, struct err *err) {
    struct source *source = &export->view->sources[at];
    struct piece *piece = &export->pieces[at];
    uint32_t found[SAME_NAME_MAX], first, end;
    struct row_places places;

    if (source_find_columns(source, export->key, found) == 0)
        return OK;
    TRY(source_find_rows(source, INT64_MIN, INT64_MAX, &first, &end, export->view->arena, err));
    if (first == end)
        return OK;
    TRY(source_read(source, found[0], first, end, &piece->column, export->view->arena, err));
    TRY(source_read_places(source, first, end, &places, export->view->arena, err));
    piece->is_there = true;
    for (uint32_t i = 0; i < piece->column.count; i++) {
        uint32_t place = piece->column.rows[i] - first;
        int64_t stream = places.streams != NULL ? places.streams[place] : source->stream;
        if (source->mask_count == 0 || !source_is_masked(source, stream, places.lines[place]))
            add_entry(export, (struct row_ref){ places.steps[place], places.lines[place], stream, at, piece->column.rows[i] }, i);
    }
    return OK;
}

static bool all_fit_double(const struct column_export *export) {
    for (size_t i = 0; i < export->count; i++) {
        const struct column *column = &export->pieces[export->entries[i].ref.source].column;
        if (column->type == HISTORY_INT && !int_fits_double(column->values[export->entries[i].at].integer))
            return false;
    }
    return true;
}

static enum history_type join_pieces(const struct column_export *export) {
    enum history_type type = (enum history_type)0;

    for (size_t i = 0; i < export->view->source_count; i++)
        if (export->pieces[i].is_there && export->pieces[i].column.count > 0)
            type = type == (enum history_type)0 ? export->pieces[i].column.type
                                                : column_join_types(type, export->pieces[i].column.type);
    return type == HISTORY_DOUBLE && !all_fit_double(export) ? HISTORY_JSON : type;
}

static enum err_code fill_texts(const struct column_export *export, struct history_column *out, struct err *err) {
    struct buf text = BUF_INIT(2 * HISTORY_LINE_BYTES_MAX);

    out->texts = ARENA_ARRAY(export->view->arena, struct str, export->count);
    for (size_t i = 0; i < export->count; i++) {
        const struct column *column = &export->pieces[export->entries[i].ref.source].column;
        if (column->type == out->type) {
            out->texts[i] = column_text(column, export->entries[i].at);
            continue;
        }
        buf_reset(&text);
        column_value_to_json(&text, column, export->entries[i].at, JSON_EXTENDED);
        out->texts[i] = arena_copy(export->view->arena, buf_str(&text));
    }
    enum err_code code = buf_check(&text, "a value", err);
    buf_finish(&text);
    return code;
}

static enum err_code fill_column(const struct column_export *export, struct history_column *out, struct err *err) {
    out->steps = ARENA_ARRAY(export->view->arena, int64_t, export->count);
    for (size_t i = 0; i < export->count; i++)
        out->steps[i] = export->entries[i].ref.step;
    if (column_is_text(out->type))
        return fill_texts(export, out, err);
    out->ints = ARENA_ARRAY(export->view->arena, int64_t, export->count); /* doubles take as much room */
    for (size_t i = 0; i < export->count; i++) {
        const struct column *column = &export->pieces[export->entries[i].ref.source].column;
        union value value = column->values[export->entries[i].at];
        if (out->type == HISTORY_DOUBLE)
            out->doubles[i] = value_as_double(column->type, value);
        else
            out->ints[i] = value.integer;
    }
    return OK;
}

static enum err_code export_column(struct column_export *export, struct history_column *out, struct err *err) {
    *out = (struct history_column){ 0 };
    export->pieces = ARENA_ARRAY(export->view->arena, struct piece, export->view->source_count);
    for (uint32_t i = 0; i < export->view->source_count; i++)
        TRY(read_piece(export, i, err));
    if (export->count == 0)
        return OK;
    if (!export->is_sorted)
        qsort(export->entries, export->count, sizeof(*export->entries), compare_entries);
    out->type = join_pieces(export);
    out->count = export->count;
    return fill_column(export, out, err);
}

enum err_code history_read_column(struct history *history, int64_t run, enum history_kind kind, struct str key,
                                  struct history_column *out, struct arena *arena, struct err *err) {
    struct view view;

    TRY(view_open(&view, history, (struct history_id){ run, kind }, INT64_MIN, INT64_MAX, arena, err));
    struct column_export export = { .view = &view, .key = key, .is_sorted = true };
    enum err_code code = export_column(&export, out, err);
    view_finish(&view);
    return code;
}

/* ---- files ---- */

struct file_search {
    struct str name;
    bool is_there;
    int64_t size_bytes;
};

static enum err_code find_file(struct db_tx *tx, void *context, struct err *err) {
    struct file_search *search = context;
    return history_store_has_segment(tx, search->name, &search->is_there, &search->size_bytes, err);
}

enum err_code history_open_file(struct history *history, struct str name, int *fd, int64_t *size_bytes, struct err *err) {
    struct file_search search = { .name = name };

    TRY(db_read(history->db, find_file, &search, err));
    if (!search.is_there)
        return err_set(err, ERR_NOT_FOUND, "there is no segment of that name");
    *size_bytes = search.size_bytes;
    return segment_files_open(history->files, name, fd, err);
}

enum err_code history_find_readers(struct db_tx *tx, struct str name, int64_t after, size_t max, int64_t *runs, size_t *count,
                                   struct err *err) {
    return history_store_find_readers(tx, name, after, max, runs, count, err);
}

/* ---- the list for the official client ---- */

struct client_list {
    struct history *history;
    struct history_id id;
    struct str cache_name;
    struct history_files *out;
    struct arena *arena;
    bool is_handed_out; /* exactly this list, as far as it goes, was handed out before */
    bool is_refused;    /* other bytes were */
};

static bool same_columns(const struct segment_directory *a, const struct segment_directory *b) {
    if (a->column_count != b->column_count)
        return false;
    for (uint32_t i = 0; i < a->column_count; i++)
        if (!str_eq(a->columns[i].path, b->columns[i].path))
            return false;
    return true;
}

/* The client shows every column for every row, a missing value as None, nested keys flat and JSON as text. */
static bool is_plain(const struct segment_directory *directory) {
    if (directory->streams.count > 0 || directory->lines.count > 0)
        return false;
    for (uint32_t i = 0; i < directory->column_count; i++)
        if (directory->columns[i].type == HISTORY_JSON || directory->columns[i].count != directory->row_count ||
            memchr(directory->columns[i].path.ptr, PATH_SEPARATOR, directory->columns[i].path.len) != NULL)
            return false;
    return true;
}

static enum err_code steps_ascend(int64_t *previous, struct source *source, bool *out, struct err *err) {
    struct arena *scratch = arena_create();
    int64_t *steps;

    enum err_code code = source_read_steps(source, 0, source->row_count, &steps, scratch, err);
    for (uint32_t i = 0; i < source->row_count && code == OK && *out; i++) {
        *out = steps[i] > *previous;
        *previous = steps[i];
    }
    arena_destroy(scratch);
    return code;
}

/* A fork has a cut for good; where it cut at the parent's end, it hides nothing. */
static bool hides_rows(const struct source *source) {
    return source->mask_count > 0 || source->last_visible_step < source->last_step;
}

/* Whether all of the history lies in final files that the client reads rightly. */
static enum err_code is_presentable(struct view *view, bool *out, struct err *err) {
    const struct stored_history *stored = &view->stored;
    int64_t previous = INT64_MIN;

    *out = stored->counters.tail_rows == 0 && !stored->counters.has_work && view->source_count > 0;
    for (size_t i = 0; i < view->source_count && *out; i++) {
        const struct source *source = &view->sources[i];
        *out = !hides_rows(source) && is_plain(&source->segment->directory) &&
               same_columns(&view->sources[0].segment->directory, &source->segment->directory);
        if (*out)
            TRY(steps_ascend(&previous, &view->sources[i], out, err));
    }
    return OK;
}

/* Compares with what was handed out under this name before: a client may have any of it for ever. */
static enum err_code compare_handed_out(struct db_tx *tx, void *context, struct err *err) {
    struct client_list *list = context;
    struct str before;

    list->is_handed_out = true;
    list->is_refused = false;
    for (size_t i = 0; i < list->out->count; i++) {
        TRY(history_store_handed_out(tx, list->cache_name, (int64_t)i, &before, list->arena, err));
        if (before.ptr == NULL)
            list->is_handed_out = false;
        else if (!str_eq(before, list->out->files[i].name))
            list->is_refused = true;
    }
    TRY(history_store_handed_out(tx, list->cache_name, (int64_t)list->out->count, &before, list->arena, err));
    list->is_refused |= before.ptr != NULL; /* there were more files once */
    return OK;
}

static enum err_code record_handed_out(struct db_tx *tx, void *context, struct err *err) {
    struct client_list *list = context;

    TRY(compare_handed_out(tx, context, err));
    for (size_t i = 0; i < list->out->count && !list->is_refused; i++)
        TRY(history_store_hand_out(tx, list->cache_name, (int64_t)i, list->out->files[i].name, err));
    return OK;
}

static enum err_code list_files(struct client_list *list, struct view *view, struct err *err) {
    struct history_files *out = list->out;
    bool is_good;

    TRY(is_presentable(view, &is_good, err));
    if (!is_good)
        return OK;
    out->files = ARENA_ARRAY(list->arena, struct history_file, view->source_count);
    for (; out->count < view->source_count; out->count++) {
        const struct stored_segment *segment = view->sources[out->count].stored;
        out->files[out->count] = (struct history_file){ segment->name, segment->size_bytes, segment->row_count,
                                                        segment->first_step, segment->last_step };
    }
    TRY(db_read(list->history->db, compare_handed_out, list, err));
    if (!list->is_handed_out && !list->is_refused)
        TRY(db_write(list->history->db, record_handed_out, list, err));
    return OK;
}

enum err_code history_list_for_client(struct history *history, int64_t run, bool is_terminal, struct str cache_name,
                                      struct history_files *out, struct arena *arena, struct err *err) {
    struct client_list list = { .history = history, .id = { run, HISTORY_ROWS }, .cache_name = cache_name, .out = out, .arena = arena };
    struct view view;

    *out = (struct history_files){ .live_step = -1 };
    TRY(view_open(&view, history, list.id, INT64_MIN, INT64_MAX, arena, err));
    enum err_code code = is_terminal ? list_files(&list, &view, err) : OK;
    if (code != OK || list.is_refused)
        out->count = 0;
    if (out->count == 0 && view.stored.counters.first_step <= view.stored.counters.last_step)
        out->live_step = view.stored.counters.first_step;
    view_finish(&view);
    return code;
}
