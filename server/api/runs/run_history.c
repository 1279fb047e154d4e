/* run_history.c - fields of a run that come out of its history and its system metrics. */
#include "server/api/runs/history_files.h"
#include "server/api/runs/run_type.h"
#include "server/history/history.h"

enum { DEFAULT_SAMPLES = 500, TAIL_BYTES_MAX = 64 << 20 };

static struct history *history_of(const struct gql_call *call) {
    return gql_identity(call)->app->history;
}

/* ---- counts and last rows ---- */

static enum err_code write_line_count(struct gql_call *call, enum history_kind kind, struct err *err) {
    const struct run *run = call->parent;
    struct history_counts counts;
    TRY(history_count(history_of(call), run->id, kind, &counts, err));
    json_int(call->out, counts.line_count);
    return OK;
}

enum err_code run_history_answer_line_count(struct gql_call *call, struct err *err) {
    return write_line_count(call, HISTORY_ROWS, err);
}

enum err_code run_history_answer_events_count(struct gql_call *call, struct err *err) {
    return write_line_count(call, HISTORY_EVENTS, err);
}

/* A JSON list of the texts of rows, as JSON text: the client takes the last one. A history without rows has
 * one empty row, because the official client 0.16 looks for fields in the list itself when it is empty. */
static enum err_code write_tail(struct gql_call *call, enum history_kind kind, struct err *err) {
    const struct run *run = call->parent;
    struct buf text = BUF_INIT(TAIL_BYTES_MAX);
    struct json_writer writer;
    struct str last;
    enum err_code code;

    TRY(history_last_row(history_of(call), run->id, kind, &last, call->arena, err));
    json_writer_init(&writer, &text, JSON_STRICT);
    json_array_begin(&writer);
    if (last.ptr == NULL && kind == HISTORY_ROWS)
        last = STR("{}");
    if (last.ptr != NULL)
        json_string(&writer, last);
    json_array_end(&writer);
    code = buf_check(&text, "the last row", err);
    if (code == OK)
        json_string(call->out, buf_str(&text));
    buf_finish(&text);
    return code;
}

enum err_code run_history_answer_tail(struct gql_call *call, struct err *err) {
    return write_tail(call, HISTORY_ROWS, err);
}

enum err_code run_history_answer_events_tail(struct gql_call *call, struct err *err) {
    return write_tail(call, HISTORY_EVENTS, err);
}

enum err_code run_history_answer_system_metrics(struct gql_call *call, struct err *err) {
    const struct run *run = call->parent;
    struct str last;
    TRY(history_last_row(history_of(call), run->id, HISTORY_EVENTS, &last, call->arena, err));
    gql_str(call, last);
    return OK;
}

/* ---- rows ---- */

static void write_rows_as_text(struct gql_call *call, const struct history_rows *rows) {
    json_array_begin(call->out);
    for (size_t i = 0; i < rows->count; i++)
        json_string(call->out, rows->json[i]);
    json_array_end(call->out);
}

static enum err_code write_sampled_rows(struct gql_call *call, enum history_kind kind, struct err *err) {
    const struct run *run = call->parent;
    int64_t samples = gql_arg_int(call, "samples", DEFAULT_SAMPLES);
    struct history_rows rows;

    if (samples < 1 || samples > HISTORY_SAMPLES_MAX)
        return err_set(err, ERR_BAD_INPUT, "samples must be from 1 to %d, got %lld", HISTORY_SAMPLES_MAX,
                       (long long)samples);
    TRY(history_sample_rows(history_of(call), run->id, kind, (size_t)samples, JSON_EXTENDED, &rows,
                            call->arena, err));
    write_rows_as_text(call, &rows);
    return OK;
}

static bool is_given(const struct gql_call *call, const char *name) {
    const struct json_value *value = gql_arg(call, name);
    return value != NULL && value->type != JSON_TYPE_NULL;
}

enum err_code run_history_answer_rows(struct gql_call *call, struct err *err) {
    const struct run *run = call->parent;
    int64_t min_step = gql_arg_int(call, "minStep", INT64_MIN),
            max_step = gql_arg_int(call, "maxStep", INT64_MAX);
    struct history_rows rows = { 0 };

    if (!is_given(call, "minStep") && !is_given(call, "maxStep"))
        return write_sampled_rows(call, HISTORY_ROWS, err);
    if (max_step > min_step)
        TRY(history_read_rows(history_of(call), run->id, HISTORY_ROWS, min_step,
                              is_given(call, "maxStep") ? max_step - 1 : INT64_MAX, 0, JSON_EXTENDED, &rows,
                              call->arena, err));
    write_rows_as_text(call, &rows);
    return OK;
}

enum err_code run_history_answer_events(struct gql_call *call, struct err *err) {
    return write_sampled_rows(call, HISTORY_EVENTS, err);
}

/* The steps of a spec include maxStep for today's client and exclude it for older ones. Today's always asks
 * for _step and for as many samples as there are steps; docs/clients.md, section 7. */
static void correct_last_step(struct history_sample_spec *spec) {
    bool asks_step = false;
    for (size_t i = 0; i < spec->key_count; i++)
        asks_step = asks_step || str_eq_c(spec->keys[i], "_step");
    if (spec->last_step == INT64_MAX || spec->last_step < spec->first_step)
        return;
    if (!asks_step || (uint64_t)spec->samples <= (uint64_t)spec->last_step - (uint64_t)spec->first_step)
        spec->last_step--;
}

