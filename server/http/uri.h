/* uri.h - percent-encoding, query strings and cookies.
 *
 * Threads: none of its own. Memory: results live in the arena, or are parts of the input.
 */
#ifndef SERVER_HTTP_URI_H
#define SERVER_HTTP_URI_H

#include "base/arena.h"

/* Decodes once. False for a '%' without two hexadecimal digits, for a NUL, and for what is not UTF-8. */
bool uri_decode(struct str *out, struct str encoded, bool plus_is_space, struct arena *arena);

/* The first parameter of that name in a=b&c=d, decoded; ptr is NULL when there is none or it cannot be
 * decoded. */
struct str uri_query_find(struct str query, struct str name, struct arena *arena);

/* The value of a cookie in "a=b; c=d"; ptr is NULL when there is none. */
struct str uri_cookie_find(struct str cookies, struct str name);

/* The target with the values of its `sig` parameters left out: logs hold no signatures. */
struct str uri_without_signatures(struct str target, struct arena *arena);

#endif
