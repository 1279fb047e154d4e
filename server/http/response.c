/* response.c - see response.h, and http.h for what a handler calls. */
#include "server/http/response.h"

#include "base/json.h"
#include "base/log.h"
#include "server/http/range.h"
#include "server/http/router.h"
#include "server/http/uri.h"
#include "server/http/websocket.h"

#include <assert.h>
#include <unistd.h>

enum { HEAD_BYTES_MAX = 256 * 1024, RETRY_AFTER_S = 5 };

static struct exchange *exchange_of(struct http_call *call) {
    return (struct exchange *)(void *)call; /* its first member */
}

static struct response *response_of(struct http_call *call) {
    return &exchange_of(call)->response;
}

void response_init(struct response *response) {
    *response = (struct response){ .status = 200, .fd = -1 };
    buf_init(&response->body, RESPONSE_BYTES_MAX);
    buf_init(&response->head, HEAD_BYTES_MAX);
}

void response_finish_memory(struct response *response) {
    assert(!response->producer_is_open);
    if (response->websocket != NULL)
        websocket_abandon(response->websocket);
    response->websocket = NULL;
    if (response->fd >= 0)
        (void)close(response->fd);
    response->fd = -1;
    buf_finish(&response->body);
    buf_finish(&response->head);
}

/* ---- what a handler calls ---- */

void http_set_status(struct http_call *call, int status) {
    assert(status >= 200 && status <= 599);
    response_of(call)->status = status;
}

static bool has_line_break(struct str text) {
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] == '\r' || text.ptr[i] == '\n' || text.ptr[i] == '\0')
            return true;
    return false;
}

void http_add_header(struct http_call *call, struct str name, struct str value) {
    struct response *response = response_of(call);
    size_t count = response->field_count;

    assert(http_is_token(name) && !has_line_break(value));
    if (has_line_break(value)) /* also where assertions are compiled out, nobody splits a response */
        return;
    if (count == response->field_capacity) {
        response->field_capacity = count * 2 + 4;
        response->fields = arena_grow(call->arena, response->fields, count, response->field_capacity,
                                      sizeof response->fields[0]);
    }
    response->fields[count] =
        (struct http_field){ arena_copy(call->arena, name), arena_copy(call->arena, value) };
    response->field_count++;
}

struct buf *http_body(struct http_call *call) {
    return &response_of(call)->body;
}

void http_set_type(struct http_call *call, struct str content_type) {
    assert(!has_line_break(content_type));
    response_of(call)->content_type = arena_copy(call->arena, content_type);
}

void http_send_file(struct http_call *call, int fd, uint64_t offset, uint64_t length, struct str etag) {
    struct response *response = response_of(call);
    assert(response->kind == RESPONSE_BODY && fd >= 0);
    response->kind = RESPONSE_FILE;
    response->fd = fd;
    response->file_offset = offset;
    response->file_length = length;
    response->etag = arena_copy(call->arena, etag);
}

void http_send_bytes(struct http_call *call, struct str bytes, struct str etag) {
    struct response *response = response_of(call);
    assert(response->kind == RESPONSE_BODY);
    response->kind = RESPONSE_FILE;
    response->bytes = bytes;
    response->file_length = bytes.len;
    response->etag = arena_copy(call->arena, etag);
}

void http_send_stream(struct http_call *call, const struct http_producer *producer, void *state) {
    struct response *response = response_of(call);
    assert(response->kind == RESPONSE_BODY);
    response->kind = RESPONSE_STREAM;
    response->producer = *producer;
    response->producer_state = state;
    response->producer_is_open = true;
}

void response_end_stream(struct response *response) {
    if (!response->producer_is_open)
        return;
    response->producer_is_open = false;
    response->producer.end(response->producer_state);
}

/* ---- errors ---- */

/* The same as a list: the oldest official client reads no other, and those that ask GraphQL show a refusal only so. */
static void write_errors(struct json_writer *json, const char *message) {
    json_key(json, STR("errors"));
    json_array_begin(json);
    json_object_begin(json);
    json_key(json, STR("message"));
    json_string(json, str_from_c(message));
    json_object_end(json);
    json_array_end(json);
}

void response_set_error(struct exchange *exchange, int status, const char *name, const char *message) {
    struct response *response = &exchange->response;
    struct json_writer json;

    response_end_stream(response);
    response_finish_memory(response);
    response_init(response);
    response->status = status;
    json_writer_init(&json, &response->body, JSON_STRICT);
    json_object_begin(&json);
    json_key(&json, STR("error"));
    json_string(&json, str_from_c(message));
    write_errors(&json, message);
    json_key(&json, STR("code"));
    json_string(&json, str_from_c(name));
    json_key(&json, STR("request_id"));
    json_string(&json, exchange->call.request_id);
    json_object_end(&json);
    if (status == 429 || status == 503)
        http_add_header(&exchange->call, STR("Retry-After"),
                        arena_printf(exchange->call.arena, "%d", RETRY_AFTER_S));
}

