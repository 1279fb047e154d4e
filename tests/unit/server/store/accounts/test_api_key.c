/* test_api_key.c */
#include "tests/unit/server/store/accounts_fixture.h"

#include "server/store/accounts/api_key.h"

static struct secrets *secrets;

static int set_up(void **state) {
    if (fixture_set_up(state) != 0)
        return -1;
    struct fixture *f = *state;
    return secrets_open(&secrets, arena_printf(f->arena, "%s/secret.key", f->folder).ptr, f->db, &f->err) == OK ? 0 : -1;
}

static int tear_down(void **state) {
    secrets_close(secrets);
    return fixture_tear_down(state);
}

static enum err_code find(struct db_tx *tx, struct fixture *f, struct str text, int64_t *key_id, struct user **user,
                          struct err *err) {
    struct secret_hash hash = secrets_hash(secrets, SECRET_API_KEY, text);
    struct api_key key;
    TRY(api_key_find_user(tx, &hash, f->arena, &key, user, err));
    *key_id = key.id;
    return OK;
}

WORK_TEST(api_key__finds_its_user_until_it_is_revoked) {
    struct fixture *f = context;
    struct user *alice, *found;
    struct api_key *key;
    int64_t id, found_id;
    bool is_good;
    struct str text = api_key_make(f->arena);

    TRY(add_user(tx, f, "alice", &alice, err));
    TRY(api_key_create(tx, secrets, alice, text, STR("laptop"), &nobody, &id, err));
    TRY(find(tx, f, text, &found_id, &found, err));
    EXPECT(found_id == id && found != NULL && found->id == alice->id);
    TRY(api_key_is_good(tx, id, alice->id, &is_good, err));
    EXPECT(is_good);
    TRY(api_key_is_good(tx, id, alice->id + 1, &is_good, err));
    EXPECT(!is_good);

    TRY(api_key_find(tx, id, f->arena, &key, err));
    EXPECT(str_eq(key->prefix, str_slice(text, 0, 6)) && str_eq_c(key->description, "laptop"));
    TRY(api_key_revoke(tx, key, &nobody, err));
    TRY(find(tx, f, text, &found_id, &found, err));
    EXPECT(found_id == 0 && found == NULL);
    TRY(api_key_is_good(tx, id, alice->id, &is_good, err));
    EXPECT(!is_good);
    return OK;
}

WORK_TEST(api_key__dies_with_its_user) {
    struct fixture *f = context;
    struct user *alice, *found;
    int64_t id, found_id;
    bool is_good;
    struct str text = api_key_make(f->arena);

    TRY(add_user(tx, f, "alice", &alice, err));
    TRY(api_key_create(tx, secrets, alice, text, STR_EMPTY, &nobody, &id, err));
    TRY(user_remove(tx, alice, &nobody, err));
    TRY(find(tx, f, text, &found_id, &found, err));
    EXPECT(found == NULL);
    TRY(api_key_is_good(tx, 0, alice->id, &is_good, err));
    EXPECT(!is_good);
    return OK;
}

static enum err_code last_use(struct db_tx *tx, struct fixture *f, int64_t id, int64_t *out, struct err *err) {
    struct api_key *key;
    TRY(api_key_find(tx, id, f->arena, &key, err));
    *out = key->last_used_at;
    return OK;
}

WORK_TEST(api_key__knows_its_last_use_to_within_a_grain) {
    struct fixture *f = context;
    struct user *alice;
    int64_t id, used_at, first = 1000000;
    TRY(add_user(tx, f, "alice", &alice, err));
    TRY(api_key_create(tx, secrets, alice, api_key_make(f->arena), STR_EMPTY, &nobody, &id, err));
    TRY(last_use(tx, f, id, &used_at, err));
    EXPECT(used_at == 0);
    TRY(api_key_note_use(tx, id, first, err));
    TRY(api_key_note_use(tx, id, first + API_KEY_USE_GRAIN_MS - 1, err));
    EXPECT(db_changed(tx) == 0);
    TRY(last_use(tx, f, id, &used_at, err));
    EXPECT(used_at == first);
    TRY(api_key_note_use(tx, id, first + API_KEY_USE_GRAIN_MS, err));
    TRY(last_use(tx, f, id, &used_at, err));
    EXPECT(used_at == first + API_KEY_USE_GRAIN_MS);
    return OK;
}

WORK_TEST(api_key__is_nowhere_in_the_database) {
    struct fixture *f = context;
    struct db_rows *rows;
    struct user *alice;
    int64_t id;
    struct str text = api_key_make(f->arena);

    TRY(add_user(tx, f, "alice", &alice, err));
    TRY(api_key_create(tx, secrets, alice, text, STR_EMPTY, &nobody, &id, err));
    struct str sql = arena_printf(f->arena,
                                  "select count(*) from api_keys k, audit a where replace(k.prefix, '%.*s', '') <> k.prefix "
                                  "or replace(a.subject, '%.*s', '') <> a.subject or k.hash = $1",
                                  STR_ARG(text), STR_ARG(text));
    TRY(db_query_text(tx, &rows, DB_ARGS(DB_BLOB(text)), sql, err));
    EXPECT(db_next(rows) && db_int(rows, 0) == 0);
    TRY(db_end(rows, err));
    return OK;
}

WORK_TEST(api_key__cannot_be_taken_twice) {
    struct fixture *f = context;
    struct user *alice, *bob;
    int64_t id;
    struct str text = api_key_make(f->arena);

    TRY(add_user(tx, f, "alice", &alice, err));
    TRY(add_user(tx, f, "bob", &bob, err));
    TRY(api_key_create(tx, secrets, alice, text, STR_EMPTY, &nobody, &id, err));
    EXPECT_ERROR(api_key_create(tx, secrets, bob, text, STR_EMPTY, &nobody, &id, err), ERR_CONFLICT,
                 "this API key cannot be used: choose another");
    return OK;
}

/* What the official client checks before it asks us. */
static void api_key__looks_as_the_official_client_wants(void **state) {
    struct err err = { 0 };
    struct arena *arena = arena_create();
    char text[200];
    (void)state;

    assert_int_equal(api_key_make(arena).len, 40);
    assert_int_equal(api_key_check(api_key_make(arena), &err), OK);
    memset(text, 'k', sizeof text);
    assert_int_equal(api_key_check((struct str){ text, 39 }, &err), ERR_BAD_INPUT);
    assert_int_equal(api_key_check((struct str){ text, 128 }, &err), OK);
    assert_int_equal(api_key_check((struct str){ text, 129 }, &err), ERR_BAD_INPUT);
    text[5] = '-';
    assert_int_equal(api_key_check((struct str){ text, 46 }, &err), OK);
    assert_int_equal(api_key_check((struct str){ text, 45 }, &err), ERR_BAD_INPUT);
    text[20] = '.';
    assert_int_equal(api_key_check((struct str){ text, 60 }, &err), ERR_BAD_INPUT);
    assert_string_equal(err.message, "an API key may have letters, digits, '_' and '-'");
    arena_destroy(arena);
}

#define KEY_TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        KEY_TEST(api_key__finds_its_user_until_it_is_revoked),
        KEY_TEST(api_key__dies_with_its_user),
        KEY_TEST(api_key__knows_its_last_use_to_within_a_grain),
        KEY_TEST(api_key__is_nowhere_in_the_database),
        KEY_TEST(api_key__cannot_be_taken_twice),
        cmocka_unit_test(api_key__looks_as_the_official_client_wants),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
