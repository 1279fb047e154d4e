/* http_client.c - see http_client.h: making a client, asking. */
#include "base/http_transfer.h"

#include "base/clock.h"
#include "base/os.h"

#include <errno.h>
#include <stdatomic.h>
#include <unistd.h>

enum {
    RESPONSE_BODY_BYTES_MAX = 64 * 1024 * 1024,
    TOGETHER_BYTES = 16 * 1024,
    REQUEST_HEAD_BYTES_MAX = 128 * 1024 + TOGETHER_BYTES,
    EXPECT_FROM_BYTES = 1024 * 1024, /* larger bodies wait for the server to want them */
    EXPECT_WAIT_MS = 1000,
};

/* ---- making ---- */

static char *copy_text(struct str text) {
    return text.len == 0 ? NULL : strndup(text.ptr, text.len);
}

static const char *variable(const char *lower, const char *upper) {
    const char *value = getenv(lower);
    if (value == NULL || value[0] == '\0')
        value = getenv(upper);
    return value == NULL || value[0] == '\0' ? NULL : value;
}

static enum err_code read_proxy(struct proxy *proxy, const char *lower, const char *upper, struct err *err) {
    const char *value = variable(lower, upper);
    if (value == NULL)
        value = variable("all_proxy", "ALL_PROXY");
    if (value == NULL)
        return OK;
    /* "proxy:3128" is common and means http. */
    size_t room = strlen(value) + sizeof "http://";
    proxy->text = malloc(room);
    if (proxy->text == NULL)
        return err_set(err, ERR_INTERNAL, "no memory for the proxy's address");
    (void)snprintf(proxy->text, room, "%s%s", strstr(value, "://") == NULL ? "http://" : "", value);
    if (http_url_parse(&proxy->url, str_from_c(proxy->text), err) != OK)
        return err_add_context(err, "%s", upper);
    if (proxy->url.is_secure)
        return err_set(err, ERR_BAD_INPUT, "%s: a proxy is spoken to with http, not https", upper);
    return OK;
}

static bool is_header_value(struct str value) {
    for (size_t i = 0; i < value.len; i++)
        if ((unsigned char)value.ptr[i] < ' ' || (unsigned char)value.ptr[i] == 0x7F)
            return false;
    return true;
}

static enum err_code fill(struct http_client *client, const struct http_client_options *options,
                          struct err *err) {
    struct str base = options->base_url;

    while (str_ends_with(base, STR("/")))
        base.len--;
    if (!is_header_value(options->authorization) || !is_header_value(options->user_agent))
        return err_set(err, ERR_BAD_INPUT, "a header's value holds a control character");
    client->base_text = copy_text(base);
    client->authorization = copy_text(options->authorization);
    client->user_agent = copy_text(options->user_agent);
    client->ca_file = options->ca_file == NULL ? NULL : strdup(options->ca_file);
    client->piece = malloc(HTTP_PIECE_BYTES);
    if (client->piece == NULL)
        return err_set(err, ERR_INTERNAL, "no memory for a client");
    if (base.len > 0)
        TRY(http_url_parse(&client->base, str_from_c(client->base_text), err));
    if (client->base.target.len > 0 && memchr(client->base.target.ptr, '?', client->base.target.len) != NULL)
        return err_set(err, ERR_BAD_INPUT, "the base address '%s' has a query", client->base_text);
    if (client->options.ignores_proxies)
        return OK;
    const char *no_proxy = variable("no_proxy", "NO_PROXY");
    client->no_proxy = no_proxy == NULL ? NULL : strdup(no_proxy);
    TRY(read_proxy(&client->http_proxy, "http_proxy", "HTTP_PROXY", err));
    return read_proxy(&client->https_proxy, "https_proxy", "HTTPS_PROXY", err);
}

enum err_code http_client_create(struct http_client **out, const struct http_client_options *options,
                                 struct err *err) {
    struct http_client *client = calloc(1, sizeof *client);
    if (client == NULL)
        return err_set(err, ERR_INTERNAL, "no memory for a client");
    client->options = *options;
    if (client->options.connect_timeout_ms == 0)
        client->options.connect_timeout_ms = 10 * 1000;
    if (client->options.silence_timeout_ms == 0)
        client->options.silence_timeout_ms = 60 * 1000;
    client->stream = HTTP_STREAM_CLOSED;
    buf_init(&client->in, HTTP_HEAD_BYTES_MAX + HTTP_PIECE_BYTES);
    enum err_code code = fill(client, options, err);
    if (code == OK)
        *out = client;
    else
        http_client_destroy(client);
    return code;
}

void http_client_destroy(struct http_client *client) {
    if (client == NULL)
        return;
    transfer_disconnect(client);
    http_trust_destroy(client->trust);
    buf_finish(&client->in);
    if (client->authorization != NULL)
        os_wipe(client->authorization, strlen(client->authorization));
    free(client->authorization);
    free(client->base_text);
    free(client->user_agent);
    free(client->no_proxy);
    free(client->http_proxy.text);
    free(client->https_proxy.text);
    free(client->ca_file);
    free(client->piece);
    free(client);
}

