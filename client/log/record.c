/* record.c - see record.h. The numbers are those of the official client's wandb_internal.proto. */
#include "client/log/record.h"

#include "base/json.h"
#include "base/protobuf.h"

static bool is_known(uint32_t number) {
    switch (number) {
    case RECORD_HISTORY:
    case RECORD_SUMMARY:
    case RECORD_CONFIG:
    case RECORD_FILES:
    case RECORD_STATS:
    case RECORD_ARTIFACT:
    case RECORD_ALERT:
    case RECORD_TELEMETRY:
    case RECORD_METRIC:
    case RECORD_OUTPUT_RAW:
    case RECORD_RUN:
    case RECORD_EXIT:
    case RECORD_HEADER:
    case RECORD_PREEMPTING:
    case RECORD_USE_ARTIFACT:
    case RECORD_ENVIRONMENT:
        return true;
    default:
        return false;
    }
}

enum err_code record_parse(struct record *out, struct str bytes, struct err *err) {
    struct protobuf_reader reader;
    struct protobuf_field field;

    *out = (struct record){ .kind = RECORD_NONE, .body = STR_EMPTY };
    protobuf_reader_init(&reader, bytes);
    while (protobuf_next(&reader, &field)) {
        if (field.number == 1) {
            out->number = protobuf_i64(&field);
        } else if (field.wire == PROTOBUF_BYTES && is_known(field.number)) {
            out->kind = (enum record_kind)field.number;
            out->body = field.bytes;
        }
    }
    return protobuf_check(&reader, "record", err);
}

/* ---- items ---- */

void record_items_init(struct record_items *items, const struct record *record) {
    *items = (struct record_items){ .body = record->body, .kind = record->kind };
    buf_init(&items->scratch, RECORD_MAX_BYTES);
}

void record_items_finish(struct record_items *items) {
    buf_finish(&items->scratch);
}

/* The typed form of values, for those that come without JSON text. */
static void typed_value(struct record_items *items, const struct protobuf_field *field) {
    struct json_writer writer;

    buf_reset(&items->scratch);
    json_writer_init(&writer, &items->scratch, JSON_EXTENDED);
    switch (field->number) {
    case 4: json_bool(&writer, protobuf_bool(field)); break;
    case 5: json_int(&writer, protobuf_sint(field)); break;
    case 6: json_double(&writer, protobuf_double(field)); break;
    case 7: json_string(&writer, protobuf_bytes(field)); break;
    default: json_null(&writer); break;
    }
}

static enum err_code parse_item(struct record_items *items, struct str bytes, struct record_item *out, struct err *err) {
    struct protobuf_reader reader;
    struct protobuf_field field;

    out->value_json = STR_EMPTY;
    out->path_len = 0;
    protobuf_reader_init(&reader, bytes);
    while (protobuf_next(&reader, &field)) {
        if (field.number == 1 || field.number == 2) {
            if (out->path_len == TREE_DEPTH_MAX)
                return err_set(err, ERR_TOO_LARGE, "a key has more than %d levels", TREE_DEPTH_MAX);
            if (field.number == 2 || field.bytes.len > 0)
                out->path[out->path_len++] = protobuf_bytes(&field);
        } else if (field.number == 16 || (field.number == 8 && items->kind == RECORD_HISTORY)) {
            out->value_json = protobuf_bytes(&field);
        } else if (field.number >= 3 && field.number <= 7 && items->kind == RECORD_HISTORY) {
            typed_value(items, &field);
            out->value_json = buf_str(&items->scratch);
        }
    }
    return protobuf_check(&reader, "item", err);
}

static bool take_short_item(struct record_items *items, uint32_t wanted, struct record_item *out);

enum err_code record_items_next(struct record_items *items, struct record_item *out, bool *is_end, struct err *err) {
    uint32_t wanted = items->kind == RECORD_STATS ? 3 : 1;
    struct protobuf_reader reader;
    struct protobuf_field field;

