/* table.c - rows put into columns: which rows a history shows and in which order, then column by column. */
#include "server/history/table.h"

#include "base/map.h"
#include "server/history/history_state.h"
#include "server/history/rows.h"

#include <stdlib.h>
#include <string.h>

/* Rows of one source that follow each other in the answer as well. */
struct stretch {
    uint32_t source, first, count;
    size_t at; /* of the first, in the answer */
};

struct history_table {
    struct arena *arena;
    struct view view;
    struct stretch *stretches;
    size_t stretch_count, stretch_room, row_count;
};

/* ---- which rows ---- */

static void add_stretch(struct history_table *table, uint32_t source, uint32_t first, uint32_t count) {
    struct stretch *last = table->stretch_count > 0 ? &table->stretches[table->stretch_count - 1] : NULL;
    if (last != NULL && last->source == source && last->first + last->count == first) {
        last->count += count;
    } else {
        if (table->stretch_count == table->stretch_room) {
            size_t room = table->stretch_room == 0 ? 64 : table->stretch_room * 2;
            table->stretches = arena_grow(table->arena, table->stretches, table->stretch_room, room, sizeof *table->stretches);
            table->stretch_room = room;
        }
        table->stretches[table->stretch_count++] = (struct stretch){ source, first, count, table->row_count };
    }
    table->row_count += count;
}

struct span {
    uint32_t source;
    int64_t first_step, last_step;
};

static int compare_spans(const void *left, const void *right) {
    const struct span *a = left, *b = right;
    return (a->first_step > b->first_step) - (a->first_step < b->first_step);
}

/* Most histories: one source after the other, nothing hidden. The sources are taken whole then, and no row by itself. */
static bool sort_sources(const struct view *view, struct span *spans) {
    for (uint32_t i = 0; i < view->source_count; i++) {
        const struct source *source = &view->sources[i];
        if (source->mask_count > 0)
            return false;
        spans[i] = (struct span){ i, source->first_step, source->last_step };
    }
    qsort(spans, view->source_count, sizeof *spans, compare_spans);
    for (size_t i = 1; i < view->source_count; i++)
        if (spans[i - 1].last_step >= spans[i].first_step)
            return false;
    return true;
}

static enum err_code find_rows(struct history_table *table, int64_t first_step, int64_t last_step, struct err *err) {
    struct view *view = &table->view;
    struct span *spans = ARENA_ARRAY(table->arena, struct span, view->source_count);

    if (sort_sources(view, spans)) {
        for (size_t i = 0; i < view->source_count; i++) {
            uint32_t first, end;
            TRY(source_find_rows(&view->sources[spans[i].source], first_step, last_step, &first, &end, table->arena, err));
            if (first < end)
                add_stretch(table, spans[i].source, first, end - first);
        }
        return OK;
    }
    struct row_ref *refs;
    size_t count;
    TRY(rows_find(view, first_step, last_step, &refs, &count, err));
    for (size_t i = 0; i < count; i++)
        add_stretch(table, refs[i].source, refs[i].row, 1);
    return OK;
}

enum err_code history_table_open(struct history_table **out, struct history *history, int64_t run, enum history_kind kind,
                                 int64_t first_step, int64_t last_step, struct err *err) {
    struct arena *arena = arena_create();
    struct history_table *table = ARENA_NEW(arena, struct history_table);

    table->arena = arena;
    enum err_code code = view_open(&table->view, history, (struct history_id){ run, kind }, first_step, last_step, arena, err);
    if (code == OK)
        code = find_rows(table, first_step, last_step, err);
    if (code == OK)
        *out = table;
    else
        history_table_close(table);
    return code;
}

void history_table_close(struct history_table *table) {
    if (table == NULL)
        return;
    view_finish(&table->view);
    arena_destroy(table->arena);
}

size_t history_table_rows(const struct history_table *table) {
    return table->row_count;
}

/* ---- which columns ---- */

static struct history_table_column *schema_column(struct history_schema *schema, struct str path) {
    void *known = map_find(schema->by_path, path);
    if (known != NULL)
        return &schema->columns[(uintptr_t)known - 1];
    if (schema->count == HISTORY_TABLE_COLUMNS_MAX)
        return NULL;
    if (schema->count == schema->room) {
        size_t room = schema->room == 0 ? 64 : schema->room * 2;
        schema->columns = arena_grow(schema->arena, schema->columns, schema->room, room, sizeof *schema->columns);
        schema->room = room;
    }
    struct history_table_column *column = &schema->columns[schema->count++];
    *column = (struct history_table_column){ .path = arena_copy(schema->arena, path) };
    map_put(schema->by_path, column->path, (void *)(uintptr_t)schema->count);
    return column;
}

