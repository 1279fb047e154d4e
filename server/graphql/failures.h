/* failures.h - the "errors" of a response: gathered while a document is checked or run, written at the end.
 */
#ifndef SERVER_GRAPHQL_FAILURES_H
#define SERVER_GRAPHQL_FAILURES_H

#include "base/json.h"

/* Of one response: what is past this is logged, not sent. */
enum { GQL_MAX_FAILURES = 100 };

struct gql_failure {
    struct str message;
    enum err_code code;
    uint32_t offset;
    struct str path; /* a JSON array; ptr NULL when it is not about a field of the response */
    struct gql_failure *next;
};

struct gql_failures {
    struct arena *arena;
    struct gql_failure *first, **tail;
    size_t count;
    enum err_code retry; /* the first code that a client should try again after (HTTP 503), or OK */
};

void gql_failures_init(struct gql_failures *failures, struct arena *arena);

/* Errors of the server's own (5xx) are logged as they are, and sent without what they say. */
void gql_failures_add(struct gql_failures *failures, const struct err *err, uint32_t offset, struct str path);

/* Forgets the errors noted since `count` and `tail` were read: the values they are about are not sent. What a
 * client should try again after stays known. */
void gql_failures_drop(struct gql_failures *failures, size_t count, struct gql_failure **tail);

/* The value of "errors". */
void gql_failures_write(const struct gql_failures *failures, struct str document, struct json_writer *writer);

#endif
