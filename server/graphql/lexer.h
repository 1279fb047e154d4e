/* lexer.h - cuts GraphQL text into tokens. White space, commas, comments and byte order marks vanish here.
 *
 * Threads: one lexer belongs to one thread. Memory: tokens borrow the source; decoded strings live in the
 * arena.
 */
#ifndef SERVER_GRAPHQL_LEXER_H
#define SERVER_GRAPHQL_LEXER_H

#include "base/arena.h"

enum gql_token_kind {
    GQL_TOKEN_END,
    GQL_TOKEN_BANG,
    GQL_TOKEN_DOLLAR,
    GQL_TOKEN_AMP,
    GQL_TOKEN_PAREN_OPEN,
    GQL_TOKEN_PAREN_CLOSE,
    GQL_TOKEN_SPREAD,
    GQL_TOKEN_COLON,
    GQL_TOKEN_EQUALS,
    GQL_TOKEN_AT,
    GQL_TOKEN_BRACKET_OPEN,
    GQL_TOKEN_BRACKET_CLOSE,
    GQL_TOKEN_BRACE_OPEN,
    GQL_TOKEN_PIPE,
    GQL_TOKEN_BRACE_CLOSE,
    GQL_TOKEN_NAME,
    GQL_TOKEN_INT,
    GQL_TOKEN_FLOAT,
    GQL_TOKEN_STRING,       /* text: between the quotes, still escaped */
    GQL_TOKEN_BLOCK_STRING, /* text: between the triple quotes, indented as written */
};

struct gql_token {
    enum gql_token_kind kind;
    uint32_t offset; /* of its first byte in the source */
    struct str text;
};

struct gql_lexer {
    struct str source; /* UTF-8, shorter than 4 GiB */
    size_t position;
    uint32_t failed_at; /* after an error: the offset it is about */
};

void gql_lexer_init(struct gql_lexer *lexer, struct str source);

/* ERR_BAD_INPUT with what is wrong; lexer->failed_at says where. At the end: GQL_TOKEN_END, again and again.
 */
MUST_CHECK enum err_code gql_lexer_next(struct gql_lexer *lexer, struct gql_token *token, struct err *err);

/* What a string token stands for: escapes undone, a block string's indentation taken away. The lexer has
 * checked the token, so this cannot fail. */
struct str gql_token_string(const struct gql_token *token, struct arena *arena);

/* "'{'", "a name": for messages. */
const char *gql_token_kind_name(enum gql_token_kind kind);

/* Line and column, both from 1; a column is a character, not a byte. */
void gql_locate(struct str source, size_t offset, uint32_t *line, uint32_t *column);

#endif
