/* test_access.c - who is let in, and to what. */
#include "tests/unit/server/api/api_fixture.h"

#include "base/clock.h"
#include "server/store/accounts/right.h"

/* ---- the request ---- */

static void access__lets_in_a_key_however_it_is_shown(void **state) {
    struct fixture *f = *state;
    assert_string_equal(api_ask(f, BOB, "GET", "/who/user", "").body.ptr, "\"bob\"");
    struct wish bearer = { .method = "GET", .path = "/who/user" };
    bearer.authorization = arena_printf(f->arena, "Bearer %.*s", STR_ARG(f->people[BOB].key));
    assert_string_equal(api_send(f, &bearer).body.ptr, "\"bob\"");
}

static void access__answers_401_without_asking_the_browser_for_a_password(void **state) {
    static const char *const wrong[] = { "Basic !", "Basic YXBp", "Bearer x", "Bearer", "Digest abc", "Basic YXBpOg==",
                                         "Bearer 0123456789012345678901234567890123456789" };
    struct fixture *f = *state;
    struct reply reply = api_ask(f, -1, "GET", "/who/user", "");
    assert_int_equal(reply.status, 401);
    assert_null(reply.authenticate.ptr);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct wish wish = { .method = "GET", .path = "/who/user", .authorization = str_from_c(wrong[i]) };
        reply = api_send(f, &wish);
        assert_int_equal(reply.status, 401);
        assert_true(str_eq_c(json_get_str(reply.json, STR("error")), "the API key is not known to this server"));
    }
}

static void access__tells_a_dead_key_even_where_anybody_may_ask(void **state) {
    struct fixture *f = *state;
    struct wish wish = { .method = "GET", .path = "/who/anyone", .key = STR("0123456789012345678901234567890123456789") };
    assert_int_equal(api_ask(f, -1, "GET", "/who/anyone", "").status, 200);
    assert_int_equal(api_send(f, &wish).status, 401);
}

static void access__keeps_users_out_of_what_is_for_administrators(void **state) {
    struct fixture *f = *state;
    assert_int_equal(api_ask(f, BOB, "GET", "/who/admin", "").status, 403);
    assert_int_equal(api_ask(f, -1, "GET", "/who/admin", "").status, 401);
    assert_int_equal(api_ask(f, ADMIN, "GET", "/who/admin", "").status, 200);
    assert_int_equal(api_ask(f, -1, "GET", "/who/reader", "").status, 401);
}

/* A client that hears 401 gives its run up for good: what we cannot look up is 503. */
static void access__never_blames_the_client_when_the_store_fails(void **state) {
    struct fixture *f = *state;
    api_execute(f, "alter table api_keys rename to api_keys_gone");
    struct reply reply = api_ask(f, BOB, "GET", "/who/user", "");
    assert_int_equal(reply.status, 503);
    assert_non_null(reply.retry_after.ptr);
    api_execute(f, "alter table api_keys_gone rename to api_keys");
    assert_int_equal(api_ask(f, BOB, "GET", "/who/user", "").status, 200);
}

static void access__forgets_a_key_the_moment_it_is_revoked(void **state) {
    struct fixture *f = *state;
    assert_int_equal(api_ask(f, BOB, "GET", "/who/user", "").status, 200);
    struct str path = arena_printf(f->arena, "/api/admin/keys/%lld", (long long)f->people[BOB].key_id);
    assert_int_equal(api_ask(f, ADMIN, "DELETE", path.ptr, "").status, 200);
    assert_int_equal(api_ask(f, BOB, "GET", "/who/user", "").status, 401);
}

/* ---- cookies ---- */

static struct str log_in(struct fixture *f, int person) {
    struct reply reply = api_ask(f, person, "POST", "/api/session", "");
    assert_int_equal(reply.status, 204);
    struct str cookie, rest;
    (void)str_cut(reply.cookie, ';', &cookie, &rest);
    return cookie;
}

static int post_with_cookie(struct fixture *f, struct str cookie, struct str origin, struct str type) {
    struct wish wish = { .method = "POST", .path = "/who/user", .body = STR("{}"), .cookie = cookie, .origin = origin, .type = type };
    return api_send(f, &wish).status;
}

