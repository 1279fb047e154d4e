/* test_schema.c - the tables of GraphQL fit together, and the document that shows them is theirs. */
#include "server/api/schema.h"

#include "base/file.h"
#include "tests/unit/base/fixture.h"

enum { SCHEMA_MAX_BYTES = 4 << 20 };

static void print(struct buf *out) {
    const struct gql_schema *schema;
    struct err err;
    if (schema_create(&schema, &err) != OK)
        fail_msg("%s", err.message);
    gql_schema_print(schema, out);
    schema_destroy(schema);
}

/* `barograph schema > docs/schema.graphql` makes it so, after somebody has looked at the difference. */
static void schema__is_what_docs_schema_graphql_says(void **state) {
    struct buf printed = BUF_INIT(SCHEMA_MAX_BYTES);
    struct str written;
    struct err err;

    print(&printed);
    if (file_read_all(&written, SOURCE_ROOT "/docs/schema.graphql", SCHEMA_MAX_BYTES, *state, &err) != OK)
        fail_msg("%s", err.message);
    if (!str_eq(written, buf_str(&printed)))
        fail_msg("the printed schema of %zu bytes is not docs/schema.graphql of %zu", printed.len,
                 written.len);
    buf_finish(&printed);
}

/* The client looks for these by name, and takes another way when they are missing. */
static void schema__offers_what_the_official_client_cannot_do_without(void **state) {
    static const char *const lines[] = {
        "  upsertBucket(input: UpsertBucketInput!): UpsertBucketPayload",
        "  historyTail: JSONString!",
        "  wandbConfig(keys: [String!]): JSONString",
        "  bucket(desc: String, missingOk: Boolean, name: String!): Run",
        "type ServerSettings",
    };
    struct buf printed = BUF_INIT(SCHEMA_MAX_BYTES);
    (void)state;
    print(&printed);
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
        if (!str_contains(buf_str(&printed), str_from_c(lines[i])))
            fail_msg("the schema has no line '%s'", lines[i]);
    buf_finish(&printed);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(schema__is_what_docs_schema_graphql_says),
        TEST(schema__offers_what_the_official_client_cannot_do_without),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