    *is_end = false;
    if (take_short_item(items, wanted, out))
        return OK;
    protobuf_reader_init(&reader, items->body);
    while (protobuf_next(&reader, &field)) {
        bool removes = field.number == 2 && (items->kind == RECORD_SUMMARY || items->kind == RECORD_CONFIG);
        items->body = reader.rest;
        if ((field.number != wanted && !removes) || field.wire != PROTOBUF_BYTES)
            continue;
        out->is_removed = removes;
        return parse_item(items, field.bytes, out, err);
    }
    *is_end = true;
    return protobuf_check(&reader, "list of items", err);
}

/* The usual item, a short key and a short value, in one piece: its lengths fit a byte each. A row is made of these, and
 * log() is measured in them. */
static bool put_short_item(struct buf *out, uint32_t number, struct str key, struct str value_json) {
    size_t body_len = 2 + key.len + 3 + value_json.len;
    if (number > 15 || key.len > 127 || value_json.len > 127 || body_len > 127)
        return false;
    unsigned char *at = (unsigned char *)buf_reserve(out, body_len + 2);
    if (at == NULL)
        return true;
    *at++ = (unsigned char)(number << 3 | PROTOBUF_BYTES);
    *at++ = (unsigned char)body_len;
    *at++ = 1 << 3 | PROTOBUF_BYTES;
    *at++ = (unsigned char)key.len;
    memcpy(at, key.ptr, key.len);
    at += key.len;
    *at++ = 0x82; /* field 16 takes two bytes */
    *at++ = 0x01;
    *at++ = (unsigned char)value_json.len;
    memcpy(at, value_json.ptr, value_json.len);
    buf_commit(out, body_len + 2);
    return true;
}

void record_put_item(struct buf *out, uint32_t number, const struct str *path, size_t path_len, struct str value_json) {
    if (path_len == 1 && put_short_item(out, number, path[0], value_json))
        return;
    size_t item = protobuf_begin(out, number);
    for (size_t i = 0; i < path_len; i++)
        protobuf_put_bytes(out, path_len == 1 ? 1 : 2, path[i]);
    protobuf_put_bytes(out, 16, value_json);
    protobuf_end(out, item);
}

/* The other way round; false for an item of another form. */
static bool take_short_item(struct record_items *items, uint32_t wanted, struct record_item *out) {
    const unsigned char *at = (const unsigned char *)items->body.ptr;
    size_t len = items->body.len;
    if (len < 7 || at[0] != (wanted << 3 | PROTOBUF_BYTES) || at[1] > 127 || at[1] < 5U || at[1] + 2U > len ||
        at[2] != (1 << 3 | PROTOBUF_BYTES) || at[3] + 7U > at[1] + 2U)
        return false;
    size_t key_len = at[3], value_at = 4 + key_len;
    if (key_len > 127 || at[value_at] != 0x82 || at[value_at + 1] != 0x01 || value_at + 3 + at[value_at + 2] != at[1] + 2U)
        return false;
    out->path[0] = (struct str){ (const char *)at + 4, key_len };
    out->path_len = 1;
    out->value_json = (struct str){ (const char *)at + value_at + 3, at[value_at + 2] };
    out->is_removed = false;
    items->body = str_from(items->body, at[1] + 2U);
    return true;
}

/* The bytes of a short item before its value, and of all of it; false for an item of another form. */
static bool measure_short_item(struct str items, size_t *head_len, size_t *item_len) {
    const unsigned char *at = (const unsigned char *)items.ptr;
    if (items.len < 7 || at[1] > 127)
        return false;
    *head_len = 4U + at[3] + 2U;
    *item_len = 2U + at[1];
    return at[2] == (1 << 3 | PROTOBUF_BYTES) && at[3] <= 127 && *head_len < *item_len && *item_len <= items.len;
}

