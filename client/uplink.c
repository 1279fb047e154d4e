/* uplink.c - see uplink.h. */
#include "client/uplink.h"

#include "base/file.h"
#include "base/http_client.h"
#include "base/json.h"
#include "base/number.h"
#include "client/answer.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    BODY_MAX_BYTES = 400 << 20,
    FACT_MAX_BYTES = 4096,
    REQUEST_TIMEOUT_MS = 180000,
    FILES_A_BATCH = 100,
    UPLOADED_MAX_BYTES = 16 << 20,
};

struct uplink {
    struct http_client *client;
    struct buf entity, project, run_id, run_name, storage_id, base_url, files_dir;
    struct buf wanted_entity, wanted_project;
    struct buf uploaded; /* JSON strings, comma separated, for the next file_stream */
    struct buf body, url;
    bool follows_links, was_stopped, standard_files_sent;
    int64_t line_count, wait_ms;
    char problem[ERR_MESSAGE_MAX];
};

static const char upsert_document[] =
    "mutation UpsertBucket($id: String, $name: String, $project: String, $entity: String, $groupName: String, "
    "$displayName: String, $notes: String, $config: JSONString, $commit: String, $host: String, $repo: String, "
    "$jobType: String, $sweep: String, $tags: [String!]) { upsertBucket(input: {id: $id, name: $name, "
    "groupName: $groupName, modelName: $project, entityName: $entity, displayName: $displayName, notes: $notes, "
    "config: $config, commit: $commit, host: $host, jobRepo: $repo, jobType: $jobType, sweep: $sweep, tags: $tags}) "
    "{ bucket { id name displayName project { name entity { name } } historyLineCount } inserted } }";

static const char files_document[] =
    "mutation CreateRunFiles($entity: String!, $project: String!, $run: String!, $files: [String!]!) { "
    "createRunFiles(input: {entityName: $entity, projectName: $project, runName: $run, files: $files}) "
    "{ runID uploadHeaders files { name uploadUrl } } }";

static void append_authorization(struct buf *out, struct str api_key) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    struct buf plain = BUF_INIT(FACT_MAX_BYTES);
    buf_append_str(&plain, STR("api:"));
    buf_append_str(&plain, api_key);
    size_t len = plain.len;
    buf_append_str(&plain, STR("\0\0"));
    buf_append_str(out, STR("Basic "));
    for (size_t i = 0; i < len && !plain.failed; i += 3) {
        const unsigned char *in = (const unsigned char *)plain.ptr + i;
        unsigned group = (unsigned)in[0] << 16 | (unsigned)in[1] << 8 | in[2];
        for (size_t digit = 0; digit < 4; digit++)
            buf_append_char(out, i + digit <= len ? digits[group >> (18 - 6 * digit) & 63] : '=');
    }
    buf_finish(&plain);
}

enum err_code uplink_create(struct uplink **out, const struct uplink_options *options, struct err *err) {
    enum err_code code;
    struct buf authorization = BUF_INIT(FACT_MAX_BYTES * 2);
    struct uplink *uplink = calloc(1, sizeof *uplink);
    if (uplink == NULL)
        return err_set(err, ERR_FULL, "out of memory");
    struct buf *const facts[] = { &uplink->entity,   &uplink->project,   &uplink->run_id,        &uplink->run_name,      &uplink->storage_id,
                                  &uplink->base_url, &uplink->files_dir, &uplink->wanted_entity, &uplink->wanted_project };
    for (size_t i = 0; i < sizeof facts / sizeof facts[0]; i++)
        buf_init(facts[i], FACT_MAX_BYTES);
    buf_init(&uplink->uploaded, UPLOADED_MAX_BYTES);
    buf_init(&uplink->body, BODY_MAX_BYTES);
    buf_init(&uplink->url, 4 * FACT_MAX_BYTES);
    uplink->follows_links = options->follows_links;
    uplink->wait_ms = -1;
    buf_append_str(&uplink->files_dir, options->files_dir);
    buf_append_str(&uplink->wanted_entity, options->entity);
    buf_append_str(&uplink->wanted_project, options->project);
    if (options->api_key.len > 0)
        append_authorization(&authorization, options->api_key);
    const struct http_client_options http = {
        .base_url = options->base_url,
        .authorization = buf_str(&authorization),
        .user_agent = STR_INIT("barograph/" BAROGRAPH_VERSION),
    };
    code = buf_check(&authorization, "the API key", err);
    if (code == OK)
        code = http_client_create(&uplink->client, &http, err);
    buf_finish(&authorization);
    if (code != OK) {
        uplink_destroy(uplink);
        return code;
    }
    *out = uplink;
    return OK;
}

