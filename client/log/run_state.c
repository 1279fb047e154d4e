/* run_state.c - see run_state.h. */
#include "client/log/run_state.h"

#include "base/clock.h"
#include "base/json.h"

enum {
    LINES_MAX_BYTES = 160 << 20,
    LINE_MAX_BYTES = 64 << 20,
    CONSOLE_LINE_MAX_BYTES = 64 << 10,
    CONSOLE_TEXT_MAX_BYTES = 64 << 20,
    METRIC_MAX_BYTES = 64 << 10,
};

enum err_code run_state_init(struct run_state *state, struct err *err) {
    *state = (struct run_state){ 0 };
    struct buf *const bufs[] = { &state->run_body, &state->telemetry, &state->environment, &state->line };
    for (size_t i = 0; i < sizeof bufs / sizeof bufs[0]; i++)
        buf_init(bufs[i], LINE_MAX_BYTES);
    buf_init(&state->history.content, LINES_MAX_BYTES);
    buf_init(&state->events.content, LINES_MAX_BYTES);
    buf_init(&state->output.content, LINES_MAX_BYTES);
    buf_init(&state->console_line[0], CONSOLE_LINE_MAX_BYTES);
    buf_init(&state->console_line[1], CONSOLE_LINE_MAX_BYTES);
    buf_init(&state->console_text, CONSOLE_TEXT_MAX_BYTES);
    if (tree_init(&state->config) && tree_init(&state->summary) && tree_init(&state->row))
        return OK;
    run_state_finish(state);
    return err_set(err, ERR_FULL, "out of memory");
}

void run_state_finish(struct run_state *state) {
    struct buf *const bufs[] = { &state->run_body,       &state->telemetry,       &state->environment,     &state->line,
                                 &state->history.content, &state->events.content, &state->output.content,
                                 &state->console_line[0], &state->console_line[1], &state->console_text };
    for (size_t i = 0; i < sizeof bufs / sizeof bufs[0]; i++)
        buf_finish(bufs[i]);
    tree_finish(&state->config);
    tree_finish(&state->summary);
    tree_finish(&state->row);
    for (size_t i = 0; i < state->metric_count; i++)
        buf_finish(&state->metrics[i]);
    free(state->metrics);
    for (size_t i = 0; i < state->file_count; i++)
        free(state->files[i].path);
    free(state->files);
    sparks_finish(&state->sparks);
    for (size_t i = 0; i < state->request_count; i++)
        free(state->requests[i].body);
    free(state->requests);
}

/* ---- lines ---- */

static void add_line(struct run_state *state, struct stream_lines *lines, struct str line) {
    struct json_writer writer;
    size_t before = lines->content.len;
    json_writer_init(&writer, &lines->content, JSON_STRICT);
    if (lines->count > 0)
        buf_append_char(&lines->content, ',');
    json_string(&writer, line);
    if (lines->content.failed) {
        lines->content.failed = false;
        lines->content.len = before;
        state->failed = true;
        return;
    }
    lines->count++;
}

size_t run_state_pending_bytes(const struct run_state *state) {
    return state->history.content.len + state->events.content.len + state->output.content.len;
}

static void forget_lines(struct stream_lines *lines) {
    lines->first_line += (int64_t)lines->count;
    lines->count = 0;
    buf_reset(&lines->content);
}

void run_state_sent(struct run_state *state) {
    forget_lines(&state->history);
    forget_lines(&state->events);
    forget_lines(&state->output);
}

/* ---- records with items ---- */

static bool set_item(struct tree *tree, const struct record_item *item) {
    if (item->is_removed) {
        struct tree_node *node = tree_find(tree, item->path, item->path_len);
        if (node != NULL && item->path_len > 0)
            tree_remove(node);
        return true;
    }
    struct tree_node *node = item->path_len == 0 ? NULL : tree_at(tree, item->path, item->path_len);
    return node != NULL && tree_set_json(tree, node, item->value_json);
}

static size_t digits_at(struct str text, size_t at) {
    size_t begin = at;
    while (at < text.len && text.ptr[at] >= '0' && text.ptr[at] <= '9')
        at++;
    return at - begin;
}