static void access__takes_changes_by_cookie_only_from_our_own_page(void **state) {
    struct fixture *f = *state;
    struct str cookie = log_in(f, BOB), json = STR("application/json; charset=utf-8");
    struct wish get = { .method = "GET", .path = "/who/user", .cookie = cookie };

    assert_int_equal(api_send(f, &get).status, 200);
    assert_int_equal(post_with_cookie(f, cookie, f->base_url, json), 200);
    assert_int_equal(post_with_cookie(f, cookie, STR_EMPTY, json), 403);
    assert_int_equal(post_with_cookie(f, cookie, STR("http://evil.example"), json), 403);
    assert_int_equal(post_with_cookie(f, cookie, STR("null"), json), 403);
    assert_int_equal(post_with_cookie(f, cookie, arena_printf(f->arena, "%.*s.evil.example", STR_ARG(f->base_url)), json), 403);
    assert_int_equal(post_with_cookie(f, cookie, f->base_url, STR("text/plain")), 403);
    assert_int_equal(post_with_cookie(f, STR("barograph_session=0123"), f->base_url, json), 401);
}

/* ---- links ---- */

static int follow(struct fixture *f, const char *method, const char *path, struct signed_link link, struct str body) {
    struct str query = secrets_sign_link(f->app.secrets, &link, f->arena);
    struct wish wish = { .method = method, .path = arena_printf(f->arena, "%s?%.*s", path, STR_ARG(query)).ptr, .body = body };
    return api_send(f, &wish).status;
}

static void access__follows_a_signed_link_without_a_key(void **state) {
    struct fixture *f = *state;
    const struct person *bob = &f->people[BOB];
    struct signed_link link = { LINK_GET, STR_INIT("/who/link/a b"), clock_wall_ms() + 60000, 0, bob->user->id, bob->key_id, 0 };

    assert_int_equal(follow(f, "GET", "/who/link/a%20b", link, STR_EMPTY), 200);
    assert_int_equal(follow(f, "GET", "/who/link/other", link, STR_EMPTY), 403);
    assert_int_equal(follow(f, "PUT", "/who/link/a%20b", link, STR_EMPTY), 403);
    assert_int_equal(follow(f, "POST", "/who/link/a%20b", link, STR_EMPTY), 403);
    assert_int_equal(api_ask(f, BOB, "GET", "/who/link/a%20b", "").status, 403); /* a key is no link */
    link.expires_at = clock_wall_ms() - 1;
    assert_int_equal(follow(f, "GET", "/who/link/a%20b", link, STR_EMPTY), 403);
}

static void access__holds_an_upload_to_the_size_of_its_link(void **state) {
    struct fixture *f = *state;
    const struct person *bob = &f->people[BOB];
    struct signed_link link = { LINK_PUT, STR_INIT("/who/link/x"), clock_wall_ms() + 60000, 4, bob->user->id, bob->key_id, 0 };
    assert_int_equal(follow(f, "PUT", "/who/link/x", link, STR("1234")), 200);
    assert_int_equal(follow(f, "PUT", "/who/link/x", link, STR("12345")), 413);
}

static void access__lets_a_link_die_with_its_key(void **state) {
    struct fixture *f = *state;
    const struct person *bob = &f->people[BOB];
    struct signed_link link = { LINK_GET, STR_INIT("/who/link/x"), clock_wall_ms() + 60000, 0, bob->user->id, bob->key_id, 0 };
    struct str path = arena_printf(f->arena, "/api/admin/keys/%lld", (long long)bob->key_id);

    assert_int_equal(follow(f, "GET", "/who/link/x", link, STR_EMPTY), 200);
    assert_int_equal(api_ask(f, ADMIN, "DELETE", path.ptr, "").status, 200);
    assert_int_equal(follow(f, "GET", "/who/link/x", link, STR_EMPTY), 403);
    link.key_id = 0;
    assert_int_equal(follow(f, "GET", "/who/link/x", link, STR_EMPTY), 200);
    assert_int_equal(api_ask(f, ADMIN, "DELETE", "/api/admin/users/bob", "").status, 200);
    assert_int_equal(follow(f, "GET", "/who/link/x", link, STR_EMPTY), 403);
}

/* ---- the object ---- */

static int check(struct fixture *f, int person, struct owner owner, enum who who) {
    return access_check(api_identity(f, person), &owner, who, &f->err);
}

