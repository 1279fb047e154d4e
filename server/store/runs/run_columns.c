/* run_columns.c - rows of SQL and their JSON into cells. */
#include "server/store/runs/run_columns_links.h"

#include "base/log.h"
#include "server/store/runs/run_state.h"

enum { INTERNED_BYTES_MAX = 256, PATH_MAX_BYTES = 1024 };
/* Texts of rows that changed are garbage until the next rebuild. */
#define GARBAGE_BYTES_MAX ((size_t)32 << 20)

enum { NEEDS_CONFIG = 1, NEEDS_SUMMARY = 2 };

/* What one pass fills: all columns of the rows that changed, or the new columns of all rows. */
struct fill {
    struct run_columns *columns;
    struct run_column *first;
    size_t count;
    size_t row;
    struct arena *scratch; /* emptied after each row */
};

/* ---- life ---- */

void run_columns_init(struct run_columns *columns, int64_t project_id) {
    *columns = (struct run_columns){ .project_id = project_id, .version = -1 };
    columns->texts = arena_create();
    columns->interned = map_create(NULL);
}

void run_columns_finish(struct run_columns *columns) {
    for (size_t i = 0; i < columns->column_count; i++)
        free(columns->columns[i].cells);
    free(columns->ids);
    free(columns->is_gone);
    map_destroy(columns->interned);
    if (columns->texts != NULL)
        arena_destroy(columns->texts);
    *columns = (struct run_columns){ 0 };
}

size_t run_columns_bytes(const struct run_columns *columns) {
    return arena_used_bytes(columns->texts) + map_count(columns->interned) * 48 +
           columns->row_cap *
               (columns->column_count * sizeof(struct filter_value) + sizeof(int64_t) + sizeof(bool));
}

static void *grow_or_die(void *old, size_t count, size_t item_bytes) {
    void *grown = reallocarray(old, count, item_bytes);
    if (grown == NULL)
        log_fatal("out of memory for %zu rows of runs", count);
    return grown;
}

static void make_room(struct run_columns *columns) {
    size_t cap = columns->row_cap == 0 ? 64 : columns->row_cap * 2;
    if (columns->row_count < columns->row_cap)
        return;
    columns->ids = grow_or_die(columns->ids, cap, sizeof(int64_t));
    columns->is_gone = grow_or_die(columns->is_gone, cap, sizeof(bool));
    for (size_t i = 0; i < columns->column_count; i++)
        columns->columns[i].cells = grow_or_die(columns->columns[i].cells, cap, sizeof(struct filter_value));
    columns->row_cap = cap;
}

static struct run_column column_of(struct run_columns *columns, const struct filter_key *key) {
    struct run_column column = { .word = (enum run_word)key->word,
                                 .rest = arena_copy(columns->texts, key->rest) };
    size_t len = column.rest.len;

    if (column.word == RUN_WORD_CONFIG && len > 6 && str_ends_with(column.rest, STR(".value")))
        column.plain = str_slice(column.rest, 0, len - 6);
    for (size_t i = 0; column.word == RUN_WORD_CONFIG && column.plain.ptr == NULL && i + 7 < len; i++)
        if (i > 0 && str_starts_with(str_from(column.rest, i), STR(".value.")))
            column.plain = arena_printf(columns->texts, "%.*s%.*s", (int)i, column.rest.ptr,
                                        STR_ARG(str_from(column.rest, i + 6)));
    return column;
}

/* ---- rows ---- */