void history_schema_init(struct history_schema *schema, const struct str *keys, size_t key_count, struct arena *arena) {
    *schema = (struct history_schema){ .is_keyed = key_count > 0, .by_path = map_create(NULL), .arena = arena };
    for (size_t i = 0; i < key_count; i++)
        (void)schema_column(schema, keys[i]);
}

void history_schema_finish(struct history_schema *schema) {
    map_destroy(schema->by_path);
    schema->by_path = NULL;
}

static int compare_columns(const void *left, const void *right) {
    return str_compare(((const struct history_table_column *)left)->path, ((const struct history_table_column *)right)->path);
}

void history_schema_settle(struct history_schema *schema) {
    for (size_t i = 0; i < schema->count; i++) {
        struct history_table_column *column = &schema->columns[i];
        bool is_inexact = column->type == HISTORY_DOUBLE && column->has_large_integers;
        if ((column->has_nulls && !schema->is_keyed) || is_inexact)
            column->type = HISTORY_JSON;
    }
    if (!schema->is_keyed && schema->count > 0)
        qsort(schema->columns, schema->count, sizeof *schema->columns, compare_columns);
}

static struct str path_as_json(struct str path, struct arena *arena) {
    struct buf json = BUF_INIT(1 << 20);
    struct json_writer writer;
    struct str part, rest = path;
    bool has_more = true;
    json_writer_init(&writer, &json, JSON_STRICT);
    json_array_begin(&writer);
    while (has_more) {
        has_more = str_cut(rest, PATH_SEPARATOR, &part, &rest);
        json_string(&writer, part);
    }
    json_array_end(&writer);
    struct str copy = arena_copy(arena, buf_str(&json));
    buf_finish(&json);
    return copy;
}

static enum arrow_type arrow_type_of(enum history_type type) {
    switch (type) {
    case HISTORY_INT:
        return ARROW_INT64;
    case HISTORY_BOOL:
        return ARROW_BOOL;
    case HISTORY_STRING:
    case HISTORY_JSON:
        return ARROW_TEXT;
    default:
        return ARROW_DOUBLE; /* also of a key that nobody has */
    }
}

struct arrow_field history_schema_field(const struct history_schema *schema, size_t at) {
    const struct history_table_column *column = &schema->columns[at];
    struct arrow_field field = { .name = path_to_name(column->path, schema->arena), .type = arrow_type_of(column->type) };
    bool is_nested = memchr(column->path.ptr, PATH_SEPARATOR, column->path.len) != NULL;
    field.is_json = column->type == HISTORY_JSON;
    if (is_nested)
        field.path = path_as_json(column->path, schema->arena);
    /* A nested key may look like one with dots: the nested one steps aside. */
    if (is_nested && map_find(schema->by_path, field.name) != NULL)
        field.name = arena_printf(schema->arena, "%.*s~2", STR_ARG(field.name));
    return field;
}

/* Whether some integer of a column is no double; integers among fractions are shown as doubles. */
static enum err_code has_large_integers(struct source *source, uint32_t at, bool *out, struct arena *arena, struct err *err) {
    struct column column;
    *out = false;
    if (source_type(source, at) != HISTORY_INT || source_value_count(source, at) == 0)
        return OK;
    if (source->segment != NULL) {
        const struct segment_column *stored = &source->segment->directory.columns[at];
        *out = !int_fits_double(stored->min.integer) || !int_fits_double(stored->max.integer);
        return OK;
    }
    TRY(source_read(source, at, 0, source->row_count, &column, arena, err));
    for (uint32_t i = 0; i < column.count && !*out; i++)
        *out = !int_fits_double(column.values[i].integer);
    return OK;
}

