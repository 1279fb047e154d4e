/* run_config.c - a run's config as the server and people read it, with what the client knows of the run below "_wandb"; see run_state.h. */
#include "client/log/run_state.h"

#include "base/json.h"
#include "base/protobuf.h"

enum { VALUE_MAX_BYTES = 64 << 20 };

static void write_field_number(struct json_writer *writer, uint32_t number) {
    char text[16];
    int len = snprintf(text, sizeof text, "%u", number);
    json_key(writer, (struct str){ text, (size_t)len });
}

/* The numbers of the flags that are set. */
static void write_flags(struct json_writer *writer, struct str body) {
    struct protobuf_reader reader;
    struct protobuf_field field;
    json_array_begin(writer);
    protobuf_reader_init(&reader, body);
    while (protobuf_next(&reader, &field))
        if (protobuf_bool(&field))
            json_uint(writer, field.number);
    json_array_end(writer);
}

static void write_telemetry(const struct run_state *state, struct json_writer *writer) {
    struct protobuf_reader reader;
    struct protobuf_field field;
    json_object_begin(writer);
    protobuf_reader_init(&reader, buf_str(&state->telemetry));
    while (protobuf_next(&reader, &field)) {
        bool is_flags = field.number <= 3 || field.number == 8 || field.number == 10;
        bool is_text = field.number == 4 || field.number == 5 || field.number == 6 || field.number == 12 || field.number == 13;
        if (field.wire != PROTOBUF_BYTES || (!is_flags && !is_text))
            continue;
        write_field_number(writer, field.number);
        if (is_flags)
            write_flags(writer, field.bytes);
        else
            json_string(writer, field.bytes);
    }
    json_object_end(writer);
}

static void write_bits(struct json_writer *writer, unsigned bits) {
    json_array_begin(writer);
    for (unsigned bit = 0; bit < 8; bit++)
        if (bits >> bit & 1)
            json_uint(writer, bit + 1);
    json_array_end(writer);
}

static void write_text_field(struct json_writer *writer, const char *number, struct str text) {
    if (text.len == 0)
        return;
    json_key(writer, str_from_c(number));
    json_string(writer, text);
}

/* Metric definitions as pages read them: fields by their numbers. */
static void write_metrics(const struct run_state *state, struct json_writer *writer) {
    struct record_metric metric;
    struct err err;
    json_array_begin(writer);
    for (size_t i = 0; i < state->metric_count; i++) {
        if (record_metric_parse(&metric, buf_str(&state->metrics[i]), &err) != OK)
            continue;
        json_object_begin(writer);
        write_text_field(writer, "1", metric.name);
        write_text_field(writer, "2", metric.glob_name);
        write_text_field(writer, "4", metric.step_metric);
        json_key(writer, STR("6"));
        write_bits(writer, (metric.step_sync ? 1U : 0) | (metric.is_hidden ? 2U : 0) | (metric.is_defined ? 4U : 0));
        if (metric.modes != 0) {
            json_key(writer, STR("7"));
            write_bits(writer, metric.modes);
        }
        if (metric.goal != METRIC_NO_GOAL) {
            json_key(writer, STR("8"));
            json_uint(writer, (uint64_t)metric.goal);
        }
        json_object_end(writer);
    }
    json_array_end(writer);
}

/* What the program put below _wandb: how charts are drawn, what classes are called. */
static void write_own_keys(const struct run_state *state, struct json_writer *writer) {
    struct buf value = BUF_INIT(VALUE_MAX_BYTES);
    const struct str path[] = { STR_INIT("_wandb") };
    const struct tree_node *own = tree_find(&state->config, path, 1);
    for (const struct tree_node *node = own == NULL ? NULL : own->first; node != NULL; node = node->next) {
        if (!tree_is_there(&state->config, node))
            continue;
        buf_reset(&value);
        tree_write(&state->config, node, &value);
        json_key(writer, (struct str){ node->name, node->name_len });
        json_raw(writer, buf_str(&value));
    }
    buf_finish(&value);
}

/* Where the server finds what this run begins with. */
static void write_branch(const struct run_state *state, struct json_writer *writer) {
    struct record_run run;
    struct err err;
    if (record_run_parse(&run, buf_str(&state->run_body), &err) != OK || run.branch_run.len == 0)
        return;
    json_key(writer, STR("branch_point"));
    json_object_begin(writer);
    json_key(writer, STR("run_id"));
    json_string(writer, run.branch_run);
    json_key(writer, STR("step"));
    json_double(writer, run.branch_step);
    json_object_end(writer);
}

static void write_own_config(const struct run_state *state, struct json_writer *writer) {
    struct protobuf_reader reader;
    struct protobuf_field field;
    json_object_begin(writer);
    json_key(writer, STR("value"));
    json_object_begin(writer);
    protobuf_reader_init(&reader, buf_str(&state->telemetry));
    while (protobuf_next(&reader, &field))
        if (field.wire == PROTOBUF_BYTES && (field.number == 4 || field.number == 5)) {
            json_key(writer, field.number == 4 ? STR("python_version") : STR("cli_version"));
            json_string(writer, field.bytes);
        }
    json_key(writer, STR("t"));
    write_telemetry(state, writer);
    if (state->metric_count > 0) {
        json_key(writer, STR("m"));
        write_metrics(state, writer);
    }
    write_branch(state, writer);
    write_own_keys(state, writer);
    json_object_end(writer);
    json_object_end(writer);
}

static struct str name_of(const struct tree_node *node) {
    return (struct str){ node->name, node->name_len };
}

static bool is_users(const struct run_state *state, const struct tree_node *node) {
    return tree_is_there(&state->config, node) && !str_eq_c(name_of(node), "_wandb");
}

void run_state_write_config(const struct run_state *state, struct buf *out) {
    struct json_writer writer;
    struct buf value = BUF_INIT(VALUE_MAX_BYTES);
    json_writer_init(&writer, out, JSON_EXTENDED);
    json_object_begin(&writer);
    for (const struct tree_node *node = state->config.root->first; node != NULL; node = node->next) {
        if (!is_users(state, node))
            continue;
        buf_reset(&value);
        tree_write(&state->config, node, &value);
        json_key(&writer, name_of(node));
        json_object_begin(&writer);
        json_key(&writer, STR("value"));
        json_raw(&writer, buf_str(&value));
        json_object_end(&writer);
    }
    json_key(&writer, STR("_wandb"));
    write_own_config(state, &writer);
    json_object_end(&writer);
    buf_finish(&value);
}

/* JSON is YAML: keys and values keep their quotes, so that no text is taken for a number or a date. */
void run_state_write_config_yaml(const struct run_state *state, struct buf *out) {
    struct json_writer writer;
    for (const struct tree_node *node = state->config.root->first; node != NULL; node = node->next) {
        if (!is_users(state, node))
            continue;
        json_writer_init(&writer, out, JSON_EXTENDED);
        json_string(&writer, name_of(node));
        buf_append_str(out, STR(":\n    value: "));
        tree_write(&state->config, node, out);
        buf_append_char(out, '\n');
    }
}
