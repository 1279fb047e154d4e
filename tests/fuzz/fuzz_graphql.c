/* fuzz_graphql.c - any document with any variables, against the toy world: lexer, parser, validation,
 * coercion, execution. The input is the document, and after a NUL byte the variables. Whatever comes, the
 * answer is JSON. */
#include "base/log.h"
#include "tests/unit/server/graphql/world.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes);

/* Small enough that no input takes long. */
static const struct gql_limits limits = {
    .depth = 24, .document_bytes = 1 << 16, .field_count = 2000, .cost = 5000, .response_bytes = 1 << 20,
    .memory_bytes = 1 << 28, .time_ms = 60000
};

static void check_answer(int status, struct str text, struct arena *arena) {
    struct json_value *answer;
    struct err err = { 0 };

    if (json_parse(&answer, text, JSON_STRICT, arena, &err) != OK)
        log_fatal("the answer is not JSON: %s", err.message);
    if (status == 400 && json_get(answer, STR("errors")) == NULL)
        log_fatal("a refusal without errors");
    if (json_get(answer, STR("data")) == NULL)
        log_fatal("an answer without data");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes) {
    static struct gql_schema *schema;
    struct arena *arena = arena_create();
    struct buf out = BUF_INIT(4 << 20);
    struct str variables_text = STR_EMPTY;
    struct json_value *variables = NULL;
    struct gql_request request = { 0 };
    struct err err = { 0 };

    if (schema == NULL)
        schema = world_schema();
    log_set_level(LOG_ERROR + 1);
    (void)str_cut((struct str){ (const char *)data, size_bytes }, '\0', &request.query, &variables_text);
    if (variables_text.len > 0 && json_parse(&variables, variables_text, JSON_STRICT, arena, &err) == OK)
        request.variables = variables;
    int status = gql_execute(schema, &request, &limits, arena, &out);
    assert(!out.failed);
    check_answer(status, buf_str(&out), arena);
    buf_finish(&out);
    arena_destroy(arena);
    return 0;
}