void uplink_destroy(struct uplink *uplink) {
    if (uplink == NULL)
        return;
    struct buf *const bufs[] = { &uplink->entity,    &uplink->project,       &uplink->run_id,         &uplink->run_name,
                                 &uplink->storage_id, &uplink->base_url,     &uplink->files_dir,      &uplink->wanted_entity,
                                 &uplink->wanted_project, &uplink->uploaded, &uplink->body,           &uplink->url };
    for (size_t i = 0; i < sizeof bufs / sizeof bufs[0]; i++)
        buf_finish(bufs[i]);
    http_client_destroy(uplink->client);
    free(uplink);
}

/* ---- one request ---- */

static void set_problem(struct uplink *uplink, int status, struct str body) {
    struct buf text = BUF_INIT(FACT_MAX_BYTES);
    struct str errors, first, message;
    bool is_told = answer_find(body, &errors, "errors", NULL) && answer_element(errors, 0, &first) &&
                   answer_find(first, &message, "message", NULL) && answer_text(message, &text);
    if (!is_told)
        is_told = answer_find(body, &message, "error", NULL) && answer_text(message, &text);
    if (is_told)
        (void)snprintf(uplink->problem, sizeof uplink->problem, "%.*s", STR_ARG(buf_str(&text)));
    else
        (void)snprintf(uplink->problem, sizeof uplink->problem, "the server answered with status %d", status);
    buf_finish(&text);
}

static bool is_worth_a_retry(int status) {
    return status == 408 || status == 409 || status == 425 || status == 429 || (status >= 500 && status != 501);
}

static enum uplink_result send_request(struct uplink *uplink, const struct http_request *request,
                                       struct http_response *response) {
    struct err err = { 0 };
    uplink->wait_ms = -1;
    if (http_client_send(uplink->client, request, response, &err) != OK) {
        (void)snprintf(uplink->problem, sizeof uplink->problem, "%s", err.message);
        return err.code == ERR_BAD_INPUT ? UPLINK_REFUSED : UPLINK_LATER;
    }
    if (response->status >= 200 && response->status < 300)
        return UPLINK_SENT;
    set_problem(uplink, response->status, buf_str(&response->body));
    struct str after = http_head_find(&response->head, STR("Retry-After"));
    if (after.ptr != NULL && after.len > 0 && after.len < 12 && after.ptr[0] >= '0' && after.ptr[0] <= '9') {
        double seconds = number_to_double(after.ptr, after.len);
        uplink->wait_ms = seconds > 0 && seconds < 86400 ? (int64_t)(seconds * 1000) : 0;
    }
    return is_worth_a_retry(response->status) ? UPLINK_LATER : UPLINK_REFUSED;
}

static enum uplink_result post(struct uplink *uplink, struct str url, struct http_response *response) {
    static const struct http_field json_field = { STR_INIT("Content-Type"), STR_INIT("application/json") };
    const struct http_request request = { .method = STR_INIT("POST"),
                                          .url = url,
                                          .fields = &json_field,
                                          .field_count = 1,
                                          .body = buf_str(&uplink->body),
                                          .timeout_ms = REQUEST_TIMEOUT_MS };
    if (uplink->body.failed) {
        (void)snprintf(uplink->problem, sizeof uplink->problem, "a request would be larger than %d bytes", BODY_MAX_BYTES);
        return UPLINK_REFUSED;
    }
    return send_request(uplink, &request, response);
}

