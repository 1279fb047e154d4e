/* sdl.c - see sdl.h. */
#include "server/graphql/sdl.h"

#include "server/graphql/parser.h"

/* A mistake in a table is ours, not a caller's. */
static enum err_code blame_ourselves(enum err_code code, const char *text, struct err *err) {
    if (code == OK)
        return OK;
    (void)err_add_context(err, "in \"%.80s\"", text);
    err->code = ERR_INTERNAL;
    return ERR_INTERNAL;
}

static enum err_code read_doc(struct gql_parser *parser, struct str *doc) {
    *doc = (struct str){ NULL, 0 };
    if (parser->token.kind != GQL_TOKEN_STRING && parser->token.kind != GQL_TOKEN_BLOCK_STRING)
        return OK;
    *doc = gql_token_string(&parser->token, parser->arena);
    return gql_parser_advance(parser);
}

/* The one directive that our definitions use: @deprecated, with or without a reason. */
static enum err_code read_deprecation(struct gql_parser *parser, struct str *reason) {
    struct gql_directive *directive = NULL;

    *reason = (struct str){ NULL, 0 };
    TRY(gql_parser_directives(parser, &directive, true));
    if (directive == NULL)
        return OK;
    if (!str_eq(directive->name, STR("deprecated")) || directive->next != NULL)
        return err_set(parser->err, ERR_INTERNAL, "unknown directive \"@%.*s\"", STR_ARG(directive->name));
    *reason = directive->arguments != NULL ? directive->arguments->value.text : STR("No longer supported");
    return OK;
}

static enum err_code read_input(struct gql_parser *parser, struct gql_input_def *out) {
    bool has_default;

    TRY(read_doc(parser, &out->doc));
    TRY(gql_parser_name(parser, &out->name));
    TRY(gql_parser_expect(parser, GQL_TOKEN_COLON));
    TRY(gql_parser_type(parser, &out->type));
    TRY(gql_parser_accept(parser, GQL_TOKEN_EQUALS, &has_default));
    if (has_default) {
        struct gql_value *value = ARENA_NEW(parser->arena, struct gql_value);
        TRY(gql_parser_value(parser, value, true));
        out->default_value = value;
    }
    return read_deprecation(parser, &out->deprecated);
}

static enum err_code read_inputs(struct gql_parser *parser, struct gql_input_list *out,
                                 enum gql_token_kind end) {
    while (parser->token.kind != end) {
        out->items = arena_grow(parser->arena, out->items, out->count, out->count + 1, sizeof *out->items);
        TRY(read_input(parser, &out->items[out->count]));
        if (gql_input_find(out, out->items[out->count].name) != NULL)
            return err_set(parser->err, ERR_INTERNAL, "\"%.*s\" is defined twice",
                           STR_ARG(out->items[out->count].name));
        out->count++;
    }
    return gql_parser_expect(parser, end);
}

static enum err_code read_enum_values(struct gql_parser *parser, struct gql_named *type) {
    TRY(gql_parser_expect(parser, GQL_TOKEN_BRACE_OPEN));
    while (parser->token.kind != GQL_TOKEN_BRACE_CLOSE) {
        struct gql_enum_value value;
        TRY(read_doc(parser, &value.doc));
        TRY(gql_parser_name(parser, &value.name));
        TRY(read_deprecation(parser, &value.deprecated));
        if (gql_enum_find(type, value.name) != NULL)
            return err_set(parser->err, ERR_INTERNAL, "enum value \"%.*s\" is defined twice",
                           STR_ARG(value.name));
        type->values = arena_grow(parser->arena, type->values, type->value_count, type->value_count + 1,
                                  sizeof *type->values);
        type->values[type->value_count++] = value;
    }
    return gql_parser_advance(parser);
}

static enum err_code read_union_members(struct gql_parser *parser, struct gql_named *type) {
    bool goes_on;