void http_send_error(struct http_call *call, enum err_code code, const struct err *err) {
    int status = err_http_status(code);
    const char *message = err != NULL ? err->message : err_name(code);

    assert(code != OK);
    if (status >= 500 && code != ERR_NOT_OFFERED) {
        struct str target = uri_without_signatures(call->target, call->arena);
        log_error("%.*s %.*s %.*s: %s: %s", STR_ARG(call->request_id),
                  STR_ARG(http_method_name(call->method)), STR_ARG(target), err_name(code), message);
        message = "the server could not do this; its log has the reason under the request's id";
    }
    response_set_error(exchange_of(call), status, err_name(code), message);
}

/* ---- the content ---- */

static const struct http_field *find_field(const struct response *response, struct str name) {
    for (size_t i = 0; i < response->field_count; i++)
        if (str_eq_ignore_case(response->fields[i].name, name))
            return &response->fields[i];
    return NULL;
}

static bool is_text(struct str type) {
    static const struct str kinds[] = {
        STR_INIT("application/javascript"),
        STR_INIT("application/json"),
        STR_INIT("application/manifest+json"),
        STR_INIT("application/wasm"),
        STR_INIT("image/svg+xml"),
        STR_INIT("text/"),
    };
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (str_starts_with(type, kinds[i]))
            return true;
    return type.len == 0;
}

static bool is_compressible(const struct exchange *exchange) {
    const struct response *response = &exchange->response;
    return response->kind == RESPONSE_BODY && response->body.len >= COMPRESS_FROM_BYTES &&
           is_text(response->content_type) && find_field(response, STR("content-encoding")) == NULL;
}

static void compress(struct exchange *exchange) {
    struct response *response = &exchange->response;
    struct err err = { 0 };
    struct buf packed;

    if (find_field(response, STR("vary")) == NULL)
        http_add_header(&exchange->call, STR("Vary"), STR("Accept-Encoding"));
    if (!exchange->accepts_gzip)
        return;
    buf_init(&packed, response->body.len - 1); /* larger than that is not worth sending */
    if (gzip_compress(&packed, buf_str(&response->body), 1, &err) != OK || packed.failed) {
        buf_finish(&packed);
        return;
    }
    buf_finish(&response->body);
    response->body = packed;
    http_add_header(&exchange->call, STR("Content-Encoding"), STR("gzip"));
}

static bool is_read(const struct exchange *exchange) {
    return exchange->call.method == HTTP_GET || exchange->call.method == HTTP_HEAD;
}

static bool client_has(const struct exchange *exchange, struct str etag) {
    return is_read(exchange) && exchange->response.status == 200 &&
           etag_matches_any(http_head_find(&exchange->head, STR("if-none-match")), etag);
}

static void select_range(struct exchange *exchange) {
    struct response *response = &exchange->response;
    struct arena *arena = exchange->call.arena;
    struct str condition = http_head_find(&exchange->head, STR("if-range"));
    bool is_wanted = exchange->call.method == HTTP_GET && response->status == 200 &&
                     (condition.ptr == NULL || (response->etag.len > 0 && str_eq(condition, response->etag)));
    if (!is_wanted)
        return;
    uint64_t whole = response->file_length;
    struct range range = range_parse(http_head_find(&exchange->head, STR("range")), whole);
    if (range.kind == RANGE_PART) {
        response->status = 206;
        response->file_offset += range.first;
        response->file_length = range.length;
        http_add_header(&exchange->call, STR("Content-Range"),
                        arena_printf(arena, "bytes %llu-%llu/%llu", (unsigned long long)range.first,
                                     (unsigned long long)(range.first + range.length - 1),
                                     (unsigned long long)whole));
    } else if (range.kind == RANGE_UNSATISFIABLE) {
        response_set_error(exchange, 416, err_name(ERR_RANGE), "the range lies outside the file");
        http_add_header(&exchange->call, STR("Content-Range"),
                        arena_printf(arena, "bytes */%llu", (unsigned long long)whole));
    } else if (range.kind == RANGE_REFUSED) {
        exchange->keeps_alive = false;
        response_set_error(exchange, 400, err_name(ERR_BAD_INPUT), "more than one range was asked for");
    }
}

