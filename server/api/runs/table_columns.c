/* table_columns.c - see table_columns.h. */
#include "server/api/runs/table_columns.h"

#include "base/arrow.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/number.h"

#include <string.h>

enum { BATCH_ROWS_MAX = 1 << 16, BATCH_CELLS_MAX = 1 << 20, ROWS_PER_LOOK_AT_CLOCK = 1024 };

/* What a column was seen to hold. */
enum { HAS_INT = 1, HAS_DOUBLE = 2, HAS_BOOL = 4, HAS_TEXT = 8, HAS_OTHER = 16, HAS_WIDE_INT = 32 };

struct column {
    unsigned has;
    size_t null_count; /* of the batch */
    uint8_t *valid;
    uint64_t *values; /* of numbers; of booleans, bits */
    int64_t *offsets; /* of texts, which lie in text */
    struct buf text;
};

struct table {
    struct str names, rows; /* JSON */
    struct buf facts;
    struct column *columns;
    struct arrow_field *fields;
    struct arrow_column *laid_out;
    size_t column_count, batch_rows, row; /* row: in the batch */
    int64_t ends_at;
    struct buf *out;
};

struct cell {
    enum json_token token;
    bool has_escapes;
    struct str text; /* of a string what is between its quotes, otherwise the whole value */
};

typedef void take_cell(struct table *table, size_t column, const struct cell *cell);
typedef void end_row(struct table *table);

/* ---- the document ---- */

static enum err_code refuse(const struct json_reader *reader, struct err *err) {
    return err_set(err, ERR_BAD_INPUT, "that is no table: at byte %zu: %s", reader->offset,
                   reader->message != NULL ? reader->message : "something else is expected there");
}

static void take_member(struct table *table, struct json_writer *facts, struct str key, struct str value) {
    if (str_eq_c(key, "columns"))
        table->names = value;
    if (str_eq_c(key, "data")) {
        table->rows = value;
    } else {
        json_key(facts, key);
        json_raw(facts, value);
    }
}

static enum err_code read_document(struct table *table, struct str json, struct arena *arena, struct err *err) {
    struct json_reader reader;
    struct json_writer facts;
    enum json_token token;
    json_reader_init(&reader, json, JSON_EXTENDED);
    json_writer_init(&facts, &table->facts, JSON_EXTENDED);
    if (json_next(&reader) != JSON_OBJECT_BEGIN)
        return refuse(&reader, err);
    json_object_begin(&facts);
    while ((token = json_next(&reader)) == JSON_KEY) {
        struct str key = json_unescape_copy(reader.text, reader.has_escapes, arena), value;
        if (!json_skip_value(&reader, json_next(&reader), &value))
            return refuse(&reader, err);
        take_member(table, &facts, key, value);
    }
    json_object_end(&facts);
    if (token != JSON_OBJECT_END || json_next(&reader) != JSON_END)
        return refuse(&reader, err);
    return buf_check(&table->facts, "what the file says of the table", err);
}

static enum err_code read_names(struct table *table, struct arena *arena, struct err *err) {
    struct json_value *names;
    if (table->names.len == 0 || table->rows.len == 0)
        return err_set(err, ERR_BAD_INPUT, "that is no table: it has no 'columns' or no 'data'");
    TRY(json_parse(&names, table->names, JSON_EXTENDED, arena, err));
    if (names->type != JSON_TYPE_ARRAY || names->array.count > TABLE_COLUMNS_MAX)
        return err_set(err, ERR_BAD_INPUT, "'columns' must be a list of at most %d names", TABLE_COLUMNS_MAX);
    table->column_count = names->array.count;
    table->fields = ARENA_ARRAY(arena, struct arrow_field, table->column_count);
    for (size_t i = 0; i < table->column_count; i++) {
        const struct json_value *name = &names->array.items[i];
        if (name->type != JSON_TYPE_STRING && name->type != JSON_TYPE_INT)
            return err_set(err, ERR_BAD_INPUT, "'columns' must be a list of texts or whole numbers");
        table->fields[i].name = name->type == JSON_TYPE_STRING ? name->string : name->raw;
    }
    return OK;
}

/* ---- going through the rows ---- */