size_t run_columns_find_row(const struct run_columns *columns, int64_t id) {
    size_t low = 0, high = columns->row_count;
    if (high > 0 && columns->ids[high - 1] < id)
        return high; /* new runs have the highest ids */
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (columns->ids[middle] < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Runs that were moved here have ids between those that are here: rare enough to move the rest up. */
static void insert_row(struct run_columns *columns, size_t row, int64_t id) {
    size_t behind = columns->row_count - row;

    make_room(columns);
    memmove(columns->ids + row + 1, columns->ids + row, behind * sizeof(int64_t));
    memmove(columns->is_gone + row + 1, columns->is_gone + row, behind * sizeof(bool));
    for (size_t i = 0; i < columns->column_count; i++) {
        struct filter_value *cells = columns->columns[i].cells;
        memmove(cells + row + 1, cells + row, behind * sizeof(*cells));
        cells[row] = (struct filter_value){ .type = FILTER_MISSING };
    }
    columns->ids[row] = id;
    columns->is_gone[row] = false;
    columns->row_count++;
}

static size_t ensure_row(struct run_columns *columns, int64_t id) {
    size_t row = run_columns_find_row(columns, id);
    if (row == columns->row_count || columns->ids[row] != id)
        insert_row(columns, row, id);
    return row;
}

/* ---- values ---- */

struct filter_value run_columns_keep_text(struct run_columns *columns, struct str text) {
    char *known;
    if (text.ptr == NULL || text.len > INTERNED_BYTES_MAX)
        return filter_text(text.ptr == NULL ? text : arena_copy(columns->texts, text));
    known = map_find(columns->interned, text);
    if (known == NULL) {
        known = arena_copy_c(columns->texts, text);
        map_put(columns->interned, (struct str){ known, text.len }, known);
    }
    return filter_text((struct str){ known, text.len });
}

/* Moves a value out of the scratch arena. */
static struct filter_value keep_value(struct run_columns *columns, struct filter_value value) {
    struct filter_value *items;

    if (value.type == FILTER_TEXT)
        return run_columns_keep_text(columns, filter_value_str(value));
    if (value.type == FILTER_OBJECT) {
        value.text = arena_copy(columns->texts, filter_value_str(value)).ptr;
        return value;
    }
    if (value.type != FILTER_LIST)
        return value;
    items = ARENA_ARRAY(columns->texts, struct filter_value, value.len);
    for (uint32_t i = 0; i < value.len; i++)
        items[i] = keep_value(columns, value.items[i]);
    value.items = items;
    return value;
}

static struct filter_value value_of_json(struct fill *fill, struct str raw) {
    struct json_value *json;
    struct err err;
    if (json_parse(&json, raw, JSON_EXTENDED, fill->scratch, &err) != OK)
        return (struct filter_value){ .type = FILTER_MISSING }; /* deeper than the reader goes */
    return keep_value(fill->columns, filter_value_from_json(json, fill->scratch));
}

/* ---- config and summary ---- */

/* Whether the path is one that some column asks for; or leads to one. The path as it was written in the
 * filter wins over the one without ".value". */
static bool visit_columns(struct fill *fill, enum run_word word, struct str path, struct str raw) {
    bool leads_on = false;

    for (struct run_column *c = fill->first; c < fill->first + fill->count; c++) {
        struct filter_value *cell = &c->cells[fill->row];
        if (c->word != word)
            continue;
        if (str_eq(path, c->rest) ||
            (c->plain.ptr != NULL && str_eq(path, c->plain) && cell->type == FILTER_MISSING))
            *cell = value_of_json(fill, raw);
        leads_on =
            leads_on ||
            (path.len < c->rest.len && str_starts_with(c->rest, path) && c->rest.ptr[path.len] == '.') ||
            (path.len < c->plain.len && str_starts_with(c->plain, path) && c->plain.ptr[path.len] == '.');
    }
    return leads_on;
}

static void walk_object(struct fill *fill, enum run_word word, struct str text, char *path, size_t path_len,
                        int depth);

static void walk_value(struct fill *fill, enum run_word word, struct str raw, char *path, size_t path_len,
                       int depth) {
    if (visit_columns(fill, word, (struct str){ path, path_len }, raw) && raw.len > 0 && raw.ptr[0] == '{')
        walk_object(fill, word, raw, path, path_len, depth + 1);
}

/* config: {"lr": {"value": 0.1, "desc": null}} has its values one step further in. */
static struct str unwrapped(struct str raw) {
    struct json_reader reader;
    struct str value = raw, member;

    if (raw.len == 0 || raw.ptr[0] != '{')
        return raw;
    json_reader_init(&reader, raw, JSON_EXTENDED);
    (void)json_next(&reader);
    while (json_next(&reader) == JSON_KEY) {
        bool is_value = !reader.has_escapes && str_eq_c(reader.text, "value");
        if (!json_skip_value(&reader, json_next(&reader), &member))
            return value;
        if (is_value)
            value = member;
    }
    return value;
}

/* Members in their order. Each object is read once to find its members' extents, and again where a path leads
 * in. */
static void walk_object(struct fill *fill, enum run_word word, struct str text, char *path, size_t path_len,
                        int depth) {
    struct json_reader reader;
    struct str raw;

    json_reader_init(&reader, text, JSON_EXTENDED);
    if (depth > JSON_MAX_DEPTH || json_next(&reader) != JSON_OBJECT_BEGIN)
        return;
    while (json_next(&reader) == JSON_KEY) {
        size_t at = path_len > 0 ? path_len + 1 : 0;
        bool fits = at + reader.text.len <= PATH_MAX_BYTES;
        size_t len = 0;
        if (fits) {
            if (at > 0)
                path[path_len] = '.';
            memcpy(path + at, reader.text.ptr, reader.text.len);
            len = reader.has_escapes ? json_unescape((struct str){ path + at, reader.text.len }, path + at)
                                     : reader.text.len;
        }
        if (!json_skip_value(&reader, json_next(&reader), &raw))
            return;
        if (fits)
            walk_value(fill, word, depth == 0 && word == RUN_WORD_CONFIG ? unwrapped(raw) : raw, path,
                       at + len, depth);
    }
}

static void fill_document(struct fill *fill, enum run_word word, struct str text) {
    char path[PATH_MAX_BYTES];
    if (text.ptr != NULL)
        walk_object(fill, word, text, path, 0, 0);
}

/* ---- a row of SQL ---- */

/* The columns of the statements below. */
enum {
    COL_ID,
    COL_VERSION,
    COL_DELETED_AT,
    COL_NAME,
    COL_DISPLAY_NAME,
    COL_DESCRIPTION,
    COL_NOTES,
    COL_GROUP,
    COL_JOB_TYPE,
    COL_SWEEP,
    COL_HOST,
    COL_PROGRAM,
    COL_REPO,
    COL_COMMIT,
    COL_TAGS,
    COL_STATE,
    COL_CREATED_AT,
    COL_UPDATED_AT,
    COL_HEARTBEAT_AT,
    COL_EXIT_CODE,
    COL_STOPPED,
    COL_USERNAME,
    COL_PROJECT,
    COL_ENTITY,
    COL_CONFIG,
    COL_SUMMARY
};

static struct filter_value text_cell(struct fill *fill, const struct db_rows *rows, int column) {
    return run_columns_keep_text(fill->columns, db_str(rows, column, fill->scratch));
}

static struct filter_value tag_cell(struct fill *fill, struct str tags, struct str tag) {
    struct json_value *json;
    struct err err;
    if (json_parse(&json, tags, JSON_STRICT, fill->scratch, &err) == OK && json->type == JSON_TYPE_ARRAY)
        for (size_t i = 0; i < json->array.count; i++)
            if (json->array.items[i].type == JSON_TYPE_STRING && str_eq(json->array.items[i].string, tag))
                return filter_bool(true);
    return (struct filter_value){ .type = FILTER_MISSING };
}

static struct filter_value cell_of(struct fill *fill, const struct run_column *column,
                                   const struct db_rows *rows) {
    static const int texts[] = {
        [RUN_WORD_COMMIT] = COL_COMMIT,
        [RUN_WORD_DESCRIPTION] = COL_DESCRIPTION,
        [RUN_WORD_DISPLAY_NAME] = COL_DISPLAY_NAME,
        [RUN_WORD_ENTITY] = COL_ENTITY,
        [RUN_WORD_GROUP] = COL_GROUP,
        [RUN_WORD_HOST] = COL_HOST,
        [RUN_WORD_JOB_TYPE] = COL_JOB_TYPE,
        [RUN_WORD_NAME] = COL_NAME,
        [RUN_WORD_NOTES] = COL_NOTES,
        [RUN_WORD_PROGRAM] = COL_PROGRAM,
        [RUN_WORD_PROJECT] = COL_PROJECT,
        [RUN_WORD_REPO] = COL_REPO,
        [RUN_WORD_SWEEP] = COL_SWEEP,
        [RUN_WORD_USERNAME] = COL_USERNAME,
    };

    switch (column->word) {
    case RUN_WORD_CONFIG:
    case RUN_WORD_INPUTS:
    case RUN_WORD_OUTPUTS:
    case RUN_WORD_SUMMARY:
        return (struct filter_value){ .type = FILTER_MISSING }; /* filled later: fill_document, run_columns_fill_links */
    case RUN_WORD_MAX:
    case RUN_WORD_MIN:
        return run_columns_not_looked_up;
    case RUN_WORD_CREATED_AT:
        return filter_int(db_int(rows, COL_CREATED_AT));
    case RUN_WORD_UPDATED_AT:
        return filter_int(db_int(rows, COL_UPDATED_AT));
    case RUN_WORD_HEARTBEAT_AT:
        return filter_int(db_int(rows, COL_HEARTBEAT_AT));
    case RUN_WORD_DURATION:
        return filter_double((double)(db_int(rows, COL_HEARTBEAT_AT) - db_int(rows, COL_CREATED_AT)) /
                             1000.0);
    case RUN_WORD_EXIT_CODE:
        return db_is_null(rows, COL_EXIT_CODE) ? (struct filter_value){ .type = FILTER_MISSING }
                                               : filter_int(db_int(rows, COL_EXIT_CODE));
    case RUN_WORD_STATE:
        return run_columns_keep_text(fill->columns, str_from_c(run_state_name((enum run_state)db_int(rows, COL_STATE))));
    case RUN_WORD_STOPPED:
        return filter_bool(db_int(rows, COL_STOPPED) != 0);
    case RUN_WORD_TAGS:
        return value_of_json(fill, db_str(rows, COL_TAGS, fill->scratch));
    case RUN_WORD_TAG:
        return tag_cell(fill, db_str(rows, COL_TAGS, fill->scratch), column->rest);
    default:
        return text_cell(fill, rows, texts[column->word]);
    }
}

static void fill_row(struct fill *fill, const struct db_rows *rows) {
    for (size_t i = 0; i < fill->count; i++)
        fill->first[i].cells[fill->row] = cell_of(fill, &fill->first[i], rows);
    fill_document(fill, RUN_WORD_CONFIG, db_str(rows, COL_CONFIG, fill->scratch));
    fill_document(fill, RUN_WORD_SUMMARY, db_str(rows, COL_SUMMARY, fill->scratch));
}

/* Which large texts the columns need decides which statement is run. */
#define RUN_ROWS(config, summary, joins)                                                                     \
    "select r.id, r.version, r.deleted_at, r.name, r.display_name, r.description, r.notes, r.group_name, "   \
    "r.job_type,"                                                                                            \
    " r.sweep, r.host, r.program, r.repo, r.commit_hash, r.tags, r.state, r.created_at, r.updated_at, "      \
    "r.heartbeat_at,"                                                                                        \
    " r.exit_code, r.is_stop_requested, u.username, p.name, e.name, " config ", " summary                    \
    " from runs r join projects p on p.id = r.project_id join entities e on e.id = p.entity_id"              \
    " left join users u on u.id = r.user_id " joins                                                          \
    " where r.project_id = $1 and r.version > $2 order by r.id"
#define WITH_CONFIG " left join run_configs c on c.run_id = r.id"
#define WITH_SUMMARY " left join run_summaries s on s.run_id = r.id"

static const char *const statements[] = {
    [0] = RUN_ROWS("null", "null", ""),
    [NEEDS_CONFIG] = RUN_ROWS("c.config", "null", WITH_CONFIG),
    [NEEDS_SUMMARY] = RUN_ROWS("null", "s.summary", WITH_SUMMARY),
    [NEEDS_CONFIG | NEEDS_SUMMARY] = RUN_ROWS("c.config", "s.summary", WITH_CONFIG WITH_SUMMARY),
};

static unsigned needs_of(const struct run_column *first, size_t count) {
    unsigned needs = 0;
    for (size_t i = 0; i < count; i++)
        needs |= first[i].word == RUN_WORD_CONFIG    ? NEEDS_CONFIG
                 : first[i].word == RUN_WORD_SUMMARY ? NEEDS_SUMMARY
                                                     : 0;
    return needs;
}

static void take_row(struct fill *fill, const struct db_rows *rows) {
    struct run_columns *columns = fill->columns;
    int64_t id = db_int(rows, COL_ID), version = db_int(rows, COL_VERSION);
    bool is_gone = !db_is_null(rows, COL_DELETED_AT);
    size_t row = run_columns_find_row(columns, id);

    if (version > columns->version)
        columns->version = version;
    if (is_gone && (row == columns->row_count || columns->ids[row] != id))
        return; /* never seen alive */
    fill->row = ensure_row(columns, id);
    columns->gone_count += (size_t)is_gone - (size_t)columns->is_gone[fill->row];
    columns->is_gone[fill->row] = is_gone;
    if (!is_gone)
        fill_row(fill, rows);
}

static enum err_code read_rows(struct run_columns *columns, struct db_tx *tx, int64_t newer_than,
                               struct run_column *first, size_t count, struct err *err) {
    struct fill fill = { .columns = columns, .first = first, .count = count, .scratch = arena_create() };
    struct db_rows *rows;
    enum err_code code = db_query(tx, &rows, DB_ARGS(DB_INT(columns->project_id), DB_INT(newer_than)),
                                  statements[needs_of(first, count)], err);
    if (code == OK) {
        while (db_next(rows)) {
            take_row(&fill, rows);
            arena_reset(fill.scratch);
        }
        code = db_end(rows, err);
    }
    arena_destroy(fill.scratch);
    return code;
}

/* A moved run leaves its old project by a new row of its own (a tombstone with another id), so the old one's
 * row is found out by asking who is still here. Only when something with moved_to has come. */
static enum err_code mark_moved(struct run_columns *columns, struct db_tx *tx, int64_t newer_than,
                                struct err *err) {
    struct db_rows *rows;

    TRY(db_query(
        tx, &rows, DB_ARGS(DB_INT(columns->project_id), DB_INT(newer_than)),
        "select m.moved_to from runs m join runs r on r.id = m.moved_to"
        " where m.project_id = $1 and m.version > $2 and m.moved_to is not null and r.project_id <> $1",
        err));
    while (db_next(rows)) {
        int64_t id = db_int(rows, 0);
        size_t row = run_columns_find_row(columns, id);
        if (row < columns->row_count && columns->ids[row] == id && !columns->is_gone[row]) {
            columns->is_gone[row] = true;
            columns->gone_count++;
        }
    }
    return db_end(rows, err);
}

/* ---- refreshing ---- */

static bool is_same(const struct run_column *column, const struct filter_key *key) {
    return column->word == (enum run_word)key->word && str_eq(column->rest, key->rest);
}

static struct run_column *find_column(struct run_columns *columns, const struct filter_key *key) {
    for (size_t i = 0; i < columns->column_count; i++)
        if (is_same(&columns->columns[i], key))
            return &columns->columns[i];
    return NULL;
}

static void start_again(struct run_columns *columns) {
    struct run_columns old = *columns;
    run_columns_finish(columns);
    run_columns_init(columns, old.project_id);
    columns->read_extremes = old.read_extremes;
    columns->extremes_context = old.extremes_context;
}

/* Garbage is cheapest to collect by reading all again. */
static bool is_worn(const struct run_columns *columns, size_t max_bytes) {
    return columns->gone_count > 1000 + columns->row_count / 2 ||
           arena_used_bytes(columns->texts) > 2 * columns->fresh_bytes + GARBAGE_BYTES_MAX ||
           run_columns_bytes(columns) > max_bytes ||
           columns->column_count + FILTER_KEYS_MAX > RUN_COLUMNS_MAX;
}

static void add_columns(struct run_columns *columns, const struct filter_keys *keys) {
    for (size_t i = 0; i < keys->count; i++) {
        struct run_column column;
        if (find_column(columns, &keys->items[i]) != NULL)
            continue;
        column = column_of(columns, &keys->items[i]);
        if (columns->row_cap > 0)
            column.cells = grow_or_die(NULL, columns->row_cap, sizeof(struct filter_value));
        if (columns->row_count > 0)
            memset(column.cells, 0, columns->row_count * sizeof(struct filter_value));
        columns->columns[columns->column_count++] = column;
    }
}

static enum err_code read_all(struct run_columns *columns, struct db_tx *tx, size_t known, struct err *err) {
    int64_t version = columns->version;

    if (version >= 0 && columns->column_count > known) {
        TRY(read_rows(columns, tx, version, columns->columns, known, err));
        TRY(read_rows(columns, tx, -1, columns->columns + known, columns->column_count - known, err));
    } else {
        TRY(read_rows(columns, tx, version, columns->columns, columns->column_count, err));
    }
    if (version >= 0)
        return mark_moved(columns, tx, version, err);
    if (columns->version < 0)
        columns->version = 0;
    return OK;
}

/* A snapshot that is older than what was read must not add to it: its rows would never be read again. */
static enum err_code check_age(struct run_columns *columns, struct db_tx *tx, struct err *err) {
    struct db_rows *rows;
    int64_t version = columns->version;

    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(columns->project_id)),
                 "select run_version from projects where id = $1", err));
    while (db_next(rows))
        version = db_int(rows, 0);
    TRY(db_end(rows, err));
    if (version < columns->version)
        start_again(columns);
    return OK;
}

enum err_code run_columns_refresh(struct run_columns *columns, struct db_tx *tx,
                                  const struct filter_keys *keys, size_t max_bytes, struct run_column **out,
                                  struct err *err) {
    enum err_code code;
    size_t known;

    TRY(check_age(columns, tx, err));
    if (is_worn(columns, max_bytes))
        start_again(columns);
    known = columns->column_count;
    add_columns(columns, keys);
    code = read_all(columns, tx, known, err);
    if (code != OK) {
        start_again(columns); /* half-read columns must not be believed later */
        return code;
    }
    if (columns->column_count > known)
        columns->fresh_bytes = arena_used_bytes(columns->texts);
    for (size_t i = 0; i < keys->count; i++)
        out[i] = find_column(columns, &keys->items[i]);
    return run_columns_fill_links(columns, tx, out, keys->count, err);
}