static void prepare_file(struct exchange *exchange) {
    struct response *response = &exchange->response;
    if (response->etag.len > 0)
        http_add_header(&exchange->call, STR("ETag"), response->etag);
    http_add_header(&exchange->call, STR("Accept-Ranges"), STR("bytes"));
    if (client_has(exchange, response->etag))
        response->status = 304;
    else
        select_range(exchange);
}

static void prepare_body(struct exchange *exchange) {
    struct response *response = &exchange->response;
    const struct http_field *etag = find_field(response, STR("etag"));

    if (response->body.failed) {
        struct err err = { 0 };
        (void)err_set(&err, ERR_INTERNAL, "the response is larger than %d bytes", RESPONSE_BYTES_MAX);
        http_send_error(&exchange->call, ERR_INTERNAL, &err);
    }
    if (etag != NULL && client_has(exchange, etag->value))
        response->status = 304;
    else if (is_compressible(exchange))
        compress(exchange);
}

/* ---- streams ---- */

static bool append_piece(struct exchange *exchange, struct buf *out, struct err *err) {
    struct response *response = &exchange->response;
    struct buf piece = BUF_INIT(RESPONSE_BYTES_MAX);
    enum err_code code =
        response->producer.produce(response->producer_state, &piece, &response->is_last_piece, err);
    if (code == OK)
        code = buf_check(&piece, "a piece of the stream", err);
    if (code == OK && piece.len > 0) {
        if (response->is_chunked)
            buf_printf(out, "%zx\r\n", piece.len);
        buf_append_str(out, buf_str(&piece));
        if (response->is_chunked)
            buf_append_str(out, STR("\r\n"));
    }
    if (code == OK && response->is_last_piece && response->is_chunked)
        buf_append_str(out, STR("0\r\n\r\n"));
    buf_finish(&piece);
    if (code != OK || response->is_last_piece)
        response_end_stream(response);
    return code == OK;
}

bool response_produce(struct exchange *exchange) {
    struct err err = { 0 };
    buf_reset(&exchange->response.body);
    if (append_piece(exchange, &exchange->response.body, &err))
        return true;
    log_error("%.*s: a streamed response broke off: %s", STR_ARG(exchange->call.request_id), err.message);
    return false;
}

/* The first piece comes before the head, so that a stream which fails at once is still answered with an
 * error. */
static void prepare_stream(struct exchange *exchange) {
    struct response *response = &exchange->response;
    struct err err = { 0 };

    response->is_chunked = exchange->head.minor_version > 0;
    if (!response->is_chunked)
        exchange->keeps_alive = false; /* the end of the connection is the end of the body */
    if (exchange->call.method == HTTP_HEAD) {
        response_end_stream(response);
        return;
    }
    buf_reset(&response->body);
    if (!append_piece(exchange, &response->body, &err))
        http_send_error(&exchange->call, err.code, &err);
}

/* ---- the head ---- */

const char *response_reason(int status) {
    static const struct {
        int status;
        const char *reason;
    } reasons[] = {
        { 101, "Switching Protocols" },
        { 200, "OK" },
        { 201, "Created" },
        { 202, "Accepted" },
        { 204, "No Content" },
        { 206, "Partial Content" },
        { 301, "Moved Permanently" },
        { 302, "Found" },
        { 303, "See Other" },
        { 304, "Not Modified" },
        { 307, "Temporary Redirect" },
        { 308, "Permanent Redirect" },
        { 400, "Bad Request" },
        { 401, "Unauthorized" },
        { 403, "Forbidden" },
        { 404, "Not Found" },
        { 405, "Method Not Allowed" },
        { 408, "Request Timeout" },
        { 409, "Conflict" },
        { 410, "Gone" },
        { 412, "Precondition Failed" },
        { 413, "Content Too Large" },
        { 415, "Unsupported Media Type" },
        { 416, "Range Not Satisfiable" },
        { 417, "Expectation Failed" },
        { 421, "Misdirected Request" },
        { 429, "Too Many Requests" },
        { 431, "Request Header Fields Too Large" },
        { 500, "Internal Server Error" },
        { 501, "Not Implemented" },
        { 503, "Service Unavailable" },
    };
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++)
        if (reasons[i].status == status)
            return reasons[i].reason;
    return "Unknown";
}

