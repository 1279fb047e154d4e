/* row.c - rows as they are put together, and what becomes of them when they are committed. */
#include "client/run/run.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/number.h"
#include "client/log/row_end.h"

enum { ROW_MAX_BYTES = 16 << 20, NAMES_MAX_BYTES = 64 << 10, SPARE_MAX_BYTES = 64 << 10, SUMMARY_INTERVAL_MS = 1000 };

static struct baro_row *row_create(void) {
    struct baro_row *row = calloc(1, sizeof *row);
    if (row == NULL)
        return NULL;
    buf_init(&row->items, ROW_MAX_BYTES);
    buf_init(&row->names, NAMES_MAX_BYTES);
    return row;
}

static void row_destroy(struct baro_row *row) {
    if (row == NULL)
        return;
    buf_finish(&row->items);
    buf_finish(&row->names);
    free(row);
}

struct baro_row *baro_row_begin(struct baro_run *run, enum baro_row_kind kind) {
    struct baro_row *row = atomic_exchange(&run->spare_row, NULL);
    if (row == NULL)
        row = row_create();
    if (row == NULL)
        return NULL;
    row->run = run;
    row->kind = kind;
    row->depth = 0;
    row->is_too_deep = false;
    buf_reset(&row->items);
    buf_reset(&row->names);
    return row;
}

/* The run keeps one for the next log(), unless it has grown large. */
void baro_row_drop(struct baro_row *row) {
    if (row == NULL)
        return;
    struct baro_row *before = row->items.cap > SPARE_MAX_BYTES ? row : atomic_exchange(&row->run->spare_row, row);
    row_destroy(before);
}

/* ---- values ---- */

void baro_row_enter_n(struct baro_row *row, const char *key, size_t key_len) {
    if (row == NULL)
        return;
    if (row->depth >= TREE_DEPTH_MAX - 1) {
        row->is_too_deep = true;
        row->depth++;
        return;
    }
    buf_append(&row->names, key, key_len);
    row->name_ends[row->depth++] = row->names.len;
}

void baro_row_enter(struct baro_row *row, const char *key) {
    baro_row_enter_n(row, key, strlen(key));
}

void baro_row_leave(struct baro_row *row) {
    if (row == NULL || row->depth == 0)
        return;
    row->depth--;
    if (row->depth < TREE_DEPTH_MAX - 1)
        row->names.len = row->depth == 0 ? 0 : row->name_ends[row->depth - 1];
}

static void add(struct baro_row *row, struct str key, struct str value_json) {
    struct str path[TREE_DEPTH_MAX];
    size_t begin = 0;
    if (row == NULL || row->is_too_deep || row->names.failed)
        return;
    for (size_t i = 0; i < row->depth; i++) {
        path[i] = (struct str){ row->names.ptr + begin, row->name_ends[i] - begin };
        begin = row->name_ends[i];
    }
    path[row->depth] = key;
    record_put_item(&row->items, 1, path, row->depth + 1, value_json);
}

void baro_row_number_n(struct baro_row *row, const char *key, size_t key_len, double value) {
    char text[NUMBER_TEXT_MAX];
    add(row, (struct str){ key, key_len }, (struct str){ text, number_from_double(text, value) });
}

void baro_row_integer_n(struct baro_row *row, const char *key, size_t key_len, int64_t value) {
    char text[NUMBER_TEXT_MAX];
    add(row, (struct str){ key, key_len }, (struct str){ text, number_from_i64(text, value) });
}

void baro_row_json_n(struct baro_row *row, const char *key, size_t key_len, const char *json, size_t json_len) {
    add(row, (struct str){ key, key_len }, (struct str){ json, json_len });
}

void baro_row_text_n(struct baro_row *row, const char *key, size_t key_len, const char *value, size_t len) {
    struct buf json = BUF_INIT(ROW_MAX_BYTES);
    struct json_writer writer;
    json_writer_init(&writer, &json, JSON_EXTENDED);
    json_string(&writer, (struct str){ value, len });
    if (json.failed && row != NULL)
        row->items.failed = true;
    else
        add(row, (struct str){ key, key_len }, buf_str(&json));
    buf_finish(&json);
}

void baro_row_number(struct baro_row *row, const char *key, double value) {
    baro_row_number_n(row, key, strlen(key), value);
}

void baro_row_integer(struct baro_row *row, const char *key, int64_t value) {
    baro_row_integer_n(row, key, strlen(key), value);
}

void baro_row_bool(struct baro_row *row, const char *key, int value) {
    add(row, str_from_c(key), value ? STR("true") : STR("false"));
}

void baro_row_text(struct baro_row *row, const char *key, const char *value) {
    baro_row_text_n(row, key, strlen(key), value, strlen(value));
}

void baro_row_json(struct baro_row *row, const char *key, const char *json, size_t json_len) {
    baro_row_json_n(row, key, strlen(key), json, json_len);
}

/* ---- committing history ---- */

static struct str with_step_metrics(struct baro_run *run, struct str items) {
    buf_reset(&run->synced);
    summary_put_step_metrics(&run->summary, items, &run->synced);
    if (run->synced.len == 0)
        return items;
    buf_append_str(&run->synced, items);
    return run->synced.failed ? items : buf_str(&run->synced);
}

