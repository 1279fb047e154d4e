/* routes.h - everything that is answered over HTTP, one row each, with who may ask. */
#ifndef SERVER_API_ROUTES_H
#define SERVER_API_ROUTES_H

#include "server/http/http.h"

extern const struct http_route routes[];
extern const size_t route_count;

#endif