static enum err_code join_column(struct history_table *table, struct history_schema *schema, struct source *source, uint32_t at,
                                 struct str path, struct err *err) {
    struct history_table_column *column = schema_column(schema, path);
    bool is_large;
    if (column == NULL)
        return err_set(err, ERR_TOO_LARGE, "these are more than %d columns; ask for some of the keys", HISTORY_TABLE_COLUMNS_MAX);
    TRY(has_large_integers(source, at, &is_large, table->arena, err));
    column->has_large_integers |= is_large;
    column->has_nulls |= source_null_count(source, at) > 0;
    if (source_value_count(source, at) > 0) {
        enum history_type type = source_type(source, at);
        column->type = column->type == (enum history_type)0 ? type : column_join_types(column->type, type);
    }
    return OK;
}

enum err_code history_table_join(struct history_table *table, struct history_schema *schema, struct err *err) {
    for (size_t i = 0; i < table->view.source_count; i++) {
        struct source *source = &table->view.sources[i];
        uint32_t found[SAME_NAME_MAX];
        for (size_t k = 0; schema->is_keyed && k < schema->count; k++)
            if (source_find_columns(source, schema->columns[k].path, found) > 0)
                TRY(join_column(table, schema, source, found[0], schema->columns[k].path, err));
        for (uint32_t k = 0; !schema->is_keyed && k < source_column_count(source); k++)
            TRY(join_column(table, schema, source, k, source_path(source, k), err));
    }
    return OK;
}

/* ---- reading ---- */

/* What a part needs of one source: its rows, which ascend, and where they go. */
struct share {
    uint32_t *rows, *places, count;
};

struct part_reader {
    struct history_table *table;
    const struct history_schema *schema;
    size_t row_count;
    struct share *shares; /* for each source */
    struct arena *arena;
};

static size_t find_stretch(const struct history_table *table, size_t row) {
    size_t low = 0, high = table->stretch_count;
    while (high - low > 1) {
        size_t middle = (low + high) / 2;
        if (table->stretches[middle].at <= row)
            low = middle;
        else
            high = middle;
    }
    return low;
}

static void share_out(struct part_reader *reader, size_t first) {
    const struct history_table *table = reader->table;
    size_t end = first + reader->row_count;

    reader->shares = ARENA_ARRAY(reader->arena, struct share, table->view.source_count);
    for (size_t i = find_stretch(table, first); i < table->stretch_count && table->stretches[i].at < end; i++) {
        const struct stretch *stretch = &table->stretches[i];
        struct share *share = &reader->shares[stretch->source];
        size_t from = stretch->at > first ? stretch->at : first;
        size_t to = stretch->at + stretch->count < end ? stretch->at + stretch->count : end;
        if (share->rows == NULL) {
            share->rows = ARENA_ARRAY(reader->arena, uint32_t, reader->row_count);
            share->places = ARENA_ARRAY(reader->arena, uint32_t, reader->row_count);
        }
        for (size_t row = from; row < to; row++) {
            share->rows[share->count] = stretch->first + (uint32_t)(row - stretch->at);
            share->places[share->count++] = (uint32_t)(row - first);
        }
    }
}

static bool is_contiguous(const struct share *share) {
    return share->rows[share->count - 1] - share->rows[0] == share->count - 1;
}

/* The values of a share's rows; where[i] is the place of the i-th value in the part. */
static enum err_code read_share(const struct part_reader *reader, struct source *source, const struct share *share, uint32_t at,
                                struct column *column, struct err *err) {
    uint32_t first = share->rows[0];
    if (is_contiguous(share))
        return source_read(source, at, first, first + share->count, column, reader->arena, err);
    return source_pick(source, at, share->rows, share->count, true, column, reader->arena, err);
}

/* Walks values and rows together: both ascend. */
static uint32_t place_of(const struct share *share, uint32_t row, uint32_t *at) {
    if (is_contiguous(share))
        return share->places[row - share->rows[0]];
    while (share->rows[*at] < row)
        (*at)++;
    return share->places[*at];
}

/* A column that is being filled. */
struct filling {
    enum history_type type;
    union {
        int64_t *ints;
        double *doubles;
        uint8_t *bits;
        struct str *texts;
    };
    uint8_t *valid;
    size_t count;
    struct buf text; /* of a value that has to be made */
};