void http_response_finish(struct http_response *response) {
    buf_finish(&response->body);
    buf_finish(&response->head_text);
    response->status = 0;
    response->head = (struct http_head){ 0 };
}

/* ---- sending ---- */

static uint64_t body_len(const struct http_request *request) {
    return request->body_file != NULL ? request->body_file->length : request->body.len;
}

static bool expects_continue(const struct http_request *request) {
    return body_len(request) >= EXPECT_FROM_BYTES;
}

/* One packet instead of two. */
static bool goes_with_head(const struct http_request *request) {
    return request->body_file == NULL && request->body.len <= TOGETHER_BYTES;
}

static enum err_code check_fields(const struct http_request *request, struct err *err) {
    if (!http_is_token(request->method))
        return err_set(err, ERR_BAD_INPUT, "the method '%.*s' is none", STR_ARG(request->method));
    for (size_t i = 0; i < request->field_count; i++)
        if (!http_is_token(request->fields[i].name) || !is_header_value(request->fields[i].value))
            return err_set(err, ERR_BAD_INPUT, "the header field '%.*s' cannot be sent",
                           STR_ARG(request->fields[i].name));
    return OK;
}

static void append_target(const struct transfer *transfer, struct buf *head) {
    const struct http_url *url = &transfer->url;
    if (transfer->proxy != NULL && !url->is_secure)
        buf_printf(head, "http://%.*s", STR_ARG(url->authority));
    if (!str_starts_with(url->target, STR("/")))
        buf_append_char(head, '/');
    buf_append_str(head, url->target);
}

/* The key goes to the base URL's origin and nowhere else: signed links lead elsewhere and carry their own. */
static bool may_have_key(const struct transfer *transfer) {
    return transfer->client->authorization != NULL &&
           http_url_same_origin(&transfer->url, &transfer->client->base);
}

static void append_head(const struct transfer *transfer, struct buf *head) {
    const struct http_request *request = transfer->request;
    const struct http_client *client = transfer->client;

    buf_printf(head, "%.*s ", STR_ARG(request->method));
    append_target(transfer, head);
    buf_printf(head, " HTTP/1.1\r\nHost: %.*s\r\n", STR_ARG(transfer->url.authority));
    if (body_len(request) > 0 ||
        !(str_eq(request->method, STR("GET")) || str_eq(request->method, STR("HEAD"))))
        buf_printf(head, "Content-Length: %llu\r\n", (unsigned long long)body_len(request));
    if (expects_continue(request))
        buf_append_str(head, STR("Expect: 100-continue\r\n"));
    if (may_have_key(transfer))
        buf_printf(head, "Authorization: %s\r\n", client->authorization);
    if (client->user_agent != NULL)
        buf_printf(head, "User-Agent: %s\r\n", client->user_agent);
    if (transfer->proxy != NULL && !transfer->url.is_secure)
        transfer_append_proxy_credentials(head, transfer->proxy);
    for (size_t i = 0; i < request->field_count; i++)
        buf_printf(head, "%.*s: %.*s\r\n", STR_ARG(request->fields[i].name),
                   STR_ARG(request->fields[i].value));
    buf_append_str(head, STR("\r\n"));
}

/* True when the server has begun to answer although it has not everything yet: then it will not want the
 * rest. */
static bool has_early_answer(struct transfer *transfer) {
    struct http_client *client = transfer->client;
    struct err ignored = { 0 };
    char *room = buf_reserve(&client->in, 4096);
    size_t len = 0;

    if (room == NULL || http_stream_read(&client->stream, room, 4096, &len, 0, &ignored) != OK)
        return false;
    buf_commit(&client->in, len);
    transfer->has_read = transfer->has_read || len > 0;
    return len > 0;
}

static enum err_code write_file_body(struct transfer *transfer, struct err *err) {
    struct http_file_part part = *transfer->request->body_file;
    while (part.length > 0) {
        size_t room = part.length < HTTP_PIECE_BYTES ? (size_t)part.length : HTTP_PIECE_BYTES;
        ssize_t len = pread(part.fd, transfer->client->piece, room, (off_t)part.offset);
        if (len < 0)
            return err_set_errno(err, errno, "cannot read the file that is sent");
        if (len == 0)
            return err_set(err, ERR_CORRUPT, "the file became shorter while it was sent");
        TRY(http_stream_write(&transfer->client->stream, (struct str){ transfer->client->piece, (size_t)len },
                              transfer_silence_deadline(transfer), err));
        part.offset += (uint64_t)len;
        part.length -= (uint64_t)len;
        if (part.sent_bytes != NULL)
            atomic_fetch_add_explicit(part.sent_bytes, (uint64_t)len, memory_order_relaxed);
        if (part.length > 0 && has_early_answer(transfer))
            return OK;
    }
    transfer->wrote_all = true;
    return OK;
}

