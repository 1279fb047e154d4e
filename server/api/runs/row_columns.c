/* row_columns.c - see row_columns.h. */
#include "server/api/runs/row_columns.h"

#include "base/arrow.h"
#include "base/map.h"

#include <string.h>

enum { NESTING_MAX = 16, NAME_BYTES_MAX = 1 << 20, PIECE_FIRST = 16, PIECE_LARGEST = 4096 };

/* Half a million of them are nothing unusual. */
struct cell {
    union {
        int64_t integer;
        double number;
        const struct str *text; /* of a string its characters, of lists and objects JSON */
    };
    uint32_t row;
    enum json_type type;
};

/* Cells stay where they are: a list of pieces, each twice as long as the one before, up to a limit. */
struct piece {
    struct piece *next;
    size_t count, room;
    struct cell cells[];
};

struct gathered {
    struct str name, path;
    struct piece *first, *last;
    size_t count;
    int64_t number; /* its place among the columns */
};

struct row_columns {
    struct arena *arena;
    struct map *by_name;
    struct gathered **columns;
    size_t count, room, row_count, cell_count;
    bool is_too_large;
};

/* Where in a row's object a value stands: what its column is called, and the parts of its key as JSON. */
struct position {
    struct str name, path;
    int depth;
};

struct row_columns *row_columns_create(struct arena *arena) {
    struct row_columns *rows = ARENA_NEW(arena, struct row_columns);
    rows->arena = arena;
    rows->by_name = map_create(NULL);
    return rows;
}

void row_columns_destroy(struct row_columns *rows) {
    if (rows != NULL)
        map_destroy(rows->by_name);
}

void row_columns_begin_row(struct row_columns *rows) {
    rows->row_count++;
}

/* ---- gathering ---- */

static struct gathered *column_of(struct row_columns *rows, struct str name, struct str path) {
    struct gathered *column = map_find(rows->by_name, name);
    if (column != NULL || rows->count == ROW_COLUMNS_MAX)
        return column;
    if (rows->count == rows->room) {
        size_t room = rows->room == 0 ? 64 : rows->room * 2;
        rows->columns = arena_grow(rows->arena, rows->columns, rows->room, room, sizeof(struct gathered *));
        rows->room = room;
    }
    column = ARENA_NEW(rows->arena, struct gathered);
    column->name = arena_copy(rows->arena, name);
    column->path = path;
    column->number = (int64_t)rows->count;
    rows->columns[rows->count++] = column;
    map_put(rows->by_name, column->name, column);
    return column;
}

static void add_piece(struct row_columns *rows, struct gathered *column) {
    size_t room = column->last == NULL ? PIECE_FIRST : column->last->room < PIECE_LARGEST ? column->last->room * 2 : PIECE_LARGEST;
    struct piece *piece = arena_alloc(rows->arena, sizeof *piece + room * sizeof(struct cell));
    *piece = (struct piece){ .room = room };
    if (column->last == NULL)
        column->first = piece;
    else
        column->last->next = piece;
    column->last = piece;
}

static void add_to(struct row_columns *rows, struct gathered *column, struct cell cell) {
    if (column == NULL || rows->cell_count == ROW_COLUMNS_CELLS_MAX) {
        rows->is_too_large = true;
        return;
    }
    cell.row = (uint32_t)(rows->row_count - 1);
    struct piece *last = column->last;
    if (last != NULL && last->cells[last->count - 1].row == cell.row) {
        last->cells[last->count - 1] = cell; /* two keys that look alike with dots: the last one counts */
        return;
    }
    if (last == NULL || last->count == last->room)
        add_piece(rows, column);
    column->last->cells[column->last->count++] = cell;
    column->count++;
    rows->cell_count++;
}

static const struct str *keep_text(struct row_columns *rows, struct str text) {
    struct str *kept = arena_alloc(rows->arena, sizeof *kept);
    *kept = text;
    return kept;
}

static void add_cell(struct row_columns *rows, const struct position *at, struct cell cell) {
    add_to(rows, column_of(rows, at->name, at->path), cell);
}

static bool is_nested(const struct json_value *value) {
    return value->type == JSON_TYPE_OBJECT && value->object.count > 0 && json_get(value, STR("_type")) == NULL;
}

static struct cell cell_of(struct row_columns *rows, const struct json_value *value) {
    struct cell cell = { .type = value->type };
    if (value->type == JSON_TYPE_BOOL)
        cell.integer = value->boolean;
    else if (value->type == JSON_TYPE_INT)
        cell.integer = value->integer;
    else if (value->type == JSON_TYPE_DOUBLE)
        cell.number = value->number;
    else if (value->type == JSON_TYPE_STRING)
        cell.text = keep_text(rows, arena_copy(rows->arena, value->string));
    else if (value->type != JSON_TYPE_NULL)
        cell.text = keep_text(rows, arena_copy(rows->arena, value->raw));
    return cell;
}

