/* columns_endpoint.c - see columns_endpoint.h.
 *
 * Sampled histories and lists of runs are gathered in memory; whole histories are streamed, part by part, because they
 * may be larger than that.
 */
#include "server/api/runs/columns_endpoint.h"

#include "base/clock.h"
#include "server/api/place.h"
#include "server/api/runs/row_columns.h"
#include "server/history/table.h"
#include "server/store/runs/run_table.h"

#include <stdlib.h>
#include <string.h>

enum { TIME_MAX_MS = 60 * 1000, ANSWER_MAX_BYTES = 256 << 20, PART_VALUES = 1 << 20, PIECE_BYTES = 1 << 20, RUNS_AT_ONCE = 1000, DOCUMENTS_AT_ONCE = 50 };

struct columns_request {
    struct http_call *call;
    const struct json_value *document;
    struct str *names, *keys; /* of runs, of metrics */
    size_t name_count, key_count;
    enum history_kind kind;
    int64_t samples, first_step, last_step; /* samples 0: all rows */
    bool has_run_column, has_step_key;
    struct project *project;
    int64_t *run_ids;
    struct str *run_names;
    size_t run_count;
};

/* ---- reading the request ---- */

static enum err_code read_names(const struct columns_request *request, struct str member, size_t max, struct str **names,
                                size_t *count, struct err *err) {
    const struct json_value *list = json_get(request->document, member);
    if (list == NULL || list->type == JSON_TYPE_NULL)
        return OK;
    if (list->type != JSON_TYPE_ARRAY || list->array.count > max)
        return err_set(err, ERR_BAD_INPUT, "'%.*s' must be a list of at most %zu strings", STR_ARG(member), max);
    *names = ARENA_ARRAY(request->call->arena, struct str, list->array.count);
    *count = list->array.count;
    for (size_t i = 0; i < list->array.count; i++) {
        if (list->array.items[i].type != JSON_TYPE_STRING)
            return err_set(err, ERR_BAD_INPUT, "'%.*s' must be a list of strings", STR_ARG(member));
        (*names)[i] = list->array.items[i].string;
    }
    return OK;
}

static enum err_code read_history_request(struct columns_request *request, struct err *err) {
    struct str stream = json_get_str(request->document, STR("stream"));
    request->kind = str_eq(stream, STR("events")) ? HISTORY_EVENTS : HISTORY_ROWS;
    if (stream.ptr != NULL && request->kind == HISTORY_ROWS && !str_eq(stream, STR("history")))
        return err_set(err, ERR_BAD_INPUT, "'stream' must be \"history\" or \"events\"");
    TRY(read_names(request, STR("keys"), COLUMNS_KEYS_MAX, &request->keys, &request->key_count, err));
    request->samples = json_get_int(request->document, STR("samples"), 0);
    if (request->samples < 0 || request->samples > HISTORY_SAMPLES_MAX)
        return err_set(err, ERR_BAD_INPUT, "'samples' must be from 1 to %d, got %lld", HISTORY_SAMPLES_MAX, (long long)request->samples);
    request->first_step = json_get_int(request->document, STR("min_step"), INT64_MIN);
    request->last_step = json_get_int(request->document, STR("max_step"), INT64_MAX);
    request->has_run_column = json_get_bool(request->document, STR("with_run"), false);
    return OK;
}

/* ---- finding the runs ---- */

static enum err_code add_named_runs(struct db_tx *tx, struct columns_request *request, struct err *err) {
    struct arena *arena = request->call->arena;
    for (size_t i = 0; i < request->name_count; i++) {
        struct run *run;
        TRY(run_find(tx, request->project->id, request->names[i], 0, false, arena, &run, err));
        request->run_ids[request->run_count] = run->id;
        request->run_names[request->run_count++] = run->name;
    }
    return OK;
}