/* The history record of these items as the run's next step. */
static enum err_code write_row(struct baro_run *run, struct str items, int64_t wall_ns, struct err *err) {
    struct str all_items;
    if (run->summary.step_count > 0)
        items = with_step_metrics(run, items);
    buf_reset(&run->record);
    row_end_put_record(&run->record, run->log, items, wall_ns, &all_items);
    if (!run->record.failed)
        summary_observe(&run->summary, all_items);
    enum err_code code = run_append(run, err);
    run->log->control->next_step++;
    if (code != OK)
        return code;
    int64_t now_ms = wall_ns / 1000000;
    if (now_ms - run->summary_written_ms >= SUMMARY_INTERVAL_MS || now_ms < run->summary_written_ms) {
        run->summary_written_ms = now_ms;
        run_write_summary(run);
    }
    return OK;
}

static bool same_path(const struct record_item *a, const struct record_item *b) {
    if (a->path_len != b->path_len)
        return false;
    for (size_t i = 0; i < a->path_len; i++)
        if (!str_eq(a->path[i], b->path[i]))
            return false;
    return true;
}

static bool has_path(struct str items, const struct record_item *wanted) {
    const struct record body = { .kind = RECORD_SUMMARY, .body = items };
    struct record_items reader;
    struct record_item item;
    struct err err;
    bool is_end = false, found = false;
    record_items_init(&reader, &body);
    while (!found && record_items_next(&reader, &item, &is_end, &err) == OK && !is_end)
        found = same_path(&item, wanted);
    record_items_finish(&reader);
    return found;
}

/* The open row's items that the new ones do not replace, then the new ones: into run->merged. */
static void merge(struct baro_run *run, struct str items) {
    const struct record body = { .kind = RECORD_SUMMARY, .body = shared_log_open_row(run->log) };
    struct record_items reader;
    struct record_item item;
    struct err err;
    bool is_end = false;
    buf_reset(&run->merged);
    record_items_init(&reader, &body);
    size_t begin = 0;
    while (record_items_next(&reader, &item, &is_end, &err) == OK && !is_end) {
        size_t end = body.body.len - reader.body.len;
        if (!has_path(items, &item))
            buf_append_str(&run->merged, str_slice(body.body, begin, end - begin));
        begin = end;
    }
    record_items_finish(&reader);
    buf_append_str(&run->merged, items);
}

enum err_code run_close_open_row(struct baro_run *run, struct err *err) {
    struct str items = shared_log_open_row(run->log);
    if (items.len == 0)
        return OK;
    TRY(write_row(run, items, run->log->control->open_row_wall_ns, err));
    shared_log_set_open_row(run->log, STR_EMPTY, 0);
    return OK;
}

static enum err_code keep_open(struct baro_run *run, int64_t wall_ns, struct err *err) {
    if (run->merged.failed || run->merged.len > SHARED_LOG_OPEN_ROW_MAX)
        return err_set(err, ERR_TOO_LARGE, "a row that stays open takes at most %d bytes, got %zu; commit it",
                       SHARED_LOG_OPEN_ROW_MAX, run->merged.len);
    shared_log_set_open_row(run->log, buf_str(&run->merged), wall_ns);
    return OK;
}

static enum err_code commit_history(struct baro_run *run, struct str items, const struct baro_log_options *options,
                                    struct err *err) {
    struct shared_log_control *control = run->log->control;
    int64_t wall_ns = run_wall_ns();
    if (options != NULL && options->has_step) {
        if (options->step < control->next_step)
            return err_set(err, ERR_CONFLICT, "step %lld is behind the run's step %lld; the row is left out",
                           (long long)options->step, (long long)control->next_step);
        if (options->step > control->next_step) {
            TRY(run_close_open_row(run, err));
            control->next_step = options->step;
        }
    }
    bool stays_open = options != NULL && options->is_open;
    if (shared_log_open_row(run->log).len == 0 && !stays_open)
        return write_row(run, items, wall_ns, err);
    merge(run, items);
    if (stays_open)
        return keep_open(run, wall_ns, err);
    /* Written, it is behind the next step, and so no longer open. */
    return write_row(run, buf_str(&run->merged), wall_ns, err);
}

static enum err_code commit(struct baro_row *row, const struct baro_log_options *options, struct err *err) {
    struct baro_run *run = row->run;
    if (row->is_too_deep)
        return err_set(err, ERR_TOO_LARGE, "objects are nested deeper than %d levels", TREE_DEPTH_MAX);
    if (row->items.failed || row->names.failed)
        return err_set(err, ERR_TOO_LARGE, "a row takes at most %d bytes", ROW_MAX_BYTES);
    if (atomic_load(&run->log->control->is_ended))
        return err_set(err, ERR_CONFLICT, "the run is finished");
    switch (row->kind) {
    case BARO_CONFIG:
        buf_reset(&run->record);
        record_put_body(&run->record, run_next_record(run), RECORD_CONFIG, buf_str(&row->items));
        return run_append(run, err);
    case BARO_SUMMARY:
        summary_set(&run->summary, buf_str(&row->items));
        run_write_summary(run);
        return OK;
    default: return commit_history(run, buf_str(&row->items), options, err);
    }
}

int baro_row_commit(struct baro_row *row, const struct baro_log_options *options, struct baro_error *error) {
    struct err err = { 0 };
    if (row == NULL) {
        err_set_message(&err, ERR_FULL, "out of memory");
        return run_report(error, &err);
    }
    shared_log_lock(row->run->log);
    enum err_code code = commit(row, options, &err);
    shared_log_unlock(row->run->log);
    baro_row_drop(row);
    return code == OK ? BARO_OK : run_report(error, &err);
}