static enum err_code write_body(struct transfer *transfer, struct err *err) {
    struct str left = transfer->request->body;
    if (transfer->request->body_file != NULL)
        return write_file_body(transfer, err);
    while (left.len > 0) {
        struct str piece = str_slice(left, 0, HTTP_PIECE_BYTES);
        TRY(http_stream_write(&transfer->client->stream, piece, transfer_silence_deadline(transfer), err));
        left = str_from(left, piece.len);
        if (left.len > 0 && has_early_answer(transfer))
            return OK;
    }
    transfer->wrote_all = true;
    return OK;
}

/* *is_answered when the server refused before it saw the body. Old servers never say 100: after a while the
 * body is sent anyway. */
static enum err_code await_continue(struct transfer *transfer, bool *is_answered, struct err *err) {
    int64_t deadline_ms = transfer_sooner(transfer->deadline_ms, clock_mono_ms() + EXPECT_WAIT_MS);
    *is_answered = false;
    enum err_code code = transfer_read_head(transfer, deadline_ms, err);
    if (code == ERR_TIMEOUT && clock_mono_ms() < transfer->deadline_ms)
        return OK;
    if (code == OK)
        *is_answered = transfer->response->head.status >= 200;
    return code;
}

static enum err_code exchange(struct transfer *transfer, struct err *err) {
    struct buf head = BUF_INIT(REQUEST_HEAD_BYTES_MAX);
    bool is_answered = false;

    append_head(transfer, &head);
    if (goes_with_head(transfer->request)) {
        buf_append_str(&head, transfer->request->body);
        transfer->wrote_all = true;
    }
    enum err_code code = buf_check(&head, "the request's head", err);
    if (code == OK)
        code = http_stream_write(&transfer->client->stream, buf_str(&head),
                                 transfer_silence_deadline(transfer), err);
    buf_finish(&head);
    if (code == OK && expects_continue(transfer->request))
        code = await_continue(transfer, &is_answered, err);
    if (code == OK && !is_answered && !transfer->wrote_all)
        code = write_body(transfer, err);
    /* A server that refuses answers, then stops listening: the answer counts, not the failed write. */
    struct err read_err = { 0 };
    if (code == ERR_IO && transfer->client->stream.fd >= 0)
        code = transfer_read_final_head(transfer, &read_err) == OK ? OK : code;
    else if (code == OK && !is_answered)
        code = transfer_read_final_head(transfer, err);
    return code == OK ? transfer_read_answer(transfer, err) : code;
}

static bool may_be_repeated(const struct transfer *transfer, enum err_code code) {
    return code == ERR_IO && transfer->was_reused && !transfer->has_read &&
           !str_eq(transfer->request->method, STR("POST")) &&
           !str_eq(transfer->request->method, STR("PATCH"));
}

static enum err_code run(struct transfer *transfer, struct err *err) {
    TRY(check_fields(transfer->request, err));
    TRY(transfer_connect_or_reuse(transfer, err));
    enum err_code code = exchange(transfer, err);
    if (may_be_repeated(transfer, code)) {
        TRY(transfer_connect_anew(transfer, err));
        transfer->was_reused = transfer->wrote_all = false;
        code = exchange(transfer, err);
    }
    if (code != OK)
        transfer_disconnect(transfer->client);
    return code;
}

static enum err_code resolve(struct transfer *transfer, struct err *err) {
    struct str url = transfer->request->url;
    buf_init(&transfer->url_text, HTTP_HEAD_BYTES_MAX);
    if (str_starts_with(url, STR("/")))
        buf_append_str(&transfer->url_text, str_from_c(transfer->client->base_text));
    buf_append_str(&transfer->url_text, url);
    TRY(buf_check(&transfer->url_text, "the address", err));
    TRY(http_url_parse(&transfer->url, buf_str(&transfer->url_text), err));
    transfer->proxy = transfer_proxy_for(transfer->client, &transfer->url);
    return OK;
}

enum err_code http_client_send(struct http_client *client, const struct http_request *request,
                               struct http_response *response, struct err *err) {
    struct transfer transfer = { .client = client, .request = request, .response = response };

    *response = (struct http_response){ 0 };
    buf_init(&response->head_text, HTTP_HEAD_BYTES_MAX);
    buf_init(&response->body,
             request->max_body_bytes == 0 ? RESPONSE_BODY_BYTES_MAX : request->max_body_bytes);
    transfer.deadline_ms = request->timeout_ms == 0 ? INT64_MAX : clock_mono_ms() + request->timeout_ms;
    enum err_code code = resolve(&transfer, err);
    if (code == OK)
        code = run(&transfer, err);
    buf_finish(&transfer.url_text);
    return code;
}