static enum err_code add_page(struct columns_request *request, const struct run_page *page, struct err *err) {
    if (request->run_count + page->count > COLUMNS_RUNS_MAX)
        return err_set(err, ERR_TOO_LARGE, "these are more than %d runs; filter them", COLUMNS_RUNS_MAX);
    for (size_t i = 0; i < page->count; i++)
        request->run_ids[request->run_count++] = page->ids[i];
    return OK;
}

static enum err_code add_filtered_runs(struct columns_request *request, struct err *err) {
    struct app *app = request->call->app;
    struct run_query query = { .project_id = request->project->id,
                               .filters = json_get_str(request->document, STR("filters")),
                               .order = json_get_str(request->document, STR("order")),
                               .first = RUN_PAGE_MAX };
    struct run_page page;
    do {
        TRY(run_tables_query(app->run_tables, &query, request->call->arena, &page, err));
        TRY(add_page(request, &page, err));
        query.after = page.count > 0 ? page.cursors[page.count - 1] : STR_EMPTY;
    } while (page.has_more && page.count > 0);
    return OK;
}

static enum err_code find_project(struct db_tx *tx, void *context, struct err *err) {
    struct columns_request *request = context;
    request->run_count = 0;
    TRY(place_find_project(tx, http_identity(request->call), json_get_str(request->document, STR("entity")),
                           json_get_str(request->document, STR("project")), CAN_READ, &request->project, err));
    return request->names != NULL ? add_named_runs(tx, request, err) : OK;
}

static enum err_code read_request(struct columns_request *request, struct err *err) {
    struct app *app = request->call->app;
    struct arena *arena = request->call->arena;
    struct json_value *document;

    TRY(json_parse(&document, request->call->body, JSON_STRICT, arena, err));
    request->document = document;
    TRY(read_names(request, STR("runs"), COLUMNS_RUNS_MAX, &request->names, &request->name_count, err));
    size_t room = request->names != NULL ? request->name_count : COLUMNS_RUNS_MAX;
    request->run_ids = ARENA_ARRAY(arena, int64_t, room);
    request->run_names = ARENA_ARRAY(arena, struct str, room);
    TRY(db_read(app->db, find_project, request, err));
    return request->names != NULL ? OK : add_filtered_runs(request, err);
}

/* ---- runs, a thousand at a time ---- */

struct run_visit {
    struct columns_request *request;
    size_t first, count;
    unsigned parts;
    struct arena *arena;
    struct run **runs;
    size_t found;
};

static enum err_code find_some(struct db_tx *tx, void *context, struct err *err) {
    struct run_visit *visit = context;
    return run_find_many(tx, visit->request->run_ids + visit->first, visit->count, visit->parts, visit->arena, &visit->runs, &visit->found, err);
}

/* The names of runs that were found by a filter; those that were deleted meanwhile are left out. */
static enum err_code name_runs(struct columns_request *request, struct err *err) {
    struct app *app = request->call->app;
    size_t kept = 0;
    for (size_t first = 0; first < request->run_count; first += RUNS_AT_ONCE) {
        size_t left = request->run_count - first;
        struct run_visit visit = { request, first, left < RUNS_AT_ONCE ? left : RUNS_AT_ONCE, 0, request->call->arena, NULL, 0 };
        TRY(db_read(app->db, find_some, &visit, err));
        for (size_t i = 0; i < visit.found; i++) {
            request->run_ids[kept] = visit.runs[i]->id;
            request->run_names[kept++] = visit.runs[i]->name;
        }
    }
    request->run_count = kept;
    return OK;
}

/* ---- sampled histories ---- */

/* Rows of one run on their way into columns. */
struct sample_visit {
    struct columns_request *request;
    struct row_columns *columns;
    const struct str *run_name;
    int64_t run_column, *key_columns;
    struct arena *arena;
    struct err err;
    enum err_code code;
};

