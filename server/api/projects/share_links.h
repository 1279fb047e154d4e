/* share_links.h - links that show some runs, or a report, to whoever has them: made, listed and revoked. What such a link shows is in
 * shared.h; a report's links are made over GraphQL, see view_tokens.c.
 */
#ifndef SERVER_API_SHARE_LINKS_H
#define SERVER_API_SHARE_LINKS_H

#include "server/http/http.h"

enum { SHARE_REQUEST_MAX_BYTES = 256 << 10 };

enum err_code share_links_answer_create(struct http_call *call, struct err *err);
enum err_code share_links_answer_list(struct http_call *call, struct err *err);
enum err_code share_links_answer_revoke(struct http_call *call, struct err *err);

#endif
