/* batch_table.c - the columns of an Arrow table become a batch, without a line of JSON between: what is imported was columns
 * before, and making text of them and reading it again is most of the time. Whatever the bytes say is checked as lines are. */
#include "base/arrow.h"
#include "server/history/batch.h"

enum { PATH_PARTS_MAX = 17, VALUES_MAX = 16 << 20 };

static enum history_type type_of(const struct arrow_field *field) {
    if (field->type == ARROW_INT64)
        return HISTORY_INT;
    if (field->type == ARROW_DOUBLE)
        return HISTORY_DOUBLE;
    if (field->type == ARROW_BOOL)
        return HISTORY_BOOL;
    return field->is_json ? HISTORY_JSON : HISTORY_STRING;
}

/* ["a","b"] is the key b of an object a. */
static enum err_code path_of(struct str *out, const struct arrow_field *field, struct arena *arena, struct err *err) {
    struct json_value *parts;
    struct buf path = BUF_INIT(HISTORY_KEY_BYTES_MAX);

    *out = field->name;
    if (field->path.len > 0) {
        TRY(json_parse(&parts, field->path, JSON_STRICT, arena, err));
        if (parts->type != JSON_TYPE_ARRAY || parts->array.count == 0 || parts->array.count > PATH_PARTS_MAX)
            return err_set(err, ERR_BAD_INPUT, "the path of a column is a list of 1 to %d strings", PATH_PARTS_MAX);
        for (size_t i = 0; i < parts->array.count; i++) {
            if (i > 0)
                buf_append_char(&path, PATH_SEPARATOR);
            if (parts->array.items[i].type == JSON_TYPE_STRING)
                buf_append_str(&path, parts->array.items[i].string);
            else
                path.failed = true;
        }
        *out = path.failed ? (struct str){ NULL, 0 } : arena_copy(arena, buf_str(&path));
        buf_finish(&path);
    }
    if (out->ptr == NULL || out->len > HISTORY_KEY_BYTES_MAX || (field->path.len == 0 && !str_is_utf8(*out)))
        return err_set(err, ERR_BAD_INPUT, "a column's key is UTF-8 text of at most %d bytes", HISTORY_KEY_BYTES_MAX);
    return OK;
}

/* One whole value; *is_null says that it is JSON's null. */
static bool is_json(struct str text, bool *is_null) {
    struct json_reader reader;
    struct str raw;

    json_reader_init(&reader, text, JSON_EXTENDED);
    enum json_token token = json_next(&reader);
    *is_null = token == JSON_NULL;
    return token != JSON_ERROR && token != JSON_END && json_skip_value(&reader, token, &raw) && json_next(&reader) == JSON_END;
}

static enum err_code add_text(struct history_batch *batch, struct column *column, struct str text, uint32_t row, struct err *err) {
    bool is_null = false;

    if (text.len > HISTORY_LINE_BYTES_MAX)
        return err_set(err, ERR_BAD_INPUT, "a text must be at most %d bytes, got %zu", HISTORY_LINE_BYTES_MAX, text.len);
    if (!str_is_utf8(text) || (column->type == HISTORY_JSON && !is_json(text, &is_null)))
        return err_set(err, ERR_BAD_INPUT, "row %u of '%.*s' is no %s", row, STR_ARG(str_slice(column->path, 0, 100)),
                       column->type == HISTORY_JSON ? "JSON" : "UTF-8");
    if (is_null) {
        column->null_rows[column->null_count++] = row;
        return OK;
    }
    column->rows[column->count] = row;
    column->values[column->count++] = batch_keep_text(batch, text);
    return OK;
}

static void add_fixed(struct column *column, enum arrow_type type, const void *values, uint32_t row) {
    union value value;

    if (type == ARROW_DOUBLE)
        value.number = ((const double *)values)[row];
    else
        value.integer = type == ARROW_INT64 ? ((const int64_t *)values)[row] : arrow_bit(values, row);
    column->rows[column->count] = row;
    column->values[column->count++] = value;
}

static enum err_code add_column(struct history_batch *batch, const struct arrow_field *field, const struct arrow_column *values, uint32_t row_count,
                                struct arena *arena, struct err *err) {
    struct str path;
    struct column *column;

    TRY(path_of(&path, field, arena, err));
    uint32_t null_room = field->is_json ? row_count : 0;
    TRY(batch_add_column(&column, batch, path, type_of(field), row_count, null_room, err));
    for (uint32_t row = 0; row < row_count; row++) {
        if (values->valid != NULL && !arrow_bit(values->valid, row))
            continue;
        if (field->type != ARROW_TEXT) {
            add_fixed(column, field->type, values->values, row);
            continue;
        }
        struct str text = { (const char *)values->values + values->offsets[row], (size_t)(values->offsets[row + 1] - values->offsets[row]) };
        TRY(add_text(batch, column, text, row, err));
    }
    return OK;
}

/* Events have no steps: there it is a key like others. */
static bool is_step(const struct arrow_field *field, enum history_kind kind) {
    return kind == HISTORY_ROWS && str_eq_c(field->name, "_step") && field->path.len == 0;
}

enum err_code history_batch_add_table(struct history_batch *batch, enum history_kind kind, const struct arrow_table *table, size_t at,
                                      struct err *err) {
    const struct arrow_batch *rows = &table->batches[at];
    const int64_t *steps = NULL;
    enum err_code code = OK;

    if (rows->row_count > HISTORY_BATCH_ROWS_MAX || table->field_count > HISTORY_ROW_KEYS_MAX ||
        rows->row_count * (table->field_count + 1) > VALUES_MAX)
        return err_set(err, ERR_TOO_LARGE, "a batch of rows holds at most %d rows, %d columns and %d values", HISTORY_BATCH_ROWS_MAX,
                       HISTORY_ROW_KEYS_MAX, VALUES_MAX);
    struct arena *arena = arena_create();
    for (size_t i = 0; i < table->field_count && code == OK; i++) {
        const struct arrow_column *column = &rows->columns[i];
        if (!is_step(&table->fields[i], kind))
            code = add_column(batch, &table->fields[i], column, (uint32_t)rows->row_count, arena, err);
        else if (table->fields[i].type != ARROW_INT64 || column->valid != NULL)
            code = err_set(err, ERR_BAD_INPUT, "'_step' is an integer in each row");
        else
            steps = column->values;
    }
    if (code == OK)
        batch_add_rows(batch, steps, (uint32_t)rows->row_count);
    arena_destroy(arena);
    return code;
}
