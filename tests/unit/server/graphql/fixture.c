/* fixture.c - see fixture.h. */
#include "tests/unit/server/graphql/fixture.h"

#include "base/log.h"

enum { ANSWER_MAX = 16 << 20 };

static struct str ask(const char *query, const char *variables, const struct gql_limits *limits, int *status,
                      struct arena *arena) {
    struct gql_schema *schema = world_schema();
    struct gql_request request = { .query = str_from_c(query), .operation_name = STR_EMPTY };
    struct json_value *given = NULL;
    struct buf out = BUF_INIT(ANSWER_MAX);
    struct err err = { 0 };

    if (variables != NULL && json_parse(&given, str_from_c(variables), JSON_STRICT, arena, &err) != OK)
        log_fatal("%s", err.message);
    request.variables = given;
    *status = gql_execute(schema, &request, limits, arena, &out);
    struct str answer = arena_copy(arena, buf_str(&out));
    buf_finish(&out);
    gql_schema_destroy(schema);
    return answer;
}

const char *world_ask_within(const char *query, const char *variables, const struct gql_limits *limits,
                             struct arena *arena) {
    int status;
    struct str answer = ask(query, variables, limits, &status, arena);
    return arena_printf(arena, "%d %s", status, answer.ptr).ptr;
}

const char *world_ask(const char *query, const char *variables, struct arena *arena) {
    return world_ask_within(query, variables, &gql_default_limits, arena);
}

const char *world_error(const char *query, struct arena *arena) {
    struct json_value *answer;
    struct err err = { 0 };
    int status;
    struct str text = ask(query, NULL, &gql_default_limits, &status, arena);

    if (json_parse(&answer, text, JSON_STRICT, arena, &err) != OK)
        log_fatal("%s", err.message);
    const struct json_value *errors = json_get(answer, STR("errors"));
    return errors == NULL ? "" : arena_copy_c(arena, json_get_str(&errors->array.items[0], STR("message")));
}
