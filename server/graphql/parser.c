/* parser.c - see parser.h. One function per rule of the grammar; each begins at its first token. */
#include "server/graphql/parser.h"

enum err_code gql_parser_advance(struct gql_parser *parser) {
    enum err_code code = gql_lexer_next(&parser->lexer, &parser->token, parser->err);
    if (code != OK)
        parser->failed_at = parser->lexer.failed_at;
    return code;
}

enum err_code gql_parser_begin(struct gql_parser *parser, struct str text, struct arena *arena,
                               struct err *err) {
    *parser = (struct gql_parser){ .arena = arena, .err = err, .limits = &gql_default_limits };
    gql_lexer_init(&parser->lexer, text);
    return gql_parser_advance(parser);
}

static enum err_code fail(struct gql_parser *parser, enum err_code code, const char *what) {
    parser->failed_at = parser->token.offset;
    return err_set(parser->err, code, "%s", what);
}

enum { SHOWN_TOKEN_MAX = 40 };

enum err_code gql_parser_unexpected(struct gql_parser *parser, const char *wanted) {
    const struct gql_token *token = &parser->token;
    parser->failed_at = token->offset;
    if (token->kind < GQL_TOKEN_NAME)
        return err_set(parser->err, ERR_BAD_INPUT, "syntax error: expected %s, found %s", wanted,
                       gql_token_kind_name(token->kind));
    struct str shown = str_slice(token->text, 0, SHOWN_TOKEN_MAX);
    return err_set(parser->err, ERR_BAD_INPUT, "syntax error: expected %s, found %s \"%.*s\"", wanted,
                   gql_token_kind_name(token->kind), STR_ARG(shown));
}

enum err_code gql_parser_expect(struct gql_parser *parser, enum gql_token_kind kind) {
    if (parser->token.kind != kind)
        return gql_parser_unexpected(parser, gql_token_kind_name(kind));
    return gql_parser_advance(parser);
}

enum err_code gql_parser_accept(struct gql_parser *parser, enum gql_token_kind kind, bool *was_there) {
    *was_there = parser->token.kind == kind;
    return *was_there ? gql_parser_advance(parser) : OK;
}

enum err_code gql_parser_name(struct gql_parser *parser, struct str *name) {
    *name = parser->token.text;
    return gql_parser_expect(parser, GQL_TOKEN_NAME);
}

bool gql_parser_at_name(const struct gql_parser *parser, const char *name) {
    return parser->token.kind == GQL_TOKEN_NAME && str_eq_c(parser->token.text, name);
}

/* ---- types ---- */

static enum err_code parse_type_nested(struct gql_parser *parser, struct gql_type_ref **out,
                                       unsigned nesting) {
    struct gql_type_ref *type = ARENA_NEW(parser->arena, struct gql_type_ref);

    if (nesting > GQL_MAX_NESTING)
        return fail(parser, ERR_TOO_LARGE, "list types are nested too deeply");
    type->offset = parser->token.offset;
    TRY(gql_parser_accept(parser, GQL_TOKEN_BRACKET_OPEN, &type->is_list));
    if (type->is_list) {
        TRY(parse_type_nested(parser, &type->item, nesting + 1));
        TRY(gql_parser_expect(parser, GQL_TOKEN_BRACKET_CLOSE));
    } else {
        TRY(gql_parser_name(parser, &type->name));
    }
    TRY(gql_parser_accept(parser, GQL_TOKEN_BANG, &type->is_non_null));
    *out = type;
    return OK;
}

enum err_code gql_parser_type(struct gql_parser *parser, struct gql_type_ref **out) {
    return parse_type_nested(parser, out, 1);
}

/* ---- values ---- */

static enum err_code parse_value(struct gql_parser *parser, struct gql_value *out, bool is_const,
                                 unsigned nesting);

static enum err_code parse_list(struct gql_parser *parser, struct gql_value *out, bool is_const,
                                unsigned nesting) {
    struct gql_value **tail = &out->items;

    out->kind = GQL_VALUE_LIST;
    TRY(gql_parser_expect(parser, GQL_TOKEN_BRACKET_OPEN));
    while (parser->token.kind != GQL_TOKEN_BRACKET_CLOSE) {
        struct gql_value *item = ARENA_NEW(parser->arena, struct gql_value);
        TRY(parse_value(parser, item, is_const, nesting + 1));
        *tail = item;
        tail = &item->next;
        out->count++;
    }
    return gql_parser_advance(parser);
}

