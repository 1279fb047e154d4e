/* oidc.h - logging in at a provider of OpenID Connect: its settings, the provider, and the threads that wait for it.
 *
 * Requests that need the provider are put aside and answered from a thread of their own: a provider that is slow, or
 * somebody who makes many such requests, holds no worker that others wait for.
 *
 * Threads: shared by all, guards itself.
 */
#ifndef SERVER_API_OIDC_H
#define SERVER_API_OIDC_H

#include "server/api/oidc/oidc_provider.h"
#include "server/http/http.h"

struct oidc;

enum { OIDC_WAITING_MAX = 64 };

/* Borrows both. */
struct oidc *oidc_start(const struct oidc_settings *settings, const struct webhook_networks *networks);
/* Before the HTTP server is destroyed: whoever waits, or comes from now on, is answered with 503. NULL is fine. */
void oidc_stop(struct oidc *oidc);
void oidc_destroy(struct oidc *oidc); /* after it; NULL is fine */

const struct oidc_settings *oidc_settings(const struct oidc *oidc);
struct oidc_provider *oidc_provider(const struct oidc *oidc);

/* `answer` is called from a thread that may wait, and completes the call. ERR_BUSY when too many wait. */
MUST_CHECK enum err_code oidc_put_aside(struct oidc *oidc, struct http_call *call,
                                        enum err_code (*answer)(struct http_call *call, struct err *err), struct err *err);

#endif
