/* test_session.c - logging in and out with a browser. */
#include "tests/unit/server/api/api_fixture.h"

#include "server/api/accounts/log_in_limits.h"
#include "server/store/accounts/password.h"

static void set_password(struct fixture *f, const char *password) {
    struct str body = arena_printf(f->arena, "{\"password\": \"%s\"}", password);
    assert_int_equal(api_ask(f, ADMIN, "PUT", "/api/admin/users/bob/password", body.ptr).status, 200);
}

static int get_with(struct fixture *f, struct str set_cookie) {
    struct wish wish = { .method = "GET", .path = "/who/user" };
    struct str rest;
    (void)str_cut(set_cookie, ';', &wish.cookie, &rest);
    return api_send(f, &wish).status;
}

static void session__begins_with_a_key_in_the_header(void **state) {
    struct fixture *f = *state;
    struct reply reply = api_ask(f, BOB, "POST", "/api/session", "");
    assert_int_equal(reply.status, 204);
    assert_true(str_starts_with(reply.cookie, STR("barograph_session=")));
    assert_true(str_ends_with(reply.cookie, STR("; Path=/; Max-Age=2592000; HttpOnly; SameSite=Lax")));
    assert_int_equal(get_with(f, reply.cookie), 200);
}

static void session__begins_with_a_key_or_a_password_in_the_body(void **state) {
    struct fixture *f = *state;
    struct str key = arena_printf(f->arena, "{\"key\": \"%.*s\"}", STR_ARG(f->people[BOB].key));

    set_password(f, "correct horse");
    assert_int_equal(get_with(f, api_ask(f, -1, "POST", "/api/session", key.ptr).cookie), 200);
    assert_int_equal(get_with(f, api_ask(f, -1, "POST", "/api/session",
                                         "{\"username\": \"bob\", \"password\": \"correct horse\"}").cookie), 200);
    assert_int_equal(get_with(f, api_ask(f, -1, "POST", "/api/session",
                                         "{\"username\": \"BOB@x.org\", \"password\": \"correct horse\"}").cookie), 200);
}

/* Nothing tells a name that nobody has from a wrong password. */
static void session__refuses_all_that_is_wrong_in_the_same_words(void **state) {
    static const char *const wrong[] = {
        "{\"username\": \"bob\", \"password\": \"correct horsf\"}",
        "{\"username\": \"alice\", \"password\": \"correct horse\"}",
        "{\"username\": \"nobody\", \"password\": \"correct horse\"}",
        "{\"key\": \"0123456789012345678901234567890123456789\"}",
        "{\"key\": \"\"}",
        "",
    };
    struct fixture *f = *state;
    set_password(f, "correct horse");
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct reply reply = api_ask(f, -1, "POST", "/api/session", wrong[i]);
        assert_int_equal(reply.status, 401);
        assert_null(reply.cookie.ptr);
        assert_true(str_eq_c(json_get_str(reply.json, STR("error")), "the name, the password or the key is not right"));
    }
    assert_int_equal(api_count(f, "select count(*) from audit where action = 'session.refused' and address <> ''"), 6);
    assert_int_equal(api_count(f, "select count(*) from audit where action = 'session.refused' and subject = 'nobody'"), 1);
}

static void session__says_what_it_wants(void **state) {
    struct fixture *f = *state;
    assert_int_equal(api_ask(f, -1, "POST", "/api/session", "{\"username\": \"bob\"}").status, 400);
    assert_int_equal(api_ask(f, -1, "POST", "/api/session", "not json").status, 400);
    assert_int_equal(api_ask(f, -1, "POST", "/api/session", "[]").status, 400);
}

static void session__slows_down_who_guesses(void **state) {
    struct fixture *f = *state;
    set_password(f, "correct horse");
    for (int i = 0; i < LOG_INS_PER_NAME; i++)
        assert_int_equal(api_ask(f, -1, "POST", "/api/session", "{\"username\": \"bob\", \"password\": \"wrong-guess\"}").status, 401);
    struct reply reply = api_ask(f, -1, "POST", "/api/session", "{\"username\": \"bob\", \"password\": \"correct horse\"}");
    assert_int_equal(reply.status, 429);
    assert_non_null(reply.retry_after.ptr);
    assert_int_equal(api_ask(f, BOB, "POST", "/api/session", "").status, 204); /* a key is not held up */
}

static void session__ends_when_told(void **state) {
    struct fixture *f = *state;
    struct reply begun = api_ask(f, BOB, "POST", "/api/session", "");
    struct wish wish = { .method = "DELETE", .path = "/api/session", .origin = f->base_url };
    struct str rest;
    (void)str_cut(begun.cookie, ';', &wish.cookie, &rest);

    assert_int_equal(get_with(f, begun.cookie), 200);
    struct reply ended = api_send(f, &wish);
    assert_int_equal(ended.status, 204);
    assert_true(str_starts_with(ended.cookie, STR("barograph_session=; Path=/; Max-Age=0;")));
    assert_int_equal(get_with(f, begun.cookie), 401);
}

static void session__ends_with_its_password(void **state) {
    struct fixture *f = *state;
    set_password(f, "correct horse");
    struct reply begun = api_ask(f, -1, "POST", "/api/session", "{\"username\": \"bob\", \"password\": \"correct horse\"}");
    assert_int_equal(get_with(f, begun.cookie), 200);
    set_password(f, "another horse");
    assert_int_equal(get_with(f, begun.cookie), 401);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        API_TEST(session__begins_with_a_key_in_the_header),
        API_TEST(session__begins_with_a_key_or_a_password_in_the_body),
        API_TEST(session__refuses_all_that_is_wrong_in_the_same_words),
        API_TEST(session__says_what_it_wants),
        API_TEST(session__slows_down_who_guesses),
        API_TEST(session__ends_when_told),
        API_TEST(session__ends_with_its_password),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
