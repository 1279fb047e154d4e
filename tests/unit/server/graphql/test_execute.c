/* test_execute.c */
#include "tests/unit/server/graphql/fixture.h"

#define FAILED(message, line, column, path, code)                                                            \
    "{\"message\":\"" message "\",\"locations\":[{\"line\":" #line ",\"column\":" #column                    \
    "}],\"path\":" path ",\"extensions\":{\"code\":\"" code "\"}}"

static void execute__answers_in_the_order_asked(void **state) {
    assert_data("{ b: need dog { name id __typename } a: need(number: 2) }", NULL,
                "{\"b\":4,\"dog\":{\"name\":\"Rex\",\"id\":\"1\",\"__typename\":\"Dog\"},\"a\":2}");
}

static void execute__puts_null_where_a_field_failed(void **state) {
    assert_string_equal(world_ask("{ human { name\n broken } }", NULL, *state),
                        "200 {\"data\":{\"human\":{\"name\":\"Eva\",\"broken\":null}},\"errors\":[" FAILED(
                            "\\\"broken\\\" is lost", 2, 2, "[\"human\",\"broken\"]", "NOT_FOUND") "]}");
}

static void execute__carries_null_up_to_where_it_may_stand(void **state) {
    assert_string_equal(world_ask("{ human { name self { selfHard { name brokenHard } } } }", NULL, *state),
                        "200 {\"data\":{\"human\":{\"name\":\"Eva\",\"self\":null}},\"errors\":[" FAILED(
                            "\\\"brokenHard\\\" is lost", 1, 39,
                            "[\"human\",\"self\",\"selfHard\",\"brokenHard\"]", "NOT_FOUND") "]}");
    assert_string_equal(world_ask("{ need humanHard { brokenHard } }", NULL, *state),
                        "200 {\"data\":null,\"errors\":[" FAILED("\\\"brokenHard\\\" is lost", 1, 20,
                                                                 "[\"humanHard\",\"brokenHard\"]",
                                                                 "NOT_FOUND") "]}");
}

static void execute__nulls_items_of_lists_by_themselves(void **state) {
    assert_string_equal(world_ask("{ people { name brokenHard } }", NULL, *state),
                        "200 {\"data\":{\"people\":[null,null,null]},\"errors\":[" FAILED(
                            "\\\"brokenHard\\\" is lost", 1, 17, "[\"people\",0,\"brokenHard\"]",
                            "NOT_FOUND") "," FAILED("\\\"brokenHard\\\" is lost", 1, 17,
                                                    "[\"people\",2,\"brokenHard\"]", "NOT_FOUND") "]}");
    assert_string_equal(world_ask("{ peopleHard { name } }", NULL, *state),
                        "200 {\"data\":{\"peopleHard\":null},\"errors\":[" FAILED(
                            "internal error (INTERNAL)", 1, 3, "[\"peopleHard\",1]", "INTERNAL") "]}");
    assert_data("{ people { name } }", NULL, "{\"people\":[{\"name\":\"Eva\"},null,{\"name\":\"Eva\"}]}");
}

/* What comes after the null that counts is not asked. */
static void execute__stops_a_list_at_the_null_that_ends_it(void **state) {
    assert_string_equal(
        world_ask("{ peopleHard { brokenHard } }", NULL, *state),
        "200 {\"data\":{\"peopleHard\":null},\"errors\":[" FAILED(
            "\\\"brokenHard\\\" is lost", 1, 16, "[\"peopleHard\",0,\"brokenHard\"]", "NOT_FOUND") "]}");
}

static void execute__blames_the_field_when_its_list_breaks_off(void **state) {
    /* The error of the item that was dropped is dropped with it. */
    assert_string_equal(world_ask("{ halfPeople { broken } }", NULL, *state),
                        "200 {\"data\":{\"halfPeople\":null},\"errors\":[" FAILED(
                            "\\\"halfPeople\\\" is lost", 1, 3, "[\"halfPeople\"]", "NOT_FOUND") "]}");
}

static void execute__hides_what_the_server_s_own_errors_say(void **state) {
    assert_string_equal(world_ask("{ human { internal } }", NULL, *state),
                        "200 {\"data\":{\"human\":{\"internal\":null}},\"errors\":[" FAILED(
                            "internal error (INTERNAL)", 1, 11, "[\"human\",\"internal\"]", "INTERNAL") "]}");
}

static void execute__answers_503_when_it_is_worth_trying_again(void **state) {
    assert_string_equal(world_ask("{ busy need }", NULL, *state),
                        "503 {\"data\":{\"busy\":null,\"need\":4},\"errors\":[" FAILED(
                            "internal error (BUSY)", 1, 3, "[\"busy\"]", "BUSY") "]}");
}

