/* http_client.c - see http_client.h. */
#include "base/http_client.h"

#include "base/clock.h"
#include "base/http_stream.h"
#include "base/http_url.h"

#include <errno.h>
#include <unistd.h>

enum {
    PIECE_BYTES = 256 * 1024,
    RESPONSE_BODY_BYTES_MAX = 64 * 1024 * 1024,
    TOGETHER_BYTES = 16 * 1024,
    REQUEST_HEAD_BYTES_MAX = 128 * 1024 + TOGETHER_BYTES,
    EXPECT_FROM_BYTES = 1024 * 1024, /* larger bodies wait for the server to want them */
    EXPECT_WAIT_MS = 1000,
    INTERIM_MAX = 8, /* 1xx answers before the real one */
};

struct proxy {
    char *text; /* NULL: none */
    struct http_url url;
};

struct http_client {
    char *base_text, *authorization, *user_agent, *no_proxy;
    struct http_url base;
    struct proxy http_proxy, https_proxy;
    struct http_client_options options; /* its texts are not used any more */
    struct http_trust *trust;           /* made when it is needed first */
    char *ca_file;

    struct http_stream stream;
    struct {
        bool is_secure, through_proxy;
        char host[256];
        uint16_t port;
    } connected;
    struct buf in; /* read but not used */
    char *piece;   /* PIECE_BYTES */
};

/* One request under way. */
struct transfer {
    struct http_client *client;
    const struct http_request *request;
    struct http_response *response;
    struct http_url url;
    const struct proxy *proxy; /* NULL: direct */
    struct buf url_text;
    int64_t deadline_ms;
    bool was_reused, has_read, wrote_all;
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
    client->piece = malloc(PIECE_BYTES);
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
    buf_init(&client->in, HTTP_HEAD_BYTES_MAX + PIECE_BYTES);
    enum err_code code = fill(client, options, err);
    if (code == OK)
        *out = client;
    else
        http_client_destroy(client);
    return code;
}

static void disconnect(struct http_client *client) {
    http_stream_close(&client->stream);
    buf_reset(&client->in);
}