bool record_items_alike(struct str a, struct str b) {
    size_t a_head, b_head, a_len, b_len;
    while (a.len > 0 && b.len > 0) {
        if (!measure_short_item(a, &a_head, &a_len) || !measure_short_item(b, &b_head, &b_len) || a_head != b_head ||
            a.ptr[0] != b.ptr[0] || memcmp(a.ptr + 2, b.ptr + 2, a_head - 2) != 0)
            return false;
        a = (struct str){ a.ptr + a_len, a.len - a_len };
        b = (struct str){ b.ptr + b_len, b.len - b_len };
    }
    return a.len == b.len;
}

/* ---- bodies that are read ---- */

static struct record_time parse_time(struct str bytes) {
    struct record_time time = { 0 };
    struct protobuf_reader reader;
    struct protobuf_field field;

    protobuf_reader_init(&reader, bytes);
    while (protobuf_next(&reader, &field)) {
        if (field.number == 1)
            time.seconds = protobuf_i64(&field);
        else if (field.number == 2)
            time.nanos = (int32_t)protobuf_i64(&field);
    }
    return time;
}

static void parse_git(struct record_run *run, struct str bytes) {
    struct protobuf_reader reader;
    struct protobuf_field field;

    protobuf_reader_init(&reader, bytes);
    while (protobuf_next(&reader, &field)) {
        if (field.number == 1)
            run->remote = protobuf_bytes(&field);
        else if (field.number == 2)
            run->commit = protobuf_bytes(&field);
    }
}

static void parse_branch(struct record_run *run, struct str bytes) {
    struct protobuf_reader reader;
    struct protobuf_field field;

    protobuf_reader_init(&reader, bytes);
    while (protobuf_next(&reader, &field)) {
        if (field.number == 1)
            run->branch_run = protobuf_bytes(&field);
        else if (field.number == 2)
            run->branch_step = protobuf_double(&field);
    }
}

/* The texts of a run record. */
static struct str *run_text(struct record_run *run, uint32_t number) {
    switch (number) {
    case 1: return &run->run_id;
    case 2: return &run->entity;
    case 3: return &run->project;
    case 4: return &run->config;
    case 6: return &run->group;
    case 7: return &run->job_type;
    case 8: return &run->display_name;
    case 9: return &run->notes;
    case 12: return &run->sweep_id;
    case 13: return &run->host;
    default: return NULL;
    }
}

enum err_code record_run_parse(struct record_run *out, struct str body, struct err *err) {
    struct protobuf_reader reader;
    struct protobuf_field field;

    *out = (struct record_run){ 0 };
    protobuf_reader_init(&reader, body);
    while (protobuf_next(&reader, &field)) {
        struct str *text = run_text(out, field.number);
        if (text != NULL)
            *text = protobuf_bytes(&field);
        else if (field.number == 10 && out->tag_count < RECORD_TAGS_MAX)
            out->tags[out->tag_count++] = protobuf_bytes(&field);
        else if (field.number == 17)
            out->start = parse_time(protobuf_bytes(&field));
        else if (field.number == 21)
            parse_git(out, protobuf_bytes(&field));
        else if (field.number == 23)
            parse_branch(out, protobuf_bytes(&field));
        else if (field.number == 18 || field.number == 24)
            out->continues = out->continues || protobuf_bool(&field);
    }
    return protobuf_check(&reader, "run record", err);
}

enum err_code record_output_parse(struct record_output *out, struct str body, struct err *err) {
    struct protobuf_reader reader;
    struct protobuf_field field;

    *out = (struct record_output){ .is_stderr = true, .line = STR_EMPTY };
    protobuf_reader_init(&reader, body);
    while (protobuf_next(&reader, &field))
        switch (field.number) {
        case 1: out->is_stderr = protobuf_u64(&field) == 0; break;
        case 2: out->time = parse_time(protobuf_bytes(&field)); break;
        case 3: out->line = protobuf_bytes(&field); break;
        default: break;
        }
    return protobuf_check(&reader, "output record", err);
}

enum err_code record_exit_parse(int *exit_code, struct str body, struct err *err) {
    struct protobuf_reader reader;
    struct protobuf_field field;