static void fill_value(struct filling *filling, uint32_t place, const struct column *column, uint32_t i, struct arena *arena) {
    arrow_set_bit(filling->valid, place);
    filling->count++;
    switch (filling->type) {
    case HISTORY_INT:
        filling->ints[place] = column->values[i].integer;
        break;
    case HISTORY_BOOL:
        if (column->values[i].integer != 0)
            arrow_set_bit(filling->bits, place);
        break;
    case HISTORY_STRING:
        filling->texts[place] = column_text(column, i);
        break;
    case HISTORY_JSON:
        if (column->type == HISTORY_JSON) {
            filling->texts[place] = column_text(column, i);
            break;
        }
        buf_reset(&filling->text);
        column_value_to_json(&filling->text, column, i, JSON_EXTENDED);
        filling->texts[place] = arena_copy(arena, buf_str(&filling->text));
        break;
    default:
        filling->doubles[place] = value_as_double(column->type, column->values[i]);
    }
}

static void fill_nulls(struct filling *filling, const struct column *column, const struct share *share) {
    uint32_t at = 0;
    for (uint32_t i = 0; filling->type == HISTORY_JSON && i < column->null_count; i++) {
        uint32_t place = place_of(share, column->null_rows[i], &at);
        arrow_set_bit(filling->valid, place);
        filling->count++;
        filling->texts[place] = STR("null");
    }
}

