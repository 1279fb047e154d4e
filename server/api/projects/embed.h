/* embed.h - a run inside of somebody else's page: what the client's run.to_html() points a frame at.
 *
 * Nothing but the pages of share links may be framed, because they can be looked at and not changed. So a frame that asks
 * for a run's page with "jupyter=true" is sent to a brief link to that run (shared.h).
 */
#ifndef SERVER_API_EMBED_H
#define SERVER_API_EMBED_H

#include "server/http/http.h"

/* Answers with the way to the link and sets *is_sent; leaves the call alone when a frame did not ask, or whoever asks is
 * not logged in or may not read the run. */
MUST_CHECK enum err_code embed_answer(struct http_call *call, bool *is_sent, struct err *err);
/* Whether this is the page of a share link, which others may put into a frame. */
bool embed_may_be_framed(const struct http_call *call);

#endif
