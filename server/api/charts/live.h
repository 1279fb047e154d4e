/* live.h - tells open pages what changes: GET /api/live, a websocket. What is said is in docs/web-api.md.
 *
 * One thread looks at the projects that somebody watches, a few times a second, and tells each watcher what has a
 * version above the last one it was told. Nothing is queued for a client that does not listen: it is told later, all at
 * once, of what is the latest then; so a slow client costs no memory and misses nothing. It asks the database, not the
 * handlers, and so also hears of what other servers on the same database wrote.
 *
 * Threads: live_answer is called by workers; the rest is guarded inside. Memory: live_destroy, after the HTTP server's.
 */
#ifndef SERVER_API_LIVE_H
#define SERVER_API_LIVE_H

#include "server/http/http.h"

struct app;
struct live;

struct live *live_create(struct app *app);
/* Nobody is told anything any more. */
void live_destroy(struct live *live); /* NULL is fine */

enum err_code live_answer(struct http_call *call, struct err *err);

#endif