static enum err_code parse_object(struct gql_parser *parser, struct gql_value *out, bool is_const,
                                  unsigned nesting) {
    struct gql_argument **tail = &out->members;

    out->kind = GQL_VALUE_OBJECT;
    TRY(gql_parser_expect(parser, GQL_TOKEN_BRACE_OPEN));
    while (parser->token.kind != GQL_TOKEN_BRACE_CLOSE) {
        struct gql_argument *member = ARENA_NEW(parser->arena, struct gql_argument);
        member->offset = parser->token.offset;
        TRY(gql_parser_name(parser, &member->name));
        TRY(gql_parser_expect(parser, GQL_TOKEN_COLON));
        TRY(parse_value(parser, &member->value, is_const, nesting + 1));
        *tail = member;
        tail = &member->next;
        out->count++;
    }
    return gql_parser_advance(parser);
}

static enum gql_value_kind kind_of_name(struct str name) {
    if (str_eq(name, STR("true")))
        return GQL_VALUE_TRUE;
    if (str_eq(name, STR("false")))
        return GQL_VALUE_FALSE;
    return str_eq(name, STR("null")) ? GQL_VALUE_NULL : GQL_VALUE_ENUM;
}

static enum err_code parse_variable_use(struct gql_parser *parser, struct gql_value *out, bool is_const) {
    if (is_const)
        return fail(parser, ERR_BAD_INPUT, "syntax error: a variable cannot stand in a constant value");
    out->kind = GQL_VALUE_VARIABLE;
    TRY(gql_parser_advance(parser));
    return gql_parser_name(parser, &out->text);
}

static enum err_code parse_value(struct gql_parser *parser, struct gql_value *out, bool is_const,
                                 unsigned nesting) {
    const struct gql_token *token = &parser->token;

    if (nesting > GQL_MAX_NESTING)
        return fail(parser, ERR_TOO_LARGE, "a value is nested too deeply");
    out->offset = token->offset;
    out->text = token->text;
    switch (token->kind) {
    case GQL_TOKEN_DOLLAR:
        return parse_variable_use(parser, out, is_const);
    case GQL_TOKEN_BRACKET_OPEN:
        return parse_list(parser, out, is_const, nesting);
    case GQL_TOKEN_BRACE_OPEN:
        return parse_object(parser, out, is_const, nesting);
    case GQL_TOKEN_INT:
        out->kind = GQL_VALUE_INT;
        return gql_parser_advance(parser);
    case GQL_TOKEN_FLOAT:
        out->kind = GQL_VALUE_FLOAT;
        return gql_parser_advance(parser);
    case GQL_TOKEN_STRING:
    case GQL_TOKEN_BLOCK_STRING:
        out->kind = GQL_VALUE_STRING;
        out->text = gql_token_string(token, parser->arena);
        return gql_parser_advance(parser);
    case GQL_TOKEN_NAME:
        out->kind = kind_of_name(token->text);
        return gql_parser_advance(parser);
    default:
        return gql_parser_unexpected(parser, "a value");
    }
}

enum err_code gql_parser_value(struct gql_parser *parser, struct gql_value *out, bool is_const) {
    return parse_value(parser, out, is_const, 1);
}

/* ---- arguments and directives ---- */

static enum err_code parse_arguments(struct gql_parser *parser, struct gql_argument **out, bool is_const) {
    struct gql_argument **tail = out;
    bool has_arguments;

    TRY(gql_parser_accept(parser, GQL_TOKEN_PAREN_OPEN, &has_arguments));
    if (!has_arguments)
        return OK;
    do {
        struct gql_argument *argument = ARENA_NEW(parser->arena, struct gql_argument);
        argument->offset = parser->token.offset;
        TRY(gql_parser_name(parser, &argument->name));
        TRY(gql_parser_expect(parser, GQL_TOKEN_COLON));
        TRY(gql_parser_value(parser, &argument->value, is_const));
        *tail = argument;
        tail = &argument->next;
    } while (parser->token.kind != GQL_TOKEN_PAREN_CLOSE);
    return gql_parser_advance(parser);
}

enum err_code gql_parser_directives(struct gql_parser *parser, struct gql_directive **out, bool is_const) {
    struct gql_directive **tail = out;

