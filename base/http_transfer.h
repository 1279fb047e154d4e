/* http_transfer.h - one request of a client under way: shared by http_client.c (asking), http_connect.c
 * (reaching the server, through a proxy perhaps) and http_answer.c (reading what it says).
 */
#ifndef BASE_HTTP_TRANSFER_H
#define BASE_HTTP_TRANSFER_H

#include "base/http_client.h"
#include "base/http_stream.h"
#include "base/http_url.h"

enum { HTTP_PIECE_BYTES = 256 * 1024 };

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
    char *piece;   /* HTTP_PIECE_BYTES */
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

/* http_connect.c */
int64_t transfer_sooner(int64_t a, int64_t b);
int64_t transfer_silence_deadline(const struct transfer *transfer);
const struct proxy *transfer_proxy_for(const struct http_client *client, const struct http_url *url);
void transfer_append_proxy_credentials(struct buf *out, const struct proxy *proxy);
void transfer_disconnect(struct http_client *client);
MUST_CHECK enum err_code transfer_connect_anew(struct transfer *transfer, struct err *err);
MUST_CHECK enum err_code transfer_connect_or_reuse(struct transfer *transfer, struct err *err);

/* http_answer.c */
/* Any head, also an interim one. deadline_ms 0: the silence timeout. */
MUST_CHECK enum err_code transfer_read_head(struct transfer *transfer, int64_t deadline_ms, struct err *err);
/* Skips 100 Continue and its like. */
MUST_CHECK enum err_code transfer_read_final_head(struct transfer *transfer, struct err *err);
/* The rest, after the final head. */
MUST_CHECK enum err_code transfer_read_answer(struct transfer *transfer, struct err *err);

#endif