/* As JSON has them, without an exponent: nearly all that is logged. */
static bool is_plain_number(struct str text) {
    size_t at = text.len > 0 && text.ptr[0] == '-', whole = digits_at(text, at);
    if (whole == 0 || (whole > 1 && text.ptr[at] == '0'))
        return false;
    at += whole;
    if (at == text.len)
        return true;
    size_t fraction = text.ptr[at] == '.' ? digits_at(text, at + 1) : 0;
    return fraction > 0 && at + 1 + fraction == text.len;
}

/* Values come from files: each is held against JSON's grammar before it becomes a part of a request. */
static bool is_json(struct str text) {
    struct json_reader reader;
    struct str raw;
    if (is_plain_number(text))
        return true;
    json_reader_init(&reader, text, JSON_EXTENDED);
    return json_skip_value(&reader, json_next(&reader), &raw) && json_next(&reader) == JSON_END;
}

static void take_items(struct run_state *state, const struct record *record, struct tree *tree) {
    struct record_items items;
    struct record_item item;
    struct err err;
    bool is_end = false;
    record_items_init(&items, record);
    for (;;) {
        if (record_items_next(&items, &item, &is_end, &err) != OK) {
            state->damaged_records++;
            break;
        }
        if (is_end)
            break;
        if (!item.is_removed && !is_json(item.value_json))
            state->damaged_records++;
        else if (!set_item(tree, &item))
            state->failed = true;
    }
    record_items_finish(&items);
}

static void take_history(struct run_state *state, const struct record *record) {
    if (!tree_begin(&state->row)) {
        state->failed = true;
        return;
    }
    take_items(state, record, &state->row);
    sparks_take(&state->sparks, &state->row);
    buf_reset(&state->line);
    tree_write(&state->row, state->row.root, &state->line);
    add_line(state, &state->history, buf_str(&state->line));
}

static void take_stats(struct run_state *state, const struct record *record) {
    struct record_items items;
    struct record_item item;
    struct record_run run;
    struct record_time time;
    struct json_writer writer;
    struct err err;
    bool is_end = false;
    if (record_stats_time(&time, record->body, &err) != OK || record_run_parse(&run, buf_str(&state->run_body), &err) != OK) {
        state->damaged_records++;
        return;
    }
    double seconds = (double)time.seconds + time.nanos / 1e9;
    double start = (double)run.start.seconds + run.start.nanos / 1e9;
    buf_reset(&state->line);
    json_writer_init(&writer, &state->line, JSON_EXTENDED);
    json_object_begin(&writer);
    json_key(&writer, STR("_wandb"));
    json_bool(&writer, true);
    json_key(&writer, STR("_timestamp"));
    json_double(&writer, seconds);
    json_key(&writer, STR("_runtime"));
    json_double(&writer, seconds - start);
    record_items_init(&items, record);
    while (record_items_next(&items, &item, &is_end, &err) == OK && !is_end) {
        struct buf key = BUF_INIT(4096);
        buf_append_str(&key, STR("system."));
        if (item.path_len == 1)
            buf_append_str(&key, item.path[0]);
        if (state->label.len > 0)
            buf_printf(&key, "/l:%.*s", STR_ARG(state->label));
        if (!key.failed && item.path_len == 1 && is_json(item.value_json)) {
            json_key(&writer, buf_str(&key));
            json_raw(&writer, item.value_json);
        }
        buf_finish(&key);
    }
    record_items_finish(&items);
    json_object_end(&writer);
    add_line(state, &state->events, buf_str(&state->line));
}

/* ---- the console ---- */

static void local_stamp(char *out, size_t room, struct record_time time) {
    struct tm local = { 0 };
    time_t seconds = (time_t)time.seconds;
    (void)localtime_r(&seconds, &local);
    size_t len = strftime(out, room, "%Y-%m-%dT%H:%M:%S", &local);
    (void)snprintf(out + len, room - len, ".%06d", time.nanos / 1000);
}