void http_client_destroy(struct http_client *client) {
    if (client == NULL)
        return;
    disconnect(client);
    http_trust_destroy(client->trust);
    buf_finish(&client->in);
    if (client->authorization != NULL)
        explicit_bzero(client->authorization, strlen(client->authorization));
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

/* ---- deadlines ---- */

static int64_t sooner(int64_t a, int64_t b) {
    return a < b ? a : b;
}

static int64_t silence_deadline(const struct transfer *transfer) {
    return sooner(transfer->deadline_ms, clock_mono_ms() + transfer->client->options.silence_timeout_ms);
}

/* ---- reading an answer ---- */

static enum err_code read_more(struct transfer *transfer, int64_t deadline_ms, struct err *err) {
    struct http_client *client = transfer->client;
    size_t len;

    TRY(http_stream_read(&client->stream, client->piece, PIECE_BYTES, &len, deadline_ms, err));
    if (len == 0)
        return err_set(err, ERR_IO, "the server closed the connection before it had answered");
    transfer->has_read = true;
    buf_append(&client->in, client->piece, len);
    return buf_check(&client->in, "what the server sent", err);
}

/* A head into the response, off the front of what was read. */
static enum err_code read_head(struct transfer *transfer, int64_t deadline_ms, struct err *err) {
    struct http_client *client = transfer->client;
    struct http_response *response = transfer->response;
    size_t scanned = 0, head_len = 0;

    for (;;) {
        TRY(http_head_find_end(buf_str(&client->in), &scanned, &head_len, err));
        if (head_len > 0)
            break;
        TRY(read_more(transfer, deadline_ms > 0 ? deadline_ms : silence_deadline(transfer), err));
    }
    buf_reset(&response->head_text);
    buf_append(&response->head_text, client->in.ptr, head_len);
    buf_drop_front(&client->in, head_len);
    TRY(buf_check(&response->head_text, "the answer's head", err));
    return http_response_parse(&response->head, buf_str(&response->head_text), response->fields, err);
}

/* Skips 100 Continue and its like; deadline_ms 0: the silence timeout. */
static enum err_code read_final_head(struct transfer *transfer, struct err *err) {
    for (int i = 0; i < INTERIM_MAX; i++) {
        TRY(read_head(transfer, 0, err));
        if (transfer->response->head.status >= 200)
            return OK;
    }
    return err_set(err, ERR_BAD_INPUT, "the server sends interim answers without end");
}

static enum err_code write_file(int fd, struct str bytes, struct err *err) {
    while (bytes.len > 0) {
        ssize_t written = write(fd, bytes.ptr, bytes.len);
        if (written < 0 && errno != EINTR)
            return err_set_errno(err, errno, "cannot write what was received");
        bytes = str_from(bytes, written < 0 ? 0 : (size_t)written);
    }
    return OK;
}

static enum err_code keep_content(struct transfer *transfer, struct str content, struct err *err) {
    struct http_response *response = transfer->response;
    response->body_bytes += content.len;
    if (transfer->request->output_fd != NULL && response->head.status / 100 == 2)
        return write_file(*transfer->request->output_fd, content, err);
    buf_append_str(&response->body, content);
    return buf_check(&response->body, "the answer", err);
}

/* What was read beside the head first, then the stream; *len 0 at the stream's end. */
static enum err_code next_bytes(struct transfer *transfer, uint64_t most, struct str *bytes,
                                struct err *err) {
    struct http_client *client = transfer->client;
    size_t room = most < PIECE_BYTES ? (size_t)most : PIECE_BYTES, len;

    if (client->in.len > 0) {
        len = client->in.len < room ? client->in.len : room;
        memcpy(client->piece, client->in.ptr, len);
        buf_drop_front(&client->in, len);
    } else {
        TRY(http_stream_read(&client->stream, client->piece, room, &len, silence_deadline(transfer), err));
    }
    *bytes = (struct str){ client->piece, len };
    return OK;
}

static enum err_code read_length(struct transfer *transfer, uint64_t left, struct err *err) {
    while (left > 0) {
        struct str bytes;
        TRY(next_bytes(transfer, left, &bytes, err));
        if (bytes.len == 0)
            return err_set(err, ERR_IO, "the connection ended %llu bytes before the answer",
                           (unsigned long long)left);
        left -= bytes.len;
        TRY(keep_content(transfer, bytes, err));
    }
    return OK;
}

static enum err_code read_chunks(struct transfer *transfer, struct err *err) {
    struct http_chunks chunks = { 0 };
    while (!chunks.is_done) {
        struct str bytes, content;
        TRY(next_bytes(transfer, PIECE_BYTES, &bytes, err));
        if (bytes.len == 0)
            return err_set(err, ERR_IO, "the connection ended before the answer did");
        while (bytes.len > 0 && !chunks.is_done) {
            TRY(http_chunks_next(&chunks, &bytes, &content, err));
            TRY(keep_content(transfer, content, err));
        }
        if (bytes.len > 0) /* nothing was asked yet that this could answer */
            return err_set(err, ERR_BAD_INPUT, "the server sent more than its answer");
    }
    return OK;
}

static enum err_code read_until_close(struct transfer *transfer, struct err *err) {
    struct str bytes;
    do {
        TRY(next_bytes(transfer, PIECE_BYTES, &bytes, err));
        TRY(keep_content(transfer, bytes, err));
    } while (bytes.len > 0);
    return OK;
}

static enum err_code read_body(struct transfer *transfer, struct http_framing framing, struct err *err) {
    switch (framing.kind) {
    case HTTP_BODY_LENGTH:
        return read_length(transfer, framing.length, err);
    case HTTP_BODY_CHUNKED:
        return read_chunks(transfer, err);
    case HTTP_BODY_UNTIL_CLOSE:
        return read_until_close(transfer, err);
    case HTTP_BODY_NONE:
        break;
    }
    return OK;
}

static enum err_code read_answer(struct transfer *transfer, struct err *err) {
    struct http_client *client = transfer->client;
    struct http_response *response = transfer->response;
    struct http_framing framing;

    TRY(http_response_framing(&framing, &response->head, str_eq(transfer->request->method, STR("HEAD")),
                              err));
    TRY(read_body(transfer, framing, err));
    response->status = response->head.status;
    bool is_over = framing.kind == HTTP_BODY_UNTIL_CLOSE || !transfer->wrote_all || client->in.len > 0 ||
                   http_head_has_token(&response->head, STR("connection"), STR("close")) ||
                   (response->head.minor_version == 0 &&
                    !http_head_has_token(&response->head, STR("connection"), STR("keep-alive")));
    if (is_over)
        disconnect(client);
    return OK;
}

/* ---- connecting ---- */

static const struct proxy *proxy_for(const struct http_client *client, const struct http_url *url) {
    const struct proxy *proxy = url->is_secure ? &client->https_proxy : &client->http_proxy;
    if (proxy->text == NULL || http_url_is_loopback(url) ||
        http_no_proxy_has(str_from_c(client->no_proxy), url))
        return NULL;
    return proxy;
}

static void append_base64(struct buf *out, struct str text) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < text.len; i += 3) {
        size_t left = text.len - i;
        unsigned group = (unsigned)(unsigned char)text.ptr[i] << 16;
        group |= left > 1 ? (unsigned)(unsigned char)text.ptr[i + 1] << 8 : 0;
        group |= left > 2 ? (unsigned)(unsigned char)text.ptr[i + 2] : 0;
        buf_append_char(out, digits[group >> 18 & 63]);
        buf_append_char(out, digits[group >> 12 & 63]);
        buf_append_char(out, left > 1 ? digits[group >> 6 & 63] : '=');
        buf_append_char(out, left > 2 ? digits[group & 63] : '=');
    }
}

