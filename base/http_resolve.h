/* http_resolve.h - finds the addresses of a host, and not for longer than the caller has time.
 *
 * The system's resolver waits as long as it likes and cannot be interrupted: names are looked up on a thread of their own,
 * which is left behind when the time is over and ends by itself. Numeric addresses need none.
 */
#ifndef BASE_HTTP_RESOLVE_H
#define BASE_HTTP_RESOLVE_H

#include "base/err.h"

#include <netdb.h>
#include <stdint.h>

/* *out is the caller's: freeaddrinfo. ERR_TIMEOUT once deadline_ms (monotonic) has passed, ERR_IO when there is no such host. */
MUST_CHECK enum err_code http_resolve(struct addrinfo **out, const char *host, uint16_t port, int64_t deadline_ms, struct err *err);

/* What looks names up; tests put a slow one here. */
extern int (*http_resolve_look_up)(const char *host, const char *port, const struct addrinfo *hints, struct addrinfo **out);

#endif