static void execute__asks_who_may_ask_before_the_field(void **state) {
    assert_string_equal(
        world_ask("{ forbidden }", NULL, *state),
        "200 {\"data\":{\"forbidden\":null},\"errors\":[" FAILED("nobody may ask for \\\"Query.forbidden\\\"",
                                                                 1, 3, "[\"forbidden\"]", "FORBIDDEN") "]}");
}

static void execute__refuses_null_from_a_field_that_promised_a_value(void **state) {
    assert_string_equal(world_ask("{ nothingHard }", NULL, *state),
                        "200 {\"data\":null,\"errors\":[" FAILED("internal error (INTERNAL)", 1, 3,
                                                                 "[\"nothingHard\"]", "INTERNAL") "]}");
}

static void assert_stopped(const char *query, const struct gql_limits *limits, const char *message,
                           struct arena *arena) {
    const char *answer = world_ask_within(query, NULL, limits, arena);
    assert_memory_equal(answer, "400 {\"errors\":[{\"message\":\"", 27);
    assert_memory_equal(answer + 27, message, strlen(message));
    assert_non_null(strstr(answer, "\"code\":\"TOO_LARGE\"}}],\"data\":null}"));
}

static void execute__stops_at_the_limits(void **state) {
    struct gql_limits limits = gql_default_limits;
    const char *query = "{ pets(first: 4) { name friends { name friends { name } } } }";

    limits.cost = 20;
    assert_stopped(query, &limits, "the query asks for more than 20 values", *state);
    limits = gql_default_limits;
    limits.response_bytes = 100;
    assert_stopped(query, &limits, "the response is larger than 100 bytes", *state);
    limits.response_bytes = 1000;
    assert_memory_equal(world_ask_within(query, NULL, &limits, *state), "200", 3);
    limits.document_bytes = 10;
    assert_stopped(query, &limits, "the document is larger than 10 bytes", *state);
    limits = gql_default_limits;
    limits.memory_bytes = 1;
    assert_stopped(query, &limits, "the query takes more than 1 bytes of memory", *state);
}

static void execute__asks_to_try_again_what_took_too_long(void **state) {
    struct gql_limits limits = gql_default_limits;
    limits.time_ms = -1;
    const char *answer = world_ask_within("{ need }", NULL, &limits, *state);
    assert_memory_equal(answer, "503", 3);
    assert_non_null(strstr(answer, "\"code\":\"BUSY\""));
}

static void execute__refuses_text_that_is_not_utf8(void **state) {
    assert_refused("{ need(other: \"\xFF\") }", "the document is not UTF-8");
}

static const char *ask_by_name(const char *name, struct arena *arena) {
    struct gql_schema *schema = world_schema();
    struct gql_request request = { .query = STR("query A { need } query B { b: need }"),
                                   .operation_name = str_from_c(name) };
    struct buf out = BUF_INIT(1 << 16);
    int status = gql_execute(schema, &request, &gql_default_limits, arena, &out);
    const char *answer = arena_printf(arena, "%d %.*s", status, STR_ARG(buf_str(&out))).ptr;
    buf_finish(&out);
    gql_schema_destroy(schema);
    return answer;
}

static void execute__picks_the_operation_by_its_name(void **state) {
    assert_string_equal(ask_by_name("B", *state), "200 {\"data\":{\"b\":4}}");
    assert_non_null(strstr(ask_by_name("C", *state), "the document holds no operation \\\"C\\\""));
    assert_non_null(strstr(ask_by_name("", *state),
                           "the document holds several operations and operationName is missing"));
    assert_refused("fragment F on Dog { id }", "the document holds no operation");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(execute__answers_in_the_order_asked),
        TEST(execute__puts_null_where_a_field_failed),
        TEST(execute__carries_null_up_to_where_it_may_stand),
        TEST(execute__nulls_items_of_lists_by_themselves),
        TEST(execute__stops_a_list_at_the_null_that_ends_it),
        TEST(execute__blames_the_field_when_its_list_breaks_off),
        TEST(execute__hides_what_the_server_s_own_errors_say),
        TEST(execute__answers_503_when_it_is_worth_trying_again),
        TEST(execute__asks_who_may_ask_before_the_field),
        TEST(execute__refuses_null_from_a_field_that_promised_a_value),
        TEST(execute__stops_at_the_limits),
        TEST(execute__asks_to_try_again_what_took_too_long),
        TEST(execute__refuses_text_that_is_not_utf8),
        TEST(execute__picks_the_operation_by_its_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