    TRY(gql_parser_expect(parser, GQL_TOKEN_EQUALS));
    TRY(gql_parser_accept(parser, GQL_TOKEN_PIPE, &goes_on));
    do {
        type->member_names = arena_grow(parser->arena, type->member_names, type->member_count,
                                        type->member_count + 1, sizeof *type->member_names);
        TRY(gql_parser_name(parser, &type->member_names[type->member_count++]));
        TRY(gql_parser_accept(parser, GQL_TOKEN_PIPE, &goes_on));
    } while (goes_on);
    return OK;
}

static enum err_code read_body(struct gql_parser *parser, struct str keyword, struct gql_named *type) {
    if (str_eq(keyword, STR("scalar"))) {
        type->kind = GQL_NAMED_SCALAR;
        return OK;
    }
    if (str_eq(keyword, STR("enum"))) {
        type->kind = GQL_NAMED_ENUM;
        return read_enum_values(parser, type);
    }
    if (str_eq(keyword, STR("input"))) {
        type->kind = GQL_NAMED_INPUT;
        TRY(gql_parser_expect(parser, GQL_TOKEN_BRACE_OPEN));
        return read_inputs(parser, &type->inputs, GQL_TOKEN_BRACE_CLOSE);
    }
    if (str_eq(keyword, STR("union"))) {
        type->kind = GQL_NAMED_UNION;
        return read_union_members(parser, type);
    }
    return err_set(parser->err, ERR_INTERNAL, "expected scalar, enum, input or union, found \"%.*s\"",
                   STR_ARG(keyword));
}

static enum err_code read_definition(struct gql_parser *parser, struct gql_named **out) {
    struct gql_named *type = ARENA_NEW(parser->arena, struct gql_named);
    struct str keyword;

    TRY(read_doc(parser, &type->doc));
    TRY(gql_parser_name(parser, &keyword));
    TRY(gql_parser_name(parser, &type->name));
    TRY(read_body(parser, keyword, type));
    *out = type;
    return OK;
}

static enum gql_scalar scalar_by_name(struct str name) {
    static const struct {
        struct str name;
        enum gql_scalar scalar;
    } rows[] = {
        { STR_INIT("Boolean"), GQL_SCALAR_BOOLEAN },
        { STR_INIT("Float"), GQL_SCALAR_FLOAT },
        { STR_INIT("ID"), GQL_SCALAR_ID },
        { STR_INIT("Int"), GQL_SCALAR_INT },
        { STR_INIT("JSONString"), GQL_SCALAR_STRING },
        { STR_INIT("String"), GQL_SCALAR_STRING },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (str_eq(rows[i].name, name))
            return rows[i].scalar;
    return GQL_SCALAR_ANY;
}

enum err_code gql_sdl_read(struct gql_schema *schema, const char *text, bool is_ours, struct err *err) {
    struct gql_parser parser;
    enum err_code code = gql_parser_begin(&parser, str_from_c(text), schema->arena, err);

    while (code == OK && parser.token.kind != GQL_TOKEN_END) {
        struct gql_named *type;
        code = read_definition(&parser, &type);
        if (code != OK)
            return blame_ourselves(code, str_from(str_from_c(text), parser.token.offset).ptr, err);
        type->is_ours = is_ours;
        type->scalar = scalar_by_name(type->name);
        code = gql_schema_add(schema, type, err);
    }
    return code;
}

enum err_code gql_sdl_read_arguments(struct gql_input_list *out, const char *text, struct arena *arena,
                                     struct err *err) {
    struct gql_parser parser;
    enum err_code code = gql_parser_begin(&parser, str_from_c(text), arena, err);

    *out = (struct gql_input_list){ 0 };
    if (code == OK)
        code = read_inputs(&parser, out, GQL_TOKEN_END);
    return blame_ourselves(code, text, err);
}

enum err_code gql_sdl_read_type(struct gql_type_ref **out, const char *text, struct arena *arena,
                                struct err *err) {
    struct gql_parser parser;
    enum err_code code = gql_parser_begin(&parser, str_from_c(text), arena, err);

    if (code == OK)
        code = gql_parser_type(&parser, out);
    if (code == OK)
        code = gql_parser_expect(&parser, GQL_TOKEN_END);
    return blame_ourselves(code, text, err);
}