    while (parser->token.kind == GQL_TOKEN_AT) {
        struct gql_directive *directive = ARENA_NEW(parser->arena, struct gql_directive);
        directive->offset = parser->token.offset;
        TRY(gql_parser_advance(parser));
        TRY(gql_parser_name(parser, &directive->name));
        TRY(parse_arguments(parser, &directive->arguments, is_const));
        *tail = directive;
        tail = &directive->next;
    }
    return OK;
}

/* ---- selections ---- */

static enum err_code parse_selection_set(struct gql_parser *parser, struct gql_selection **out);

static enum err_code parse_field(struct gql_parser *parser, struct gql_selection *out) {
    bool has_alias;

    out->index = (uint32_t)parser->field_count;
    if (++parser->field_count > parser->limits->field_count) {
        parser->failed_at = out->offset;
        return err_set(parser->err, ERR_TOO_LARGE, "the document selects more than %zu fields",
                       parser->limits->field_count);
    }
    out->kind = GQL_SELECT_FIELD;
    TRY(gql_parser_name(parser, &out->key));
    TRY(gql_parser_accept(parser, GQL_TOKEN_COLON, &has_alias));
    out->name = out->key;
    if (has_alias)
        TRY(gql_parser_name(parser, &out->name));
    TRY(parse_arguments(parser, &out->arguments, false));
    TRY(gql_parser_directives(parser, &out->directives, false));
    return parser->token.kind == GQL_TOKEN_BRACE_OPEN ? parse_selection_set(parser, &out->selections) : OK;
}

/* "...Name", "... on Type { }" or "... { }". */
static enum err_code parse_fragment_use(struct gql_parser *parser, struct gql_selection *out) {
    TRY(gql_parser_expect(parser, GQL_TOKEN_SPREAD));
    if (parser->token.kind == GQL_TOKEN_NAME && !gql_parser_at_name(parser, "on")) {
        out->kind = GQL_SELECT_SPREAD;
        TRY(gql_parser_name(parser, &out->name));
        return gql_parser_directives(parser, &out->directives, false);
    }
    out->kind = GQL_SELECT_INLINE;
    out->name = STR_EMPTY;
    if (gql_parser_at_name(parser, "on")) {
        TRY(gql_parser_advance(parser));
        TRY(gql_parser_name(parser, &out->name));
    }
    TRY(gql_parser_directives(parser, &out->directives, false));
    return parse_selection_set(parser, &out->selections);
}

static enum err_code parse_selection_set(struct gql_parser *parser, struct gql_selection **out) {
    struct gql_selection **tail = out;

    if (++parser->depth > parser->limits->depth) {
        parser->failed_at = parser->token.offset;
        return err_set(parser->err, ERR_TOO_LARGE, "the document is nested deeper than %u levels",
                       parser->limits->depth);
    }
    TRY(gql_parser_expect(parser, GQL_TOKEN_BRACE_OPEN));
    do {
        struct gql_selection *selection = ARENA_NEW(parser->arena, struct gql_selection);
        selection->offset = parser->token.offset;
        if (parser->token.kind == GQL_TOKEN_SPREAD)
            TRY(parse_fragment_use(parser, selection));
        else
            TRY(parse_field(parser, selection));
        *tail = selection;
        tail = &selection->next;
    } while (parser->token.kind != GQL_TOKEN_BRACE_CLOSE);
    parser->depth--;
    return gql_parser_advance(parser);
}

/* ---- definitions ---- */

static enum err_code parse_variable(struct gql_parser *parser, struct gql_variable *out) {
    bool has_default;

    out->offset = parser->token.offset;
    TRY(gql_parser_expect(parser, GQL_TOKEN_DOLLAR));
    TRY(gql_parser_name(parser, &out->name));
    TRY(gql_parser_expect(parser, GQL_TOKEN_COLON));
    TRY(gql_parser_type(parser, &out->type));
    TRY(gql_parser_accept(parser, GQL_TOKEN_EQUALS, &has_default));
    if (has_default) {
        out->default_value = ARENA_NEW(parser->arena, struct gql_value);
        TRY(gql_parser_value(parser, out->default_value, true));
    }
    return gql_parser_directives(parser, &out->directives, true);
}

