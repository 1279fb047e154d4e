/* bench_graphql.c - what the GraphQL engine itself costs: a mutation of the size that starts each run, and a
 * page of runs, over resolvers that only write constants.
 *
 * Usage: bench_graphql [SECONDS]     of each measurement
 */
#include "base/clock.h"
#include "base/log.h"
#include "server/graphql/graphql.h"

#define ROW(name, args, type, answer) { name, args, type, 1, answer, NULL }

static enum err_code answer_text(struct gql_call *call, struct err *err) {
    (void)err;
    json_string(call->out, STR("a text of usual length"));
    return OK;
}

static enum err_code answer_count(struct gql_call *call, struct err *err) {
    (void)err;
    json_int(call->out, 17);
    return OK;
}

static enum err_code answer_object(struct gql_call *call, struct err *err) {
    (void)err;
    gql_object(call, call);
    return OK;
}

static enum err_code answer_list(struct gql_call *call, struct err *err) {
    int64_t first = gql_arg_int(call, "first", 1);
    (void)err;
    gql_list_begin(call);
    for (int64_t i = 0; i < first; i++)
        gql_list_add(call, call);
    return OK;
}

static const struct gql_field entity_fields[] = { ROW("id", "", "ID!", answer_text),
                                                  ROW("name", "", "String!", answer_text) };
static const struct gql_type entity_type = GQL_TYPE("Entity", entity_fields);

static const struct gql_field project_fields[] = {
    ROW("entity", "", "Entity!", answer_object),
    ROW("id", "", "ID!", answer_text),
    ROW("name", "", "String!", answer_text),
};
static const struct gql_type project_type = GQL_TYPE("Project", project_fields);

static const struct gql_field run_fields[] = {
    ROW("config", "", "JSONString", answer_text),
    ROW("description", "", "String", answer_text),
    ROW("displayName", "", "String", answer_text),
    ROW("historyLineCount", "", "Int", answer_count),
    ROW("id", "", "ID!", answer_text),
    ROW("name", "", "String!", answer_text),
    ROW("project", "", "Project", answer_object),
    ROW("summaryMetrics", "", "JSONString", answer_text),
    ROW("sweepName", "", "String", answer_text),
};
static const struct gql_type run_type = GQL_TYPE("Run", run_fields);

static const struct gql_field payload_fields[] = { ROW("bucket", "", "Run", answer_object),
                                                   ROW("inserted", "", "Boolean", answer_count) };
static const struct gql_type payload_type = GQL_TYPE("UpsertPayload", payload_fields);

static const struct gql_field query_fields[] = { ROW("runs", "first: Int = 50, filters: JSONString",
                                                     "[Run!]!", answer_list) };
static const struct gql_type query_type = GQL_TYPE("Query", query_fields);

static const struct gql_field mutation_fields[] = { ROW("upsertBucket", "input: UpsertInput!",
                                                        "UpsertPayload", answer_object) };
static const struct gql_type mutation_type = GQL_TYPE("Mutation", mutation_fields);

static enum err_code may_ask(struct gql_call *call, int who, const struct gql_type *type, struct err *err) {
    (void)call;
    (void)who;
    (void)type;
    (void)err;
    return OK;
}

static const struct gql_type *const types[] = { &entity_type,  &mutation_type, &payload_type,
                                                &project_type, &query_type,    &run_type };
static const struct gql_schema_parts parts = {
    .types = types,
    .type_count = sizeof types / sizeof types[0],
    .sdl =
        "scalar JSONString input UpsertInput { id: String, name: String, modelName: String, entityName: "
        "String, "
        "groupName: String, description: String, displayName: String, notes: String, commit: String, config: "
        "JSONString, "
        "host: String, debug: Boolean, jobProgram: String, jobRepo: String, jobType: String, state: String, "
        "sweep: String, tags: [String!], summaryMetrics: JSONString }",
    .may_ask = may_ask,
};