    *exit_code = 0;
    protobuf_reader_init(&reader, body);
    while (protobuf_next(&reader, &field))
        if (field.number == 1)
            *exit_code = (int)(int32_t)protobuf_i64(&field);
    return protobuf_check(&reader, "exit record", err);
}

enum err_code record_stats_time(struct record_time *out, struct str body, struct err *err) {
    struct protobuf_reader reader;
    struct protobuf_field field;

    *out = (struct record_time){ 0 };
    protobuf_reader_init(&reader, body);
    while (protobuf_next(&reader, &field))
        if (field.number == 2)
            *out = parse_time(protobuf_bytes(&field));
    return protobuf_check(&reader, "stats record", err);
}

bool record_files_next(struct str *body, struct str *path, enum record_policy *policy) {
    struct protobuf_reader outer, inner;
    struct protobuf_field field;

    protobuf_reader_init(&outer, *body);
    if (!protobuf_next(&outer, &field))
        return false;
    *body = outer.rest;
    *path = STR_EMPTY;
    *policy = RECORD_NOW;
    protobuf_reader_init(&inner, protobuf_bytes(&field));
    while (protobuf_next(&inner, &field)) {
        if (field.number == 1)
            *path = protobuf_bytes(&field);
        else if (field.number == 2 && protobuf_u64(&field) <= RECORD_LIVE)
            *policy = (enum record_policy)protobuf_u64(&field);
    }
    return true;
}

/* Bits of a message of booleans: field 1 is bit 0. */
static unsigned parse_flags(struct str bytes) {
    struct protobuf_reader reader;
    struct protobuf_field field;
    unsigned flags = 0;

    protobuf_reader_init(&reader, bytes);
    while (protobuf_next(&reader, &field))
        if (field.number <= 8 && protobuf_bool(&field))
            flags |= 1U << (field.number - 1);
    return flags;
}

enum err_code record_metric_parse(struct record_metric *out, struct str body, struct err *err) {
    struct protobuf_reader reader;
    struct protobuf_field field;
    unsigned options;

    *out = (struct record_metric){ .name = STR_EMPTY, .glob_name = STR_EMPTY, .step_metric = STR_EMPTY };
    protobuf_reader_init(&reader, body);
    while (protobuf_next(&reader, &field))
        switch (field.number) {
        case 1: out->name = protobuf_bytes(&field); break;
        case 2: out->glob_name = protobuf_bytes(&field); break;
        case 4: out->step_metric = protobuf_bytes(&field); break;
        case 6:
            options = parse_flags(protobuf_bytes(&field));
            out->step_sync = out->step_sync || options & 1;
            out->is_hidden = out->is_hidden || options & 2;
            out->is_defined = out->is_defined || options & 4;
            break;
        case 7: out->modes = parse_flags(protobuf_bytes(&field)) & 63; break;
        case 8:
            if (protobuf_u64(&field) <= METRIC_MAXIMIZE)
                out->goal = (enum metric_goal)protobuf_u64(&field);
            break;
        case 9: out->overwrites = parse_flags(protobuf_bytes(&field)) & 1; break;
        default: break;
        }
    return protobuf_check(&reader, "metric record", err);
}

/* ---- records that are written ---- */

void record_put_time(struct buf *out, uint32_t number, struct record_time time) {
    size_t begin = protobuf_begin(out, number);
    protobuf_put_i64(out, 1, time.seconds);
    protobuf_put_i64(out, 2, time.nanos);
    protobuf_end(out, begin);
}

static size_t begin_record(struct buf *out, int64_t number, enum record_kind kind) {
    protobuf_put_i64(out, 1, number);
    return protobuf_begin(out, (uint32_t)kind);
}

void record_put_body(struct buf *out, int64_t number, enum record_kind kind, struct str body) {
    protobuf_put_i64(out, 1, number);
    protobuf_put_bytes(out, (uint32_t)kind, body);
}

