/* test_oidc_keys.c - a provider's keys, and whether one of them has signed. */
#include "server/api/oidc/oidc_keys.h"

#include "tests/unit/server/api/oidc/oidc_examples.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

struct world {
    struct arena *arena;
    struct oidc_keys *keys;
    struct err err;
};

static int set_up(void **state) {
    struct world *world = calloc(1, sizeof *world);
    assert_non_null(world);
    world->arena = arena_create();
    assert_int_equal(oidc_keys_parse(&world->keys, str_from_c(example_keys), &world->err), OK);
    *state = world;
    return 0;
}

static int tear_down(void **state) {
    struct world *world = *state;
    oidc_keys_destroy(world->keys);
    arena_destroy(world->arena);
    free(world);
    return 0;
}

static struct oidc_token parse(struct world *world, const char *text) {
    struct oidc_token token;
    assert_int_equal(oidc_token_parse(&token, str_from_c(text), world->arena, &world->err), OK);
    return token;
}

static void oidc_keys__find_signatures_of_both_kinds_right(void **state) {
    struct world *world = *state;
    struct oidc_token rsa = parse(world, example_rs256), ec = parse(world, example_es256);
    assert_int_equal(oidc_keys_count(world->keys), 2); /* and a third, of a kind that is passed over */
    assert_int_equal(oidc_keys_verify(world->keys, &rsa, &world->err), OK);
    assert_int_equal(oidc_keys_verify(world->keys, &ec, &world->err), OK);
    rsa.key_id = (struct str){ NULL, 0 };
    assert_int_equal(oidc_keys_verify(world->keys, &rsa, &world->err), OK);
}

static void assert_wrong(struct world *world, const struct oidc_token *token, const char *message) {
    assert_int_equal(oidc_keys_verify(world->keys, token, &world->err), ERR_UNAUTHENTICATED);
    assert_string_equal(world->err.message, message);
}

static void oidc_keys__find_all_else_wrong(void **state) {
    static const char wrong[] = "the token's signature is not right", unknown[] = "none of the provider's keys is the one that the token names";
    struct world *world = *state;
    struct oidc_token token = parse(world, example_es256), other = token;

    other.signed_text = str_from(token.signed_text, 1);
    assert_wrong(world, &other, wrong);
    other = token;
    other.signature = str_slice(token.signature, 0, 63);
    assert_wrong(world, &other, wrong);
    other.signature = STR("0000000000000000000000000000000000000000000000000000000000000000");
    assert_wrong(world, &other, wrong);
    other = token;
    other.key_id = STR("rsa-1"); /* the name of a key of the other kind */
    assert_wrong(world, &other, unknown);
    other.key_id = STR("");
    assert_wrong(world, &other, unknown);
    other = parse(world, example_rs256);
    other.signature = STR("");
    assert_wrong(world, &other, wrong);
}

static void oidc_keys__pass_over_what_cannot_be_a_key(void **state) {
    static const char *const useless[] = {
        "{\"keys\": [{\"kty\": \"EC\", \"crv\": \"P-256\", \"x\": \"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\", "
        "\"y\": \"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}]}",               /* not on the curve */
        "{\"keys\": [{\"kty\": \"RSA\", \"n\": \"AQAB\", \"e\": \"AQAB\"}]}",        /* 17 bits */
        "{\"keys\": [null, 1, [], {}, {\"kty\": 1}, {\"kty\": \"RSA\"}]}",
        "{\"keys\": []}",
    };
    struct world *world = *state;
    struct oidc_keys *keys;
    for (size_t i = 0; i < sizeof useless / sizeof useless[0]; i++) {
        assert_int_equal(oidc_keys_parse(&keys, str_from_c(useless[i]), &world->err), OK);
        assert_int_equal(oidc_keys_count(keys), 0);
        oidc_keys_destroy(keys);
    }
    assert_int_equal(oidc_keys_parse(&keys, STR("{}"), &world->err), ERR_BAD_INPUT);
    assert_null(keys);
    assert_int_equal(oidc_keys_parse(&keys, STR("<html>"), &world->err), ERR_BAD_INPUT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(oidc_keys__find_signatures_of_both_kinds_right, set_up, tear_down),
        cmocka_unit_test_setup_teardown(oidc_keys__find_all_else_wrong, set_up, tear_down),
        cmocka_unit_test_setup_teardown(oidc_keys__pass_over_what_cannot_be_a_key, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
