/* gql_probe.c - answers GraphQL requests from standard input, one JSON object a line, about the toy world.
 * With the argument "schema" it prints the schema instead. Driven by tests/api/test_graphql_oracle.py. */
#include "tests/unit/server/graphql/world.h"

#include "base/log.h"

static struct gql_request request_from(const struct json_value *body) {
    return (struct gql_request){ .query = json_get_str(body, STR("query")),
                                 .operation_name = json_get_str(body, STR("operationName")),
                                 .variables = json_get(body, STR("variables")) };
}

static void answer(const struct gql_schema *schema, struct str line, struct arena *arena) {
    struct json_value *body;
    struct err err = { 0 };
    struct buf out = BUF_INIT(64 << 20);

    if (json_parse(&body, line, JSON_STRICT, arena, &err) != OK)
        log_fatal("%s", err.message);
    struct gql_request request = request_from(body);
    int status = gql_execute(schema, &request, &gql_default_limits, arena, &out);
    printf("%d %.*s\n", status, STR_ARG(buf_str(&out)));
    (void)fflush(stdout);
    buf_finish(&out);
}

static int print_schema(const struct gql_schema *schema) {
    struct buf out = BUF_INIT(1 << 20);

    gql_schema_print(schema, &out);
    printf("%.*s", STR_ARG(buf_str(&out)));
    buf_finish(&out);
    return 0;
}

int main(int argc, char **argv) {
    struct gql_schema *schema = world_schema();
    struct arena *arena = arena_create();
    char *line = NULL;
    size_t room = 0;
    ssize_t len;

    if (argc == 2 && strcmp(argv[1], "schema") == 0)
        (void)print_schema(schema);
    else
        while ((len = getline(&line, &room, stdin)) > 0) {
            answer(schema, (struct str){ line, (size_t)len }, arena);
            arena_reset(arena);
        }
    free(line);
    arena_destroy(arena);
    gql_schema_destroy(schema);
    return 0;
}