static void access__gives_each_role_what_it_may(void **state) {
    struct fixture *f = *state;
    struct owner project = { f->team, f->project };

    assert_int_equal(check(f, BOB, project, CAN_WRITE), OK);
    assert_int_equal(check(f, BOB, project, CAN_ADMIN), ERR_FORBIDDEN);
    assert_string_equal(f->err.message, "the role admin is needed for this");
    assert_int_equal(check(f, ALICE, project, CAN_ADMIN), OK); /* administers the organisation */
    assert_int_equal(check(f, ADMIN, project, CAN_ADMIN), OK);
    assert_int_equal(check(f, CAROL, project, CAN_READ), ERR_NOT_FOUND);
    assert_string_equal(f->err.message, "not found");
    assert_int_equal(check(f, CAROL, (struct owner){ f->team, 0 }, CAN_READ), ERR_NOT_FOUND);

    api_execute(f, "update members set role = 'viewer' where role = 'member'");
    assert_int_equal(check(f, BOB, project, CAN_READ), OK);
    assert_int_equal(check(f, BOB, project, CAN_WRITE), ERR_FORBIDDEN);
}

static void access__opens_a_public_project_to_readers_alone(void **state) {
    struct fixture *f = *state;
    struct owner project = { f->team, f->project };

    api_execute(f, "update projects set visibility = 1");
    assert_int_equal(check(f, CAROL, project, CAN_READ), OK);
    assert_int_equal(check(f, CAROL, project, CAN_WRITE), ERR_FORBIDDEN);
    assert_int_equal(check(f, CAROL, (struct owner){ f->team, 0 }, CAN_READ), ERR_NOT_FOUND);
    struct identity stranger = { .app = &f->app, .arena = f->arena };
    assert_int_equal(access_check(&stranger, &project, CAN_READ, &f->err), ERR_NOT_FOUND);
}

/* Ids can be guessed: one that is put beside another's owner opens nothing. */
static void access__does_not_take_a_project_for_another_entitys(void **state) {
    struct fixture *f = *state;
    const struct person *carol = &f->people[CAROL];
    assert_int_equal(check(f, CAROL, (struct owner){ carol->user->owner.entity_id, f->project }, CAN_READ), ERR_NOT_FOUND);
    assert_int_equal(check(f, CAROL, (struct owner){ carol->user->owner.entity_id, 0 }, CAN_ADMIN), OK);
    assert_int_equal(check(f, CAROL, (struct owner){ carol->user->owner.entity_id, 12345 }, CAN_READ), ERR_NOT_FOUND);
}

static void access__shows_nobody_what_was_removed(void **state) {
    struct fixture *f = *state;
    api_execute(f, "update projects set deleted_at = 1");
    assert_int_equal(check(f, ADMIN, (struct owner){ f->team, f->project }, CAN_READ), ERR_NOT_FOUND);
    api_execute(f, "update entities set removed_at = 1 where name = 'vision'");
    assert_int_equal(check(f, ADMIN, (struct owner){ f->team, 0 }, CAN_READ), ERR_NOT_FOUND);
}

static void access__asks_the_store_once_for_each_owner(void **state) {
    struct fixture *f = *state;
    struct owner project = { f->team, f->project };
    struct identity *bob = api_identity(f, BOB);
    assert_int_equal(access_check(bob, &project, CAN_READ, &f->err), OK);
    api_execute(f, "alter table members rename to members_gone");
    assert_int_equal(access_check(bob, &project, CAN_WRITE, &f->err), OK);
    assert_int_equal(access_check(api_identity(f, BOB), &project, CAN_READ, &f->err), ERR_BUSY);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        API_TEST(access__lets_in_a_key_however_it_is_shown),
        API_TEST(access__answers_401_without_asking_the_browser_for_a_password),
        API_TEST(access__tells_a_dead_key_even_where_anybody_may_ask),
        API_TEST(access__keeps_users_out_of_what_is_for_administrators),
        API_TEST(access__never_blames_the_client_when_the_store_fails),
        API_TEST(access__forgets_a_key_the_moment_it_is_revoked),
        API_TEST(access__takes_changes_by_cookie_only_from_our_own_page),
        API_TEST(access__follows_a_signed_link_without_a_key),
        API_TEST(access__holds_an_upload_to_the_size_of_its_link),
        API_TEST(access__lets_a_link_die_with_its_key),
        API_TEST(access__gives_each_role_what_it_may),
        API_TEST(access__opens_a_public_project_to_readers_alone),
        API_TEST(access__does_not_take_a_project_for_another_entitys),
        API_TEST(access__shows_nobody_what_was_removed),
        API_TEST(access__asks_the_store_once_for_each_owner),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
