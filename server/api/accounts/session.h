/* session.h - how a browser logs in and out. */
#ifndef SERVER_API_SESSION_H
#define SERVER_API_SESSION_H

#include "server/http/http.h"

#define SESSION_COOKIE "barograph_session"

enum { SESSION_MAX_BODY_BYTES = 16384 };

/* POST /api/session: an Authorization header with an API key, or {"username", "password"}, or {"key"}. 204 and the
 * cookie; 401 when it is not right, in the same words and the same time for a name that nobody has. */
enum err_code session_answer_begin(struct http_call *call, struct err *err);
/* PUT /api/password: {"password", "current"} gives whoever asks another password; 403 when the current one is not right. 204, and for a
 * browser a new cookie: all of the person's sessions end. */
enum err_code session_answer_password(struct http_call *call, struct err *err);
/* The answer to DELETE /api/session where nobody logs in at a provider: 204. See oidc_log_out.h. */
enum err_code session_answer_end(struct http_call *call, struct err *err);

struct app;
/* With --passwords off: ends what was begun with one before. To be called at the start. */
MUST_CHECK enum err_code session_end_with_passwords_off(struct app *app, struct err *err);

/* Hands a session to the browser, or with an empty value takes it back. */
void session_set_cookie(struct http_call *call, struct str value, int64_t life_s);

#endif