void record_put_header(struct buf *out, int64_t number, struct str producer) {
    size_t header = begin_record(out, number, RECORD_HEADER);
    size_t version = protobuf_begin(out, 1);
    protobuf_put_bytes(out, 1, producer);
    protobuf_put_bytes(out, 2, STR("0.70.0"));
    protobuf_end(out, version);
    protobuf_end(out, header);
}

static void put_text(struct buf *out, uint32_t number, struct str text) {
    if (text.len > 0)
        protobuf_put_bytes(out, number, text);
}

void record_put_run(struct buf *out, int64_t number, const struct record_run *run) {
    size_t begin = begin_record(out, number, RECORD_RUN);
    put_text(out, 1, run->run_id);
    put_text(out, 2, run->entity);
    put_text(out, 3, run->project);
    put_text(out, 4, run->config);
    put_text(out, 6, run->group);
    put_text(out, 7, run->job_type);
    put_text(out, 8, run->display_name);
    put_text(out, 9, run->notes);
    for (size_t i = 0; i < run->tag_count; i++)
        protobuf_put_bytes(out, 10, run->tags[i]);
    put_text(out, 12, run->sweep_id);
    put_text(out, 13, run->host);
    record_put_time(out, 17, run->start);
    if (run->commit.len > 0 || run->remote.len > 0) {
        size_t git = protobuf_begin(out, 21);
        put_text(out, 1, run->remote);
        put_text(out, 2, run->commit);
        protobuf_end(out, git);
    }
    if (run->branch_run.len > 0) {
        size_t branch = protobuf_begin(out, 23);
        put_text(out, 1, run->branch_run);
        protobuf_put_double(out, 2, run->branch_step);
        put_text(out, 3, STR("_step"));
        protobuf_end(out, branch);
    }
    if (run->continues)
        protobuf_put_bool(out, 24, true);
    protobuf_end(out, begin);
}

void record_put_output(struct buf *out, int64_t number, const struct record_output *output) {
    size_t begin = begin_record(out, number, RECORD_OUTPUT_RAW);
    if (!output->is_stderr)
        protobuf_put_u64(out, 1, 1);
    record_put_time(out, 2, output->time);
    protobuf_put_bytes(out, 3, output->line);
    protobuf_end(out, begin);
}

void record_put_exit(struct buf *out, int64_t number, int exit_code, int runtime_s) {
    size_t begin = begin_record(out, number, RECORD_EXIT);
    protobuf_put_i64(out, 1, exit_code);
    protobuf_put_i64(out, 2, runtime_s);
    protobuf_end(out, begin);
}

void record_put_file(struct buf *out, int64_t number, struct str path, enum record_policy policy) {
    size_t begin = begin_record(out, number, RECORD_FILES);
    size_t item = protobuf_begin(out, 1);
    protobuf_put_bytes(out, 1, path);
    protobuf_put_u64(out, 2, (uint64_t)policy);
    protobuf_end(out, item);
    protobuf_end(out, begin);
}

static void put_flags(struct buf *out, uint32_t number, unsigned flags) {
    size_t begin = protobuf_begin(out, number);
    for (uint32_t bit = 0; bit < 8; bit++)
        if (flags >> bit & 1)
            protobuf_put_bool(out, bit + 1, true);
    protobuf_end(out, begin);
}

void record_put_metric(struct buf *out, int64_t number, const struct record_metric *metric) {
    size_t begin = begin_record(out, number, RECORD_METRIC);
    put_text(out, 1, metric->name);
    put_text(out, 2, metric->glob_name);
    put_text(out, 4, metric->step_metric);
    put_flags(out, 6, (metric->step_sync ? 1U : 0) | (metric->is_hidden ? 2U : 0) | (metric->is_defined ? 4U : 0));
    if (metric->modes != 0)
        put_flags(out, 7, metric->modes);
    if (metric->goal != METRIC_NO_GOAL)
        protobuf_put_u64(out, 8, (uint64_t)metric->goal);
    if (metric->overwrites)
        put_flags(out, 9, 1);
    protobuf_end(out, begin);
}