/* The path of a member: its parent's with one more part. */
static struct str longer_path(struct row_columns *rows, struct str path, struct str key) {
    struct buf json = BUF_INIT(NAME_BYTES_MAX);
    struct json_writer writer;
    buf_append_str(&json, path.len > 0 ? str_slice(path, 0, path.len - 1) : STR("["));
    if (path.len > 0)
        buf_append_char(&json, ',');
    json_writer_init(&writer, &json, JSON_STRICT);
    json_string(&writer, key);
    buf_append_char(&json, ']');
    struct str copy = arena_copy(rows->arena, buf_str(&json));
    buf_finish(&json);
    return copy;
}

static void add_members(struct row_columns *rows, const struct position *parent, const struct json_value *object, bool has_paths) {
    for (size_t i = 0; i < object->object.count; i++) {
        const struct json_member *member = &object->object.members[i];
        struct position at = { .depth = parent->depth + 1 };
        bool goes_deeper = is_nested(&member->value) && at.depth < NESTING_MAX;
        at.name = parent->name.len == 0 ? member->key
                                        : arena_printf(rows->arena, "%.*s.%.*s", STR_ARG(parent->name), STR_ARG(member->key));
        if (has_paths && (goes_deeper || parent->depth > 0))
            at.path = longer_path(rows, parent->path, member->key);
        if (goes_deeper)
            add_members(rows, &at, &member->value, has_paths);
        else
            add_cell(rows, &at, cell_of(rows, &member->value));
    }
}

void row_columns_add_object(struct row_columns *rows, struct str prefix, const struct json_value *object, bool has_paths) {
    if (object->type == JSON_TYPE_OBJECT)
        add_members(rows, &(struct position){ .name = prefix }, object, has_paths);
}

void row_columns_add_text(struct row_columns *rows, struct str name, struct str text) {
    if (text.ptr != NULL)
        add_cell(rows, &(struct position){ .name = name }, (struct cell){ .type = JSON_TYPE_STRING, .text = keep_text(rows, text) });
}

void row_columns_add_value(struct row_columns *rows, struct str name, const struct json_value *value) {
    struct position at = { .name = name };
    if (is_nested(value))
        add_members(rows, &at, value, false);
    else
        add_cell(rows, &at, cell_of(rows, value));
}

/* ---- columns that were found beforehand ---- */

int64_t row_columns_find(struct row_columns *rows, struct str name) {
    struct gathered *column = column_of(rows, name, STR_EMPTY);
    rows->is_too_large |= column == NULL;
    return column == NULL ? -1 : column->number;
}

static void add_at(struct row_columns *rows, int64_t column, struct cell cell) {
    add_to(rows, column < 0 ? NULL : rows->columns[column], cell);
}

void row_columns_add_int(struct row_columns *rows, int64_t column, int64_t value) {
    add_at(rows, column, (struct cell){ .type = JSON_TYPE_INT, .integer = value });
}

void row_columns_add_double(struct row_columns *rows, int64_t column, double value) {
    add_at(rows, column, (struct cell){ .type = JSON_TYPE_DOUBLE, .number = value });
}

void row_columns_add_bool(struct row_columns *rows, int64_t column, bool value) {
    add_at(rows, column, (struct cell){ .type = JSON_TYPE_BOOL, .integer = value });
}

void row_columns_add_string(struct row_columns *rows, int64_t column, struct str text) {
    row_columns_add_shared(rows, column, keep_text(rows, arena_copy(rows->arena, text)));
}

void row_columns_add_shared(struct row_columns *rows, int64_t column, const struct str *text) {
    add_at(rows, column, (struct cell){ .type = JSON_TYPE_STRING, .text = text });
}

/* ---- writing ---- */

/* The cell behind one, and the first for NULL; NULL behind the last. `piece` is where the walk is. */
static const struct cell *next_cell(const struct gathered *column, const struct piece **piece, const struct cell *cell) {
    if (cell == NULL)
        *piece = column->first;
    else if (cell + 1 < (*piece)->cells + (*piece)->count)
        return cell + 1;
    else
        *piece = (*piece)->next;
    return *piece == NULL ? NULL : (*piece)->cells;
}

#define EACH_CELL(column, piece, cell) \
    (const struct cell *cell = next_cell(column, &piece, NULL); cell != NULL; cell = next_cell(column, &piece, cell))

static bool fits_double(const struct cell *cell) {
    return cell->type != JSON_TYPE_INT || (cell->integer >= -(1LL << 53) && cell->integer <= 1LL << 53);
}

/* The narrowest type that holds all cells; *is_json when none does. */
static enum arrow_type type_of(const struct gathered *column, bool *is_json) {
    bool has[JSON_TYPE_OBJECT + 1] = { false }, all_fit = true;
    const struct piece *piece;
    for EACH_CELL(column, piece, cell) {
        has[cell->type] = true;
        all_fit &= fits_double(cell);
    }
    bool has_number = has[JSON_TYPE_INT] || has[JSON_TYPE_DOUBLE];
    int kinds = has_number + has[JSON_TYPE_BOOL] + has[JSON_TYPE_STRING] + has[JSON_TYPE_NULL] + has[JSON_TYPE_ARRAY] + has[JSON_TYPE_OBJECT];
    *is_json = kinds > 1 || has[JSON_TYPE_NULL] || has[JSON_TYPE_ARRAY] || has[JSON_TYPE_OBJECT] || (has[JSON_TYPE_DOUBLE] && !all_fit);
    if (*is_json || has[JSON_TYPE_STRING])
        return ARROW_TEXT;
    if (has[JSON_TYPE_BOOL])
        return ARROW_BOOL;
    return has[JSON_TYPE_DOUBLE] ? ARROW_DOUBLE : ARROW_INT64;
}

