/* http_connect.c - reaching the server: the kept connection, a new one, a proxy's tunnel. */
#include "base/http_transfer.h"

#include "base/clock.h"

int64_t transfer_sooner(int64_t a, int64_t b) {
    return a < b ? a : b;
}

int64_t transfer_silence_deadline(const struct transfer *transfer) {
    int wanted_ms = transfer->request->silence_timeout_ms;
    int silence_ms = wanted_ms > 0 ? wanted_ms : transfer->client->options.silence_timeout_ms;
    return transfer_sooner(transfer->deadline_ms, clock_mono_ms() + silence_ms);
}

void transfer_disconnect(struct http_client *client) {
    http_stream_close(&client->stream);
    buf_reset(&client->in);
}

const struct proxy *transfer_proxy_for(const struct http_client *client, const struct http_url *url) {
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

void transfer_append_proxy_credentials(struct buf *out, const struct proxy *proxy) {
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
    transfer_append_proxy_credentials(&request, transfer->proxy);
    buf_append_str(&request, STR("\r\n"));
    code = buf_check(&request, "the request to the proxy", err);
    if (code == OK)
        code = http_stream_write(&transfer->client->stream, buf_str(&request), deadline_ms, err);
    if (code == OK)
        code = transfer_read_head(transfer, deadline_ms, err);
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

enum err_code transfer_connect_anew(struct transfer *transfer, struct err *err) {
    struct http_client *client = transfer->client;
    const struct http_url *next = transfer->proxy != NULL ? &transfer->proxy->url : &transfer->url;
    int64_t deadline_ms =
        transfer_sooner(transfer->deadline_ms, clock_mono_ms() + client->options.connect_timeout_ms);

    transfer_disconnect(client);
    TRY(http_stream_open(&client->stream, next->host, next->port, client->options.may_connect,
                         client->options.may_connect_context, deadline_ms, err));
    if (transfer->url.is_secure) {
        enum err_code code = secure(transfer, deadline_ms, err);
        if (code != OK) {
            transfer_disconnect(client);
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

enum err_code transfer_connect_or_reuse(struct transfer *transfer, struct err *err) {
    transfer->was_reused =
        is_connected_to(transfer->client, transfer) && !http_stream_is_stale(&transfer->client->stream);
    return transfer->was_reused ? OK : transfer_connect_anew(transfer, err);
}
