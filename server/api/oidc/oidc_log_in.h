/* oidc_log_in.h - how a browser logs in at a provider of OpenID Connect: there, and back (authorization code with PKCE).
 *
 * Nothing is kept on the server between the two: the browser holds a cookie of random bytes, and what has to be secret or
 * has to match - state, nonce and the code's verifier - is derived from it under the server's secret. So any server of
 * several can finish what another began, and whoever sends somebody else's answer to a browser finds it refused.
 */
#ifndef SERVER_API_OIDC_LOG_IN_H
#define SERVER_API_OIDC_LOG_IN_H

#include "server/http/http.h"

/* GET /api/oidc: {"label": the button's text, or null when nobody logs in that way, "passwords": whether people log in with them}. */
enum err_code oidc_log_in_answer_label(struct http_call *call, struct err *err);
/* GET /api/oidc/begin?next=/path: sends the browser to the provider. */
enum err_code oidc_log_in_answer_begin(struct http_call *call, struct err *err);
/* GET /api/oidc/return: the browser comes back; on to `next` with a session, or to /login?problem=WORD. */
enum err_code oidc_log_in_answer_return(struct http_call *call, struct err *err);

#endif
