/* uplink_run.c - making the run on the server: new, resumed, forked or rewound. */
#include "client/uplink/uplink_parts.h"

#include "base/json.h"
#include "base/number.h"
#include "base/protobuf.h"
#include "client/uplink/answer.h"

static const char upsert_document[] =
    "mutation UpsertBucket($id: String, $name: String, $project: String, $entity: String, $groupName: String, "
    "$displayName: String, $notes: String, $config: JSONString, $commit: String, $host: String, $repo: String, "
    "$jobType: String, $sweep: String, $tags: [String!]) { upsertBucket(input: {id: $id, name: $name, "
    "groupName: $groupName, modelName: $project, entityName: $entity, displayName: $displayName, notes: $notes, "
    "config: $config, commit: $commit, host: $host, jobRepo: $repo, jobType: $jobType, sweep: $sweep, tags: $tags}) "
    "{ bucket { id name displayName project { name entity { name } } historyLineCount } inserted } }";

/* ---- the run ---- */

static void put_run(struct uplink *uplink, struct json_writer *writer, const struct record_run *run) {
    struct str entity = uplink->wanted_entity.len > 0 ? buf_str(&uplink->wanted_entity) : run->entity;
    struct str project = uplink->wanted_project.len > 0 ? buf_str(&uplink->wanted_project) : run->project;
    uplink_put_variable(writer, "id", buf_str(&uplink->storage_id));
    uplink_put_variable(writer, "name", run->run_id);
    uplink_put_variable(writer, "entity", uplink->entity.len > 0 ? buf_str(&uplink->entity) : entity);
    uplink_put_variable(writer, "project", uplink->project.len > 0 ? buf_str(&uplink->project) : project);
    uplink_put_variable(writer, "groupName", run->group);
    uplink_put_variable(writer, "displayName", run->display_name);
    uplink_put_variable(writer, "notes", run->notes);
    uplink_put_variable(writer, "commit", run->commit);
    uplink_put_variable(writer, "host", run->host);
    uplink_put_variable(writer, "repo", run->remote);
    uplink_put_variable(writer, "jobType", run->job_type);
    uplink_put_variable(writer, "sweep", run->sweep_id);
    /* No tags were given: those of a run that is continued stay. */
    if (run->tag_count == 0 && !uplink->had_tags)
        return;
    uplink->had_tags = true;
    json_key(writer, STR("tags"));
    json_array_begin(writer);
    for (size_t i = 0; i < run->tag_count; i++)
        json_string(writer, run->tags[i]);
    json_array_end(writer);
}

static void adopt(struct buf *fact, struct str object, const char *a, const char *b, const char *c) {
    struct str raw;
    buf_reset(fact);
    if (answer_find(object, &raw, a, b, c, NULL))
        (void)answer_text(raw, fact);
}

static enum uplink_result adopt_run(struct uplink *uplink, struct str data, const struct record_run *run) {
    struct str bucket, count;
    bool is_first = !uplink->knows_lines;
    if (!answer_find(data, &bucket, "upsertBucket", "bucket", NULL) || str_eq_c(bucket, "null")) {
        (void)snprintf(uplink->problem, sizeof uplink->problem, "the server did not make the run");
        return UPLINK_REFUSED;
    }
    adopt(&uplink->storage_id, bucket, "id", NULL, NULL);
    adopt(&uplink->run_name, bucket, "displayName", NULL, NULL);
    adopt(&uplink->project, bucket, "project", "name", NULL);
    adopt(&uplink->entity, bucket, "project", "entity", "name");
    buf_reset(&uplink->run_id);
    buf_append_str(&uplink->run_id, run->run_id);
    if (is_first && (!answer_find(bucket, &count, "historyLineCount", NULL) || !answer_int(count, &uplink->line_count)))
        uplink->line_count = 0;
    uplink->knows_lines = true;
    if (uplink->storage_id.len > 0 && uplink->project.len > 0 && uplink->entity.len > 0)
        return UPLINK_SENT;
    (void)snprintf(uplink->problem, sizeof uplink->problem, "the server's answer does not say where the run is");
    return UPLINK_REFUSED;
}