static enum err_code write_samples(struct gql_call *call, struct str spec_json, struct err *err) {
    const struct run *run = call->parent;
    struct history_sample_spec spec;
    struct history_rows rows = { 0 };

    TRY(history_sample_spec_parse(&spec, spec_json, call->arena, err));
    correct_last_step(&spec);
    if (spec.key_count > 0)
        TRY(history_sample(history_of(call), run->id, HISTORY_ROWS, &spec, JSON_STRICT, &rows, call->arena,
                           err));
    json_array_begin(call->out);
    for (size_t i = 0; i < rows.count; i++)
        json_raw(call->out, rows.json[i]);
    json_array_end(call->out);
    return OK;
}

enum err_code run_history_answer_sampled(struct gql_call *call, struct err *err) {
    const struct json_value *specs = gql_arg(call, "specs");

    json_array_begin(call->out);
    for (size_t i = 0; specs != NULL && i < specs->array.count; i++)
        TRY(write_samples(call, specs->array.items[i].string, err));
    json_array_end(call->out);
    return OK;
}

/* ---- keys ---- */

static void write_type_counts(struct json_writer *out, const struct history_key *key) {
    const struct {
        const char *type;
        int64_t count;
    } counts[] = { { "number", key->numbers },
                   { "string", key->strings },
                   { "boolean", key->bools },
                   { "map", key->jsons },
                   { "nil", key->nulls } };

    json_array_begin(out);
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        if (counts[i].count == 0)
            continue;
        json_object_begin(out);
        json_key(out, STR("type"));
        json_string(out, str_from_c(counts[i].type));
        json_key(out, STR("count"));
        json_int(out, counts[i].count);
        json_object_end(out);
    }
    json_array_end(out);
}

static void write_key(struct gql_call *call, const struct history_key *key) {
    struct json_value *last;
    struct err ignored;

    json_key(call->out, key->name);
    json_object_begin(call->out);
    json_key(call->out, STR("typeCounts"));
    write_type_counts(call->out, key);
    json_key(call->out, STR("monotonic"));
    json_bool(call->out, key->is_monotonic);
    json_key(call->out, STR("previousValue"));
    if (json_parse(&last, key->last_json, JSON_EXTENDED, call->arena, &ignored) == OK)
        json_value_write(call->out, last); /* quotes NaN: the answer is strict JSON */
    else
        json_null(call->out);
    json_object_end(call->out);
}

enum err_code run_history_answer_keys(struct gql_call *call, struct err *err) {
    const struct run *run = call->parent;
    struct history_keys keys;

    TRY(history_read_keys(history_of(call), run->id, HISTORY_ROWS, &keys, call->arena, err));
    if (keys.last_step < 0 && keys.count == 0)
        return OK;
    json_object_begin(call->out);
    json_key(call->out, STR("sets"));
    json_array_begin(call->out);
    json_array_end(call->out);
    json_key(call->out, STR("keys"));
    json_object_begin(call->out);
    for (size_t i = 0; i < keys.count; i++)
        write_key(call, &keys.keys[i]);
    json_object_end(call->out);
    json_key(call->out, STR("lastStep"));
    json_int(call->out, keys.last_step);
    json_object_end(call->out);
    return OK;
}

/* ---- Parquet ---- */

struct parquet_history {
    struct owner owner;
    struct history_files files;
};

/* A name that was used before may be in a client's cache with the other run's rows: it never gets files. */
enum err_code run_history_answer_parquet(struct gql_call *call, struct err *err) {
    const struct run *run = call->parent;
    struct parquet_history *parquet = ARENA_NEW(call->arena, struct parquet_history);
    struct str cache_name = arena_printf(call->arena, "%.*s/%.*s/%.*s", STR_ARG(run->entity_name),
                                         STR_ARG(run->project_name), STR_ARG(run->name));

    parquet->owner = run->owner;
    TRY(history_list_for_client(history_of(call), run->id,
                                run_state_is_terminal(run->state) && !run->is_reused, cache_name,
                                &parquet->files, call->arena, err));
    gql_object(call, parquet);
    return OK;
}

static enum err_code answer_parquet_urls(struct gql_call *call, struct err *err) {
    const struct parquet_history *parquet = call->parent;
    (void)err;
    json_array_begin(call->out);
    for (size_t i = 0; i < parquet->files.count; i++)
        json_string(call->out,
                    history_files_link(gql_identity(call), parquet->files.files[i].name, call->arena));
    json_array_end(call->out);
    return OK;
}

/* The client looks for the first step that no file has, and for nothing else. */
static enum err_code answer_live_data(struct gql_call *call, struct err *err) {
    const struct parquet_history *parquet = call->parent;
    (void)err;
    json_array_begin(call->out);
    if (parquet->files.live_step >= 0) {
        json_object_begin(call->out);
        json_key(call->out, STR("_step"));
        json_int(call->out, parquet->files.live_step);
        json_object_end(call->out);
    }
    json_array_end(call->out);
    return OK;
}

/* Sorted by name. */
static const struct gql_field parquet_history_fields[] = {
    { "liveData", "", "[JSON!]!", CAN_READ, answer_live_data,
      "Empty, or the first step that is not in the files." },
    { "parquetUrls", "", "[String!]!", CAN_READ, answer_parquet_urls,
      "Signed addresses. Empty while the history may still change." },
};
const struct gql_type parquet_history_type = GQL_TYPE("ParquetHistory", parquet_history_fields);
