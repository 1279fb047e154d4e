/* live_log.c - see live_log.h. */
#include "server/api/charts/live_log.h"

#include "base/json.h"
#include "server/api/runs/console_type.h"
#include "server/http/websocket.h"
#include "server/store/runs/run.h"

/* ---- what a page shows ---- */

void live_logs_finish(struct live_logs *logs) {
    for (size_t i = 0; i < logs->count; i++)
        live_watch_finish(&logs->items[i].place);
    logs->count = 0;
}

static enum err_code read_log(struct live_log *log, const struct json_value *item, const struct live_logs *before, struct err *err) {
    TRY(live_watch_read(&log->place, item, err));
    log->told = json_get_int(item, STR("after"), -1);
    log->is_due = true;
    for (size_t i = 0; i < before->count; i++)
        if (live_watch_is_same(&log->place, &before->items[i].place)) {
            log->told = before->items[i].told;
            log->is_due = before->items[i].is_due;
        }
    if (log->place.run[0] != '\0' && log->told >= 0)
        return OK;
    live_watch_finish(&log->place);
    return err_set(err, ERR_BAD_INPUT, "a log names an 'entity', a 'project', a 'run' and, 'after' which change it begins");
}

enum err_code live_logs_read(struct live_logs *logs, struct str text, struct arena *arena, struct err *err) {
    struct live_logs fresh = { .count = 0 };
    struct json_value *document;
    enum err_code code = OK;

    TRY(json_parse(&document, text, JSON_STRICT, arena, err));
    const struct json_value *list = json_get(document, STR("logs"));
    if (list != NULL && (list->type != JSON_TYPE_ARRAY || list->array.count > LIVE_LOGS_MAX))
        return err_set(err, ERR_BAD_INPUT, "'logs' must be a list of at most %d", LIVE_LOGS_MAX);
    for (size_t i = 0; code == OK && list != NULL && i < list->array.count; i++) {
        code = read_log(&fresh.items[fresh.count], &list->array.items[i], logs, err);
        fresh.count += code == OK;
    }
    if (code != OK) {
        live_logs_finish(&fresh);
        return code;
    }
    live_logs_finish(logs);
    *logs = fresh;
    return OK;
}

/* ---- what is new ---- */

static bool is_of(const struct live_log *log, const struct live_watch *watch) {
    return watch->project_id != 0 && strcmp(log->place.entity, watch->entity) == 0 && strcmp(log->place.project, watch->project) == 0;
}

static bool is_named(const struct live_log *log, const struct live_news *news) {
    bool is_told_one_by_one = news->count <= LIVE_RUNS_PER_MESSAGE;
    for (size_t i = 0; is_told_one_by_one && i < news->count; i++)
        if (str_eq_c(news->runs[i].name, log->place.run))
            return true;
    return !is_told_one_by_one;
}

void live_logs_hear(struct live_logs *logs, const struct live_watch *watch, const struct live_news *news) {
    for (size_t i = 0; i < logs->count; i++)
        if (news->count > 0 && is_of(&logs->items[i], watch) && is_named(&logs->items[i], news))
            logs->items[i].is_due = true;
}

/* The newest whose bytes fit. */
static void leave_out_old(struct live_lines *lines) {
    size_t bytes = 0, kept = 0;
    while (kept < lines->count && kept < LIVE_LOG_LINES_MAX && lines->lines[kept].line.ptr != NULL) {
        bytes += lines->lines[kept].line.len;
        if (bytes > LIVE_LOG_BYTES_MAX)
            break;
        kept++;
    }
    lines->is_more = kept < lines->count;
    lines->count = kept;
}

enum err_code live_log_read_lines(const struct live_log *log, const struct live_watches *watches, struct db_tx *tx,
                                  struct arena *arena, struct live_lines *out, struct err *err) {
    const struct live_watch *watch = NULL;
    struct run *run;

    *out = (struct live_lines){ .last = log->told };
    for (size_t i = 0; i < watches->count; i++)
        if (is_of(log, &watches->items[i]))
            watch = &watches->items[i];
    if (!log->is_due || watch == NULL)
        return OK;
    enum err_code code = run_find(tx, watch->project_id, str_from_c(log->place.run), 0, false, arena, &run, err);
    if (code == ERR_NOT_FOUND || code == ERR_GONE)
        return OK;
    if (code != OK)
        return code;
    out->is_read = true;
    TRY(console_read_changed(tx, run->id, log->told, LIVE_LOG_LINES_MAX + 1, LIVE_LOG_LINE_BYTES_MAX, arena, &out->lines, &out->count,
                             err));
    if (out->count > 0)
        out->last = out->lines[0].change;
    leave_out_old(out);
    return OK;
}

/* ---- pushing ---- */

static void write_text(struct json_writer *json, struct str name, struct str text) {
    json_key(json, name);
    if (text.ptr == NULL)
        json_null(json);
    else
        json_string(json, text);
}

static void write_line(struct json_writer *json, const struct console_line *stored, struct arena *arena) {
    struct log_line line = { 0 };
    log_line_read(&line, stored, arena);
    json_object_begin(json);
    write_text(json, STR("stream"), stored->stream);
    json_key(json, STR("number"));
    json_int(json, line.number);
    write_text(json, STR("timestamp"), line.timestamp);
    write_text(json, STR("level"), line.level);
    write_text(json, STR("label"), line.label);
    write_text(json, STR("line"), line.line);
    json_object_end(json);
}

static void write_push(struct buf *out, const struct live_log *log, const struct live_lines *lines, struct arena *arena) {
    struct json_writer json;
    json_writer_init(&json, out, JSON_STRICT);
    live_watch_begin_message(&json, &log->place, "log");
    write_text(&json, STR("run"), str_from_c(log->place.run));
    json_key(&json, STR("after"));
    json_int(&json, log->told);
    json_key(&json, STR("change"));
    json_int(&json, lines->last);
    json_key(&json, STR("isMore"));
    json_bool(&json, lines->is_more);
    json_key(&json, STR("lines"));
    json_array_begin(&json);
    for (size_t i = lines->count; i-- > 0;)
        write_line(&json, &lines->lines[i], arena);
    json_array_end(&json);
    json_object_end(&json);
}

void live_log_push(struct live_log *log, const struct live_lines *lines, struct websocket *socket, struct arena *arena) {
    struct buf text = BUF_INIT(WEBSOCKET_QUEUE_BYTES_MAX / 2);
    struct live_lines fitting = *lines;
    bool is_told = lines->last == log->told;

    if (lines->is_read && !is_told) {
        write_push(&text, log, &fitting, arena);
        while (text.failed && fitting.count > 0) { /* escapes made it longer */
            fitting.count /= 2;
            fitting.is_more = true;
            buf_reset(&text);
            write_push(&text, log, &fitting, arena);
        }
        is_told = !text.failed && websocket_send(socket, buf_str(&text));
    }
    if (lines->is_read && is_told) {
        log->told = lines->last;
        log->is_due = false;
    }
    buf_finish(&text);
}