static void end_console_line(struct run_state *state, struct buf *text, bool is_stderr, struct record_time time) {
    char stamp[48];
    local_stamp(stamp, sizeof stamp, time);
    buf_reset(&state->line);
    buf_printf(&state->line, "%s%s %.*s%s", is_stderr ? "ERROR " : "", stamp, STR_ARG(state->label),
               state->label.len > 0 ? " " : "");
    buf_append_str(&state->line, buf_str(text));
    add_line(state, &state->output, buf_str(&state->line));
    /* Past its limit the file keeps its beginning; the server has every line. */
    size_t before = state->console_text.len;
    buf_append_str(&state->console_text, buf_str(text));
    buf_append_char(&state->console_text, '\n');
    if (state->console_text.failed) {
        state->console_text.failed = false;
        state->console_text.len = before;
    }
    buf_reset(text);
}

static void take_output(struct run_state *state, struct str body) {
    struct record_output output;
    struct err err;
    if (record_output_parse(&output, body, &err) != OK) {
        state->damaged_records++;
        return;
    }
    struct buf *text = &state->console_line[output.is_stderr];
    for (size_t i = 0; i < output.line.len; i++) {
        char c = output.line.ptr[i];
        bool is_full = text->len == CONSOLE_LINE_MAX_BYTES;
        if (c == '\n' || is_full)
            end_console_line(state, text, output.is_stderr, output.time);
        /* A progress bar writes its line again and again; its last state is the line. The return may end one piece, and
         * what it returns for begin the next. */
        if (state->has_return[output.is_stderr] && c != '\n' && c != '\r')
            buf_reset(text);
        state->has_return[output.is_stderr] = c == '\r';
        if (c != '\n' && c != '\r')
            buf_append_char(text, c);
    }
}

static void end_console(struct run_state *state) {
    struct record_time now = { clock_wall_ms() / 1000, 0 };
    for (int i = 0; i < 2; i++)
        if (state->console_line[i].len > 0)
            end_console_line(state, &state->console_line[i], i == 1, now);
}

/* ---- the others ---- */

static void keep_body(struct run_state *state, struct buf *to, struct str body) {
    buf_reset(to);
    buf_append_str(to, body);
    state->failed = state->failed || to->failed;
}

static void take_run(struct run_state *state, struct str body) {
    struct record_run run;
    struct err err;
    if (record_run_parse(&run, body, &err) != OK) {
        state->damaged_records++;
        return;
    }
    keep_body(state, &state->run_body, body);
    const struct record config = { .kind = RECORD_CONFIG, .body = run.config };
    if (run.config.len > 0)
        take_items(state, &config, &state->config);
    state->has_run = true;
    state->run_changed = true;
}

static bool same_metric(struct str a, struct str b) {
    struct record_metric left, right;
    struct err err;
    return record_metric_parse(&left, a, &err) == OK && record_metric_parse(&right, b, &err) == OK &&
           str_eq(left.name, right.name) && str_eq(left.glob_name, right.glob_name);
}

/* Messages behind each other are one, later fields win: what the new one leaves open stays. */
static void define_again(struct run_state *state, struct buf *metric, struct str body) {
    struct record_metric parsed;
    struct err err;
    bool overwrites = record_metric_parse(&parsed, body, &err) == OK && parsed.overwrites;
    if (overwrites || metric->len > METRIC_MAX_BYTES)
        buf_reset(metric);
    buf_append_str(metric, body);
    state->failed = state->failed || metric->failed;
}

static void take_metric(struct run_state *state, struct str body) {
    state->config_changed = true;
    for (size_t i = 0; i < state->metric_count; i++)
        if (same_metric(buf_str(&state->metrics[i]), body)) {
            define_again(state, &state->metrics[i], body);
            return;
        }
    if (state->metric_count == RUN_STATE_METRICS_MAX)
        return;
    struct buf *metrics = realloc(state->metrics, (state->metric_count + 1) * sizeof *metrics);
    if (metrics == NULL) {
        state->failed = true;
        return;
    }
    state->metrics = metrics;
    buf_init(&metrics[state->metric_count], LINE_MAX_BYTES);
    keep_body(state, &metrics[state->metric_count++], body);
}