enum uplink_result uplink_send_run(struct uplink *uplink, struct run_state *state) {
    struct http_response response = { 0 };
    struct buf config = BUF_INIT(UPLINK_BODY_MAX_BYTES);
    struct record_run run;
    struct json_writer writer;
    struct str data;
    struct err err;

    if (record_run_parse(&run, buf_str(&state->run_body), &err) != OK)
        return UPLINK_REFUSED;
    run_state_write_config(state, &config);
    uplink_begin_graphql(uplink, &writer, "UpsertBucket", upsert_document);
    put_run(uplink, &writer, &run);
    if (!uplink->is_secondary) {
        json_key(&writer, STR("config"));
        json_string(&writer, buf_str(&config));
    }
    uplink_end_graphql(&writer);
    buf_finish(&config);
    enum uplink_result result = uplink_post_graphql(uplink, &response, &data);
    if (result == UPLINK_SENT)
        result = adopt_run(uplink, data, &run);
    http_response_finish(&response);
    if (result == UPLINK_SENT)
        state->run_changed = state->config_changed = false;
    return result;
}

/* ---- what there was ---- */

static const char past_document[] =
    "query RunResumeStatus($project: String, $entity: String, $name: String!) { model(name: $project, entityName: $entity) { "
    "id name entity { id name } bucket(name: $name, missingOk: true) { id name summaryMetrics displayName logLineCount "
    "historyLineCount eventsLineCount historyTail eventsTail config tags notes wandbConfig(keys: [\"t\"]) } } }";

static const char rewind_document[] =
    "mutation RewindRun($runName: String!, $entity: String, $project: String, $metricName: String!, $metricValue: Float!) { "
    "rewindRun(input: {runName: $runName, entityName: $entity, projectName: $project, metricName: $metricName, "
    "metricValue: $metricValue}) { rewoundRun { id name displayName config project { name entity { name } } "
    "historyLineCount } } }";

void uplink_past_init(struct uplink_past *past) {
    *past = (struct uplink_past){ 0 };
    buf_init(&past->config, UPLINK_BODY_MAX_BYTES);
    buf_init(&past->summary, UPLINK_BODY_MAX_BYTES);
    buf_init(&past->facts, UPLINK_BODY_MAX_BYTES);
}

void uplink_past_finish(struct uplink_past *past) {
    buf_finish(&past->config);
    buf_finish(&past->summary);
    buf_finish(&past->facts);
}

/* {"lr":{"value":1},"_wandb":{...}} as {"lr":1}. */
static void unwrap_config(struct str wrapped, struct buf *out) {
    struct json_reader reader;
    struct str raw, value;
    json_reader_init(&reader, wrapped, JSON_EXTENDED);
    if (json_next(&reader) != JSON_OBJECT_BEGIN)
        return;
    buf_append_char(out, '{');
    while (json_next(&reader) == JSON_KEY) {
        struct str key = reader.text;
        if (!json_skip_value(&reader, json_next(&reader), &raw))
            break;
        if (str_eq_c(key, "_wandb") || !answer_find(raw, &value, "value", NULL))
            continue;
        if (out->len > 1)
            buf_append_char(out, ',');
        /* Still escaped, as it came. */
        buf_append_char(out, '"');
        buf_append_str(out, key);
        buf_append_str(out, STR("\":"));
        buf_append_str(out, value);
    }
    buf_append_char(out, '}');
}

static int64_t count_in(struct str object, const char *key) {
    struct str raw;
    int64_t count = 0;
    return answer_find(object, &raw, key, NULL) && answer_int(raw, &count) && count > 0 ? count : 0;
}

static double number_in(struct str object, const char *key) {
    struct str raw;
    bool is_number = answer_find(object, &raw, key, NULL) && raw.len > 0 && (raw.ptr[0] == '-' || (raw.ptr[0] >= '0' && raw.ptr[0] <= '9'));
    return is_number ? number_to_double(raw.ptr, raw.len) : 0;
}

