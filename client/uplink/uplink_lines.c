/* uplink_lines.c - history, events, console and summary: the file_stream requests. */
#include "client/uplink/uplink_parts.h"

#include "base/json.h"
#include "client/uplink/answer.h"

/* ---- lines ---- */

static void put_file(struct json_writer *writer, const char *name, int64_t offset, struct str content) {
    json_key(writer, str_from_c(name));
    json_object_begin(writer);
    json_key(writer, STR("offset"));
    json_int(writer, offset);
    json_key(writer, STR("content"));
    buf_append_char(writer->out, '[');
    buf_append_str(writer->out, content);
    buf_append_char(writer->out, ']');
    writer->needs_comma = true;
    json_object_end(writer);
}

static void put_lines(struct json_writer *writer, const char *name, const struct stream_lines *lines) {
    if (lines->count > 0)
        put_file(writer, name, lines->first_line, buf_str(&lines->content));
}

static void put_summary(struct json_writer *writer, struct run_state *state) {
    struct buf content = BUF_INIT(UPLINK_BODY_MAX_BYTES);
    struct json_writer string_writer;
    buf_reset(&state->line);
    tree_write(&state->summary, state->summary.root, &state->line);
    json_writer_init(&string_writer, &content, JSON_STRICT);
    json_string(&string_writer, buf_str(&state->line));
    if (!content.failed && !state->line.failed)
        put_file(writer, "wandb-summary.json", 0, buf_str(&content));
    buf_finish(&content);
}

static bool has_files(const struct run_state *state) {
    return run_state_pending_bytes(state) > 0 || state->summary_changed;
}

static void build_stream_body(struct uplink *uplink, struct run_state *state, bool is_last) {
    struct json_writer writer;
    buf_reset(&uplink->body);
    json_writer_init(&writer, &uplink->body, JSON_STRICT);
    json_object_begin(&writer);
    if (has_files(state)) {
        json_key(&writer, STR("files"));
        json_object_begin(&writer);
        put_lines(&writer, "wandb-history.jsonl", &state->history);
        put_lines(&writer, "wandb-events.jsonl", &state->events);
        put_lines(&writer, "output.log", &state->output);
        if (state->summary_changed && !uplink->is_secondary)
            put_summary(&writer, state);
        json_object_end(&writer);
    }
    if (uplink->uploaded.len > 0) {
        json_key(&writer, STR("uploaded"));
        buf_append_char(writer.out, '[');
        buf_append_str(writer.out, buf_str(&uplink->uploaded));
        buf_append_char(writer.out, ']');
        writer.needs_comma = true;
    }
    if (state->is_preempting) {
        json_key(&writer, STR("preempting"));
        json_bool(&writer, true);
    }
    if (is_last && !uplink->is_secondary) {
        json_key(&writer, STR("complete"));
        json_bool(&writer, true);
        json_key(&writer, STR("exitcode"));
        json_int(&writer, state->exit_code);
    }
    json_object_end(&writer);
}

enum uplink_result uplink_send_lines(struct uplink *uplink, struct run_state *state, bool is_last) {
    struct http_response response = { 0 };
    struct str stopped;
    build_stream_body(uplink, state, is_last);
    buf_reset(&uplink->url);
    buf_append_str(&uplink->url, STR("/files/"));
    uplink_append_path_part(&uplink->url, buf_str(&uplink->entity));
    buf_append_char(&uplink->url, '/');
    uplink_append_path_part(&uplink->url, buf_str(&uplink->project));
    buf_append_char(&uplink->url, '/');
    uplink_append_path_part(&uplink->url, buf_str(&uplink->run_id));
    buf_append_str(&uplink->url, STR("/file_stream"));
    enum uplink_result result = uplink_post(uplink, buf_str(&uplink->url), &response);
    if (result == UPLINK_SENT) {
        if (answer_find(buf_str(&response.body), &stopped, "stopped", NULL) && str_eq_c(stopped, "true"))
            uplink->was_stopped = true;
        run_state_sent(state);
        state->summary_changed = state->is_preempting = false;
        buf_reset(&uplink->uploaded);
    }
    http_response_finish(&response);
    return result;
}

