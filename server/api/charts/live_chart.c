/* live_chart.c - see live_chart.h. */
#include "server/api/charts/live_chart.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "server/http/websocket.h"

#include <math.h>
#include <time.h>

enum { FORMAT_VERSION = 1, FORMAT_COMPACT = 2, NAME_BYTES_MAX = 1024, SERIES_PARTS = 4, PUSH_BYTES_MAX = 48 * 1024, WAIT_FACTOR = 40 };
#define ID_MAX 4294967295
/* So near to the edge of a bucket a value may lie in either; the page reckons in the same way. */
#define EDGE 1e-6

/* ---- reading what a page draws ---- */

static void destroy_chart(struct live_chart *chart) {
    if (chart != NULL)
        arena_destroy(chart->arena);
}

void live_charts_finish(struct live_charts *charts) {
    for (size_t i = 0; i < charts->count; i++)
        destroy_chart(charts->items[i]);
    *charts = (struct live_charts){ .count = 0 };
}

static enum err_code wrong(struct err *err, const char *what) {
    return err_set(err, ERR_BAD_INPUT, "%s", what);
}

static enum err_code read_name(const struct json_value *value, struct str *out, struct arena *arena, struct err *err) {
    if (value == NULL || value->type != JSON_TYPE_STRING || value->string.len == 0 || value->string.len > NAME_BYTES_MAX)
        return wrong(err, "a chart names an entity, a project, an x, runs and keys");
    *out = arena_copy(arena, value->string);
    return OK;
}

static enum err_code read_names(const struct json_value *list, struct str **out, size_t *count, struct arena *arena, struct err *err) {
    if (list == NULL || list->type != JSON_TYPE_ARRAY || list->array.count > LIVE_SERIES_MAX)
        return wrong(err, "'runs' and 'keys' of a chart are lists of names");
    *count = list->array.count;
    *out = ARENA_ARRAY(arena, struct str, *count);
    for (size_t i = 0; i < *count; i++)
        TRY(read_name(&list->array.items[i], &(*out)[i], arena, err));
    return OK;
}

static bool read_index(const struct json_value *value, size_t count, uint32_t *out) {
    if (value->type != JSON_TYPE_INT || value->integer < 0 || (uint64_t)value->integer >= count)
        return false;
    *out = (uint32_t)value->integer;
    return true;
}

static enum err_code read_series(struct live_chart *chart, const struct json_value *list, struct err *err) {
    if (list == NULL || list->type != JSON_TYPE_ARRAY || list->array.count > LIVE_SERIES_MAX)
        return err_set(err, ERR_BAD_INPUT, "'series' of a chart is a list of at most %d", LIVE_SERIES_MAX);
    chart->series_count = list->array.count;
    chart->series = ARENA_ARRAY(chart->arena, struct live_series, chart->series_count);
    for (size_t i = 0; i < chart->series_count; i++) {
        const struct json_value *item = &list->array.items[i];
        struct live_series *series = &chart->series[i];
        bool is_good = item->type == JSON_TYPE_ARRAY && item->array.count == SERIES_PARTS &&
                       read_index(&item->array.items[0], chart->run_count, &series->run) &&
                       read_index(&item->array.items[1], chart->key_count, &series->key) &&
                       json_to_double(&item->array.items[2], &series->start) && isfinite(series->start) &&
                       json_to_double(&item->array.items[3], &series->width) && isfinite(series->width) && series->width >= 0;
        if (!is_good)
            return wrong(err, "a series of a chart is [run, key, start, width]");
    }
    return OK;
}

static enum err_code read_chart(struct live_chart *chart, const struct json_value *item, struct err *err) {
    int64_t buckets = json_get_int(item, STR("buckets"), 0);
    struct str point = json_get_str(item, STR("point"));