/* Errors inside a 200 are refusals, unless the data came all the same. */
static enum uplink_result post_graphql(struct uplink *uplink, struct http_response *response, struct str *data) {
    struct str errors, first;
    enum uplink_result result = post(uplink, STR("/graphql"), response);
    if (result != UPLINK_SENT)
        return result;
    struct str body = buf_str(&response->body);
    bool has_errors = answer_find(body, &errors, "errors", NULL) && answer_element(errors, 0, &first);
    if (answer_find(body, data, "data", NULL) && !has_errors)
        return UPLINK_SENT;
    set_problem(uplink, response->status, body);
    return UPLINK_REFUSED;
}

static void begin_graphql(struct uplink *uplink, struct json_writer *writer, const char *name, const char *document) {
    buf_reset(&uplink->body);
    json_writer_init(writer, &uplink->body, JSON_STRICT);
    json_object_begin(writer);
    json_key(writer, STR("operationName"));
    json_string(writer, str_from_c(name));
    json_key(writer, STR("query"));
    json_string(writer, str_from_c(document));
    json_key(writer, STR("variables"));
    json_object_begin(writer);
}

static void end_graphql(struct json_writer *writer) {
    json_object_end(writer);
    json_object_end(writer);
}

/* Empty: not there, which leaves what the server has. */
static void put_variable(struct json_writer *writer, const char *name, struct str text) {
    if (text.len == 0)
        return;
    json_key(writer, str_from_c(name));
    json_string(writer, text);
}

/* ---- the run ---- */

static void put_run(struct uplink *uplink, struct json_writer *writer, const struct record_run *run) {
    struct str entity = uplink->wanted_entity.len > 0 ? buf_str(&uplink->wanted_entity) : run->entity;
    struct str project = uplink->wanted_project.len > 0 ? buf_str(&uplink->wanted_project) : run->project;
    put_variable(writer, "id", buf_str(&uplink->storage_id));
    put_variable(writer, "name", run->run_id);
    put_variable(writer, "entity", uplink->entity.len > 0 ? buf_str(&uplink->entity) : entity);
    put_variable(writer, "project", uplink->project.len > 0 ? buf_str(&uplink->project) : project);
    put_variable(writer, "groupName", run->group);
    put_variable(writer, "displayName", run->display_name);
    put_variable(writer, "notes", run->notes);
    put_variable(writer, "commit", run->commit);
    put_variable(writer, "host", run->host);
    put_variable(writer, "repo", run->remote);
    put_variable(writer, "jobType", run->job_type);
    put_variable(writer, "sweep", run->sweep_id);
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
    bool is_first = uplink->storage_id.len == 0;
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
    if (uplink->storage_id.len > 0 && uplink->project.len > 0 && uplink->entity.len > 0)
        return UPLINK_SENT;
    (void)snprintf(uplink->problem, sizeof uplink->problem, "the server's answer does not say where the run is");
    return UPLINK_REFUSED;
}

enum uplink_result uplink_send_run(struct uplink *uplink, struct run_state *state) {
    struct http_response response = { 0 };
    struct buf config = BUF_INIT(BODY_MAX_BYTES);
    struct record_run run;
    struct json_writer writer;
    struct str data;
    struct err err;

    if (record_run_parse(&run, buf_str(&state->run_body), &err) != OK)
        return UPLINK_REFUSED;
    run_state_write_config(state, &config);
    begin_graphql(uplink, &writer, "UpsertBucket", upsert_document);
    put_run(uplink, &writer, &run);
    json_key(&writer, STR("config"));
    json_string(&writer, buf_str(&config));
    end_graphql(&writer);
    buf_finish(&config);
    enum uplink_result result = post_graphql(uplink, &response, &data);
    if (result == UPLINK_SENT)
        result = adopt_run(uplink, data, &run);
    http_response_finish(&response);
    if (result == UPLINK_SENT)
        state->run_changed = state->config_changed = false;
    return result;
}

/* ---- lines ---- */

