/* http_url.h - the parts of an http or https address, and which proxy stands before it.
 *
 * Threads: none of its own. Memory: nothing is allocated; parts point into the text.
 */
#ifndef BASE_HTTP_URL_H
#define BASE_HTTP_URL_H

#include "base/str.h"

struct http_url {
    bool is_secure;
    struct str credentials; /* "user:password" before '@', still encoded; empty: none */
    struct str host;        /* without brackets */
    uint16_t port;          /* 80 or 443 when none was written */
    struct str authority;   /* host and port as written, for the Host header */
    struct str target;      /* path and query, as written; empty or begins with '/' or '?' */
};

/* ERR_BAD_INPUT for another scheme, a missing or malformed host or port, white space, control bytes, and
 * bytes beyond ASCII, which have to be percent-encoded. A fragment is cut off. */
MUST_CHECK enum err_code http_url_parse(struct http_url *out, struct str text, struct err *err);

bool http_url_same_origin(const struct http_url *a, const struct http_url *b);
/* A name or address of this very host: never reached through a proxy. */
bool http_url_is_loopback(const struct http_url *url);

/* True when a NO_PROXY list ("example.com,.internal,10.0.0.1,host:8080,*") names the address: a name stands
 * for itself and all below it. */
bool http_no_proxy_has(struct str list, const struct http_url *url);

#endif
