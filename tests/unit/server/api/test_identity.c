/* test_identity.c - what is remembered of who asked, and for how long. */
#include "tests/unit/server/api/api_fixture.h"

#include "server/api/identity.h"
#include "server/store/accounts/session.h"

static int64_t user_of_key(struct fixture *f, int person) {
    struct identity identity = { .app = &f->app, .arena = f->arena };
    if (identity_from_key(&identity, f->people[person].key, &f->err) != OK)
        return -1;
    return identity.user_id;
}

static void identity__is_remembered_without_asking_the_store(void **state) {
    struct fixture *f = *state;
    assert_int_equal(user_of_key(f, BOB), f->people[BOB].user->id);
    api_execute(f, "alter table api_keys rename to api_keys_gone");
    assert_int_equal(user_of_key(f, BOB), f->people[BOB].user->id);
    assert_int_equal(user_of_key(f, ALICE), -1);
    assert_int_equal(f->err.code, ERR_BUSY);
}

static void identity__is_asked_for_again_once_forgotten(void **state) {
    struct fixture *f = *state;
    assert_int_equal(user_of_key(f, BOB), f->people[BOB].user->id);
    api_execute(f, "update api_keys set revoked_at = 1");
    assert_int_equal(user_of_key(f, BOB), f->people[BOB].user->id);
    identities_forget(f->app.identities);
    assert_int_equal(user_of_key(f, BOB), 0);
}

/* A key that is made after somebody tried it must work at once. */
static void identity__of_nobody_is_not_remembered(void **state) {
    struct fixture *f = *state;
    api_execute(f, "update api_keys set revoked_at = 1");
    assert_int_equal(user_of_key(f, BOB), 0);
    api_execute(f, "update api_keys set revoked_at = null");
    assert_int_equal(user_of_key(f, BOB), f->people[BOB].user->id);
}

static void identity__tells_who_acts(void **state) {
    struct fixture *f = *state;
    struct actor actor = identity_actor(api_identity(f, BOB));
    assert_int_equal(actor.user_id, f->people[BOB].user->id);
    assert_int_equal(actor.key_id, f->people[BOB].key_id);
    assert_true(str_eq_c(actor.address, "127.0.0.1"));
}

/* One secret hash is never good as another: a key's text is no cookie. */
static void identity__does_not_take_a_key_for_a_cookie(void **state) {
    struct fixture *f = *state;
    struct identity identity = { .app = &f->app, .arena = f->arena };
    assert_int_equal(user_of_key(f, BOB), f->people[BOB].user->id);
    assert_int_equal(identity_from_cookie(&identity, f->people[BOB].key, &f->err), OK);
    assert_int_equal(identity.user_id, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        API_TEST(identity__is_remembered_without_asking_the_store),
        API_TEST(identity__is_asked_for_again_once_forgotten),
        API_TEST(identity__of_nobody_is_not_remembered),
        API_TEST(identity__tells_who_acts),
        API_TEST(identity__does_not_take_a_key_for_a_cookie),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
