/* chart.c - see chart.h.
 *
 * One request asks for several keys of several runs of one project; each pair that has values is one series of the
 * answer. Numbers are little endian, as they lie in memory on every machine this program runs on.
 */
#include "server/api/charts/chart.h"

#include "base/clock.h"
#include "base/json.h"
#include "server/api/charts/chart_compact.h"
#include "server/api/place.h"
#include "server/api/projects/shared.h"
#include "server/history/history.h"

#include <math.h>

enum { TIME_MAX_MS = 60 * 1000, FORMAT_PLAIN = 1, FORMAT_COMPACT = 2, KIND_EXACT = 0, KIND_BUCKETS = 1, NONFINITE_SEEN = 1 };

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "series are written as they lie in memory");

struct range {
    double first, last;
};

struct chart_request {
    struct http_call *call;
    struct str entity_name, project_name;
    struct str *run_names, *keys;
    struct range *ranges; /* of each run; NULL: that of the spec for all */
    size_t run_count, key_count;
    enum history_kind kind;
    struct history_chart_spec spec; /* all but the key */
    int64_t *run_ids;               /* 0: no such run */
    int64_t format;
    struct chart_compact_spec compact;
    bool is_shared;                 /* the address holds a link's token: its runs, whoever asks */
};

/* ---- reading the request ---- */

static enum err_code read_names(const struct json_value *document, struct str member, struct str **names, size_t *count,
                                struct arena *arena, struct err *err) {
    const struct json_value *list = json_get(document, member);
    if (list == NULL || list->type != JSON_TYPE_ARRAY)
        return err_set(err, ERR_BAD_INPUT, "'%.*s' must be a list of strings", STR_ARG(member));
    *names = ARENA_ARRAY(arena, struct str, list->array.count);
    *count = list->array.count;
    for (size_t i = 0; i < list->array.count; i++) {
        if (list->array.items[i].type != JSON_TYPE_STRING)
            return err_set(err, ERR_BAD_INPUT, "'%.*s' must be a list of strings", STR_ARG(member));
        (*names)[i] = list->array.items[i].string;
    }
    return OK;
}

static enum err_code read_bound(const struct json_value *document, struct str member, double otherwise, double *out, struct err *err) {
    const struct json_value *value = json_get(document, member);
    *out = otherwise;
    if (value == NULL || value->type == JSON_TYPE_NULL || json_to_double(value, out))
        return OK;
    return err_set(err, ERR_BAD_INPUT, "'%.*s' must be a number or null", STR_ARG(member));
}

/* Runs that go on have come differently far: a range for each, of which any end may be null. */
static enum err_code read_ranges(struct chart_request *request, const struct json_value *document, struct arena *arena, struct err *err) {
    const struct json_value *list = json_get(document, STR("ranges"));
    if (list == NULL || list->type == JSON_TYPE_NULL)
        return OK;
    if (list->type != JSON_TYPE_ARRAY || list->array.count != request->run_count)
        return err_set(err, ERR_BAD_INPUT, "'ranges' must be a list with a pair of numbers for each run");
    request->ranges = ARENA_ARRAY(arena, struct range, request->run_count);
    for (size_t i = 0; i < request->run_count; i++) {
        const struct json_value *pair = &list->array.items[i];
        struct range *range = &request->ranges[i];
        *range = (struct range){ -INFINITY, INFINITY };
        bool is_pair = pair->type == JSON_TYPE_ARRAY && pair->array.count == 2;
        for (size_t k = 0; is_pair && k < 2; k++)
            is_pair = pair->array.items[k].type == JSON_TYPE_NULL ||
                      json_to_double(&pair->array.items[k], k == 0 ? &range->first : &range->last);
        if (!is_pair)
            return err_set(err, ERR_BAD_INPUT, "'ranges' must be a list with a pair of numbers for each run");
    }
    return OK;
}

static enum err_code read_kind(const struct json_value *document, enum history_kind *out, struct err *err) {
    struct str stream = json_get_str(document, STR("stream"));
    bool is_events = str_eq(stream, STR("events"));
    *out = is_events ? HISTORY_EVENTS : HISTORY_ROWS;
    if (stream.ptr == NULL || is_events || str_eq(stream, STR("history")))
        return OK;
    return err_set(err, ERR_BAD_INPUT, "'stream' must be \"history\" or \"events\"");
}

