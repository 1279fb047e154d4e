/* oidc_log_out.h - how a browser that logged in at the provider logs out there too (RP-Initiated Logout 1.0).
 *
 * What the provider wants to be shown for it, the ID token of the log-in, lies in a cookie of the browser and nowhere else.
 */
#ifndef SERVER_API_OIDC_LOG_OUT_H
#define SERVER_API_OIDC_LOG_OUT_H

#include "server/http/http.h"

/* Together with the session's cookie. One that is too long for a cookie is left out: the provider then asks the person. */
void oidc_log_out_prepare(struct http_call *call, struct str id_token, int64_t life_s);

/* DELETE /api/session: ends the session; 204, or when it began at a provider that logs people out, 200 and {"address"}:
 * where the browser goes now. A provider that cannot be asked keeps nobody logged in here. */
enum err_code oidc_log_out_answer(struct http_call *call, struct err *err);

#endif
