/* test_parser.c */
#include "server/graphql/parser.h"
#include "tests/unit/base/fixture.h"

static struct gql_document *parse(const char *text, struct arena *arena) {
    struct gql_document *document = NULL;
    struct err err = { 0 };
    uint32_t failed_at;

    if (gql_parse(&document, str_from_c(text), &gql_default_limits, arena, &failed_at, &err) != OK)
        fail_msg("%s at %u", err.message, failed_at);
    return document;
}

static void assert_bad(const char *text, enum err_code code, const char *message, uint32_t offset,
                       struct arena *arena) {
    struct gql_document *document;
    struct gql_limits limits = { .depth = 4, .field_count = 6 };
    struct err err = { 0 };
    uint32_t failed_at;

    assert_int_equal(gql_parse(&document, str_from_c(text), &limits, arena, &failed_at, &err), code);
    assert_string_equal(err.message, message);
    assert_int_equal(failed_at, offset);
}

static void parser__reads_an_operation_with_variables(void **state) {
    struct gql_document *document =
        parse("#graphql\nmutation M($id: ID!, $tags: [String!]! = [\"a\"] $n: Int = -1, ) { x }", *state);
    const struct gql_operation *operation = document->operations;
    const struct gql_variable *tags = operation->variables->next;

    assert_int_equal(operation->kind, GQL_MUTATION);
    assert_str(operation->name, "M");
    assert_int_equal(operation->variable_count, 3);
    assert_true(operation->variables->type->is_non_null);
    assert_str(operation->variables->type->name, "ID");
    assert_true(tags->type->is_list && tags->type->is_non_null && tags->type->item->is_non_null);
    assert_int_equal(tags->default_value->kind, GQL_VALUE_LIST);
    assert_str(tags->next->default_value->text, "-1");
    assert_int_equal(tags->next->index, 2);
}

static void parser__reads_every_kind_of_value(void **state) {
    struct gql_document *document =
        parse("{x(a: [1, 2.5, \"s\", \"\"\" b\"\"\", true, false, null, E, $v, {k: {}, l: []}])}", *state);
    static const enum gql_value_kind kinds[] = { GQL_VALUE_INT,    GQL_VALUE_FLOAT, GQL_VALUE_STRING,
                                                 GQL_VALUE_STRING, GQL_VALUE_TRUE,  GQL_VALUE_FALSE,
                                                 GQL_VALUE_NULL,   GQL_VALUE_ENUM,  GQL_VALUE_VARIABLE,
                                                 GQL_VALUE_OBJECT };
    const struct gql_value *list = &document->operations->selections->arguments->value;
    const struct gql_value *item = list->items;

    assert_int_equal(list->count, 10);
    for (size_t i = 0; i < 10; i++, item = item->next)
        assert_int_equal(item->kind, kinds[i]);
    assert_null(item);
}

static void parser__reads_aliases_fragments_and_directives(void **state) {
    struct gql_document *document = parse("query { a: b @skip(if: $s) { ...F ... on T @include(if: true) { c "
                                          "} ... { d } } } fragment F on T { e }",
                                          *state);
    const struct gql_selection *a = document->operations->selections, *spread = a->selections;

    assert_str(a->key, "a");
    assert_str(a->name, "b");
    assert_str(a->directives->name, "skip");
    assert_int_equal(spread->kind, GQL_SELECT_SPREAD);
    assert_str(spread->name, "F");
    assert_int_equal(spread->next->kind, GQL_SELECT_INLINE);
    assert_str(spread->next->name, "T");
    assert_int_equal(spread->next->next->name.len, 0);
    assert_str(document->fragments->condition, "T");
    assert_int_equal(document->field_count, 4);
    assert_int_equal(document->fragments->selections->index, 3);
}

/* Words of the language are names everywhere else. */
static void parser__takes_keywords_for_names(void **state) {
    struct gql_document *document =
        parse("{ query: on fragment(mutation: true) { true null ...{ on } } }", *state);
    assert_str(document->operations->selections->name, "on");
    assert_str(document->operations->selections->next->arguments->name, "mutation");
}

static void parser__says_what_it_expected(void **state) {
    assert_bad("", ERR_BAD_INPUT,
               "syntax error: expected an operation or a fragment, found the end of the document", 0, *state);
    assert_bad("{a", ERR_BAD_INPUT, "syntax error: expected a name, found the end of the document", 2,
               *state);
    assert_bad("{a(}", ERR_BAD_INPUT, "syntax error: expected a name, found '}'", 3, *state);
    assert_bad("{a(b:)}", ERR_BAD_INPUT, "syntax error: expected a value, found ')'", 5, *state);
    assert_bad("type A {b: C}", ERR_BAD_INPUT,
               "syntax error: expected an operation or a fragment, found a name \"type\"", 0, *state);
    assert_bad("fragment F in T {a}", ERR_BAD_INPUT, "syntax error: expected \"on\", found a name \"in\"", 11,
               *state);
    assert_bad("fragment on on T {a}", ERR_BAD_INPUT,
               "syntax error: expected a fragment's name, found a name \"on\"", 9, *state);
    assert_bad("query ($a: Int = $b) {a}", ERR_BAD_INPUT,
               "syntax error: a variable cannot stand in a constant value", 17, *state);
}

static void parser__stops_at_the_limits(void **state) {
    assert_bad("{a{b{c{d{e}}}}}", ERR_TOO_LARGE, "the document is nested deeper than 4 levels", 8, *state);
    assert_bad("{a b c d e f g}", ERR_TOO_LARGE, "the document selects more than 6 fields", 13, *state);

    struct str brackets = { memset(arena_alloc(*state, 100001), '[', 100000), 100000 };
    ((char *)brackets.ptr)[brackets.len] = '\0';
    assert_bad(arena_printf(*state, "{a(b:%s)}", brackets.ptr).ptr, ERR_TOO_LARGE,
               "a value is nested too deeply", 69, *state);
    assert_bad(arena_printf(*state, "query($a:%s){b}", brackets.ptr).ptr, ERR_TOO_LARGE,
               "list types are nested too deeply", 73, *state);
}

static void parser__refuses_more_than_a_hundred_operations(void **state) {
    struct buf text = BUF_INIT(1 << 16);
    for (int i = 0; i < 101; i++)
        buf_printf(&text, "query Q%d{a}", i);
    buf_append_char(&text, '\0');
    struct gql_document *document;
    struct err err = { 0 };
    uint32_t failed_at;

    assert_int_equal(
        gql_parse(&document, str_from_c(text.ptr), &gql_default_limits, *state, &failed_at, &err),
        ERR_TOO_LARGE);
    assert_string_equal(err.message, "the document holds more than 100 operations");
    buf_finish(&text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(parser__reads_an_operation_with_variables),
        TEST(parser__reads_every_kind_of_value),
        TEST(parser__reads_aliases_fragments_and_directives),
        TEST(parser__takes_keywords_for_names),
        TEST(parser__says_what_it_expected),
        TEST(parser__stops_at_the_limits),
        TEST(parser__refuses_more_than_a_hundred_operations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