static const char upsert[] =
    "mutation Upsert(\n"
    "  $id: String\n  $name: String\n  $project: String\n  $entity: String\n  $group: String\n  "
    "$description: String\n"
    "  $displayName: String\n  $notes: String\n  $commit: String\n  $config: JSONString\n  $host: String\n"
    "  $debug: Boolean\n  $program: String\n  $repo: String\n  $jobType: String\n  $state: String\n  $sweep: "
    "String\n"
    "  $tags: [String!]\n  $summary: JSONString\n) {\n"
    "  upsertBucket(input: {\n"
    "    id: $id, name: $name, groupName: $group, modelName: $project, entityName: $entity,\n"
    "    description: $description, displayName: $displayName, notes: $notes, config: $config, commit: "
    "$commit,\n"
    "    host: $host, debug: $debug, jobProgram: $program, jobRepo: $repo, jobType: $jobType, state: "
    "$state,\n"
    "    sweep: $sweep, tags: $tags, summaryMetrics: $summary\n  }) {\n"
    "    bucket {\n      id\n      name\n      displayName\n      description\n      config\n      "
    "sweepName\n"
    "      project {\n        id\n        name\n        entity {\n          id\n          name\n        }\n  "
    "    }\n"
    "      historyLineCount\n    }\n    inserted\n  }\n}\n";

static const char upsert_variables[] = "{\"id\": null, \"name\": \"abcd1234\", \"project\": \"mnist\", "
                                       "\"entity\": \"somebody\", \"group\": null, "
                                       "\"config\": \"{\\\"lr\\\": {\\\"value\\\": 0.1}}\", \"host\": "
                                       "\"node1\", \"program\": \"train.py\", \"tags\": [\"a\", \"b\"]}";

static const char page[] =
    "query Page($first: Int!) { runs(first: $first) { ...R } } fragment R on Run { __typename id name "
    "displayName "
    "description config summaryMetrics project { id name entity { name } } historyLineCount }";

struct subject {
    const char *name, *query, *variables;
};

static const struct subject subjects[] = {
    { "a run's first mutation", upsert, upsert_variables },
    { "a page of 50 runs", page, "{\"first\": 50}" },
    { "a page of 1000 runs", page, "{\"first\": 1000}" },
};

static void run_once(const struct gql_schema *schema, const struct subject *subject, struct arena *arena,
                     struct buf *out) {
    struct gql_request request = { .query = str_from_c(subject->query), .operation_name = STR_EMPTY };
    struct json_value *variables;
    struct err err = { 0 };

    if (json_parse(&variables, str_from_c(subject->variables), JSON_STRICT, arena, &err) != OK)
        log_fatal("%s", err.message);
    request.variables = variables;
    int status = gql_execute(schema, &request, &gql_default_limits, arena, out);
    if (status != 200)
        log_fatal("%d %.*s", status, STR_ARG(buf_str(out)));
}

static void measure(const struct gql_schema *schema, const struct subject *subject, int64_t duration_ns) {
    struct arena *arena = arena_create();
    struct buf out = BUF_INIT(64 << 20);
    int64_t best_ns = INT64_MAX, started_ns = clock_mono_ns(), count = 0;
    size_t arena_bytes = 0;

    while (clock_mono_ns() - started_ns < duration_ns) {
        int64_t before_ns = clock_mono_ns();
        buf_reset(&out);
        run_once(schema, subject, arena, &out);
        int64_t took_ns = clock_mono_ns() - before_ns;
        best_ns = took_ns < best_ns ? took_ns : best_ns;
        arena_bytes = arena_used_bytes(arena);
        arena_reset(arena);
        count++;
    }
    printf("%-24s %8.1f us mean %8.1f us best   %zu bytes of document, %zu of answer, %zu of memory\n",
           subject->name, (double)(clock_mono_ns() - started_ns) / (double)count / 1e3, (double)best_ns / 1e3,
           strlen(subject->query), out.len, arena_bytes);
    buf_finish(&out);
    arena_destroy(arena);
}

int main(int argc, char **argv) {
    struct gql_schema *schema;
    struct err err = { 0 };
    uint64_t seconds = 2;

    if (argc > 2 || (argc == 2 && !str_to_u64(str_from_c(argv[1]), &seconds))) {
        fprintf(stderr, "usage: %s [SECONDS]\n", argv[0]);
        return 2;
    }
    if (gql_schema_create(&schema, &parts, &err) != OK)
        log_fatal("%s", err.message);
    for (size_t i = 0; i < sizeof subjects / sizeof subjects[0]; i++)
        measure(schema, &subjects[i], (int64_t)seconds * 1000000000);
    gql_schema_destroy(schema);
    return 0;
}