static int hex_value(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
        return (c | 0x20) - 'a' + 10;
    return -1;
}

static void append_decoded(struct buf *out, struct str encoded) {
    for (size_t i = 0; i < encoded.len; i++) {
        int high = encoded.ptr[i] == '%' && i + 2 < encoded.len ? hex_value(encoded.ptr[i + 1]) : -1;
        int low = high >= 0 ? hex_value(encoded.ptr[i + 2]) : -1;
        buf_append_char(out, low >= 0 ? (char)(high * 16 + low) : encoded.ptr[i]);
        i += low >= 0 ? 2 : 0;
    }
}

static void append_proxy_credentials(struct buf *out, const struct proxy *proxy) {
    struct buf plain = BUF_INIT(1024);
    if (proxy->url.credentials.len == 0)
        return;
    append_decoded(&plain, proxy->url.credentials);
    buf_append_str(out, STR("Proxy-Authorization: Basic "));
    append_base64(out, buf_str(&plain));
    buf_append_str(out, STR("\r\n"));
    buf_finish(&plain);
}

static void append_host(struct buf *out, const struct http_url *url) {
    bool is_v6 = memchr(url->host.ptr, ':', url->host.len) != NULL;
    buf_printf(out, "%s%.*s%s:%u", is_v6 ? "[" : "", STR_ARG(url->host), is_v6 ? "]" : "", url->port);
}

static enum err_code open_tunnel(struct transfer *transfer, int64_t deadline_ms, struct err *err) {
    struct buf request = BUF_INIT(4096);
    enum err_code code;

    buf_append_str(&request, STR("CONNECT "));
    append_host(&request, &transfer->url);
    buf_append_str(&request, STR(" HTTP/1.1\r\nHost: "));
    append_host(&request, &transfer->url);
    buf_append_str(&request, STR("\r\n"));
    append_proxy_credentials(&request, transfer->proxy);
    buf_append_str(&request, STR("\r\n"));
    code = buf_check(&request, "the request to the proxy", err);
    if (code == OK)
        code = http_stream_write(&transfer->client->stream, buf_str(&request), deadline_ms, err);
    if (code == OK)
        code = read_head(transfer, deadline_ms, err);
    if (code == OK && transfer->response->head.status != 200)
        code = err_set(err, ERR_IO, "the proxy answered with status %d", transfer->response->head.status);
    if (code == OK && transfer->client->in.len > 0)
        code = err_set(err, ERR_IO, "the proxy sent something before TLS began");
    transfer->has_read = false;
    buf_finish(&request);
    return code;
}

static bool is_connected_to(const struct http_client *client, const struct transfer *transfer) {
    return client->stream.fd >= 0 && client->connected.is_secure == transfer->url.is_secure &&
           client->connected.port == transfer->url.port &&
           client->connected.through_proxy == (transfer->proxy != NULL) &&
           str_eq_ignore_case(str_from_c(client->connected.host), transfer->url.host);
}

static enum err_code secure(struct transfer *transfer, int64_t deadline_ms, struct err *err) {
    struct http_client *client = transfer->client;