static void append_date(struct buf *head) {
    char text[64];
    struct tm parts;
    time_t now = time(NULL);

    gmtime_r(&now, &parts);
    size_t len = strftime(text, sizeof text, "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &parts);
    buf_append(head, text, len);
}

static void append_allow(struct buf *head, unsigned methods) {
    buf_append_str(head, STR("Allow: "));
    if (methods & 1u << HTTP_GET)
        methods |= 1u << HTTP_HEAD;
    const char *separator = "";
    for (unsigned i = 0; i < HTTP_METHOD_COUNT; i++)
        if (methods & 1u << i) {
            buf_printf(head, "%s%.*s", separator, STR_ARG(http_method_name((enum http_method)i)));
            separator = ", ";
        }
    buf_append_str(head, STR("\r\n"));
}

/* Whatever was asked. */
static bool has_no_content(const struct response *response) {
    return response->status == 101 || response->status == 204 || response->status == 304;
}

static void append_framing(struct exchange *exchange, struct buf *head) {
    struct response *response = &exchange->response;
    if (has_no_content(response))
        return;
    if (response->kind != RESPONSE_STREAM)
        buf_printf(head, "Content-Length: %llu\r\n",
                   (unsigned long long)(response->kind == RESPONSE_FILE ? response->file_length
                                                                        : response->body.len));
    else if (response->is_chunked)
        buf_append_str(head, STR("Transfer-Encoding: chunked\r\n"));
}

static struct str type_of(const struct response *response) {
    if (response->content_type.len > 0)
        return response->content_type;
    return response->kind == RESPONSE_BODY ? STR("application/json") : STR("application/octet-stream");
}

static void append_connection(const struct exchange *exchange, struct buf *head) {
    if (exchange->response.status == 101)
        buf_append_str(head, STR("Connection: Upgrade\r\n"));
    else if (!exchange->keeps_alive)
        buf_append_str(head, STR("Connection: close\r\n"));
    else if (exchange->head.minor_version == 0)
        buf_append_str(head, STR("Connection: keep-alive\r\n"));
}

static void append_head(struct exchange *exchange) {
    struct response *response = &exchange->response;
    struct buf *head = &response->head;
    bool has_content = !has_no_content(response);

    buf_printf(head, "HTTP/1.1 %d %s\r\n", response->status, response_reason(response->status));
    append_date(head);
    if (has_content &&
        (response->kind != RESPONSE_BODY || response->body.len > 0 || response->content_type.len > 0))
        buf_printf(head, "Content-Type: %.*s\r\n", STR_ARG(type_of(response)));
    append_framing(exchange, head);
    append_connection(exchange, head);
    if (response->status == 405)
        append_allow(head, exchange->allowed_methods);
    if (find_field(response, STR("x-content-type-options")) == NULL)
        buf_append_str(head, STR("X-Content-Type-Options: nosniff\r\n"));
    if (find_field(response, STR("referrer-policy")) == NULL)
        buf_append_str(head, STR("Referrer-Policy: no-referrer\r\n"));
    if (find_field(response, STR("content-security-policy")) == NULL) /* what is no page is shown in nobody's */
        buf_append_str(head, STR("Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n"));
    buf_printf(head, "X-Request-Id: %.*s\r\n", STR_ARG(exchange->call.request_id));
    for (size_t i = 0; i < response->field_count; i++)
        buf_printf(head, "%.*s: %.*s\r\n", STR_ARG(response->fields[i].name),
                   STR_ARG(response->fields[i].value));
    buf_append_str(head, STR("\r\n"));
}

/* Once the head says which of the bytes are wanted. */
static void become_body(struct response *response) {
    struct str wanted = str_slice(str_from(response->bytes, (size_t)response->file_offset), 0, (size_t)response->file_length);
    response->kind = RESPONSE_BODY;
    buf_append_str(&response->body, wanted);
}

void response_finish(struct exchange *exchange) {
    struct response *response = &exchange->response;

    if (!exchange->body_is_complete)
        exchange->keeps_alive = false; /* what is left of the body would be taken for the next request */
    if (response->kind == RESPONSE_STREAM)
        prepare_stream(exchange);
    else if (response->kind == RESPONSE_FILE)
        prepare_file(exchange);
    if (response->kind == RESPONSE_BODY)
        prepare_body(exchange);
    append_head(exchange);
    if (response->head.failed) { /* the handler's headers are larger than any client takes */
        response_set_error(exchange, 500, err_name(ERR_INTERNAL), "the response's head is too large");
        append_head(exchange);
    }
    response->has_no_body = exchange->call.method == HTTP_HEAD || has_no_content(response);
    if (response->kind == RESPONSE_FILE && response->fd < 0)
        become_body(response);
    if (response->has_no_body)
        response_end_stream(response);
}

bool response_finishes_quickly(const struct exchange *exchange) {
    return exchange->response.kind != RESPONSE_STREAM &&
           !(is_compressible(exchange) && exchange->accepts_gzip);
}
