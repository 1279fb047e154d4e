/* test_router.c */
#include "server/http/router.h"

#include "../../base/fixture.h"

static enum err_code answer(struct http_call *call, struct err *err) {
    (void)call;
    (void)err;
    return OK;
}

static const struct http_route rows[] = {
    { HTTP_GET, "/", 1, answer, 0, NULL },
    { HTTP_GET, "/a/b", 1, answer, 0, NULL },
    { HTTP_GET, "/a/{x}", 1, answer, 0, NULL },
    { HTTP_POST, "/a/{x}", 1, answer, 0, NULL },
    { HTTP_GET, "/a/{x}/c", 1, answer, 0, NULL },
    { HTTP_GET, "/files/{e}/{p}/{rest...}", 1, answer, 0, NULL },
};

static struct router *make(void) {
    struct router *router = NULL;
    struct err err = { 0 };
    if (router_create(&router, rows, sizeof rows / sizeof rows[0], &err) != OK)
        fail_msg("%s", err.message);
    return router;
}

static struct route_match find(enum http_method method, const char *path, struct arena *arena) {
    struct router *router = make();
    struct route_match match;
    assert_true(router_find(router, &match, method, str_from_c(path), arena));
    router_destroy(router);
    return match;
}

static void router__prefers_literal_parts(void **state) {
    assert_ptr_equal(find(HTTP_GET, "/a/b", *state).route, &rows[1]);
    assert_ptr_equal(find(HTTP_GET, "/a/z", *state).route, &rows[2]);
}

static void router__goes_back_when_the_literal_leads_nowhere(void **state) {
    struct route_match match = find(HTTP_GET, "/a/b/c", *state);
    assert_ptr_equal(match.route, &rows[4]);
    assert_str(match.params[0], "b");
}

static void router__keeps_an_encoded_slash_inside_its_part(void **state) {
    struct route_match match = find(HTTP_GET, "/a/x%2Fy", *state);
    assert_ptr_equal(match.route, &rows[2]);
    assert_str(match.params[0], "x/y");
}

static void router__gives_the_rest_with_its_slashes(void **state) {
    struct route_match match = find(HTTP_GET, "/files/me/proj/media/images/a%20b.png", *state);
    assert_ptr_equal(match.route, &rows[5]);
    assert_str(match.params[0], "me");
    assert_str(match.params[1], "proj");
    assert_str(match.params[2], "media/images/a b.png");
}

static void router__decodes_once(void **state) {
    assert_str(find(HTTP_GET, "/a/%2525", *state).params[0], "%25");
}

static void router__serves_head_by_gets_row(void **state) {
    assert_ptr_equal(find(HTTP_HEAD, "/a/z", *state).route, &rows[2]);
}

static void router__tells_a_wrong_method_from_an_unknown_path(void **state) {
    struct route_match match = find(HTTP_PUT, "/a/z", *state);
    assert_null(match.route);
    assert_int_equal(match.methods, 1u << HTTP_GET | 1u << HTTP_POST);
    match = find(HTTP_GET, "/a", *state);
    assert_null(match.route);
    assert_int_equal(match.methods, 0);
}

static void router__takes_no_empty_part_for_a_parameter(void **state) {
    assert_null(find(HTTP_GET, "/a/", *state).route);
    assert_null(find(HTTP_GET, "/a//c", *state).route);
    assert_null(find(HTTP_GET, "/files/e/p/", *state).route);
    assert_ptr_equal(find(HTTP_GET, "/", *state).route, &rows[0]);
}

static void router__refuses_paths_that_cannot_be_decoded(void **state) {
    static const char *const refused[] = {
        "/a/%", "/a/%4", "/a/%zz", "/a/%00", "/a/%ff", "/files/e/p/x/%00"
    };
    struct router *router = make();
    struct route_match match;
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        assert_false(router_find(router, &match, HTTP_GET, str_from_c(refused[i]), *state));
    router_destroy(router);
}

static void router__survives_a_path_of_ten_thousand_parts(void **state) {
    struct buf path = BUF_INIT(1 << 20);
    struct router *router = make();
    struct route_match match;
    buf_append_str(&path, STR("/files/e/p"));
    for (int i = 0; i < 10 * 1000; i++)
        buf_append_str(&path, STR("/a"));
    assert_true(router_find(router, &match, HTTP_GET, buf_str(&path), *state));
    assert_ptr_equal(match.route, &rows[5]);
    assert_int_equal(match.params[2].len, 20 * 1000 - 1);
    router_destroy(router);
    buf_finish(&path);
}

static enum err_code make_of(const struct http_route *routes, size_t count, struct err *err) {
    struct router *router = NULL;
    enum err_code code = router_create(&router, routes, count, err);
    router_destroy(router);
    return code;
}

static void router__refuses_a_row_that_does_not_say_who(void **state) {
    const struct http_route row = { HTTP_GET, "/x", 0, answer, 0, NULL };
    struct err err = { 0 };
    (void)state;
    assert_int_equal(make_of(&row, 1, &err), ERR_INTERNAL);
    assert_string_equal(err.message, "the route '/x' does not say who may ask");
}

static void router__refuses_malformed_tables(void **state) {
    static const struct http_sink half = { NULL, NULL, NULL, NULL };
    const struct http_route no_answer = { HTTP_GET, "/x", 1, NULL, 0, NULL };
    const struct http_route half_sink = { HTTP_GET, "/x", 1, NULL, 0, &half };
    const struct http_route both = { HTTP_GET, "/x", 1, answer, 0, &half };
    const struct http_route no_slash = { HTTP_GET, "x", 1, answer, 0, NULL };
    const struct http_route early_rest = { HTTP_GET, "/{a...}/b", 1, answer, 0, NULL };
    const struct http_route unsorted[] = { { HTTP_GET, "/b", 1, answer, 0, NULL },
                                           { HTTP_GET, "/a", 1, answer, 0, NULL } };
    const struct http_route twice[] = { { HTTP_GET, "/{a}", 1, answer, 0, NULL },
                                        { HTTP_GET, "/{b}", 1, answer, 0, NULL } };
    struct err err = { 0 };
    (void)state;
    assert_int_equal(make_of(&no_answer, 1, &err), ERR_INTERNAL);
    assert_int_equal(make_of(&half_sink, 1, &err), ERR_INTERNAL);
    assert_int_equal(make_of(&both, 1, &err), ERR_INTERNAL);
    assert_int_equal(make_of(&no_slash, 1, &err), ERR_INTERNAL);
    assert_int_equal(make_of(&early_rest, 1, &err), ERR_INTERNAL);
    assert_int_equal(make_of(unsorted, 2, &err), ERR_INTERNAL);
    assert_int_equal(make_of(twice, 2, &err), ERR_INTERNAL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(router__decodes_once),
        TEST(router__gives_the_rest_with_its_slashes),
        TEST(router__goes_back_when_the_literal_leads_nowhere),
        TEST(router__keeps_an_encoded_slash_inside_its_part),
        TEST(router__prefers_literal_parts),
        TEST(router__refuses_a_row_that_does_not_say_who),
        TEST(router__refuses_malformed_tables),
        TEST(router__refuses_paths_that_cannot_be_decoded),
        TEST(router__serves_head_by_gets_row),
        TEST(router__survives_a_path_of_ten_thousand_parts),
        TEST(router__takes_no_empty_part_for_a_parameter),
        TEST(router__tells_a_wrong_method_from_an_unknown_path),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