static void begin_row(struct sample_visit *visit) {
    row_columns_begin_row(visit->columns);
    if (visit->request->has_run_column)
        row_columns_add_shared(visit->columns, visit->run_column, visit->run_name);
}

static void add_json(struct sample_visit *visit, size_t key, struct str json) {
    struct json_value *value;
    if (visit->code == OK)
        visit->code = json_parse(&value, json, JSON_EXTENDED, visit->arena, &visit->err);
    if (visit->code == OK)
        row_columns_add_value(visit->columns, visit->request->keys[key], value);
}

static void add_sample(void *context, const struct history_value *values) {
    struct sample_visit *visit = context;
    begin_row(visit);
    for (size_t i = 0; i < visit->request->key_count; i++) {
        int64_t column = visit->key_columns[i];
        if (values[i].type == HISTORY_INT)
            row_columns_add_int(visit->columns, column, values[i].integer);
        else if (values[i].type == HISTORY_DOUBLE)
            row_columns_add_double(visit->columns, column, values[i].number);
        else if (values[i].type == HISTORY_BOOL)
            row_columns_add_bool(visit->columns, column, values[i].integer != 0);
        else if (values[i].type == HISTORY_STRING)
            row_columns_add_string(visit->columns, column, values[i].text);
        else
            add_json(visit, i, values[i].text);
    }
}

static enum err_code add_keyed_samples(struct sample_visit *visit, int64_t run, struct err *err) {
    struct columns_request *request = visit->request;
    struct app *app = request->call->app;
    const struct history_sample_spec spec = { request->keys, request->key_count, request->samples, request->first_step, request->last_step };
    const struct history_visitor visitor = { add_sample, visit };

    visit->key_columns = ARENA_ARRAY(visit->arena, int64_t, request->key_count);
    for (size_t i = 0; i < request->key_count; i++)
        visit->key_columns[i] = row_columns_find(visit->columns, request->keys[i]);
    TRY(history_visit_samples(app->history, run, request->kind, &spec, &visitor, visit->arena, err));
    if (visit->code != OK)
        *err = visit->err;
    return visit->code;
}

static enum err_code add_whole_samples(struct sample_visit *visit, int64_t run, struct err *err) {
    struct columns_request *request = visit->request;
    struct app *app = request->call->app;
    struct history_rows rows;
    struct json_value *row;
    TRY(history_sample_rows(app->history, run, request->kind, (size_t)request->samples, JSON_EXTENDED, &rows, visit->arena, err));
    for (size_t i = 0; i < rows.count; i++) {
        TRY(json_parse(&row, rows.json[i], JSON_EXTENDED, visit->arena, err));
        begin_row(visit);
        row_columns_add_object(visit->columns, STR_EMPTY, row, true);
    }
    return OK;
}

static enum err_code add_samples(struct columns_request *request, size_t at, struct row_columns *columns, struct arena *arena, struct err *err) {
    struct sample_visit visit = { .request = request, .columns = columns, .run_name = &request->run_names[at], .arena = arena };
    if (request->has_run_column)
        visit.run_column = row_columns_find(columns, STR("run_id"));
    return request->key_count > 0 ? add_keyed_samples(&visit, request->run_ids[at], err) : add_whole_samples(&visit, request->run_ids[at], err);
}

static enum err_code check_cost(const struct arena *arena, int64_t ends_at, struct err *err) {
    if (arena_used_bytes(arena) > 4 * (size_t)ANSWER_MAX_BYTES)
        return err_set(err, ERR_TOO_LARGE, "the answer is too large; ask for fewer runs, keys or samples");
    if (clock_mono_ms() > ends_at) /* nobody holds a worker for longer */
        return err_set(err, ERR_TOO_LARGE, "the answer takes longer than %d ms; ask for fewer runs", TIME_MAX_MS);
    return OK;
}

