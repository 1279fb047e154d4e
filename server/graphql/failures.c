/* failures.c - see failures.h. */
#include "server/graphql/failures.h"

#include "base/log.h"
#include "server/graphql/lexer.h"

enum { FIRST_SERVER_STATUS = 500, TRY_AGAIN_STATUS = 503 };

void gql_failures_init(struct gql_failures *failures, struct arena *arena) {
    *failures = (struct gql_failures){ .arena = arena, .tail = &failures->first };
}

void gql_failures_add(struct gql_failures *failures, const struct err *err, uint32_t offset,
                      struct str path) {
    int status = err_http_status(err->code);
    /* What is not offered is said in words for the one who asks. */
    bool is_ours = status >= FIRST_SERVER_STATUS && err->code != ERR_NOT_OFFERED;

    if (is_ours)
        log_error("GraphQL %.*s: %s (%s)", STR_ARG(path), err->message, err_name(err->code));
    if (status == TRY_AGAIN_STATUS && failures->retry == OK)
        failures->retry = err->code;
    if (++failures->count > GQL_MAX_FAILURES)
        return;
    struct gql_failure *failure = ARENA_NEW(failures->arena, struct gql_failure);
    failure->message = is_ours ? arena_printf(failures->arena, "internal error (%s)", err_name(err->code))
                               : arena_copy(failures->arena, str_from_c(err->message));
    failure->code = err->code;
    failure->offset = offset;
    failure->path = path;
    *failures->tail = failure;
    failures->tail = &failure->next;
}

void gql_failures_drop(struct gql_failures *failures, size_t count, struct gql_failure **tail) {
    failures->count = count;
    failures->tail = tail;
    *tail = NULL;
}

static void write_location(const struct gql_failure *failure, struct str document,
                           struct json_writer *writer) {
    uint32_t line, column;

    gql_locate(document, failure->offset, &line, &column);
    json_key(writer, STR("locations"));
    json_array_begin(writer);
    json_object_begin(writer);
    json_key(writer, STR("line"));
    json_uint(writer, line);
    json_key(writer, STR("column"));
    json_uint(writer, column);
    json_object_end(writer);
    json_array_end(writer);
}

static void write_failure(const struct gql_failure *failure, struct str document,
                          struct json_writer *writer) {
    json_object_begin(writer);
    json_key(writer, STR("message"));
    json_string(writer, failure->message);
    write_location(failure, document, writer);
    if (failure->path.ptr != NULL) {
        json_key(writer, STR("path"));
        json_raw(writer, failure->path);
    }
    json_key(writer, STR("extensions"));
    json_object_begin(writer);
    json_key(writer, STR("code"));
    json_string(writer, str_from_c(err_name(failure->code)));
    json_object_end(writer);
    json_object_end(writer);
}

void gql_failures_write(const struct gql_failures *failures, struct str document,
                        struct json_writer *writer) {
    json_array_begin(writer);
    for (const struct gql_failure *failure = failures->first; failure != NULL; failure = failure->next)
        write_failure(failure, document, writer);
    json_array_end(writer);
}