static enum err_code parse_variables(struct gql_parser *parser, struct gql_operation *operation) {
    struct gql_variable **tail = &operation->variables;
    bool has_variables;

    TRY(gql_parser_accept(parser, GQL_TOKEN_PAREN_OPEN, &has_variables));
    if (!has_variables)
        return OK;
    do {
        struct gql_variable *variable = ARENA_NEW(parser->arena, struct gql_variable);
        TRY(parse_variable(parser, variable));
        variable->index = operation->variable_count++;
        *tail = variable;
        tail = &variable->next;
    } while (parser->token.kind != GQL_TOKEN_PAREN_CLOSE);
    return gql_parser_advance(parser);
}

static enum err_code parse_operation_head(struct gql_parser *parser, struct gql_operation *out) {
    out->name = STR_EMPTY;
    if (parser->token.kind == GQL_TOKEN_BRACE_OPEN)
        return OK; /* a query without the word and a name */
    out->kind = gql_parser_at_name(parser, "query")      ? GQL_QUERY
                : gql_parser_at_name(parser, "mutation") ? GQL_MUTATION
                                                         : GQL_SUBSCRIPTION;
    TRY(gql_parser_advance(parser));
    if (parser->token.kind == GQL_TOKEN_NAME)
        TRY(gql_parser_name(parser, &out->name));
    TRY(parse_variables(parser, out));
    return gql_parser_directives(parser, &out->directives, false);
}

static enum err_code parse_operation(struct gql_parser *parser, struct gql_operation **out) {
    struct gql_operation *operation = ARENA_NEW(parser->arena, struct gql_operation);

    operation->offset = parser->token.offset;
    TRY(parse_operation_head(parser, operation));
    TRY(parse_selection_set(parser, &operation->selections));
    *out = operation;
    return OK;
}

static enum err_code parse_fragment(struct gql_parser *parser, struct gql_fragment **out) {
    struct gql_fragment *fragment = ARENA_NEW(parser->arena, struct gql_fragment);

    fragment->offset = parser->token.offset;
    TRY(gql_parser_advance(parser));
    if (gql_parser_at_name(parser, "on"))
        return gql_parser_unexpected(parser, "a fragment's name");
    TRY(gql_parser_name(parser, &fragment->name));
    if (!gql_parser_at_name(parser, "on"))
        return gql_parser_unexpected(parser, "\"on\"");
    TRY(gql_parser_advance(parser));
    TRY(gql_parser_name(parser, &fragment->condition));
    TRY(gql_parser_directives(parser, &fragment->directives, false));
    TRY(parse_selection_set(parser, &fragment->selections));
    *out = fragment;
    return OK;
}

static bool begins_operation(const struct gql_parser *parser) {
    return parser->token.kind == GQL_TOKEN_BRACE_OPEN || gql_parser_at_name(parser, "query") ||
           gql_parser_at_name(parser, "mutation") || gql_parser_at_name(parser, "subscription");
}

static enum err_code parse_definitions(struct gql_parser *parser, struct gql_document *document) {
    struct gql_operation **last_operation = &document->operations;
    struct gql_fragment **last_fragment = &document->fragments;

    do {
        if (begins_operation(parser)) {
            if (++document->operation_count > GQL_MAX_OPERATIONS)
                return fail(parser, ERR_TOO_LARGE, "the document holds more than 100 operations");
            TRY(parse_operation(parser, last_operation));
            last_operation = &(*last_operation)->next;
        } else if (gql_parser_at_name(parser, "fragment")) {
            TRY(parse_fragment(parser, last_fragment));
            last_fragment = &(*last_fragment)->next;
        } else {
            return gql_parser_unexpected(parser, "an operation or a fragment");
        }
    } while (parser->token.kind != GQL_TOKEN_END);
    return OK;
}

enum err_code gql_parse(struct gql_document **out, struct str text, const struct gql_limits *limits,
                        struct arena *arena, uint32_t *failed_at, struct err *err) {
    struct gql_document *document = ARENA_NEW(arena, struct gql_document);
    struct gql_parser parser;

    document->text = text;
    enum err_code code = gql_parser_begin(&parser, text, arena, err);
    parser.limits = limits;
    if (code == OK)
        code = parse_definitions(&parser, document);
    *failed_at = parser.failed_at;
    document->field_count = parser.field_count;
    if (code == OK)
        *out = document;
    return code;
}
