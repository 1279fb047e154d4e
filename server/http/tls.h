/* tls.h - the server's certificate and key, read again when their files change.
 *
 * Threads: the loop's. Memory: tls_destroy; sessions made from it live on without it.
 */
#ifndef SERVER_HTTP_TLS_H
#define SERVER_HTTP_TLS_H

#include "base/str.h"

struct tls;
struct ssl_st; /* OpenSSL's SSL */

/* ERR_BAD_INPUT when a file cannot be read or the key is another certificate's. */
MUST_CHECK enum err_code tls_create(struct tls **out, struct str cert_file, struct str key_file,
                                    struct err *err);
void tls_destroy(struct tls *tls); /* NULL is fine */

/* Looks at the files, at most once a second; a new pair that cannot be used is logged and the old one stays.
 */
void tls_refresh(struct tls *tls, int64_t now_ms);

/* A session that waits for the other side's hello on fd; NULL when there is no memory. SSL_free. */
struct ssl_st *tls_accept(struct tls *tls, int fd);

#endif