static struct run_file *find_file(struct run_state *state, struct str path) {
    for (size_t i = 0; i < state->file_count; i++)
        if (str_eq_c(path, state->files[i].path))
            return &state->files[i];
    return NULL;
}

static bool has_room_for_file(struct run_state *state) {
    if (state->file_count < state->file_capacity)
        return true;
    size_t wanted = state->file_capacity == 0 ? 16 : state->file_capacity * 2;
    struct run_file *files = realloc(state->files, wanted * sizeof *files);
    if (files == NULL)
        return false;
    state->files = files;
    state->file_capacity = wanted;
    return true;
}

static void add_file(struct run_state *state, struct str path, enum record_policy policy) {
    struct run_file *file = find_file(state, path);
    if (file != NULL) {
        file->is_queued = false;
        file->policy = policy;
        return;
    }
    if (state->file_count == RUN_STATE_FILES_MAX)
        return;
    char *copy = has_room_for_file(state) ? strndup(path.ptr, path.len) : NULL;
    if (copy == NULL) {
        state->failed = true;
        return;
    }
    state->files[state->file_count++] = (struct run_file){ .path = copy, .policy = policy };
}

static void take_files(struct run_state *state, struct str body) {
    struct str path;
    enum record_policy policy;
    while (record_files_next(&body, &path, &policy))
        if (path.len > 0)
            add_file(state, path, policy);
}

static void take_request(struct run_state *state, enum run_request_kind kind, struct str body) {
    if (state->request_count == RUN_STATE_REQUESTS_MAX)
        return;
    struct run_request *requests = realloc(state->requests, (state->request_count + 1) * sizeof *requests);
    char *copy = malloc(body.len + 1);
    if (requests != NULL)
        state->requests = requests;
    if (requests == NULL || copy == NULL) {
        free(copy);
        state->failed = true;
        return;
    }
    memcpy(copy, body.ptr, body.len);
    requests[state->request_count++] = (struct run_request){ kind, copy, body.len };
}

static void take_exit(struct run_state *state, struct str body) {
    struct err err;
    if (record_exit_parse(&state->exit_code, body, &err) != OK)
        state->exit_code = 1;
    end_console(state);
    state->has_exit = true;
}

void run_state_take(struct run_state *state, struct str bytes) {
    struct record record;
    struct err err;
    if (record_parse(&record, bytes, &err) != OK) {
        state->damaged_records++;
        return;
    }
    switch (record.kind) {
    case RECORD_HISTORY: take_history(state, &record); break;
    case RECORD_SUMMARY:
        take_items(state, &record, &state->summary);
        state->summary_changed = true;
        break;
    case RECORD_CONFIG:
        take_items(state, &record, &state->config);
        state->config_changed = true;
        break;
    case RECORD_FILES: take_files(state, record.body); break;
    case RECORD_STATS: take_stats(state, &record); break;
    case RECORD_TELEMETRY:
        keep_body(state, &state->telemetry, record.body);
        state->config_changed = true;
        break;
    case RECORD_METRIC: take_metric(state, record.body); break;
    case RECORD_OUTPUT_RAW: take_output(state, record.body); break;
    case RECORD_RUN: take_run(state, record.body); break;
    case RECORD_EXIT: take_exit(state, record.body); break;
    case RECORD_PREEMPTING: state->is_preempting = true; break;
    case RECORD_ARTIFACT: take_request(state, REQUEST_ARTIFACT, record.body); break;
    case RECORD_ALERT: take_request(state, REQUEST_ALERT, record.body); break;
    case RECORD_USE_ARTIFACT: take_request(state, REQUEST_USED_ARTIFACT, record.body); break;
    /* The official client writes what it knows at once and the machine's facts a moment later. */
    case RECORD_ENVIRONMENT:
        buf_append_str(&state->environment, record.body);
        state->failed = state->failed || state->environment.failed;
        break;
    case RECORD_HEADER:
    case RECORD_NONE: break;
    }
}