static enum err_code answer_samples(struct columns_request *request, struct err *err) {
    struct arena *arena = arena_create(), *scratch = arena_create();
    struct row_columns *columns = row_columns_create(arena);
    int64_t ends_at = clock_mono_ms() + TIME_MAX_MS;
    enum err_code code = OK;
    for (size_t i = 0; i < request->run_count && code == OK; i++) {
        code = add_samples(request, i, columns, scratch, err);
        if (code == OK)
            code = check_cost(arena, ends_at, err);
        arena_reset(scratch);
    }
    if (code == OK)
        code = row_columns_write(columns, http_body(request->call), err);
    row_columns_destroy(columns);
    arena_destroy(scratch);
    arena_destroy(arena);
    return code;
}

/* ---- whole histories ---- */

/* A stream outlives its call's handler, not its call: what it needs of the request lies in the call's arena. */
struct history_stream {
    struct columns_request request;
    struct history_schema schema;
    struct arrow_field *fields; /* run_id and _step, where they are wanted, and then the schema's */
    size_t field_count, first_field, part_rows;
    struct history_table *table; /* of the run that is being read */
    size_t run, row;
    bool has_begun;
};

static bool has_steps(const struct history_stream *stream) {
    const struct columns_request *request = &stream->request;
    return request->kind == HISTORY_ROWS && (request->key_count == 0 || request->has_step_key);
}

/* Steps are no column of a schema: every row has one. */
static void begin_schema(struct history_stream *stream) {
    struct columns_request *request = &stream->request;
    struct arena *arena = request->call->arena;
    struct str *keys = ARENA_ARRAY(arena, struct str, request->key_count);
    size_t count = 0;
    for (size_t i = 0; i < request->key_count; i++) {
        bool is_step = request->kind == HISTORY_ROWS && str_eq_c(request->keys[i], "_step");
        request->has_step_key |= is_step;
        if (!is_step)
            keys[count++] = request->keys[i];
    }
    history_schema_init(&stream->schema, keys, count, arena);
    stream->schema.is_keyed = request->key_count > 0;
}

static enum err_code open_table(struct history_stream *stream, size_t at, struct err *err) {
    struct columns_request *request = &stream->request;
    struct app *app = request->call->app;
    history_table_close(stream->table);
    stream->table = NULL;
    stream->run = at;
    stream->row = 0;
    return history_table_open(&stream->table, app->history, request->run_ids[at], request->kind, request->first_step, request->last_step, err);
}

static enum err_code join_schemas(struct history_stream *stream, struct err *err) {
    struct arena *arena = stream->request.call->arena;
    int64_t ends_at = clock_mono_ms() + TIME_MAX_MS;
    begin_schema(stream);
    for (size_t i = 0; i < stream->request.run_count; i++) {
        TRY(open_table(stream, i, err));
        TRY(history_table_join(stream->table, &stream->schema, err));
        TRY(check_cost(arena, ends_at, err));
    }
    history_schema_settle(&stream->schema);
    if (stream->request.run_count > 1)
        TRY(open_table(stream, 0, err));
    stream->fields = ARENA_ARRAY(arena, struct arrow_field, stream->schema.count + 2);
    if (stream->request.has_run_column)
        stream->fields[stream->field_count++] = (struct arrow_field){ .name = STR("run_id"), .type = ARROW_TEXT };
    if (has_steps(stream))
        stream->fields[stream->field_count++] = (struct arrow_field){ .name = STR("_step"), .type = ARROW_INT64 };
    stream->first_field = stream->field_count;
    for (size_t i = 0; i < stream->schema.count; i++)
        stream->fields[stream->field_count++] = history_schema_field(&stream->schema, i);
    size_t rows = PART_VALUES / (stream->field_count + 1);
    stream->part_rows = rows < 1 ? 1 : rows > HISTORY_TABLE_PART_ROWS ? HISTORY_TABLE_PART_ROWS : rows;
    return OK;
}

