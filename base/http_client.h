/* http_client.h - a small HTTP/1.1 client: one kept connection, blocking calls with deadlines, TLS that
 * checks the certificate and the host's name, proxies from the environment, bodies from and to files.
 *
 * It never ends the process and never prints: it lives in the command line, in somebody's training and in the
 * server's own calls to S3 and webhooks. It follows no redirects: a 3xx is an answer like any other.
 *
 * Threads: a client belongs to one thread at a time. Memory: http_client_destroy, http_response_finish.
 */
#ifndef BASE_HTTP_CLIENT_H
#define BASE_HTTP_CLIENT_H

#include "base/buf.h"
#include "base/http_parser.h"

struct http_client;
struct sockaddr;

struct http_client_options {
    struct str base_url; /* "https://host:port/prefix"; paths of requests are put behind it. Empty: only whole
                            addresses */
    struct str
        authorization;      /* sent as the Authorization header, to the base URL's origin only; empty: none */
    struct str user_agent;  /* empty: none */
    const char *ca_file;    /* NULL: $SSL_CERT_FILE, $REQUESTS_CA_BUNDLE, the system's */
    bool ignores_proxies;   /* does not look at HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY */
    int connect_timeout_ms; /* 0: 10,000 */
    int silence_timeout_ms; /* without a byte in either direction; 0: 60,000 */
    /* Asked about each address before it is connected to; NULL: all. A proxy's address is asked about too. */
    bool (*may_connect)(void *context, const struct sockaddr *address);
    void *may_connect_context;
};

/* Everything is copied. ERR_BAD_INPUT for a base URL or a header value that cannot be used. */
MUST_CHECK enum err_code http_client_create(struct http_client **out,
                                            const struct http_client_options *options, struct err *err);
void http_client_destroy(struct http_client *client); /* NULL is fine */

struct http_file_part {
    int fd;
    uint64_t offset, length;
    _Atomic uint64_t *sent_bytes; /* grows as pieces are sent, for who draws progress; NULL: is not counted */
};

struct http_request {
    struct str method; /* "GET" */
    /* "/graphql?x=1", put behind the base URL, or a whole address: "https://...", as signed links are. */
    struct str url;
    const struct http_field *fields; /* beside Host, Content-Length, Authorization, User-Agent */
    size_t field_count;
    struct str body;
    const struct http_file_part
        *body_file;        /* instead of body; read from its offset, the fd's own is left alone */
    const int *output_fd;  /* where the body of a 2xx is written; NULL: into the response */
    size_t max_body_bytes; /* of a body in memory; 0: 64 MiB */
    int timeout_ms;        /* for all of it; 0: none but the silence timeout */
    int silence_timeout_ms; /* instead of the client's, for an answer that takes long; 0: the client's */
};

struct http_response {
    int status;
    struct http_head head; /* see http_head_find */
    struct buf body;
    uint64_t body_bytes; /* also of those that went to output_fd */
    /* private */
    struct buf head_text;
    struct http_field fields[HTTP_FIELDS_MAX];
};

/* OK when an answer arrived, whatever its status. ERR_TIMEOUT, ERR_IO (no connection, a broken one, a bad
 * certificate), ERR_TOO_LARGE, ERR_BAD_INPUT (the address, or an answer that is not HTTP). The response must
 * be finished in either case. A kept connection that turns out to be dead is replaced once, unless the
 * request may have had an effect (POST, PATCH) and something was sent. */
MUST_CHECK enum err_code http_client_send(struct http_client *client, const struct http_request *request,
                                          struct http_response *response, struct err *err);
void http_response_finish(struct http_response *response); /* a cleared one is fine */

#endif