static enum err_code read_format(struct chart_request *request, const struct json_value *document, struct err *err) {
    struct chart_compact_spec *compact = &request->compact;
    struct str point = json_get_str(document, STR("point"));
    request->format = json_get_int(document, STR("format"), FORMAT_PLAIN);
    if (request->format != FORMAT_PLAIN && request->format != FORMAT_COMPACT)
        return err_set(err, ERR_BAD_INPUT, "'format' must be 1 or 2, got %lld", (long long)request->format);
    compact->bucket_count = request->spec.bucket_count;
    compact->is_mean = str_eq(point, STR("mean"));
    if (point.ptr != NULL && !compact->is_mean && !str_eq(point, STR("last")))
        return err_set(err, ERR_BAD_INPUT, "'point' must be \"last\" or \"mean\"");
    compact->is_log = json_get_bool(document, STR("log"), false);
    TRY(read_bound(document, STR("low"), -INFINITY, &compact->low, err));
    TRY(read_bound(document, STR("high"), INFINITY, &compact->high, err));
    if (!(compact->low < compact->high))
        return err_set(err, ERR_BAD_INPUT, "'low' must be less than 'high'");
    return OK;
}

static enum err_code read_request(struct chart_request *request, struct str body, struct arena *arena, struct err *err) {
    struct json_value *document;
    TRY(json_parse(&document, body, JSON_STRICT, arena, err));
    request->entity_name = json_get_str(document, STR("entity"));
    request->project_name = json_get_str(document, STR("project"));
    TRY(read_names(document, STR("runs"), &request->run_names, &request->run_count, arena, err));
    TRY(read_names(document, STR("keys"), &request->keys, &request->key_count, arena, err));
    TRY(read_kind(document, &request->kind, err));
    TRY(read_bound(document, STR("min"), -INFINITY, &request->spec.x_first, err));
    TRY(read_bound(document, STR("max"), INFINITY, &request->spec.x_last, err));
    TRY(read_ranges(request, document, arena, err));
    int64_t buckets = json_get_int(document, STR("buckets"), 1000);
    if (buckets < 1 || buckets > CHART_BUCKETS_MAX)
        return err_set(err, ERR_BAD_INPUT, "'buckets' must be from 1 to %d, got %lld", CHART_BUCKETS_MAX, (long long)buckets);
    request->spec.bucket_count = (size_t)buckets;
    request->spec.x_key = json_get_str(document, STR("x"));
    if (request->spec.x_key.ptr == NULL)
        request->spec.x_key = STR("_step");
    if (request->run_count > CHART_SERIES_MAX || request->key_count > CHART_SERIES_MAX ||
        request->run_count * request->key_count > CHART_SERIES_MAX)
        return err_set(err, ERR_BAD_INPUT, "at most %d series can be asked for at once", CHART_SERIES_MAX);
    return read_format(request, document, err);
}

/* ---- finding the runs ---- */

/* Of a link's project, those that the link shows. */
static enum err_code find_shared_runs(struct db_tx *tx, struct chart_request *request, struct err *err) {
    struct arena *arena = request->call->arena;
    struct project *project;
    struct share *share;
    TRY(shared_find(tx, request->call, request->call->params[0], &share, err));
    TRY(shared_find_project(tx, share, request->entity_name, request->project_name, arena, &project, err));
    for (size_t i = 0; i < request->run_count; i++) {
        struct run *run;
        enum err_code code = run_find(tx, project->id, request->run_names[i], 0, false, arena, &run, err);
        if (code != OK && code != ERR_NOT_FOUND && code != ERR_GONE)
            return code;
        request->run_ids[i] = code == OK && shared_shows(share, run) ? run->id : 0;
    }
    return OK;
}

static enum err_code find_runs(struct db_tx *tx, void *context, struct err *err) {
    struct chart_request *request = context;
    struct arena *arena = request->call->arena;
    struct project *project;
    if (request->is_shared)
        return find_shared_runs(tx, request, err);
    TRY(place_find_project(tx, http_identity(request->call), request->entity_name, request->project_name, CAN_READ, &project, err));
    for (size_t i = 0; i < request->run_count; i++) {
        struct run *run;
        enum err_code code = run_find(tx, project->id, request->run_names[i], 0, false, arena, &run, err);
        if (code != OK && code != ERR_NOT_FOUND && code != ERR_GONE)
            return code;
        request->run_ids[i] = code == OK ? run->id : 0;
    }
    return OK;
}

/* ---- writing series ---- */

static void append_doubles(struct buf *out, const double *values, size_t count) {
    buf_append(out, values, count * sizeof *values);
}

/* float arrays are followed by as much as brings the next array to a multiple of eight bytes */
static void append_floats(struct buf *out, const struct history_bucket *buckets, size_t count, size_t member) {
    for (size_t i = 0; i < count; i++) {
        double value;
        memcpy(&value, (const char *)&buckets[i] + member, sizeof value);
        float narrow = (float)value;
        buf_append(out, &narrow, sizeof narrow);
    }
    if (count % 2 != 0)
        buf_append_u32(out, 0);
}

static void append_counts(struct buf *out, const struct history_bucket *buckets, size_t count) {
    for (size_t i = 0; i < count; i++)
        buf_append_u32(out, buckets[i].count > UINT32_MAX ? UINT32_MAX : (uint32_t)buckets[i].count);
    if (count % 2 != 0)
        buf_append_u32(out, 0);
}

