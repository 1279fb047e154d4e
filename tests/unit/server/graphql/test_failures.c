/* test_failures.c */
#include "server/graphql/failures.h"
#include "base/log.h"
#include "tests/unit/base/fixture.h"

static void add(struct gql_failures *failures, enum err_code code, const char *message, uint32_t offset) {
    struct err err = { 0 };
    (void)err_set(&err, code, "%s", message);
    log_set_level((enum log_level)(LOG_ERROR + 1));
    gql_failures_add(failures, &err, offset,
                     code == ERR_BAD_INPUT ? (struct str){ NULL, 0 } : STR("[\"a\",0]"));
}

static const char *written(const struct gql_failures *failures, const char *document, struct arena *arena) {
    struct buf out = BUF_INIT(1 << 20);
    struct json_writer writer;
    json_writer_init(&writer, &out, JSON_STRICT);
    gql_failures_write(failures, str_from_c(document), &writer);
    const char *text = arena_copy_c(arena, buf_str(&out));
    buf_finish(&out);
    return text;
}

static void failures__write_message_place_path_and_code(void **state) {
    struct gql_failures failures;

    gql_failures_init(&failures, *state);
    assert_string_equal(written(&failures, "", *state), "[]");
    add(&failures, ERR_BAD_INPUT, "a \"b\"", 0);
    add(&failures, ERR_NOT_FOUND, "c", 3);
    assert_string_equal(
        written(&failures, "{\n d", *state),
        "[{\"message\":\"a "
        "\\\"b\\\"\",\"locations\":[{\"line\":1,\"column\":1}],\"extensions\":{\"code\":\"BAD_USER_INPUT\"}},"
        "{\"message\":\"c\",\"locations\":[{\"line\":2,\"column\":2}],\"path\":[\"a\",0],\"extensions\":{"
        "\"code\":\"NOT_FOUND\"}}]");
    assert_int_equal(failures.retry, OK);
}

static void failures__keep_the_server_s_secrets(void **state) {
    struct gql_failures failures;

    gql_failures_init(&failures, *state);
    add(&failures, ERR_CORRUPT, "secret", 0);
    add(&failures, ERR_FULL, "secret", 0);
    add(&failures, ERR_IO, "secret", 0);
    const char *text = written(&failures, "", *state);
    assert_null(strstr(text, "secret"));
    assert_non_null(strstr(text, "internal error (CORRUPT)"));
    assert_int_equal(failures.retry, ERR_FULL); /* the first that is worth trying again after */
}

static void failures__are_dropped_with_their_values(void **state) {
    struct gql_failures failures;

    gql_failures_init(&failures, *state);
    add(&failures, ERR_GONE, "a", 0);
    size_t count = failures.count;
    struct gql_failure **tail = failures.tail;
    add(&failures, ERR_BUSY, "b", 0);
    add(&failures, ERR_NOT_FOUND, "c", 0);
    gql_failures_drop(&failures, count, tail);
    add(&failures, ERR_NOT_FOUND, "d", 0);
    assert_int_equal(failures.count, 2);
    assert_str(failures.first->message, "a");
    assert_str(failures.first->next->message, "d");
    assert_null(failures.first->next->next);
    assert_int_equal(failures.retry, ERR_BUSY);
}

static void failures__send_no_more_than_a_hundred(void **state) {
    struct gql_failures failures;
    size_t sent = 0;

    gql_failures_init(&failures, *state);
    for (int i = 0; i < 150; i++)
        add(&failures, ERR_NOT_FOUND, "x", 0);
    for (const struct gql_failure *failure = failures.first; failure != NULL; failure = failure->next)
        sent++;
    assert_int_equal(sent, 100);
    assert_int_equal(failures.count, 150);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(failures__write_message_place_path_and_code),
        TEST(failures__keep_the_server_s_secrets),
        TEST(failures__are_dropped_with_their_values),
        TEST(failures__send_no_more_than_a_hundred),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
