/* uplink.c - one client of one server: how its requests are built, sent and judged. */
#include "client/uplink/uplink_parts.h"

#include "base/json.h"
#include "base/number.h"
#include "client/uplink/answer.h"
#include "client/uplink/artifact_draft.h"
#include "client/uplink/large_file.h"
#include "client/uplink/uploads.h"

enum { REQUEST_TIMEOUT_MS = 180000 };

void uplink_append_base64(struct buf *out, struct str bytes) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < bytes.len; i += 3) {
        unsigned char in[3] = { 0 };
        size_t left = bytes.len - i;
        memcpy(in, bytes.ptr + i, left < 3 ? left : 3);
        unsigned group = (unsigned)in[0] << 16 | (unsigned)in[1] << 8 | in[2];
        for (size_t digit = 0; digit < 4; digit++)
            buf_append_char(out, digit <= left ? digits[group >> (18 - 6 * digit) & 63] : '=');
    }
}

static void append_authorization(struct buf *out, struct str api_key) {
    struct buf plain = BUF_INIT(UPLINK_FACT_MAX_BYTES);
    buf_append_str(&plain, STR("api:"));
    buf_append_str(&plain, api_key);
    buf_append_str(out, STR("Basic "));
    uplink_append_base64(out, buf_str(&plain));
    buf_finish(&plain);
}

enum err_code uplink_create(struct uplink **out, const struct uplink_options *options, struct err *err) {
    enum err_code code;
    struct buf authorization = BUF_INIT(UPLINK_FACT_MAX_BYTES * 2);
    struct uplink *uplink = calloc(1, sizeof *uplink);
    if (uplink == NULL)
        return err_set(err, ERR_FULL, "out of memory");
    struct buf *const facts[] = { &uplink->entity,   &uplink->project,   &uplink->run_id,        &uplink->run_name,      &uplink->storage_id,
                                  &uplink->base_url, &uplink->files_dir, &uplink->wanted_entity, &uplink->wanted_project,
                                  &uplink->client_id };
    for (size_t i = 0; i < sizeof facts / sizeof facts[0]; i++)
        buf_init(facts[i], UPLINK_FACT_MAX_BYTES);
    buf_init(&uplink->uploaded, UPLINK_UPLOADED_MAX_BYTES);
    buf_init(&uplink->body, UPLINK_BODY_MAX_BYTES);
    buf_init(&uplink->url, 4 * UPLINK_FACT_MAX_BYTES);
    uplink->follows_links = options->follows_links;
    uplink->is_secondary = options->is_secondary;
    uplink->owner = options->owner;
    uplink->wait_ms = -1;
    uplink->large_from_bytes = large_file_from_bytes();
    buf_append_str(&uplink->files_dir, options->files_dir);
    buf_append_str(&uplink->wanted_entity, options->entity);
    buf_append_str(&uplink->wanted_project, options->project);
    buf_append_str(&uplink->client_id, options->client_id);
    buf_append_str(&uplink->base_url, options->base_url);
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
                                 &uplink->wanted_project, &uplink->uploaded, &uplink->body,           &uplink->url,
                                 &uplink->client_id };
    for (size_t i = 0; i < sizeof bufs / sizeof bufs[0]; i++)
        buf_finish(bufs[i]);
    http_client_destroy(uplink->client);
    uploads_destroy(uplink->uploads);
    artifact_draft_destroy(uplink->draft);
    large_file_destroy(uplink->large_file);
    free(uplink);
}

/* ---- one request ---- */

static void set_problem(struct uplink *uplink, int status, struct str body) {
    struct buf text = BUF_INIT(UPLINK_FACT_MAX_BYTES);
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

enum uplink_result uplink_send_request(struct uplink *uplink, const struct http_request *request,
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

enum uplink_result uplink_post(struct uplink *uplink, struct str url, struct http_response *response) {
    const struct http_field fields[] = {
        { STR_INIT("Content-Type"), STR_INIT("application/json") },
        { STR_INIT("X-WANDB-USE-ASYNC-FILESTREAM"), STR_INIT("true") },
        { STR_INIT("X-WANDB-CLIENT-ID"), buf_str(&uplink->client_id) },
        { STR_INIT("X-WANDB-ASYNC-CLIENT-ID"), buf_str(&uplink->client_id) },
    };
    const struct http_request request = { .method = STR_INIT("POST"),
                                          .url = url,
                                          .fields = fields,
                                          .field_count = uplink->client_id.len > 0 ? 4 : 1,
                                          .body = buf_str(&uplink->body),
                                          .timeout_ms = uplink->answer_ms > 0 ? uplink->answer_ms : REQUEST_TIMEOUT_MS,
                                          .silence_timeout_ms = uplink->answer_ms };
    if (uplink->body.failed) {
        (void)snprintf(uplink->problem, sizeof uplink->problem, "a request would be larger than %d bytes", UPLINK_BODY_MAX_BYTES);
        return UPLINK_REFUSED;
    }
    return uplink_send_request(uplink, &request, response);
}

/* Errors inside a 200 are refusals, unless the data came all the same. */
enum uplink_result uplink_post_graphql(struct uplink *uplink, struct http_response *response, struct str *data) {
    struct str errors, first;
    enum uplink_result result = uplink_post(uplink, STR("/graphql"), response);
    if (result != UPLINK_SENT)
        return result;
    struct str body = buf_str(&response->body);
    bool has_errors = answer_find(body, &errors, "errors", NULL) && answer_element(errors, 0, &first);
    if (answer_find(body, data, "data", NULL) && !has_errors)
        return UPLINK_SENT;
    set_problem(uplink, response->status, body);
    return UPLINK_REFUSED;
}

void uplink_begin_graphql(struct uplink *uplink, struct json_writer *writer, const char *name, const char *document) {
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

void uplink_end_graphql(struct json_writer *writer) {
    json_object_end(writer);
    json_object_end(writer);
}

/* Empty: not there, which leaves what the server has. */
void uplink_put_variable(struct json_writer *writer, const char *name, struct str text) {
    if (text.len == 0)
        return;
    json_key(writer, str_from_c(name));
    json_string(writer, text);
}

void uplink_append_path_part(struct buf *out, struct str part) {
    for (size_t i = 0; i < part.len; i++) {
        unsigned char c = (unsigned char)part.ptr[i];
        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c != 0 && strchr("-._~", c) != NULL))
            buf_append_char(out, (char)c);
        else
            buf_printf(out, "%%%02X", c);
    }
}

/* ---- what is known ---- */

void uplink_follow(struct uplink *uplink, const struct uplink *leader) {
    struct buf *const mine[] = { &uplink->entity, &uplink->project, &uplink->run_id, &uplink->storage_id };
    const struct buf *const theirs[] = { &leader->entity, &leader->project, &leader->run_id, &leader->storage_id };
    for (size_t i = 0; i < sizeof mine / sizeof mine[0]; i++) {
        buf_reset(mine[i]);
        buf_append_str(mine[i], buf_str(theirs[i]));
    }
}

void uplink_note_uploaded(struct uplink *uplink, struct str uploaded) {
    if (uploaded.len > 0 && uplink->uploaded.len > 0)
        buf_append_char(&uplink->uploaded, ',');
    buf_append_str(&uplink->uploaded, uploaded);
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

void uplink_refuse(struct uplink *uplink, const char *why) {
    (void)snprintf(uplink->problem, sizeof uplink->problem, "%s", why);
}