static struct str json_of(struct row_columns *rows, const struct cell *cell) {
    struct buf json = BUF_INIT(SIZE_MAX / 4);
    struct json_writer writer;
    if (cell->type == JSON_TYPE_ARRAY || cell->type == JSON_TYPE_OBJECT)
        return *cell->text;
    json_writer_init(&writer, &json, JSON_EXTENDED);
    if (cell->type == JSON_TYPE_NULL)
        json_null(&writer);
    else if (cell->type == JSON_TYPE_BOOL)
        json_bool(&writer, cell->integer != 0);
    else if (cell->type == JSON_TYPE_INT)
        json_int(&writer, cell->integer);
    else if (cell->type == JSON_TYPE_DOUBLE)
        json_double(&writer, cell->number);
    else
        json_string(&writer, *cell->text);
    struct str copy = arena_copy(rows->arena, buf_str(&json));
    buf_finish(&json);
    return copy;
}

static void lay_out_texts(struct row_columns *rows, const struct gathered *column, bool is_json, struct arrow_column *out) {
    struct str *texts = ARENA_ARRAY(rows->arena, struct str, rows->row_count);
    int64_t *offsets = ARENA_ARRAY(rows->arena, int64_t, rows->row_count + 1);
    const struct piece *piece;
    for EACH_CELL(column, piece, cell)
        texts[cell->row] = is_json ? json_of(rows, cell) : *cell->text;
    for (size_t i = 0; i < rows->row_count; i++)
        offsets[i + 1] = offsets[i] + (int64_t)texts[i].len;
    char *text = arena_alloc(rows->arena, (size_t)offsets[rows->row_count]);
    for (size_t i = 0; i < rows->row_count; i++)
        if (texts[i].len > 0)
            memcpy(text + offsets[i], texts[i].ptr, texts[i].len);
    out->offsets = offsets;
    out->values = text;
}

static void lay_out_numbers(struct row_columns *rows, const struct gathered *column, enum arrow_type type, struct arrow_column *out) {
    int64_t *ints = ARENA_ARRAY(rows->arena, int64_t, rows->row_count);
    double *doubles = (double *)ints;
    const struct piece *piece;
    for EACH_CELL(column, piece, cell) {
        if (type == ARROW_INT64)
            ints[cell->row] = cell->integer;
        else if (type == ARROW_DOUBLE)
            doubles[cell->row] = cell->type == JSON_TYPE_INT ? (double)cell->integer : cell->number;
        else if (cell->integer != 0)
            arrow_set_bit((uint8_t *)ints, cell->row);
    }
    out->values = ints;
}

static void lay_out(struct row_columns *rows, const struct gathered *column, struct arrow_field *field, struct arrow_column *out) {
    *field = (struct arrow_field){ .name = column->name, .path = column->path };
    field->type = type_of(column, &field->is_json);
    out->null_count = rows->row_count - column->count;
    if (out->null_count > 0) {
        uint8_t *valid = ARENA_ARRAY(rows->arena, uint8_t, arrow_bit_bytes(rows->row_count));
        const struct piece *piece;
        for EACH_CELL(column, piece, cell)
            arrow_set_bit(valid, cell->row);
        out->valid = valid;
    }
    if (field->type == ARROW_TEXT)
        lay_out_texts(rows, column, field->is_json, out);
    else
        lay_out_numbers(rows, column, field->type, out);
}

enum err_code row_columns_write(struct row_columns *rows, struct buf *out, struct err *err) {
    struct arrow_field *fields = ARENA_ARRAY(rows->arena, struct arrow_field, rows->count);
    struct arrow_column *columns = ARENA_ARRAY(rows->arena, struct arrow_column, rows->count);

    if (rows->is_too_large || rows->row_count > UINT32_MAX || rows->row_count * rows->count > (size_t)ROW_COLUMNS_CELLS_MAX * 4)
        return err_set(err, ERR_TOO_LARGE, "the table has more than %d columns or %d values; ask for fewer runs or keys",
                       ROW_COLUMNS_MAX, ROW_COLUMNS_CELLS_MAX);
    for (size_t i = 0; i < rows->count; i++)
        lay_out(rows, rows->columns[i], &fields[i], &columns[i]);
    arrow_write_schema(out, fields, rows->count, NULL, 0);
    if (rows->row_count > 0 && rows->count > 0)
        arrow_write_batch(out, fields, columns, rows->count, rows->row_count);
    arrow_write_end(out);
    return buf_check(out, "the answer", err);
}
