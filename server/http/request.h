/* request.h - from the bytes of a head to a call that can be answered.
 *
 * Threads: the loop's. Memory: the call's arena.
 */
#ifndef SERVER_HTTP_REQUEST_H
#define SERVER_HTTP_REQUEST_H

#include "server/http/exchange.h"
#include "server/http/hosts.h"
#include "server/http/router.h"

struct request_context {
    const struct hosts *hosts;
    const struct router *router;
    struct str public_url; /* without '/' at the end; empty: none */
    struct str peer, local_address;
    bool is_tls;
};

/* A status that stands for itself, beside those that codes have. */
struct refusal {
    int status;
    const char *name;
};

/* Parses, checks the host, finds the route. On failure *refusal has the status to answer with. */
MUST_CHECK enum err_code request_read(struct exchange *exchange, struct str head_bytes,
                                      const struct request_context *context, struct refusal *refusal,
                                      struct err *err);

#endif