    TRY(read_name(json_get(item, STR("entity")), &chart->entity, chart->arena, err));
    TRY(read_name(json_get(item, STR("project")), &chart->project, chart->arena, err));
    TRY(read_name(json_get(item, STR("x")), &chart->x, chart->arena, err));
    TRY(read_names(json_get(item, STR("runs")), &chart->runs, &chart->run_count, chart->arena, err));
    TRY(read_names(json_get(item, STR("keys")), &chart->keys, &chart->key_count, chart->arena, err));
    if (buckets < 1 || buckets > LIVE_BUCKETS_MAX)
        return err_set(err, ERR_BAD_INPUT, "'buckets' of a chart that is watched must be from 1 to %d", LIVE_BUCKETS_MAX);
    chart->compact = (struct chart_compact_spec){ .bucket_count = (size_t)buckets, .is_mean = str_eq(point, STR("mean")),
                                                  .is_log = json_get_bool(item, STR("log"), false), .low = -INFINITY, .high = INFINITY };
    chart->lines = ARENA_ARRAY(chart->arena, int64_t, chart->run_count);
    for (size_t i = 0; i < chart->run_count; i++)
        chart->lines[i] = -1;
    return read_series(chart, json_get(item, STR("series")), err);
}

static size_t bytes_of_names(const struct live_chart *chart) {
    size_t bytes = (chart->run_count + chart->key_count) * sizeof(struct str);
    for (size_t i = 0; i < chart->run_count; i++)
        bytes += chart->runs[i].len;
    for (size_t i = 0; i < chart->key_count; i++)
        bytes += chart->keys[i].len;
    return bytes;
}

static struct live_chart *find_chart(const struct live_charts *charts, int64_t id) {
    for (size_t i = 0; i < charts->count; i++)
        if (charts->items[i]->id == id)
            return charts->items[i];
    return NULL;
}

/* One of the message: that of before, a new one, or, when there is no room, none. */
static enum err_code take_chart(struct live_charts *fresh, const struct live_charts *before, const struct json_value *item, size_t room,
                                struct err *err) {
    int64_t id = json_get_int(item, STR("id"), -1);
    struct live_chart *chart = find_chart(before, id);

    if (id < 0 || id > ID_MAX)
        return wrong(err, "a chart has an 'id'");
    if (find_chart(fresh, id) != NULL)
        return wrong(err, "two charts have the same 'id'");
    if (chart == NULL && json_get(item, STR("series")) != NULL) {
        struct arena *arena = arena_create();
        chart = ARENA_NEW(arena, struct live_chart);
        *chart = (struct live_chart){ .id = id, .arena = arena };
        enum err_code code = read_chart(chart, item, err);
        size_t most = room < LIVE_SERIES_MAX ? room : LIVE_SERIES_MAX;
        chart->name_bytes = code == OK ? bytes_of_names(chart) : 0;
        if (code != OK || fresh->series_count + chart->series_count > most || fresh->name_bytes + chart->name_bytes > LIVE_NAME_BYTES_MAX) {
            destroy_chart(chart);
            return code;
        }
    }
    if (chart != NULL) {
        fresh->name_bytes += chart->name_bytes;
        fresh->items[fresh->count++] = chart;
        fresh->series_count += chart->series_count;
    }
    return OK;
}

/* Ends those of `charts` that are not among `kept`. */
static void end_others(struct live_charts *charts, const struct live_charts *kept) {
    for (size_t i = 0; i < charts->count; i++) {
        bool is_kept = false;
        for (size_t k = 0; k < kept->count; k++)
            is_kept = is_kept || kept->items[k] == charts->items[i];
        if (!is_kept)
            destroy_chart(charts->items[i]);
    }
}

enum err_code live_charts_read(struct live_charts *charts, struct str text, size_t room, struct arena *arena, struct err *err) {
    struct live_charts fresh = { .count = 0 };
    struct json_value *document;
    enum err_code code = OK;

    TRY(json_parse(&document, text, JSON_STRICT, arena, err));
    const struct json_value *list = json_get(document, STR("charts"));
    if (list != NULL && (list->type != JSON_TYPE_ARRAY || list->array.count > LIVE_CHARTS_MAX))
        return err_set(err, ERR_BAD_INPUT, "'charts' must be a list of at most %d", LIVE_CHARTS_MAX);
    for (size_t i = 0; code == OK && list != NULL && i < list->array.count; i++)
        code = take_chart(&fresh, charts, &list->array.items[i], room, err);
    if (code != OK) {
        end_others(&fresh, charts);
        return code;
    }
    end_others(charts, &fresh);
    *charts = fresh;
    return OK;
}