static enum err_code read_row(struct table *table, struct json_reader *reader, take_cell *take, struct err *err) {
    size_t at = 0;
    enum json_token token;
    while ((token = json_next(reader)) != JSON_ARRAY_END) {
        struct cell cell = { token, reader->has_escapes, reader->text };
        if (at == table->column_count || token == JSON_ERROR)
            return refuse(reader, err);
        if ((token == JSON_ARRAY_BEGIN || token == JSON_OBJECT_BEGIN) && !json_skip_value(reader, token, &cell.text))
            return refuse(reader, err);
        take(table, at++, &cell);
    }
    return at == table->column_count ? OK : refuse(reader, err);
}

static enum err_code read_rows(struct table *table, take_cell *take, end_row *end, struct err *err) {
    struct json_reader reader;
    enum json_token token;
    size_t count = 0;
    json_reader_init(&reader, table->rows, JSON_EXTENDED);
    if (json_next(&reader) != JSON_ARRAY_BEGIN)
        return refuse(&reader, err);
    while ((token = json_next(&reader)) == JSON_ARRAY_BEGIN) {
        TRY(read_row(table, &reader, take, err));
        end(table);
        if (++count % ROWS_PER_LOOK_AT_CLOCK != 0)
            continue;
        TRY(buf_check(table->out, "the answer", err));
        if (clock_mono_ms() > table->ends_at) /* nobody holds a worker for longer */
            return err_set(err, ERR_TOO_LARGE, "the table takes too long to read; fetch its file");
    }
    return token == JSON_ARRAY_END ? OK : refuse(&reader, err);
}

/* ---- first time: of what kind the columns are ---- */

static bool is_whole(struct str number) {
    for (size_t i = 0; i < number.len; i++)
        if (number.ptr[i] != '-' && (number.ptr[i] < '0' || number.ptr[i] > '9'))
            return false;
    return true;
}

static unsigned kind_of_number(struct str text) {
    int64_t integer;
    if (!is_whole(text))
        return HAS_DOUBLE;
    if (!str_to_i64(text, &integer))
        return HAS_OTHER; /* its digits are kept */
    return integer < -(1LL << 53) || integer > 1LL << 53 ? HAS_INT | HAS_WIDE_INT : HAS_INT;
}

static void note_kind(struct table *table, size_t column, const struct cell *cell) {
    unsigned *has = &table->columns[column].has;
    if (cell->token == JSON_NUMBER)
        *has |= kind_of_number(cell->text);
    else if (cell->token == JSON_STRING)
        *has |= HAS_TEXT;
    else if (cell->token == JSON_TRUE || cell->token == JSON_FALSE)
        *has |= HAS_BOOL;
    else if (cell->token != JSON_NULL)
        *has |= HAS_OTHER;
}

static void note_row(struct table *table) {
    (void)table;
}

/* The narrowest type; JSON text when there is none. */
static void choose_type(struct arrow_field *field, unsigned has) {
    field->type = ARROW_TEXT;
    if (has == HAS_INT || has == (HAS_INT | HAS_WIDE_INT))
        field->type = ARROW_INT64;
    else if (has == HAS_DOUBLE || has == (HAS_INT | HAS_DOUBLE))
        field->type = ARROW_DOUBLE;
    else if (has == HAS_BOOL)
        field->type = ARROW_BOOL;
    else
        field->is_json = has != HAS_TEXT;
}

/* ---- second time: the values ---- */

static void make_room(struct table *table, struct arena *arena) {
    size_t most = table->column_count > 0 ? BATCH_CELLS_MAX / table->column_count : BATCH_ROWS_MAX;
    size_t rows = table->batch_rows = most < BATCH_ROWS_MAX ? most : BATCH_ROWS_MAX;
    table->laid_out = ARENA_ARRAY(arena, struct arrow_column, table->column_count);
    for (size_t i = 0; i < table->column_count; i++) {
        struct column *column = &table->columns[i];
        column->valid = ARENA_ARRAY(arena, uint8_t, arrow_bit_bytes(rows));
        if (table->fields[i].type == ARROW_TEXT)
            column->offsets = ARENA_ARRAY(arena, int64_t, rows + 1);
        else
            column->values = ARENA_ARRAY(arena, uint64_t, rows);
    }
}

static void append_string(struct buf *out, const struct cell *cell) {
    char *room = cell->has_escapes ? buf_reserve(out, cell->text.len) : NULL;
    if (room != NULL)
        buf_commit(out, json_unescape(cell->text, room));
    else
        buf_append_str(out, cell->text);
}

