/* batch.c - lines of JSON become columns. This is the hottest code of the server: three million values a second pass
 * through history_batch_add_line, so a row of a known shape costs neither a hash nor an allocation. */
#include "server/history/batch_state.h"

#include "base/log.h"
#include "base/number.h"
#include "server/history/bytes.h"

#include <math.h>

enum {
    FLATTEN_DEPTH_MAX = 16,           /* deeper objects are kept as JSON text, so that no text is looked at often */
    COLUMNS_KEPT = 4096,              /* more than this are given back when the batch begins again */
    COLUMNS_FULL = 100000,            /* a row may bring as many again */
    VALUES_FULL = 16 << 20,
    TEXT_FULL = 64 << 20,
    TEXT_MAX = 1 << 30,
    ENCODED_MAX = 1 << 30,
};

#define NO_COLUMN UINT32_MAX

/* Doubles an array that is full. */
void *batch_grow(void *items, uint32_t *capacity, size_t item_bytes) {
    uint32_t bigger = *capacity < 16 ? 16 : *capacity * 2;
    void *grown = realloc(items, bigger * item_bytes);
    if (grown == NULL)
        log_fatal("out of memory: %zu bytes for a batch", bigger * item_bytes);
    *capacity = bigger;
    return grown;
}

struct history_batch *history_batch_create(void) {
    struct history_batch *batch = calloc(1, sizeof(*batch));
    if (batch == NULL)
        log_fatal("out of memory: a batch");
    hash_random(&batch->seed, sizeof(batch->seed));
    buf_init(&batch->path, HISTORY_LINE_BYTES_MAX + 2 * HISTORY_KEY_BYTES_MAX);
    buf_init(&batch->text, TEXT_MAX);
    buf_init(&batch->encoded, ENCODED_MAX);
    return batch;
}

void batch_drop_columns(struct history_batch *batch) {
    for (uint32_t i = 0; i < batch->column_count; i++) {
        struct column *column = &batch->columns[i].column;
        free((char *)column->path.ptr);
        free(column->rows);
        free(column->null_rows);
        free(column->values);
    }
    free(batch->columns);
    free(batch->slots);
    batch->columns = NULL;
    batch->slots = NULL;
    batch->column_count = batch->column_capacity = batch->slot_count = 0;
}

void history_batch_destroy(struct history_batch *batch) {
    if (batch == NULL)
        return;
    batch_drop_columns(batch);
    free(batch->steps);
    free(batch->lines);
    free(batch->touched);
    free(batch->ranges);
    buf_finish(&batch->path);
    buf_finish(&batch->text);
    buf_finish(&batch->encoded);
    free(batch);
}

void history_batch_begin(struct history_batch *batch, enum history_kind kind, int64_t first_line) {
    if (batch->column_count > COLUMNS_KEPT || batch->value_count > VALUES_FULL / 4)
        batch_drop_columns(batch);
    for (uint32_t i = 0; i < batch->column_count; i++) {
        batch->columns[i].column.count = batch->columns[i].column.null_count = 0;
        batch->columns[i].column.type = (enum history_type)0;
    }
    if (batch->text.cap > TEXT_FULL / 4)
        buf_finish(&batch->text);
    buf_reset(&batch->text);
    buf_reset(&batch->encoded);
    batch->kind = kind;
    batch->first_line = batch->next_line = first_line;
    batch->row_count = 0;
    batch->steps_ascend = true;
    batch->is_table = false;
    batch->first_in_row = NO_COLUMN;
    batch->value_count = 0;
    batch->points = 0;
    batch->range_count = 0;
}

bool history_batch_has_room(const struct history_batch *batch) {
    return batch->next_line - batch->first_line < HISTORY_BATCH_ROWS_MAX && batch->column_count < COLUMNS_FULL &&
           batch->value_count < VALUES_FULL && batch->text.len < TEXT_FULL;
}

int64_t history_batch_next_line(const struct history_batch *batch) {
    return batch->next_line;
}
int64_t history_batch_rows(const struct history_batch *batch) {
    return batch->row_count;
}
int64_t history_batch_points(const struct history_batch *batch) {
    return batch->points;
}

/* ---- finding a key's column ---- */