/* ---- pushing ---- */

static int64_t work_ms(void) {
    struct timespec now;
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

struct live_time live_time_from_now(int64_t work) {
    return (struct live_time){ work_ms() + work, clock_mono_ms() + work * WAIT_FACTOR };
}

bool live_time_is_up(const struct live_time *time) {
    return work_ms() >= time->work_ends_ms || clock_mono_ms() >= time->ends_ms;
}

/* A message that is being written: a head, a row for each series, and an answer in format 2. */
struct push {
    struct live_charts *charts;
    struct live_chart *chart;
    struct history *history;
    struct websocket *socket;
    struct arena *scratch;
    struct buf rows, answer;
    uint32_t row_count, answer_count;
    /* What becomes of the chart once it is sent. */
    double *starts;  /* of each series */
    int64_t *lines;  /* of each run */
};

static void begin_push(struct push *push) {
    buf_reset(&push->rows);
    buf_reset(&push->answer);
    push->row_count = push->answer_count = 0;
    for (size_t i = 0; i < push->chart->series_count; i++)
        push->starts[i] = push->chart->series[i].start;
    memcpy(push->lines, push->chart->lines, push->chart->run_count * sizeof *push->lines);
}

static bool send_push(struct push *push) {
    struct live_chart *chart = push->chart;
    struct buf message = BUF_INIT(WEBSOCKET_QUEUE_BYTES_MAX);
    bool is_sent = true;

    if (push->row_count > 0) {
        buf_append_str(&message, STR("BARL"));
        buf_append_u32(&message, FORMAT_VERSION);
        buf_append_u32(&message, (uint32_t)chart->id);
        buf_append_u32(&message, push->row_count);
        buf_append_str(&message, buf_str(&push->rows));
        buf_append_str(&message, STR("BARB"));
        buf_append_u32(&message, FORMAT_COMPACT);
        buf_append_u64(&message, push->answer_count);
        buf_append_str(&message, buf_str(&push->answer));
        is_sent = !message.failed && !push->rows.failed && !push->answer.failed && websocket_send_bytes(push->socket, buf_str(&message));
    }
    if (is_sent) {
        for (size_t i = 0; i < chart->series_count; i++)
            chart->series[i].start = push->starts[i];
        memcpy(chart->lines, push->lines, chart->run_count * sizeof *push->lines);
    }
    buf_finish(&message);
    return is_sent;
}

/* Where what comes next begins: with the last point, or the bucket that it lies in. */
static double next_start(const struct live_series *series, const struct history_chart *chart) {
    double last = chart->is_exact ? chart->x[chart->point_count - 1] : chart->buckets[chart->bucket_count - 1].x_last;
    if (series->width <= 0)
        return last;
    double reached = floor((last - series->start) / series->width - EDGE);
    return series->start + (reached > 0 ? reached * series->width : 0);
}

/* Rows in a bucket are left to the page's own request: nobody waits for a bucket here, where all pages would. */
static enum err_code push_series(struct push *push, size_t at, const struct run_news *news, bool *is_far, struct err *err) {
    const struct live_series *series = &push->chart->series[at];
    size_t buckets = push->chart->compact.bucket_count;
    struct history_chart chart = { 0 };
    struct history_chart_spec spec = {
        .key = push->chart->keys[series->key],
        .x_key = push->chart->x,
        .x_first = series->start,
        .x_last = series->width > 0 ? series->start + (double)buckets * series->width : INFINITY,
        .bucket_count = buckets,
        .stays_near = true,
    };
    double lines = (double)news->line_count;

    TRY(history_read_chart(push->history, news->id, HISTORY_ROWS, &spec, &chart, push->scratch, err));
    *is_far = chart.is_far;
    if (*is_far)
        return OK;
    buf_append_u32(&push->rows, series->run);
    buf_append_u32(&push->rows, series->key);
    buf_append(&push->rows, &lines, sizeof lines);
    buf_append(&push->rows, &series->start, sizeof series->start);
    push->row_count++;
    if (chart.point_count + chart.bucket_count > 0) {
        chart_compact_append(&push->answer, series->run, series->key, &chart, &push->chart->compact, push->scratch);
        push->answer_count++;
        push->starts[at] = next_start(series, &chart);
    }
    return OK;
}

/* A run that has gone back to fewer lines is no longer what the page has drawn: it asks for all, and draws another chart. So it
 * does with one that cannot be read, and sees why. */
static void forget_run(struct live_charts *charts, struct live_chart *chart, size_t run) {
    size_t kept = 0;
    for (size_t i = 0; i < chart->series_count; i++)
        if (chart->series[i].run != run)
            chart->series[kept++] = chart->series[i];
    charts->series_count -= chart->series_count - kept;
    chart->series_count = kept;
}

/* What was written of a run that cannot be written whole. */
static void take_back(struct push *push, size_t run, const struct push *before) {
    push->rows.len = before->rows.len;
    push->answer.len = before->answer.len;
    push->row_count = before->row_count;
    push->answer_count = before->answer_count;
    for (size_t i = 0; i < push->chart->series_count; i++)
        if (push->chart->series[i].run == run)
            push->starts[i] = push->chart->series[i].start;
}

/* All of its series, or none when one is far or the time is up: a page may want a thousand of one run, and others wait. */
static enum err_code push_run(struct push *push, size_t run, const struct run_news *news, const struct live_time *time, struct err *err) {
    struct live_chart *chart = push->chart;
    const struct push before = *push;
    bool is_far = false;
    if (news->line_count <= chart->lines[run])
        return OK;
    for (size_t i = 0; i < chart->series_count; i++) {
        if (chart->series[i].run != run)
            continue;
        bool is_late = live_time_is_up(time);
        if (!is_late)
            TRY(push_series(push, i, news, &is_far, err));
        arena_reset(push->scratch);
        if (is_late || is_far) {
            take_back(push, run, &before);
            return OK;
        }
    }
    push->lines[run] = news->line_count;
    return OK;
}

static const struct run_news *find_news(struct str name, const struct run_news *news, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (str_eq(news[i].name, name))
            return &news[i];
    return NULL;
}

static enum err_code push_chart(struct push *push, const struct run_news *news, size_t count, const struct live_time *time,
                                struct err *err) {
    struct live_chart *chart = push->chart;

    for (size_t run = 0; run < chart->run_count; run++) {
        const struct run_news *of_run = find_news(chart->runs[run], news, count);
        if (of_run != NULL && (of_run->line_count < chart->lines[run] || of_run->is_deleted))
            forget_run(push->charts, chart, run);
    }
    begin_push(push);
    for (size_t run = 0; run < chart->run_count && !live_time_is_up(time); run++) {
        const struct run_news *of_run = find_news(chart->runs[run], news, count);
        enum err_code code = of_run != NULL ? push_run(push, run, of_run, time, err) : OK;
        if (code != OK) {
            forget_run(push->charts, chart, run);
            return code;
        }
        if (push->answer.len + push->rows.len < PUSH_BYTES_MAX)
            continue;
        if (!send_push(push))
            return OK;
        begin_push(push);
    }
    (void)send_push(push);
    return OK;
}

enum err_code live_charts_push(struct live_charts *charts, struct history *history, const struct live_watch *watch,
                               const struct run_news *news, size_t count, struct websocket *socket, const struct live_time *time, struct err *err) {
    enum err_code code = OK;

    for (size_t i = 0; code == OK && i < charts->count; i++) {
        struct live_chart *chart = charts->items[i];
        struct arena *arena = arena_create();
        struct push push = { .charts = charts, .chart = chart, .history = history, .socket = socket, .scratch = arena_create(),
                             .rows = BUF_INIT(WEBSOCKET_QUEUE_BYTES_MAX), .answer = BUF_INIT(WEBSOCKET_QUEUE_BYTES_MAX) };
        push.starts = ARENA_ARRAY(arena, double, chart->series_count);
        push.lines = ARENA_ARRAY(arena, int64_t, chart->run_count);
        if (str_eq_c(chart->entity, watch->entity) && str_eq_c(chart->project, watch->project))
            code = push_chart(&push, news, count, time, err);
        buf_finish(&push.rows);
        buf_finish(&push.answer);
        arena_destroy(push.scratch);
        arena_destroy(arena);
    }
    return code;
}
