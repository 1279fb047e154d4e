/* router.h - finds the row of the route table for a method and a path.
 *
 * The table is compiled once into a tree of path parts; a look-up walks the path's parts, literal names
 * first.
 *
 * Threads: read-only after router_create. Memory: the router's own; params live in the call's arena.
 */
#ifndef SERVER_HTTP_ROUTER_H
#define SERVER_HTTP_ROUTER_H

#include "server/http/http.h"

enum { HTTP_METHOD_COUNT = HTTP_PATCH + 1 };

struct router;

/* ERR_INTERNAL names the first row that is out of order, repeated, has no `who`, not exactly one of answer
 * and sink, a sink without all of its functions, or a malformed pattern. */
MUST_CHECK enum err_code router_create(struct router **out, const struct http_route *routes, size_t count,
                                       struct err *err);
void router_destroy(struct router *router); /* NULL is fine */

struct route_match {
    const struct http_route *route; /* NULL: no row for this path, or none for this method */
    unsigned methods;               /* bit 1 << method for each that the path has rows for; 0: unknown path */
    struct str params[HTTP_PARAMS_MAX];
};

/* path: still encoded, begins with '/'. False when a part cannot be decoded. */
bool router_find(const struct router *router, struct route_match *out, enum http_method method,
                 struct str path, struct arena *arena);

/* "GET", ...; and back, false for what is none of them. */
struct str http_method_name(enum http_method method);
bool http_method_parse(struct str name, enum http_method *out);

#endif
