/* share_links.h - links that show some runs to whoever has them: made, listed, revoked, and followed. See docs/web-api.md.
 *
 * Who follows one needs no account and sees the named runs, their charts, configs and summaries, and nothing else: no
 * files, no logs, no names of other runs.
 */
#ifndef SERVER_API_SHARE_LINKS_H
#define SERVER_API_SHARE_LINKS_H

#include "server/http/http.h"

enum { SHARE_REQUEST_MAX_BYTES = 256 << 10 };

enum err_code share_links_answer_create(struct http_call *call, struct err *err);
enum err_code share_links_answer_list(struct http_call *call, struct err *err);
enum err_code share_links_answer_revoke(struct http_call *call, struct err *err);
/* GET /api/shared/{token} */
enum err_code share_links_answer_runs(struct http_call *call, struct err *err);

#endif