static struct arrow_column repeated_text(struct str text, size_t count, struct arena *arena) {
    int64_t *offsets = ARENA_ARRAY(arena, int64_t, count + 1);
    char *texts = arena_alloc(arena, text.len * count);
    for (size_t i = 0; i < count; i++) {
        memcpy(texts + i * text.len, text.ptr, text.len);
        offsets[i + 1] = (int64_t)((i + 1) * text.len);
    }
    return (struct arrow_column){ .values = texts, .offsets = offsets };
}

static enum err_code append_part(struct history_stream *stream, struct buf *out, struct arena *arena, struct err *err) {
    struct arrow_column *columns = ARENA_ARRAY(arena, struct arrow_column, stream->field_count);
    struct history_part part;
    size_t at = 0;

    TRY(history_table_read(stream->table, &stream->schema, stream->row, stream->part_rows, &part, arena, err));
    stream->row += stream->part_rows;
    if (part.row_count == 0 || stream->field_count == 0)
        return OK;
    if (stream->request.has_run_column)
        columns[at++] = repeated_text(stream->request.run_names[stream->run], part.row_count, arena);
    if (has_steps(stream))
        columns[at++] = (struct arrow_column){ .values = part.steps };
    memcpy(columns + at, part.columns, stream->schema.count * sizeof *columns);
    arrow_write_batch(out, stream->fields, columns, stream->field_count, part.row_count);
    return OK;
}

/* Goes on to the next run that has rows left; false at the end. */
static enum err_code has_rows_left(struct history_stream *stream, bool *out, struct err *err) {
    while (stream->table != NULL && stream->row >= history_table_rows(stream->table)) {
        if (stream->run + 1 >= stream->request.run_count) {
            *out = false;
            return OK;
        }
        TRY(open_table(stream, stream->run + 1, err));
    }
    *out = stream->table != NULL;
    return OK;
}

static enum err_code produce(void *state, struct buf *piece, bool *is_last, struct err *err) {
    struct history_stream *stream = state;
    struct arena *arena = arena_create();
    enum err_code code = OK;
    bool has_more = true;

    if (!stream->has_begun)
        arrow_write_schema(piece, stream->fields, stream->field_count, NULL, 0);
    stream->has_begun = true;
    while (code == OK && piece->len < PIECE_BYTES && !piece->failed) {
        code = has_rows_left(stream, &has_more, err);
        if (code != OK || !has_more)
            break;
        code = append_part(stream, piece, arena, err);
        arena_reset(arena);
        if (code == ERR_TOO_LARGE && stream->part_rows > 1) { /* long texts: fewer rows at a time */
            stream->part_rows /= 2;
            code = OK;
        }
    }
    arena_destroy(arena);
    *is_last = !has_more;
    if (code == OK && !has_more)
        arrow_write_end(piece);
    return code;
}

static void end_stream(void *state) {
    struct history_stream *stream = state;
    history_table_close(stream->table);
    history_schema_finish(&stream->schema);
}

static enum err_code answer_whole(struct columns_request *request, struct err *err) {
    static const struct http_producer producer = { produce, end_stream };
    struct history_stream *stream = ARENA_NEW(request->call->arena, struct history_stream);

    stream->request = *request;
    enum err_code code = join_schemas(stream, err);
    if (code == OK)
        http_send_stream(request->call, &producer, stream);
    else
        end_stream(stream);
    return code;
}

enum err_code columns_answer_history(struct http_call *call, struct err *err) {
    struct columns_request request = { .call = call };
    TRY(read_request(&request, err));
    TRY(read_history_request(&request, err));
    if (request.names == NULL)
        TRY(name_runs(&request, err));
    http_set_type(call, STR("application/vnd.apache.arrow.stream"));
    return request.samples > 0 ? answer_samples(&request, err) : answer_whole(&request, err);
}

/* ---- the table of runs ---- */