static void append_path_part(struct buf *out, struct str part) {
    for (size_t i = 0; i < part.len; i++) {
        unsigned char c = (unsigned char)part.ptr[i];
        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c != 0 && strchr("-._~", c) != NULL))
            buf_append_char(out, (char)c);
        else
            buf_printf(out, "%%%02X", c);
    }
}

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
    struct buf content = BUF_INIT(BODY_MAX_BYTES);
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
        if (state->summary_changed)
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
    if (is_last) {
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
    append_path_part(&uplink->url, buf_str(&uplink->entity));
    buf_append_char(&uplink->url, '/');
    append_path_part(&uplink->url, buf_str(&uplink->project));
    buf_append_char(&uplink->url, '/');
    append_path_part(&uplink->url, buf_str(&uplink->run_id));
    buf_append_str(&uplink->url, STR("/file_stream"));
    enum uplink_result result = post(uplink, buf_str(&uplink->url), &response);
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

/* ---- files ---- */

/* What is sent under one name: from memory, or from the run's folder. */
struct upload {
    struct str name;
    struct str content;
    bool is_file;
    struct run_file *file;
};

/* "Key:Value" strings as the server wants them on each PUT; at most as many as there is room. */
static size_t parse_headers(struct str headers, struct buf *texts, struct http_field *fields, size_t room) {
    size_t count = 0;
    struct str raw, name, value;
    while (count < room && answer_element(headers, count, &raw)) {
        size_t begin = texts->len;
        if (!answer_text(raw, texts))
            break;
        struct str text = { texts->ptr + begin, texts->len - begin };
        if (!str_cut(text, ':', &name, &value))
            break;
        fields[count++] = (struct http_field){ name, str_trim(value) };
    }
    return count;
}

static int open_in_files(const struct uplink *uplink, struct str name) {
    char *path = NULL;
    if (!file_is_safe_path(name))
        return -1;
    if (asprintf(&path, "%.*s/%.*s", STR_ARG(buf_str(&uplink->files_dir)), STR_ARG(name)) < 0)
        return -1;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | (uplink->follows_links ? 0 : O_NOFOLLOW));
    free(path);
    struct stat stat;
    if (fd >= 0 && (fstat(fd, &stat) != 0 || !S_ISREG(stat.st_mode))) {
        close(fd);
        return -1;
    }
    return fd;
}

static enum uplink_result put_bytes(struct uplink *uplink, const struct upload *upload, struct http_request *request) {
    struct http_response response = { 0 };
    struct http_file_part part = { .fd = -1 };
    struct stat stat;
    if (upload->is_file) {
        part.fd = open_in_files(uplink, upload->name);
        if (part.fd < 0 || fstat(part.fd, &stat) != 0) {
            if (part.fd >= 0)
                close(part.fd);
            return UPLINK_REFUSED;
        }
        part.length = (uint64_t)stat.st_size;
        request->body_file = &part;
    } else {
        request->body = upload->content;
    }
    enum uplink_result result = send_request(uplink, request, &response);
    http_response_finish(&response);
    if (part.fd >= 0)
        close(part.fd);
    return result;
}

static void note_uploaded(struct uplink *uplink, struct str name) {
    struct json_writer writer;
    json_writer_init(&writer, &uplink->uploaded, JSON_STRICT);
    if (uplink->uploaded.len > 0)
        buf_append_char(&uplink->uploaded, ',');
    json_string(&writer, name);
}

static enum uplink_result put_upload(struct uplink *uplink, const struct upload *upload, struct str answer_file,
                                     struct str headers) {
    struct buf url = BUF_INIT(4 * FACT_MAX_BYTES), texts = BUF_INIT(8 * FACT_MAX_BYTES);
    struct http_field fields[16];
    struct str raw;
    enum uplink_result result = UPLINK_REFUSED;
    /* Reserved before: fields point into it while more is appended. */
    (void)buf_reserve(&texts, texts.max);
    if (answer_find(answer_file, &raw, "uploadUrl", NULL) && answer_text(raw, &url)) {
        struct http_request request = { .method = STR_INIT("PUT"), .url = buf_str(&url), .fields = fields };
        request.field_count = parse_headers(headers, &texts, fields, 16);
        result = put_bytes(uplink, upload, &request);
    }
    if (result == UPLINK_SENT)
        note_uploaded(uplink, upload->name);
    buf_finish(&url);
    buf_finish(&texts);
    return result;
}

static enum uplink_result send_batch(struct uplink *uplink, struct upload *uploads, size_t count) {
    struct http_response response = { 0 };
    struct json_writer writer;
    struct str data, files, file, headers = STR_EMPTY;