static void append_text(struct buf *out, const struct cell *cell, bool is_json) {
    if (cell->token != JSON_STRING)
        buf_append_str(out, cell->text);
    else if (is_json) /* with its quotes */
        buf_append_str(out, (struct str){ cell->text.ptr - 1, cell->text.len + 2 });
    else
        append_string(out, cell);
}

static void put_number(uint64_t *out, enum arrow_type type, struct str text) {
    int64_t integer = 0;
    if (type == ARROW_INT64) {
        (void)str_to_i64(text, &integer); /* it was one the first time */
        memcpy(out, &integer, sizeof integer);
    } else {
        double number = number_to_double(text.ptr, text.len);
        memcpy(out, &number, sizeof number);
    }
}

static void put_cell(struct table *table, size_t at, const struct cell *cell) {
    struct column *column = &table->columns[at];
    enum arrow_type type = table->fields[at].type;
    bool is_there = cell->token != JSON_NULL;
    if (is_there)
        arrow_set_bit(column->valid, table->row);
    else
        column->null_count++;
    if (type == ARROW_TEXT) {
        if (is_there)
            append_text(&column->text, cell, table->fields[at].is_json);
        column->offsets[table->row + 1] = (int64_t)column->text.len;
    } else if (type == ARROW_BOOL) {
        if (cell->token == JSON_TRUE)
            arrow_set_bit((uint8_t *)column->values, table->row);
    } else if (is_there) {
        put_number(&column->values[table->row], type, cell->text);
    }
}

static void forget_batch(struct table *table) {
    for (size_t i = 0; i < table->column_count; i++) {
        struct column *column = &table->columns[i];
        memset(column->valid, 0, arrow_bit_bytes(table->row));
        if (column->values != NULL)
            memset(column->values, 0, table->row * sizeof *column->values);
        column->null_count = 0;
        buf_reset(&column->text);
    }
    table->row = 0;
}

static void write_batch(struct table *table) {
    for (size_t i = 0; i < table->column_count; i++) {
        const struct column *column = &table->columns[i];
        struct arrow_column *out = &table->laid_out[i];
        *out = (struct arrow_column){ .null_count = column->null_count, .valid = column->null_count > 0 ? column->valid : NULL };
        out->offsets = column->offsets;
        out->values = column->offsets == NULL ? (const void *)column->values : column->text.len > 0 ? column->text.ptr : "";
        table->out->failed |= column->text.failed;
    }
    if (table->row > 0 && table->column_count > 0 && !table->out->failed)
        arrow_write_batch(table->out, table->fields, table->laid_out, table->column_count, table->row);
    forget_batch(table);
}

static void put_row(struct table *table) {
    if (++table->row == table->batch_rows)
        write_batch(table);
}

/* ---- the whole ---- */

static enum err_code write_table(struct table *table, struct str json, struct arena *arena, struct err *err) {
    TRY(read_document(table, json, arena, err));
    TRY(read_names(table, arena, err));
    table->columns = ARENA_ARRAY(arena, struct column, table->column_count);
    for (size_t i = 0; i < table->column_count; i++)
        buf_init(&table->columns[i].text, table->out->max);
    TRY(read_rows(table, note_kind, note_row, err));
    for (size_t i = 0; i < table->column_count; i++)
        choose_type(&table->fields[i], table->columns[i].has);
    make_room(table, arena);
    const struct arrow_pair facts = { STR("barograph.table"), buf_str(&table->facts) };
    arrow_write_schema(table->out, table->fields, table->column_count, &facts, 1);
    TRY(read_rows(table, put_cell, put_row, err));
    write_batch(table);
    arrow_write_end(table->out);
    return buf_check(table->out, "the answer", err);
}

enum err_code table_columns_write(struct str json, int64_t ends_at, struct buf *out, struct arena *arena, struct err *err) {
    struct table table = { .ends_at = ends_at, .out = out };
    buf_init(&table.facts, TABLE_FACTS_MAX_BYTES);
    enum err_code code = write_table(&table, json, arena, err);
    for (size_t i = 0; table.columns != NULL && i < table.column_count; i++)
        buf_finish(&table.columns[i].text);
    buf_finish(&table.facts);
    return code;
}