static bool find_column(const struct part_reader *reader, const struct source *source, size_t column, uint32_t *at) {
    uint32_t found[SAME_NAME_MAX];
    struct str path = reader->schema->columns[column].path;
    if (reader->schema->is_keyed) {
        if (source_find_columns(source, path, found) == 0)
            return false;
        *at = found[0];
        return true;
    }
    uint32_t low = 0, high = source_column_count(source); /* sorted by path */
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = str_compare(source_path(source, middle), path);
        if (order == 0) {
            *at = middle;
            return true;
        }
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

static enum err_code fill_from(struct part_reader *reader, uint32_t source_at, size_t column_at, struct filling *filling, struct err *err) {
    struct source *source = &reader->table->view.sources[source_at];
    const struct share *share = &reader->shares[source_at];
    struct column column = { 0 };
    uint32_t at, row_at = 0;

    if (share->count == 0 || !find_column(reader, source, column_at, &at))
        return OK;
    TRY(read_share(reader, source, share, at, &column, err));
    for (uint32_t i = 0; i < column.count; i++)
        fill_value(filling, place_of(share, column.rows[i], &row_at), &column, i, reader->arena);
    fill_nulls(filling, &column, share);
    return OK;
}

/* One row is given however long it is; of several, the caller may ask for fewer. */
static enum err_code check_size(const struct part_reader *reader, size_t more_bytes, struct err *err) {
    if (reader->row_count <= 1 || arena_used_bytes(reader->arena) + more_bytes <= HISTORY_TABLE_PART_BYTES)
        return OK;
    return err_set(err, ERR_TOO_LARGE, "%zu rows are more than %d bytes", reader->row_count, HISTORY_TABLE_PART_BYTES);
}

static enum err_code finish_texts(const struct part_reader *reader, const struct filling *filling, struct arrow_column *out, struct err *err) {
    int64_t *offsets = ARENA_ARRAY(reader->arena, int64_t, reader->row_count + 1);
    for (size_t i = 0; i < reader->row_count; i++)
        offsets[i + 1] = offsets[i] + (int64_t)filling->texts[i].len;
    TRY(check_size(reader, (size_t)offsets[reader->row_count], err));
    char *text = arena_alloc(reader->arena, (size_t)offsets[reader->row_count]);
    for (size_t i = 0; i < reader->row_count; i++)
        if (filling->texts[i].len > 0)
            memcpy(text + offsets[i], filling->texts[i].ptr, filling->texts[i].len);
    out->offsets = offsets;
    out->values = text;
    return OK;
}

static enum err_code read_column(struct part_reader *reader, size_t at, struct arrow_column *out, struct err *err) {
    struct filling filling = { .type = reader->schema->columns[at].type, .text = BUF_INIT(2 * HISTORY_LINE_BYTES_MAX) };
    bool is_text = column_is_text(filling.type);
    enum err_code code = OK;

    filling.valid = ARENA_ARRAY(reader->arena, uint8_t, arrow_bit_bytes(reader->row_count));
    if (is_text)
        filling.texts = ARENA_ARRAY(reader->arena, struct str, reader->row_count);
    else
        filling.ints = ARENA_ARRAY(reader->arena, int64_t, reader->row_count); /* doubles and bits take no more */
    for (uint32_t i = 0; i < reader->table->view.source_count && code == OK; i++)
        code = fill_from(reader, i, at, &filling, err);
    if (code == OK)
        code = buf_check(&filling.text, "a value", err);
    buf_finish(&filling.text);
    *out = (struct arrow_column){ .null_count = reader->row_count - filling.count, .values = filling.ints };
    out->valid = out->null_count > 0 ? filling.valid : NULL;
    if (code == OK && is_text)
        code = finish_texts(reader, &filling, out, err);
    return code == OK ? check_size(reader, 0, err) : code;
}

static enum err_code read_steps(struct part_reader *reader, int64_t *steps, struct err *err) {
    for (uint32_t i = 0; i < reader->table->view.source_count; i++) {
        const struct share *share = &reader->shares[i];
        int64_t *found;
        if (share->count == 0)
            continue;
        uint32_t first = share->rows[0], end = share->rows[share->count - 1] + 1;
        TRY(source_read_steps(&reader->table->view.sources[i], first, end, &found, reader->arena, err));
        for (uint32_t k = 0; k < share->count; k++)
            steps[share->places[k]] = found[share->rows[k] - first];
    }
    return OK;
}

/* ---- rows that have all keys ---- */

static void keep_values(enum arrow_type type, struct arrow_column *column, const uint32_t *kept, size_t count, struct arena *arena) {
    column->valid = NULL;
    column->null_count = 0;
    if (type == ARROW_TEXT) {
        int64_t *offsets = ARENA_ARRAY(arena, int64_t, count + 1);
        char *text = arena_alloc(arena, (size_t)column->offsets[count == 0 ? 0 : kept[count - 1] + 1]);
        for (size_t i = 0; i < count; i++) {
            size_t size = (size_t)(column->offsets[kept[i] + 1] - column->offsets[kept[i]]);
            memcpy(text + offsets[i], (const char *)column->values + column->offsets[kept[i]], size);
            offsets[i + 1] = offsets[i] + (int64_t)size;
        }
        column->offsets = offsets;
        column->values = text;
    } else if (type == ARROW_BOOL) {
        uint8_t *bits = ARENA_ARRAY(arena, uint8_t, arrow_bit_bytes(count));
        for (size_t i = 0; i < count; i++)
            if (arrow_bit(column->values, kept[i]))
                arrow_set_bit(bits, i);
        column->values = bits;
    } else {
        int64_t *values = ARENA_ARRAY(arena, int64_t, count);
        for (size_t i = 0; i < count; i++)
            values[i] = ((const int64_t *)column->values)[kept[i]];
        column->values = values;
    }
}

static void keep_complete(const struct part_reader *reader, struct history_part *part) {
    uint32_t *kept = ARENA_ARRAY(reader->arena, uint32_t, part->row_count);
    size_t count = 0;
    for (size_t row = 0; row < part->row_count; row++) {
        bool is_complete = true;
        for (size_t i = 0; i < reader->schema->count && is_complete; i++)
            is_complete = part->columns[i].valid == NULL || arrow_bit(part->columns[i].valid, row);
        if (is_complete)
            kept[count++] = (uint32_t)row;
    }
    if (count == part->row_count)
        return;
    for (size_t i = 0; i < count; i++)
        part->steps[i] = part->steps[kept[i]];
    for (size_t i = 0; i < reader->schema->count; i++)
        keep_values(arrow_type_of(reader->schema->columns[i].type), &part->columns[i], kept, count, reader->arena);
    part->row_count = count;
}

enum err_code history_table_read(struct history_table *table, const struct history_schema *schema, size_t first, size_t count,
                                 struct history_part *out, struct arena *arena, struct err *err) {
    size_t left = first < table->row_count ? table->row_count - first : 0;
    struct part_reader reader = { .table = table, .schema = schema, .row_count = count < left ? count : left, .arena = arena };

    *out = (struct history_part){ .row_count = reader.row_count };
    out->steps = ARENA_ARRAY(arena, int64_t, reader.row_count);
    out->columns = ARENA_ARRAY(arena, struct arrow_column, schema->count);
    if (reader.row_count > 0)
        share_out(&reader, first);
    else
        reader.shares = ARENA_ARRAY(arena, struct share, table->view.source_count);
    TRY(read_steps(&reader, out->steps, err));
    for (size_t i = 0; i < schema->count; i++)
        TRY(read_column(&reader, i, &out->columns[i], err));
    if (schema->is_keyed)
        keep_complete(&reader, out);
    return OK;
}