/* Overviews count the values that are not finite, and do not tell NaN from the infinities: the flag of NaN stands for all. */
static void append_flags(struct buf *out, const struct history_bucket *buckets, size_t count) {
    for (size_t i = 0; i < count; i++)
        buf_append_u32(out, buckets[i].nonfinite > 0 ? NONFINITE_SEEN : 0);
    if (count % 2 != 0)
        buf_append_u32(out, 0);
}

static void append_buckets(struct buf *out, const struct history_chart *chart) {
    const struct history_bucket *buckets = chart->buckets;
    size_t count = chart->bucket_count;
    append_doubles(out, (const double[]){ buckets[0].x_first, buckets[count - 1].x_last }, 2);
    for (size_t i = 0; i < count; i++)
        append_doubles(out, &buckets[i].x_last, 1);
    append_floats(out, buckets, count, offsetof(struct history_bucket, min));
    append_floats(out, buckets, count, offsetof(struct history_bucket, max));
    append_floats(out, buckets, count, offsetof(struct history_bucket, last));
    append_floats(out, buckets, count, offsetof(struct history_bucket, mean));
    append_counts(out, buckets, count);
    append_flags(out, buckets, count);
}

static void append_plain(struct buf *out, size_t run, size_t key, const struct history_chart *chart) {
    buf_append_u32(out, (uint32_t)run);
    buf_append_u32(out, (uint32_t)key);
    buf_append_u32(out, chart->is_exact ? KIND_EXACT : KIND_BUCKETS);
    buf_append_u32(out, (uint32_t)(chart->is_exact ? chart->point_count : chart->bucket_count));
    buf_append_u64(out, chart_rows(chart));
    if (chart->is_exact) {
        append_doubles(out, chart->x, chart->point_count);
        append_doubles(out, chart->y, chart->point_count);
    } else {
        append_buckets(out, chart);
    }
}

static void append_series(const struct chart_request *request, struct buf *out, size_t run, size_t key,
                          const struct history_chart *chart, struct arena *arena) {
    if (request->format == FORMAT_COMPACT)
        chart_compact_append(out, (uint32_t)run, (uint32_t)key, chart, &request->compact, arena);
    else
        append_plain(out, run, key, chart);
}

static enum err_code append_all(struct chart_request *request, struct buf *out, uint32_t *series_count, struct err *err) {
    struct app *app = request->call->app;
    struct arena *scratch = arena_create();
    int64_t ends_at = clock_mono_ms() + TIME_MAX_MS;
    enum err_code code = OK;
    for (size_t run = 0; code == OK && run < request->run_count; run++) {
        for (size_t key = 0; code == OK && request->run_ids[run] != 0 && key < request->key_count; key++) {
            struct history_chart chart = { 0 };
            request->spec.key = request->keys[key];
            if (request->ranges != NULL) {
                request->spec.x_first = request->ranges[run].first;
                request->spec.x_last = request->ranges[run].last;
            }
            code = history_read_chart(app->history, request->run_ids[run], request->kind, &request->spec, &chart, scratch, err);
            if (code == OK && chart.point_count + chart.bucket_count > 0) {
                append_series(request, out, run, key, &chart, scratch);
                (*series_count)++;
            }
            if (code == OK && out->len > CHART_ANSWER_MAX_BYTES)
                code = err_set(err, ERR_TOO_LARGE, "the answer is larger than %d bytes; ask for fewer series or buckets", CHART_ANSWER_MAX_BYTES);
            if (code == OK && clock_mono_ms() > ends_at) /* nobody holds a worker for longer */
                code = err_set(err, ERR_TOO_LARGE, "the answer takes longer than %d ms; ask for fewer series", TIME_MAX_MS);
            arena_reset(scratch);
        }
    }
    arena_destroy(scratch);
    return code;
}

static enum err_code answer(struct http_call *call, bool is_shared, struct err *err) {
    struct app *app = call->app;
    struct chart_request request = { .call = call, .is_shared = is_shared };
    struct buf *out = http_body(call);
    uint32_t series_count = 0;

    TRY(read_request(&request, call->body, call->arena, err));
    request.run_ids = ARENA_ARRAY(call->arena, int64_t, request.run_count);
    TRY(db_read(app->db, find_runs, &request, err));
    http_set_type(call, STR("application/octet-stream"));
    buf_append_str(out, STR("BARB"));
    buf_append_u32(out, (uint32_t)request.format);
    size_t count_at = out->len;
    buf_append_u64(out, 0);
    TRY(append_all(&request, out, &series_count, err));
    if (!out->failed)
        memcpy(out->ptr + count_at, &series_count, sizeof series_count);
    return buf_check(out, "the answer", err);
}

enum err_code chart_answer(struct http_call *call, struct err *err) {
    return answer(call, false, err);
}

enum err_code chart_answer_shared(struct http_call *call, struct err *err) {
    return answer(call, true, err);
}