/* A tail is a JSON text of a list of JSON texts; its last one counts. */
static bool last_line(struct str bucket, const char *key, struct buf *list, struct buf *line) {
    struct str raw, last = STR_EMPTY;
    buf_reset(list);
    buf_reset(line);
    if (!answer_find(bucket, &raw, key, NULL) || !answer_text(raw, list))
        return false;
    for (size_t i = 0; answer_element(buf_str(list), i, &raw); i++)
        last = raw;
    return last.len > 0 && answer_text(last, line);
}

static void take_position(struct uplink_past *past, struct str bucket) {
    struct buf list = BUF_INIT(UPLINK_BODY_MAX_BYTES), line = BUF_INIT(UPLINK_BODY_MAX_BYTES);
    struct str own;
    double step = number_in(buf_str(&past->summary), "_step");
    if (answer_find(buf_str(&past->summary), &own, "_wandb", NULL))
        past->runtime_s = number_in(own, "runtime");
    if (last_line(bucket, "eventsTail", &list, &line) && number_in(buf_str(&line), "_runtime") > past->runtime_s)
        past->runtime_s = number_in(buf_str(&line), "_runtime");
    if (last_line(bucket, "historyTail", &list, &line)) {
        step = number_in(buf_str(&line), "_step");
        if (number_in(buf_str(&line), "_runtime") > past->runtime_s)
            past->runtime_s = number_in(buf_str(&line), "_runtime");
    }
    bool has_rows = count_in(bucket, "historyLineCount") > 0;
    past->next_step = has_rows && step >= 0 && step < 9e15 ? (int64_t)step + 1 : 0;
    buf_finish(&list);
    buf_finish(&line);
}

static void take_facts(struct uplink_past *past, struct str bucket) {
    static const char *const names[][2] = { { "name", "displayName" }, { "notes", "notes" }, { "tags", "tags" } };
    struct str raw;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (answer_find(bucket, &raw, names[i][1], NULL) && !str_eq_c(raw, "null")) {
            if (past->facts.len > 0)
                buf_append_char(&past->facts, ',');
            buf_printf(&past->facts, "\"%s\":", names[i][0]);
            buf_append_str(&past->facts, raw);
        }
}

/* A run that no client has begun has no telemetry; then there is nothing to go on with. */
static bool is_a_clients(struct str bucket) {
    struct buf own = BUF_INIT(UPLINK_BODY_MAX_BYTES);
    struct str raw;
    bool is_so = answer_find(bucket, &raw, "wandbConfig", NULL) && answer_text(raw, &own) &&
                 answer_find(buf_str(&own), &raw, "t", NULL);
    buf_finish(&own);
    return is_so;
}

static void take_past(struct uplink *uplink, struct uplink_past *past, struct str bucket) {
    struct buf config = BUF_INIT(UPLINK_BODY_MAX_BYTES);
    struct str raw;
    past->is_there = true;
    adopt(&uplink->storage_id, bucket, "id", NULL, NULL);
    if (answer_find(bucket, &raw, "config", NULL) && answer_text(raw, &config))
        unwrap_config(buf_str(&config), &past->config);
    if (answer_find(bucket, &raw, "summaryMetrics", NULL))
        (void)answer_text(raw, &past->summary);
    past->event_lines = count_in(bucket, "eventsLineCount");
    past->output_lines = count_in(bucket, "logLineCount");
    take_position(past, bucket);
    take_facts(past, bucket);
    buf_finish(&config);
}

static void put_place(struct uplink *uplink, struct json_writer *writer, const struct record_run *run) {
    struct str project = uplink->wanted_project.len > 0 ? buf_str(&uplink->wanted_project) : run->project;
    uplink_put_variable(writer, "project", project.len > 0 ? project : STR("uncategorized"));
    uplink_put_variable(writer, "entity", uplink->wanted_entity.len > 0 ? buf_str(&uplink->wanted_entity) : run->entity);
}