static struct str time_text(int64_t time_ms, struct arena *arena) {
    char text[CLOCK_ISO_MAX];
    if (time_ms == 0)
        return (struct str){ NULL, 0 };
    clock_format_iso(text, time_ms);
    return arena_copy(arena, str_from_c(text));
}

static void add_fields(struct row_columns *columns, const struct run *run, struct arena *arena) {
    row_columns_add_text(columns, STR("id"), run->name);
    row_columns_add_text(columns, STR("name"), run->display_name);
    row_columns_add_text(columns, STR("state"), str_from_c(run_state_name(run->state)));
    row_columns_add_text(columns, STR("created_at"), time_text(run->created_at, arena));
    row_columns_add_text(columns, STR("heartbeat_at"), time_text(run->heartbeat_at, arena));
    row_columns_add_text(columns, STR("user"), run->username);
    row_columns_add_text(columns, STR("group"), run->group);
    row_columns_add_text(columns, STR("job_type"), run->job_type);
    row_columns_add_text(columns, STR("sweep"), run->sweep);
    row_columns_add_text(columns, STR("notes"), run->notes);
}

/* {"lr": {"value": 1, "desc": null}} is config.lr: 1; what the client keeps for itself is left out. */
static void add_config(struct row_columns *columns, const struct json_value *config, struct arena *arena) {
    for (size_t i = 0; config->type == JSON_TYPE_OBJECT && i < config->object.count; i++) {
        const struct json_member *member = &config->object.members[i];
        const struct json_value *value = json_get(&member->value, STR("value"));
        if (str_eq_c(member->key, "_wandb") || str_eq_c(member->key, "wandb_version"))
            continue;
        row_columns_add_value(columns, arena_printf(arena, "config.%.*s", STR_ARG(member->key)), value != NULL ? value : &member->value);
    }
}

static enum err_code add_run(struct row_columns *columns, const struct run *run, struct arena *arena, struct err *err) {
    struct json_value *document;
    row_columns_begin_row(columns);
    add_fields(columns, run, arena);
    TRY(json_parse(&document, run->tags.len > 0 ? run->tags : STR("[]"), JSON_STRICT, arena, err));
    row_columns_add_value(columns, STR("tags"), document);
    TRY(json_parse(&document, run->config.len > 0 ? run->config : STR("{}"), JSON_EXTENDED, arena, err));
    add_config(columns, document, arena);
    TRY(json_parse(&document, run->summary.len > 0 ? run->summary : STR("{}"), JSON_EXTENDED, arena, err));
    row_columns_add_object(columns, STR("summary"), document, false);
    return OK;
}

static enum err_code add_runs(struct columns_request *request, struct row_columns *columns, struct arena *arena, struct err *err) {
    struct app *app = request->call->app;
    int64_t ends_at = clock_mono_ms() + TIME_MAX_MS;
    for (size_t first = 0; first < request->run_count; first += DOCUMENTS_AT_ONCE) {
        size_t left = request->run_count - first;
        struct run_visit visit = { request, first, left < DOCUMENTS_AT_ONCE ? left : DOCUMENTS_AT_ONCE, RUN_CONFIG | RUN_SUMMARY, arena, NULL, 0 };
        TRY(db_read(app->db, find_some, &visit, err));
        for (size_t i = 0; i < visit.found; i++)
            TRY(add_run(columns, visit.runs[i], arena, err));
        TRY(check_cost(arena, ends_at, err));
    }
    return OK;
}

enum err_code columns_answer_runs(struct http_call *call, struct err *err) {
    struct columns_request request = { .call = call };
    struct arena *arena = arena_create();
    struct row_columns *columns = row_columns_create(arena);

    enum err_code code = read_request(&request, err);
    if (code == OK)
        code = add_runs(&request, columns, arena, err);
    http_set_type(call, STR("application/vnd.apache.arrow.stream"));
    if (code == OK)
        code = row_columns_write(columns, http_body(call), err);
    row_columns_destroy(columns);
    arena_destroy(arena);
    return code;
}
