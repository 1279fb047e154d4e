/* parser.h - GraphQL text to documents, and the pieces that the reader of type definitions shares.
 *
 * Recursion is bounded: selection sets by the depth limit, values and list types by GQL_MAX_NESTING.
 */
#ifndef SERVER_GRAPHQL_PARSER_H
#define SERVER_GRAPHQL_PARSER_H

#include "server/graphql/document.h"
#include "server/graphql/graphql.h"
#include "server/graphql/lexer.h"

enum { GQL_MAX_NESTING = 64, GQL_MAX_OPERATIONS = 100 };

struct gql_parser {
    struct gql_lexer lexer;
    struct gql_token token; /* not consumed yet */
    struct arena *arena;
    struct err *err;
    const struct gql_limits *limits;
    uint32_t depth;     /* of selection sets around the token */
    size_t field_count; /* so far, as written */
    uint32_t failed_at; /* after an error */
};

/* The text must be UTF-8. ERR_BAD_INPUT or ERR_TOO_LARGE; *failed_at is then the offset it is about. */
MUST_CHECK enum err_code gql_parse(struct gql_document **out, struct str text,
                                   const struct gql_limits *limits, struct arena *arena, uint32_t *failed_at,
                                   struct err *err);

/* ---- pieces, for sdl.c ---- */

MUST_CHECK enum err_code gql_parser_begin(struct gql_parser *parser, struct str text, struct arena *arena,
                                          struct err *err);
MUST_CHECK enum err_code gql_parser_advance(struct gql_parser *parser);
MUST_CHECK enum err_code gql_parser_expect(struct gql_parser *parser, enum gql_token_kind kind);
/* Consumes the token when it is of that kind. */
MUST_CHECK enum err_code gql_parser_accept(struct gql_parser *parser, enum gql_token_kind kind,
                                           bool *was_there);
MUST_CHECK enum err_code gql_parser_name(struct gql_parser *parser, struct str *name);
bool gql_parser_at_name(const struct gql_parser *parser, const char *name);
enum err_code gql_parser_unexpected(struct gql_parser *parser, const char *wanted);
MUST_CHECK enum err_code gql_parser_type(struct gql_parser *parser, struct gql_type_ref **out);
/* is_const forbids variables. */
MUST_CHECK enum err_code gql_parser_value(struct gql_parser *parser, struct gql_value *out, bool is_const);
MUST_CHECK enum err_code gql_parser_directives(struct gql_parser *parser, struct gql_directive **out,
                                               bool is_const);

#endif