    begin_graphql(uplink, &writer, "CreateRunFiles", files_document);
    put_variable(&writer, "entity", buf_str(&uplink->entity));
    put_variable(&writer, "project", buf_str(&uplink->project));
    put_variable(&writer, "run", buf_str(&uplink->run_id));
    json_key(&writer, STR("files"));
    json_array_begin(&writer);
    for (size_t i = 0; i < count; i++)
        json_string(&writer, uploads[i].name);
    json_array_end(&writer);
    end_graphql(&writer);
    enum uplink_result result = post_graphql(uplink, &response, &data);
    if (result == UPLINK_SENT && !answer_find(data, &files, "createRunFiles", "files", NULL))
        result = UPLINK_REFUSED;
    (void)!answer_find(data, &headers, "createRunFiles", "uploadHeaders", NULL);
    for (size_t i = 0; i < count && result == UPLINK_SENT; i++) {
        enum uplink_result one = answer_element(files, i, &file) ? put_upload(uplink, &uploads[i], file, headers)
                                                                  : UPLINK_REFUSED;
        if (one == UPLINK_LATER)
            result = UPLINK_LATER;
        else if (uploads[i].file != NULL)
            uploads[i].file->is_sent = true;
    }
    http_response_finish(&response);
    return result;
}

/* Files that this sender writes itself at the end, from what the log says. */
static enum uplink_result send_standard_files(struct uplink *uplink, struct run_state *state) {
    struct buf config = BUF_INIT(BODY_MAX_BYTES), summary = BUF_INIT(BODY_MAX_BYTES), metadata = BUF_INIT(BODY_MAX_BYTES);
    struct upload uploads[4];
    size_t count = 0;
    run_state_write_config_yaml(state, &config);
    tree_write(&state->summary, state->summary.root, &summary);
    run_state_write_metadata(state, &metadata);
    uploads[count++] = (struct upload){ .name = STR_INIT("config.yaml"), .content = buf_str(&config) };
    uploads[count++] = (struct upload){ .name = STR_INIT("wandb-summary.json"), .content = buf_str(&summary) };
    uploads[count++] = (struct upload){ .name = STR_INIT("wandb-metadata.json"), .content = buf_str(&metadata) };
    if (state->console_text.len > 0)
        uploads[count++] = (struct upload){ .name = STR_INIT("output.log"), .content = buf_str(&state->console_text) };
    enum uplink_result result = send_batch(uplink, uploads, count);
    buf_finish(&config);
    buf_finish(&summary);
    buf_finish(&metadata);
    return result;
}

enum uplink_result uplink_send_files(struct uplink *uplink, struct run_state *state, bool at_end) {
    struct upload uploads[FILES_A_BATCH];
    size_t at = 0;
    enum uplink_result result = UPLINK_SENT;
    if (at_end && !uplink->standard_files_sent) {
        result = send_standard_files(uplink, state);
        uplink->standard_files_sent = result != UPLINK_LATER;
    }
    while (at < state->file_count && result != UPLINK_LATER) {
        size_t count = 0;
        for (; at < state->file_count && count < FILES_A_BATCH; at++) {
            struct run_file *file = &state->files[at];
            if (!file->is_sent && (at_end || !file->is_at_end) && file_is_safe_path(str_from_c(file->path)))
                uploads[count++] = (struct upload){ .name = str_from_c(file->path), .is_file = true, .file = file };
        }
        if (count > 0)
            result = send_batch(uplink, uploads, count);
    }
    /* A refused file leaves the run as it is. */
    return result == UPLINK_REFUSED ? UPLINK_SENT : result;
}

struct str uplink_entity(const struct uplink *uplink) {
    return buf_str(&uplink->entity);
}

struct str uplink_project(const struct uplink *uplink) {
    return buf_str(&uplink->project);
}

struct str uplink_run_name(const struct uplink *uplink) {
    return buf_str(&uplink->run_name);
}

int64_t uplink_line_count(const struct uplink *uplink) {
    return uplink->line_count;
}

int64_t uplink_wait_ms(const struct uplink *uplink) {
    return uplink->wait_ms;
}

const char *uplink_problem(const struct uplink *uplink) {
    return uplink->problem;
}

bool uplink_was_stopped(const struct uplink *uplink) {
    return uplink->was_stopped;
}