enum uplink_result uplink_find_past(struct uplink *uplink, const struct run_state *state, struct uplink_past *past) {
    struct http_response response = { 0 };
    struct record_run run;
    struct json_writer writer;
    struct str data, bucket;
    struct err err;
    if (record_run_parse(&run, buf_str(&state->run_body), &err) != OK)
        return UPLINK_REFUSED;
    uplink_begin_graphql(uplink, &writer, "RunResumeStatus", past_document);
    put_place(uplink, &writer, &run);
    uplink_put_variable(&writer, "name", run.run_id);
    uplink_end_graphql(&writer);
    enum uplink_result result = uplink_post_graphql(uplink, &response, &data);
    if (result == UPLINK_SENT && answer_find(data, &bucket, "model", "bucket", NULL) && !str_eq_c(bucket, "null") &&
        is_a_clients(bucket))
        take_past(uplink, past, bucket);
    http_response_finish(&response);
    return result;
}

enum uplink_result uplink_rewind(struct uplink *uplink, const struct run_state *state, double step, struct uplink_past *past) {
    struct http_response response = { 0 };
    struct record_run run;
    struct json_writer writer;
    struct str data, rewound;
    struct err err;
    if (record_run_parse(&run, buf_str(&state->run_body), &err) != OK)
        return UPLINK_REFUSED;
    uplink_begin_graphql(uplink, &writer, "RewindRun", rewind_document);
    put_place(uplink, &writer, &run);
    uplink_put_variable(&writer, "runName", run.run_id);
    uplink_put_variable(&writer, "metricName", STR("_step"));
    json_key(&writer, STR("metricValue"));
    json_double(&writer, step);
    uplink_end_graphql(&writer);
    enum uplink_result result = uplink_post_graphql(uplink, &response, &data);
    if (result == UPLINK_SENT && answer_find(data, &rewound, "rewindRun", "rewoundRun", NULL) && !str_eq_c(rewound, "null")) {
        take_past(uplink, past, rewound);
        past->next_step = (int64_t)step + 1;
    }
    http_response_finish(&response);
    return result;
}

/* ---- alerts ---- */

static const char alert_document[] =
    "mutation NotifyScriptableRunAlert($entityName: String!, $projectName: String!, $runName: String!, $title: String!, "
    "$text: String!, $severity: AlertSeverity = INFO, $waitDuration: Duration) { notifyScriptableRunAlert(input: "
    "{entityName: $entityName, projectName: $projectName, runName: $runName, title: $title, text: $text, "
    "severity: $severity, waitDuration: $waitDuration}) { success } }";

enum uplink_result uplink_send_alert(struct uplink *uplink, struct str body) {
    struct http_response response = { 0 };
    struct protobuf_reader reader;
    struct protobuf_field field;
    struct json_writer writer;
    struct str data;
    uplink_begin_graphql(uplink, &writer, "NotifyScriptableRunAlert", alert_document);
    uplink_put_variable(&writer, "entityName", buf_str(&uplink->entity));
    uplink_put_variable(&writer, "projectName", buf_str(&uplink->project));
    uplink_put_variable(&writer, "runName", buf_str(&uplink->run_id));
    protobuf_reader_init(&reader, body);
    while (protobuf_next(&reader, &field)) {
        if (field.number >= 1 && field.number <= 3)
            uplink_put_variable(&writer, field.number == 1 ? "title" : field.number == 2 ? "text" : "severity",
                                protobuf_bytes(&field));
        if (field.number == 4) {
            /* Milliseconds in the log and on the wire. */
            json_key(&writer, STR("waitDuration"));
            json_int(&writer, protobuf_i64(&field));
        }
    }
    uplink_end_graphql(&writer);
    enum uplink_result result = uplink_post_graphql(uplink, &response, &data);
    http_response_finish(&response);
    return result;
}