    if (client->trust == NULL)
        TRY(http_trust_create(&client->trust, client->ca_file, err));
    if (transfer->proxy != NULL)
        TRY(open_tunnel(transfer, deadline_ms, err));
    if (http_stream_secure(&client->stream, client->trust, transfer->url.host, deadline_ms, err) != OK)
        return err_add_context(err, "cannot speak TLS with '%.*s'", STR_ARG(transfer->url.host));
    return OK;
}

static enum err_code connect_anew(struct transfer *transfer, struct err *err) {
    struct http_client *client = transfer->client;
    const struct http_url *next = transfer->proxy != NULL ? &transfer->proxy->url : &transfer->url;
    int64_t deadline_ms = sooner(transfer->deadline_ms, clock_mono_ms() + client->options.connect_timeout_ms);

    disconnect(client);
    TRY(http_stream_open(&client->stream, next->host, next->port, client->options.may_connect,
                         client->options.may_connect_context, deadline_ms, err));
    if (transfer->url.is_secure) {
        enum err_code code = secure(transfer, deadline_ms, err);
        if (code != OK) {
            disconnect(client);
            return code;
        }
    }
    client->connected.is_secure = transfer->url.is_secure;
    client->connected.through_proxy = transfer->proxy != NULL;
    client->connected.port = transfer->url.port;
    (void)snprintf(client->connected.host, sizeof client->connected.host, "%.*s",
                   STR_ARG(transfer->url.host));
    return OK;
}

static enum err_code connect_or_reuse(struct transfer *transfer, struct err *err) {
    transfer->was_reused =
        is_connected_to(transfer->client, transfer) && !http_stream_is_stale(&transfer->client->stream);
    return transfer->was_reused ? OK : connect_anew(transfer, err);
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
        append_proxy_credentials(head, transfer->proxy);
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
        size_t room = part.length < PIECE_BYTES ? (size_t)part.length : PIECE_BYTES;
        ssize_t len = pread(part.fd, transfer->client->piece, room, (off_t)part.offset);
        if (len < 0)
            return err_set_errno(err, errno, "cannot read the file that is sent");
        if (len == 0)
            return err_set(err, ERR_CORRUPT, "the file became shorter while it was sent");
        TRY(http_stream_write(&transfer->client->stream, (struct str){ transfer->client->piece, (size_t)len },
                              silence_deadline(transfer), err));
        part.offset += (uint64_t)len;
        part.length -= (uint64_t)len;
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
        struct str piece = str_slice(left, 0, PIECE_BYTES);
        TRY(http_stream_write(&transfer->client->stream, piece, silence_deadline(transfer), err));
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
    int64_t deadline_ms = sooner(transfer->deadline_ms, clock_mono_ms() + EXPECT_WAIT_MS);
    *is_answered = false;
    enum err_code code = read_head(transfer, deadline_ms, err);
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
        code = http_stream_write(&transfer->client->stream, buf_str(&head), silence_deadline(transfer), err);
    buf_finish(&head);
    if (code == OK && expects_continue(transfer->request))
        code = await_continue(transfer, &is_answered, err);
    if (code == OK && !is_answered && !transfer->wrote_all)
        code = write_body(transfer, err);
    /* A server that refuses answers, then stops listening: the answer counts, not the failed write. */
    struct err read_err = { 0 };
    if (code == ERR_IO && transfer->client->stream.fd >= 0)
        code = read_final_head(transfer, &read_err) == OK ? OK : code;
    else if (code == OK && !is_answered)
        code = read_final_head(transfer, err);
    return code == OK ? read_answer(transfer, err) : code;
}

static bool may_be_repeated(const struct transfer *transfer, enum err_code code) {
    return code == ERR_IO && transfer->was_reused && !transfer->has_read &&
           !str_eq(transfer->request->method, STR("POST")) &&
           !str_eq(transfer->request->method, STR("PATCH"));
}

static enum err_code run(struct transfer *transfer, struct err *err) {
    TRY(check_fields(transfer->request, err));
    TRY(connect_or_reuse(transfer, err));
    enum err_code code = exchange(transfer, err);
    if (may_be_repeated(transfer, code)) {
        TRY(connect_anew(transfer, err));
        transfer->was_reused = transfer->wrote_all = false;
        code = exchange(transfer, err);
    }
    if (code != OK)
        disconnect(transfer->client);
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
    transfer->proxy = proxy_for(transfer->client, &transfer->url);
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
