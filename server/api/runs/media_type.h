/* media_type.h - under which type a logged file is shown. Never a script; what a browser would run is sent as an
 * attachment or into a sandbox without an origin (SAFETY 20). */
#ifndef SERVER_API_MEDIA_TYPE_H
#define SERVER_API_MEDIA_TYPE_H

#include "server/http/http.h"

/* By the name's ending; application/octet-stream for what is not in the list. */
struct str media_type_of(struct str name);

/* Type, disposition, sandbox and the rest of the headers that a logged file is sent with. */
void media_type_add_headers(struct http_call *call, struct str name);

#endif
