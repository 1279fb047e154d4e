/* schema.c - barograph schema: prints what GraphQL offers, as docs/schema.graphql has it. */
#include "cli/command.h"

#include "server/api/schema.h"

enum { SCHEMA_MAX_BYTES = 4 << 20 };

static int run(const struct command *command, int argc, char **argv) {
    struct buf text = BUF_INIT(SCHEMA_MAX_BYTES);
    const struct gql_schema *schema;
    struct err err;

    if (argc > 1)
        return command_misused(command, "'%s' is not an option", argv[1]);
    if (schema_create(&schema, &err) != OK)
        return command_failed(&err);
    gql_schema_print(schema, &text);
    (void)fwrite(text.ptr, 1, text.len, stdout);
    buf_finish(&text);
    schema_destroy(schema);
    return fflush(stdout) == 0 ? EXIT_OK : EXIT_FAILED;
}

const struct command schema_command = {
    .name = "schema",
    .usage = "",
    .summary = "Prints the GraphQL schema.",
    .run = run,
};