static uint64_t mix(uint64_t a, uint64_t b) {
    unsigned __int128 product = (unsigned __int128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* Seeded, so that nobody outside can choose keys that collide. */
static uint32_t hash_path(const struct history_batch *batch, struct str path) {
    uint64_t hash = batch->seed ^ path.len, word;
    const char *at = path.ptr;
    size_t left = path.len;

    for (; left > 8; left -= 8, at += 8) {
        memcpy(&word, at, 8);
        hash = mix(hash ^ word, 0x9e3779b97f4a7c15);
    }
    word = 0;
    memcpy(&word, at, left);
    hash = mix(hash ^ word, 0xd6e8feb86659fd93);
    return (uint32_t)(hash ^ hash >> 32);
}

static void rebuild_slots(struct history_batch *batch, uint32_t slot_count) {
    free(batch->slots);
    batch->slots = calloc(slot_count, sizeof(*batch->slots));
    if (batch->slots == NULL)
        log_fatal("out of memory: %u slots for a batch", slot_count);
    batch->slot_count = slot_count;
    for (uint32_t i = 0; i < batch->column_count; i++) {
        uint32_t slot = batch->columns[i].hash & (slot_count - 1);
        while (batch->slots[slot] != 0)
            slot = (slot + 1) & (slot_count - 1);
        batch->slots[slot] = i + 1;
    }
}

static uint32_t add_column(struct history_batch *batch, struct str path, uint32_t hash, uint32_t slot) {
    uint32_t at = batch->column_count;
    char *copy = malloc(path.len + 1);

    if (copy == NULL)
        log_fatal("out of memory: a key of %zu bytes", path.len);
    memcpy(copy, path.ptr, path.len);
    if (at == batch->column_capacity)
        batch->columns = batch_grow(batch->columns, &batch->column_capacity, sizeof(*batch->columns));
    batch->columns[at] = (struct build_column){ .column = { .path = { copy, path.len } }, .next = NO_COLUMN, .hash = hash };
    batch->slots[slot] = at + 1;
    batch->column_count++;
    return at;
}

static uint32_t look_up_column(struct history_batch *batch, struct str path) {
    uint32_t hash = hash_path(batch, path);

    if ((batch->column_count + 1) * 2 > batch->slot_count)
        rebuild_slots(batch, batch->slot_count == 0 ? 64 : batch->slot_count * 2);
    uint32_t slot = hash & (batch->slot_count - 1);
    while (batch->slots[slot] != 0) {
        const struct build_column *found = &batch->columns[batch->slots[slot] - 1];
        if (found->hash == hash && str_eq(found->column.path, path))
            return batch->slots[slot] - 1;
        slot = (slot + 1) & (batch->slot_count - 1);
    }
    return add_column(batch, path, hash, slot);
}

static struct build_column *find_column(struct history_batch *batch, struct str path) {
    uint32_t *guess = batch->previous == NO_COLUMN ? &batch->first_in_row : &batch->columns[batch->previous].next;
    uint32_t at = *guess;

    if (at >= batch->column_count || !str_eq(batch->columns[at].column.path, path)) {
        at = look_up_column(batch, path); /* may move the columns */
        guess = batch->previous == NO_COLUMN ? &batch->first_in_row : &batch->columns[batch->previous].next;
        *guess = at;
    }
    batch->previous = at;
    return &batch->columns[at];
}

/* ---- adding a value ---- */

static void pop_row(struct column *column, uint32_t row) {
    if (column->count > 0 && column->rows[column->count - 1] == row)
        column->count--;
    if (column->null_count > 0 && column->null_rows[column->null_count - 1] == row)
        column->null_count--;
}

/* A key that comes twice in a row keeps its last value. */
static struct build_column *touch_column(struct history_batch *batch, struct str path) {
    struct build_column *build = find_column(batch, path);

    pop_row(&build->column, batch->row_count);
    if (batch->touched_count == batch->touched_capacity)
        batch->touched = batch_grow(batch->touched, &batch->touched_capacity, sizeof(*batch->touched));
    batch->touched[batch->touched_count++] = batch->previous;
    return build;
}

static void append_value(struct history_batch *batch, struct build_column *build, union value value) {
    struct column *column = &build->column;

    if (column->count == build->capacity) {
        uint32_t capacity = build->capacity;
        column->rows = batch_grow(column->rows, &capacity, sizeof(*column->rows));
        column->values = batch_grow(column->values, &build->capacity, sizeof(*column->values));
    }
    column->rows[column->count] = batch->row_count;
    column->values[column->count++] = value;
}

static void append_null(struct history_batch *batch, struct build_column *build) {
    struct column *column = &build->column;

    if (column->null_count == build->null_capacity)
        column->null_rows = batch_grow(column->null_rows, &build->null_capacity, sizeof(*column->null_rows));
    column->null_rows[column->null_count++] = batch->row_count;
}

static union value keep_text(struct history_batch *batch, struct str text) {
    union value value = { .text = { (uint32_t)batch->text.len, (uint32_t)text.len } };
    buf_append_str(&batch->text, text);
    return value;
}

static void column_to_json(struct history_batch *batch, struct column *column) {
    struct buf json = BUF_INIT(TEXT_MAX);

    column->text = batch->text.ptr;
    for (uint32_t i = 0; i < column->count; i++) {
        buf_reset(&json);
        column_value_to_json(&json, column, i, JSON_EXTENDED);
        column->values[i] = keep_text(batch, buf_str(&json));
        column->text = batch->text.ptr; /* it may have moved */
    }
    column->type = HISTORY_JSON;
    buf_finish(&json);
}

/* True when all its integers are exact as doubles, and now they are doubles. */
static bool column_to_double(struct column *column) {
    for (uint32_t i = 0; i < column->count; i++)
        if (!int_fits_double(column->values[i].integer))
            return false;
    for (uint32_t i = 0; i < column->count; i++)
        column->values[i].number = (double)column->values[i].integer;
    column->type = HISTORY_DOUBLE;
    return true;
}

/* Adds a value whose type the column does not have (yet). raw is the value as JSON text. */
static void add_other_type(struct history_batch *batch, struct build_column *build, enum history_type type,
                           union value value, struct str raw) {
    struct column *column = &build->column;

    if (column->count == 0) {
        column->type = type;
    } else if (column->type == HISTORY_DOUBLE && type == HISTORY_INT && int_fits_double(value.integer)) {
        value.number = (double)value.integer;
    } else if (!(column->type == HISTORY_INT && type == HISTORY_DOUBLE && column_to_double(column))) {
        if (column->type != HISTORY_JSON)
            column_to_json(batch, column);
        value = keep_text(batch, raw);
    }
    append_value(batch, build, value);
}

static void add_value(struct history_batch *batch, struct str path, enum history_type type, union value value,
                      struct str raw) {
    struct build_column *build = touch_column(batch, path);
    if (build->column.type == type)
        append_value(batch, build, value);
    else
        add_other_type(batch, build, type, value, raw);
}

/* ---- reading a line ---- */

/* An integer as written: digits only, within int64. */
static bool parse_integer(struct str text, int64_t *out) {
    size_t at = text.len > 0 && text.ptr[0] == '-';
    uint64_t value = 0;

    if (text.len - at > 18)
        return str_to_i64(text, out);
    for (; at < text.len; at++) {
        uint32_t digit = (uint32_t)(unsigned char)text.ptr[at] - '0';
        if (digit > 9)
            return false;
        value = value * 10 + digit;
    }
    *out = text.ptr[0] == '-' ? -(int64_t)value : (int64_t)value;
    return true;
}

static double parse_double(struct str text) {
    char last = text.ptr[text.len - 1];
    if (last == 'N')
        return NAN;
    if (last == 'y')
        return text.ptr[0] == '-' ? -INFINITY : INFINITY;
    return number_to_double(text.ptr, text.len);
}

static bool is_written_as_integer(struct str text) {
    for (size_t i = text.ptr[0] == '-'; i < text.len; i++)
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return false;
    return true;
}

static void add_number(struct history_batch *batch, struct str path, struct str text) {
    union value value;

    if (parse_integer(text, &value.integer)) {
        add_value(batch, path, HISTORY_INT, value, text);
    } else if (is_written_as_integer(text)) { /* beyond int64 */
        add_value(batch, path, HISTORY_JSON, keep_text(batch, text), text);
    } else {
        value.number = parse_double(text);
        add_value(batch, path, HISTORY_DOUBLE, value, text);
    }
}

static void add_string(struct history_batch *batch, struct str path, const struct json_reader *reader) {
    struct str raw = { reader->text.ptr - 1, reader->text.len + 2 };
    union value value = { .text = { (uint32_t)batch->text.len, (uint32_t)reader->text.len } };

    if (!reader->has_escapes) {
        buf_append_str(&batch->text, reader->text);
    } else {
        char *out = buf_reserve(&batch->text, reader->text.len);
        size_t len = out != NULL ? json_unescape(reader->text, out) : 0;
        buf_commit(&batch->text, len);
        value.text.size = (uint32_t)len;
    }
    add_value(batch, path, HISTORY_STRING, value, raw);
}

static enum err_code bad_line(const struct json_reader *reader, struct err *err) {
    return err_set(err, ERR_BAD_INPUT, "at byte %zu: %s", reader->offset, reader->message);
}

static enum err_code take_step(struct history_batch *batch, const struct json_reader *reader, enum json_token token,
                               struct err *err) {
    double number;

    batch->has_step = true;
    if (token == JSON_NUMBER) {
        if (parse_integer(reader->text, &batch->step))
            return OK;
        number = parse_double(reader->text);
        if (!is_written_as_integer(reader->text) && fabs(number) <= 0x1p53 && number == floor(number)) {
            batch->step = (int64_t)number;
            return OK;
        }
    }
    return err_set(err, ERR_BAD_INPUT, "'_step' must be an integer within 64 bits");
}

/* Media values are objects with a "_type": they stay whole. */
static bool has_type_key(struct str object) {
    struct json_reader reader;
    struct str raw;

    if (!str_contains(object, STR("\"_type\"")))
        return false;
    json_reader_init(&reader, object, JSON_EXTENDED);
    (void)json_next(&reader);
    while (json_next(&reader) == JSON_KEY) {
        if (str_eq(reader.text, STR("_type")))
            return true;
        if (!json_skip_value(&reader, json_next(&reader), &raw))
            return false;
    }
    return false;
}

static bool is_empty_object(struct str object) {
    return str_trim(str_slice(object, 1, object.len - 2)).len == 0;
}

static enum err_code add_object(struct history_batch *batch, struct json_reader *reader, struct str path, int depth,
                                struct err *err);

static enum err_code add_nested(struct history_batch *batch, struct json_reader *reader, enum json_token token,
                                struct str path, int depth, struct err *err) {
    struct json_reader after = *reader;
    struct str raw;

    if (!json_skip_value(&after, token, &raw)) {
        *reader = after;
        return bad_line(reader, err);
    }
    if (token == JSON_OBJECT_BEGIN && depth < FLATTEN_DEPTH_MAX && !is_empty_object(raw) && !has_type_key(raw)) {
        if (path.ptr != batch->path.ptr) { /* the path of a top-level key is still in the line */
            buf_reset(&batch->path);
            buf_append_str(&batch->path, path);
        }
        return add_object(batch, reader, buf_str(&batch->path), depth + 1, err);
    }
    *reader = after;
    add_value(batch, path, HISTORY_JSON, keep_text(batch, raw), raw);
    return OK;
}

static enum err_code add_member(struct history_batch *batch, struct json_reader *reader, struct str path, int depth,
                                struct err *err) {
    enum json_token token = json_next(reader);

    if (depth == 0 && batch->kind == HISTORY_ROWS && str_eq(path, STR("_step")) && token != JSON_ERROR)
        return take_step(batch, reader, token, err);
    switch (token) {
    case JSON_NUMBER:
        add_number(batch, path, reader->text);
        return OK;
    case JSON_STRING:
        add_string(batch, path, reader);
        return OK;
    case JSON_TRUE:
    case JSON_FALSE:
        add_value(batch, path, HISTORY_BOOL, (union value){ .integer = token == JSON_TRUE },
                  token == JSON_TRUE ? STR("true") : STR("false"));
        return OK;
    case JSON_NULL:
        append_null(batch, touch_column(batch, path));
        return OK;
    case JSON_OBJECT_BEGIN:
    case JSON_ARRAY_BEGIN:
        return add_nested(batch, reader, token, path, depth, err);
    default:
        return bad_line(reader, err);
    }
}

/* The key's path: a plain top-level key is borrowed from the line, others are put together in batch->path. */
static struct str member_path(struct history_batch *batch, const struct json_reader *reader, size_t prefix_len,
                              int depth) {
    if (depth == 0 && !reader->has_escapes)
        return reader->text;
    batch->path.len = prefix_len;
    if (depth > 0)
        buf_append_char(&batch->path, PATH_SEPARATOR);
    char *out = buf_reserve(&batch->path, reader->text.len);
    if (out != NULL)
        buf_commit(&batch->path, json_unescape(reader->text, out));
    return buf_str(&batch->path);
}

static enum err_code add_object(struct history_batch *batch, struct json_reader *reader, struct str path, int depth,
                                struct err *err) {
    for (;;) {
        enum json_token token = json_next(reader);
        if (token == JSON_OBJECT_END)
            return OK;
        if (token != JSON_KEY)
            return bad_line(reader, err);
        struct str member = member_path(batch, reader, path.len, depth);
        if (member.len > HISTORY_KEY_BYTES_MAX)
            return err_set(err, ERR_BAD_INPUT, "a key must be at most %d bytes, got %zu", HISTORY_KEY_BYTES_MAX,
                           member.len);
        if (batch->touched_count >= HISTORY_ROW_KEYS_MAX)
            return err_set(err, ERR_BAD_INPUT, "a row may have at most %d keys", HISTORY_ROW_KEYS_MAX);
        TRY(add_member(batch, reader, member, depth, err));
    }
}

static enum err_code parse_line(struct history_batch *batch, struct str line, struct err *err) {
    struct json_reader reader;

    if (line.len > HISTORY_LINE_BYTES_MAX)
        return err_set(err, ERR_BAD_INPUT, "a line must be at most %d bytes, got %zu", HISTORY_LINE_BYTES_MAX, line.len);
    json_reader_init(&reader, line, JSON_EXTENDED);
    enum json_token token = json_next(&reader);
    if (token == JSON_ERROR)
        return bad_line(&reader, err);
    if (token != JSON_OBJECT_BEGIN)
        return err_set(err, ERR_BAD_INPUT, "a line must be a JSON object");
    TRY(add_object(batch, &reader, STR_EMPTY, 0, err));
    if (json_next(&reader) != JSON_END)
        return bad_line(&reader, err);
    return buf_check(&batch->text, "the text of a batch", err);
}

static void commit_row(struct history_batch *batch, int64_t line) {
    uint32_t row = batch->row_count;

    if (row == batch->row_capacity) {
        uint32_t capacity = batch->row_capacity;
        batch->steps = batch_grow(batch->steps, &capacity, sizeof(*batch->steps));
        batch->lines = batch_grow(batch->lines, &batch->row_capacity, sizeof(*batch->lines));
    }
    batch->steps[row] = batch->has_step ? batch->step : line;
    batch->lines[row] = line;
    if (row > 0 && batch->steps[row] < batch->steps[row - 1])
        batch->steps_ascend = false;
    batch->row_count++;
    batch->value_count += batch->touched_count;
}

enum err_code history_batch_add_line(struct history_batch *batch, struct str line, struct err *err) {
    int64_t number = batch->next_line++;
    size_t text_before = batch->text.len;

    batch->touched_count = 0;
    batch->previous = NO_COLUMN;
    batch->has_step = false;
    enum err_code code = parse_line(batch, line, err);
    if (code == OK) {
        commit_row(batch, number);
        return OK;
    }
    for (uint32_t i = 0; i < batch->touched_count; i++)
        pop_row(&batch->columns[batch->touched[i]].column, batch->row_count);
    batch->text.len = text_before < batch->text.len ? text_before : batch->text.len;
    batch->text.failed = false;
    return code;
}

/* ---- whole columns instead of lines: batch_table.c fills them ---- */

static void reserve(struct build_column *build, uint32_t count, uint32_t null_count) {
    struct column *column = &build->column;

    for (uint32_t capacity; count > build->capacity; build->capacity = capacity) {
        capacity = build->capacity;
        column->rows = batch_grow(column->rows, &capacity, sizeof(*column->rows));
        capacity = build->capacity;
        column->values = batch_grow(column->values, &capacity, sizeof(*column->values));
    }
    while (null_count > build->null_capacity)
        column->null_rows = batch_grow(column->null_rows, &build->null_capacity, sizeof(*column->null_rows));
}

enum err_code batch_add_column(struct column **out, struct history_batch *batch, struct str path, enum history_type type,
                               uint32_t count, uint32_t null_count, struct err *err) {
    uint32_t at = look_up_column(batch, path); /* moves the columns */
    struct build_column *build = &batch->columns[at];

    if (build->column.count + build->column.null_count > 0 || build->column.type != (enum history_type)0)
        return err_set(err, ERR_BAD_INPUT, "two columns are the key '%.*s'", STR_ARG(str_slice(path, 0, 100)));
    reserve(build, count, null_count);
    batch->is_table = true;
    build->column.type = type;
    batch->value_count += count;
    *out = &build->column;
    return OK;
}

union value batch_keep_text(struct history_batch *batch, struct str text) {
    return keep_text(batch, text);
}

void batch_add_rows(struct history_batch *batch, const int64_t *steps, uint32_t row_count) {
    batch->is_table = true;
    batch->touched_count = 0;
    for (uint32_t i = 0; i < row_count; i++) {
        batch->has_step = steps != NULL;
        batch->step = steps != NULL ? steps[i] : 0;
        commit_row(batch, batch->next_line++);
    }
}
